// A run as data for whoever asked for it, also from another thread: what it came to, or what it threw.

import { simulate, type SimOptions, type SimResult } from './simulate.ts';

export interface Attempt { readonly seed: number; readonly tookMs: number; readonly result: SimResult }

/** A core that throws is a violation of that seed's, and no end of the others. */
export function attempt(options: SimOptions): Attempt {
  const begunMs = performance.now();
  const of = (result: SimResult): Attempt => ({ seed: options.seed, tookMs: performance.now() - begunMs, result });
  try {
    return of(simulate(options));
  } catch (e) {
    return of({ violations: [`thrown: ${(e as Error).stack ?? String(e)}`], simulatedMs: 0, healedInMs: 0, revision: 0, endpoints: 0, reports: 0, trace: 0 });
  }
}
