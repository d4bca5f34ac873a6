// A path: one way that the program may have come to where lowering stands, and what is known on it. Paths are kept apart while
// that saves a test (is this entry there?) and joined by join.ts before code would be doubled.

import type { Local } from '../2-check/tree.ts';
import type { Block, Value } from '../ir/ir.ts';
import type { Cell, Lowered } from './value.ts';

/** What is known of the packet's memory. Immutable: paths share it. */
export interface PacketState {
  readonly data: Value | undefined;
  readonly end: Value | undefined;
  /** What is read now was brought into the linear part on the way. */
  readonly pulled?: true;
  /** By variable offset (undefined: from the start): the pointer, and how many bytes of it were found inside the packet. */
  readonly bases: ReadonlyMap<Value | undefined, { readonly pointer: Value; readonly bytes: number }>;
}

/** Nothing is known: at the start, and after a call that moves the packet. */
export const NO_PACKET: PacketState = { data: undefined, end: undefined, bases: new Map() };

/** Values that are no variable's but hold on a path: worth keeping while it lasts, gone where paths differ. */
/** `place`: where headers are; gone when bytes move. */
export interface Memo { readonly memo: 'jiffies' | 'result' | 'key' | 'place' | 'run' | 'updates' | 'family' }
export const JIFFIES: Memo = { memo: 'jiffies' };

export type Key = Local | Cell | Memo;

export interface Path {
  readonly block: Block;
  readonly values: Map<Key, Lowered>;
  readonly packet: PacketState;
  /** False: behind an exit; what is built there is thrown away. */
  readonly live: boolean;
}

export interface Outcome { readonly path: Path; readonly value: Lowered }
export interface Fork { readonly yes: readonly Path[]; readonly no: readonly Path[] }
