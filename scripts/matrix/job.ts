// What goes into a guest and what comes out: programs that are linked already, as plain data, and what the kernel said of each.
// It knows neither compilers nor kernels.

import type { LineEntry } from '../../src/image/image.ts';
import type { MapSpec } from '../../src/kernel/map-types.ts';

/**
 * How a program was joined before it was loaded.
 * - `alone`: with joints that return the verdict, its shape as its packet cases give it
 * - `any shape`: the same with a shape that the verifier does not know, so that it walks every branch
 * - `datapath`: with the real joints, and the programs that the data path adds
 */
type Joined = 'alone' | 'any shape' | 'datapath';

/** One program to load, with maps of its own. */
export interface Job {
  /** The module's file: `modules/bridge/bridge.ts`. */
  readonly subject: string;
  readonly program: string;
  readonly joined: Joined;
  /** Oldest kernel that it claims to load on. */
  readonly target: string;
  readonly hook: 'tc' | 'xdp';
  /** Base64. Its map loads have a `handle` of `maps` where the kernel wants a descriptor. */
  readonly code: string;
  readonly maps: readonly JobMap[];
  readonly files: readonly string[];
  readonly lines: readonly LineEntry[];
}

export interface JobMap {
  readonly handle: number;
  readonly spec: MapSpec;
  /** Key and value, base64. */
  readonly entries: readonly (readonly [string, string])[];
  readonly frozen: boolean;
}

/** What a kernel said of the job at that index. */
export type Loaded =
  | { readonly job: number; readonly ok: true; /** Instructions that the verifier walked; 0: this kernel does not tell. */ readonly steps: number }
  | { readonly job: number; readonly ok: false; readonly reason: string; readonly place?: string; readonly slot?: number; /** The end of the verifier's log. */ readonly log?: string };

/** How a test of the data path ended. */
export interface Tested { readonly test: string; readonly ok: boolean; readonly milliseconds?: number; readonly reason?: string }

/** A guest's lines on its console that are ours begin with this; a JSON value follows. */
export const MARK = '@@ ';

export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

/** `6.1` < `6.12`: numbers in order, whatever stands between them. */
export function compareVersions(a: string, b: string): number {
  const numbers = (text: string): number[] => (text.match(/\d+/g) ?? []).map(Number);
  const [x, y] = [numbers(a), numbers(b)];
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const d = (x[i] ?? 0) - (y[i] ?? 0);
    if (d !== 0) return d;
  }
  return 0;
}
