// Run counts and run times of programs (bpf_stats): on while a handle is open, about 20 ns a run for every program of the machine.

import { type Fd, OwnedFd } from '../sys/fd.ts';
import { Attr, bpf } from './command.ts';

const BPF_STATS_RUN_TIME = 0;

/** Statistics are on until the handle is closed; `KernelProgram.info()` has them. @throws SysError */
export function enableStatistics(): OwnedFd {
  return new OwnedFd(bpf('ENABLE_STATS', new Attr(4).u32(0, BPF_STATS_RUN_TIME)) as Fd, 'bpf statistics');
}
