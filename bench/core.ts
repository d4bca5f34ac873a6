// One core for the bench: this thread and all that it starts is bound to it and goes before everything else there (SCHED_FIFO), so that
// other processes disturb less. It cannot help against their softirqs, nor against a shared cache.

import { availableParallelism } from 'node:os';
import { checked } from '../src/sys/errors.ts';
import { libcInteger } from '../src/sys/libc.ts';

const cSetAffinity = libcInteger('int sched_setaffinity(int pid, size_t bytes, void *mask)');
const cSetScheduler = libcInteger('int sched_setscheduler(int pid, int policy, void *parameter)');
const MASK_BYTES = 128;
const SCHED_FIFO = 1;

/** The last core: interrupts and boot-time threads like the first. */
export const CORE = availableParallelism() - 1;
/** For the other end of a stream. */
export const OTHER_CORE = 0;

/** False: this machine does not allow going before others (a container without CAP_SYS_NICE). @throws SysError */
export function takeCore(): boolean {
  const mask = new Uint8Array(MASK_BYTES);
  mask[CORE >> 3] = 1 << (CORE & 7);
  checked(`sched_setaffinity ${CORE}`, cSetAffinity(0, MASK_BYTES, mask));
  return cSetScheduler(0, SCHED_FIFO, new Uint8Array(Int32Array.of(1).buffer)) === 0;
}
