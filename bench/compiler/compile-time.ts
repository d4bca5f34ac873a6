// How long our compiler takes for a module, in this process and warm: from text to image.

import { performance } from 'node:perf_hooks';
import { imageOf } from '../../src/compiler/fixtures/image-of.ts';
import { median, type Rounds } from '../measurement.ts';
import { OURS } from './ours.ts';
import type { Subject } from './subject.ts';

/** Compiled before the clock runs: V8 has compiled our code then. */
const WARM_UP = 5;
const TIMES = 5;

/** One round: the median of a few. */
export function compileTime({ name, module }: Subject, gathered: Rounds, round: number): void {
  if (round === 1) for (let i = 0; i < WARM_UP; i++) imageOf(module);
  const times = Array.from({ length: TIMES }, () => {
    const start = performance.now();
    imageOf(module);
    return performance.now() - start;
  });
  gathered.add({ group: 'compiler', work: name, subject: OURS, quantity: 'compile time', unit: 'ms', better: 'less' }, median(times));
}
