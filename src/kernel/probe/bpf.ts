// Probes of bpf(2): kinds of maps, and loading and running a program.

import { encode } from '../../isa/encode.ts';
import { createMap } from '../map.ts';
import { MAP_FLAG, type MapSpec } from '../map-types.ts';
import { loadProgram } from '../program.ts';
import { LEAST_PACKET_BYTES, testRun } from '../test-run.ts';
import { type Probe, YES } from './probe.ts';

const MAPS: readonly MapSpec[] = [
  { name: 'hash', type: 'HASH', keyBytes: 4, valueBytes: 4, capacity: 1 },
  { name: 'lru', type: 'LRU_HASH', keyBytes: 4, valueBytes: 4, capacity: 2 },
  { name: 'lpm', type: 'LPM_TRIE', keyBytes: 8, valueBytes: 4, capacity: 1, flags: MAP_FLAG.NO_PREALLOC },
  { name: 'frozen', type: 'ARRAY', keyBytes: 4, valueBytes: 4, capacity: 1, flags: MAP_FLAG.RDONLY_PROG },
  { name: 'programs', type: 'PROG_ARRAY', keyBytes: 4, valueBytes: 4, capacity: 1 },
  { name: 'ring', type: 'RINGBUF', keyBytes: 0, valueBytes: 0, capacity: 65_536 },
];

/** `mov r0, VERDICT; exit`. */
export function verdictProgram(verdict: number): Uint8Array {
  return encode([{ kind: 'alu-imm', op: 'mov', width: 64, dst: 0, imm: verdict }, { kind: 'exit' }]);
}

export const BPF_PROBES: readonly Probe[] = [
  {
    name: 'maps', title: 'BPF maps of all kinds in use', need: 'required', cure: 'use a kernel with CONFIG_BPF_SYSCALL; in a container, allow the bpf system call in its seccomp profile',
    run() {
      for (const spec of MAPS) createMap(spec).close();
      return YES;
    },
  },
  {
    name: 'programs', title: 'BPF programs for tc and XDP', need: 'required', cure: 'use a kernel with CONFIG_BPF_SYSCALL, CONFIG_NET_CLS_BPF and CONFIG_XDP_SOCKETS; see kernel.lockdown',
    run() {
      for (const hook of ['tc', 'xdp'] as const) {
        using program = loadProgram({ name: 'probe', hook, code: verdictProgram(2) });
        const { verdict } = testRun(program, { packet: new Uint8Array(LEAST_PACKET_BYTES) });
        if (verdict !== 2) return { answer: 'no', reason: `a ${hook} program that returns 2 gave ${verdict}`, cure: 'report it: this kernel runs programs wrongly' };
      }
      return YES;
    },
  },
];
