// What the compiler group compares: a bridge as a loaded program whose verdicts can be read, whoever compiled it.

import type { KernelProgram } from '../../src/kernel/program.ts';

/** `managed`: every station is in the table. `learning`: the shape that learns and floods. */
export type Shape = 'managed' | 'learning';
export const SHAPES: readonly Shape[] = ['managed', 'learning'];

export interface Subject extends Disposable {
  readonly name: string;
  readonly program: KernelProgram;
  /** Slots of the program as it was given to the kernel. */
  readonly slots: number;
  /** What the program's return value says, in words: `to 2`, `drop unknown-station`. */
  verdict(result: number): string;
}

export const STATIONS = [
  { mac: '02:00:00:00:00:01', port: 1, ip: '10.1.1.1', ip6: 'fd00::1' },
  { mac: '02:00:00:00:00:02', port: 2, ip: '10.1.1.2', ip6: 'fd00::2' },
] as const;
export const ELEMENT = 1;

/** As much room as the data path gives to maps that elements share (src/datapath/compose/image-maps.ts): cost depends on it. */
export const CAPACITY = { stations: 65_536, neighbors: 131_072, learned: 65_536 } as const;
