// A conformance case on the kernel: as a function of an XDP program that passes it the packet's bytes and keeps its r0 in a map, for
// TEST_RUN gives only 32 bits. What the verifier refuses is skipped: the cases were written for engines without one.

import { assemble } from '../../src/isa/assemble.ts';
import { encode } from '../../src/isa/encode.ts';
import { createMap } from '../../src/kernel/map.ts';
import { loadProgram } from '../../src/kernel/program.ts';
import { ProgramRefused } from '../../src/kernel/refusal.ts';
import { LEAST_PACKET_BYTES, testRun } from '../../src/kernel/test-run.ts';
import type { Outcome } from './outcome.ts';

export function runOnKernel(code: Uint8Array, memory: Uint8Array): Outcome {
  const packet = new Uint8Array(Math.max(memory.length, LEAST_PACKET_BYTES));
  packet.set(memory);
  const key = new Uint8Array(4);
  using map = createMap({ name: 'result', type: 'ARRAY', keyBytes: 4, valueBytes: 8, capacity: 1 });
  const caller = assemble(`
    ldxw %r2, [%r1+4]
    ldxw %r1, [%r1+0]
    mov %r3, %r1
    add %r3, ${memory.length}
    jgt %r3, %r2, short
    mov %r2, ${memory.length}
    call local case
    lddw %r1, value_fd(${map.fd})
    stxdw [%r1+0], %r0
    mov %r0, 0
    exit
    short: mov %r0, 1
    exit
    case: exit
  `);
  if (!caller.ok) throw new Error(`the caller of conformance cases does not assemble: ${caller.errors[0]?.message}`);
  const before = encode(caller.insns.slice(0, -1));
  const whole = new Uint8Array(before.length + code.length);
  whole.set(before);
  whole.set(code, before.length);
  try {
    using program = loadProgram({ name: 'conformance', hook: 'xdp', code: whole });
    if (testRun(program, { packet }).verdict !== 0) return { kind: 'error', reason: 'the packet is too short' };
  } catch (error) {
    if (error instanceof ProgramRefused) return { kind: 'skipped', reason: error.reason };
    throw error;
  }
  const value = map.lookup(key)!;
  return { kind: 'result', value: new DataView(value.buffer, value.byteOffset).getBigUint64(0, true) };
}
