// How a helper function of the kernel is described to the translator, and made for a vm. What it does is its own file's business.

import type { HookName } from '../hooks/hook.ts';
import type { Machine } from './machine.ts';

/**
 * How a 64-bit register goes in: `low` keeps the low 32 bits, as the kernel does for its u32 parameters; `narrow` turns what does not fit
 * in 32 bits to all ones, right for pointers (in no region) and for u64 flags (no such flag); `wide` is a BigInt.
 */
export type Parameter = 'low' | 'narrow' | 'wide';
/** `error`: i32, sign-extended. `unsigned`: u32, addresses too. `whole`: a number that is an integer, past 32 bits. */
export type Result = 'error' | 'unsigned' | 'whole';

export interface HelperDefinition {
  /** Without `bpf_`. */
  readonly name: string;
  /** Absent: every hook. */
  readonly hooks?: readonly HookName[];
  readonly parameters: readonly Parameter[];
  readonly result: Result;
  /** It runs functions of the program that calls it (`Machine.callback`). */
  readonly callsBack?: true;
  readonly make: (machine: Machine) => (...args: never[]) => number;
}
