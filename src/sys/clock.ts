// What the kernel's coarse clock tells about itself.

import { checked } from './errors.ts';
import { libcInteger } from './libc.ts';

const cClockGetres = libcInteger('int clock_getres(int clock, void *resolution)');
const CLOCK_MONOTONIC_COARSE = 6;

/** Jiffies a second (CONFIG_HZ): the coarse clock moves once a tick, and says so. @throws SysError */
export function ticksPerSecond(): number {
  const resolution = new BigInt64Array(2);
  checked('clock_getres', cClockGetres(CLOCK_MONOTONIC_COARSE, new Uint8Array(resolution.buffer)));
  return Math.round(1e9 / Number(resolution[1]));
}
