// How bad the world is: chances of each fault. `CALM` is the healed world in which everything must converge.

export interface Faults {
  /** A completion never comes; it comes twice. */
  readonly lost: number;
  readonly doubled: number;
  /** An operation of the data path, a write to disk or to the store is refused. */
  readonly refused: number;
  readonly mostDelayMs: number;
}

export const CALM: Faults = { lost: 0, doubled: 0, refused: 0, mostDelayMs: 5 };
export const ROUGH: Faults = { lost: 0.02, doubled: 0.05, refused: 0.03, mostDelayMs: 300 };

/** A bug put in on purpose, by which the simulation shows that it would find it. */
export type Plant = 'none' | 'wrong-vni' | 'wrong-station' | 'overclaim' | 'forgetful' | 'rash';
export const PLANTS: readonly Plant[] = ['none', 'wrong-vni', 'wrong-station', 'overclaim', 'forgetful', 'rash'];
