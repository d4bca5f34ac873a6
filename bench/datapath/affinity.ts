// Binds this thread to one core. Processes that are started afterwards inherit it until they choose for themselves.

import { checked } from '../../src/sys/errors.ts';
import { libcInteger } from '../../src/sys/libc.ts';

const cSetAffinity = libcInteger('int sched_setaffinity(int pid, size_t bytes, void *mask)');
const MASK_BYTES = 128;

/** @throws SysError */
export function setAffinity(cpu: number): void {
  const mask = new Uint8Array(MASK_BYTES);
  mask[cpu >> 3] = 1 << (cpu & 7);
  checked(`sched_setaffinity ${cpu}`, cSetAffinity(0, MASK_BYTES, mask));
}
