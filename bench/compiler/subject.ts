// What the compiler group compares: one network function as our module and as its counterpart in C, prepared alike and given the same packets.
// How either is built and loaded is in ours.ts and counterpart.ts.

import type { Contents } from '../../src/image/values.ts';
import type { KernelProgram } from '../../src/kernel/program.ts';

/**
 * One network function in both languages.
 *
 * Its C file follows bench/c/bpf.h: each entry point NAME is the function `entry_NAME`, the one in its section (`tc`, `tc/egress`, `tc/ingress`,
 * `xdp`). Its maps bear the names of ours and have our keys and values, at most padded behind; they get the same bytes. Its `.data` is the
 * module's config values, one after the other. What is a shape in ours is a `-D`.
 */
export interface Subject {
  readonly name: string;
  /** Path in the tree, `modules/bridge/bridge.ts`. */
  readonly module: string;
  /** Entry points of the image that are compared. */
  readonly entries: readonly Entry[];
  /** In the order of the C file's enum. */
  readonly reasons: readonly string[];
  /** Ways in which the element is set up; the first is the usual. */
  readonly variants: readonly Variant[];
  readonly works: readonly Work[];
  /** Not measured, only compared. */
  readonly compared: readonly Compared[];
}

export interface Entry { readonly name: string; readonly section: 'tc' | 'tc/egress' | 'tc/ingress' | 'xdp' }

export interface Variant {
  readonly name: string;
  readonly contents: Contents;
  readonly defines?: Readonly<Record<string, number>>;
}

export interface Sent {
  readonly entry: string;
  /** Port of entry. */
  readonly port?: number;
  readonly frame: Uint8Array;
}

export interface Work {
  readonly name: string;
  readonly variant: string;
  /** Packets before it, which make the state that it needs. */
  readonly before?: readonly Sent[];
  readonly sent: Sent;
  /** As `to 2`, `flood`, `reply`, `next`, `drop REASON`. */
  readonly verdict: string;
  /** `many`: one TEST_RUN repeats it. `single`: it changes the packet, so each is a TEST_RUN of its own. */
  readonly runs: 'many' | 'single';
}

/** In order, on the maps as the works left them: state that a packet makes is there for the next. */
export interface Compared { readonly variant: string; readonly sent: Sent; readonly verdict: string }

/** One side of a subject: every entry point loaded, on maps of its own. */
export interface Side extends Disposable {
  readonly name: string;
  readonly programs: ReadonlyMap<string, LoadedEntry>;
  /** What a program's return value says, in words: `to 2`, `drop unknown-station`. */
  verdict(result: number): string;
}

export interface LoadedEntry {
  readonly program: KernelProgram;
  readonly hook: 'tc' | 'xdp';
  /** Slots of the program as it was given to the kernel. */
  readonly slots: number;
  /** Stages that it may jump to. */
  readonly behind?: readonly { readonly program: KernelProgram; readonly slots: number }[];
}

export const ELEMENT = 1;
