// Logs of several kernels, as they were printed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readVerifierLog } from './verifier-log.ts';

test('6.x: states behind the instruction, source lines between', () => {
  const log = `0: R1=ctx() R10=fp0
; const eth = pkt.at(Eth) @ bridge.ts:12
0: (61) r2 = *(u32 *)(r1 +76)         ; R1=ctx() R2_w=pkt(r=0)
1: (71) r0 = *(u8 *)(r2 +0)
invalid access to packet, off=0 size=1, R2(id=0,off=0,r=0)
R2 offset is outside of the packet
processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;
  assert.deepEqual(readVerifierLog(log), { message: 'invalid access to packet, off=0 size=1, R2(id=0,off=0,r=0); R2 offset is outside of the packet', slot: 1 });
});

test('5.x: states on lines of their own', () => {
  const log = `0: (b7) r0 = 0
1: R0_w=inv0 R1=ctx(id=0,off=0,imm=0) R10=fp0
1: (79) r3 = *(u64 *)(r0 +0)
R0 invalid mem access 'inv'
verification time 12 usec
stack depth 0
processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;
  assert.deepEqual(readVerifierLog(log), { message: 'R0 invalid mem access \'inv\'', slot: 1 });
});

test('7.x: a report behind what older kernels say', () => {
  const report = `
Verification failed: Register Type Safety: Invalid dereference

Reason:
  R2 is an integer scalar here, not a pointer to memory.

At:
  insn 1
       | ^-- error: invalid dereference of R2 (an integer scalar)
  Instruction context:
      0 | (b7) r2 = 5
  >>> 1 | (61) r0 = *(u32 *)(r2 +0)
      2 | (95) exit

Suggestion:
  Preserve a pointer-valued register where needed, or reload and revalidate the pointer after scalar
  arithmetic, helper calls, or other operations that can invalidate it.

processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;
  const walked = `0: R1=ctx() R10=fp0
0: (b7) r2 = 5                        ; R2=5
1: (61) r0 = *(u32 *)(r2 +0)
R2 invalid mem access 'scalar'
`;
  assert.deepEqual(readVerifierLog(walked + report), { message: 'R2 invalid mem access \'scalar\'', slot: 1 });
  assert.deepEqual(readVerifierLog(`unreachable insn 2\n${report}`), { message: 'unreachable insn 2', slot: 2 });
});

test('refusals before the walk name their instruction', () => {
  assert.deepEqual(readVerifierLog('unreachable insn 5\nprocessed 0 insns (limit 1000000)\n'), { message: 'unreachable insn 5', slot: 5 });
  assert.deepEqual(readVerifierLog('back-edge from insn 7 to 2\n'), { message: 'back-edge from insn 7 to 2', slot: 7 });
  assert.deepEqual(readVerifierLog('last insn is not an exit or jmp\n'), { message: 'last insn is not an exit or jmp' });
});

test('an instruction in the very last line stands for itself; an empty log for nothing', () => {
  assert.deepEqual(readVerifierLog('3: (85) call unknown#999\n'), { message: '3: (85) call unknown#999', slot: 3 });
  assert.deepEqual(readVerifierLog(''), { message: '' });
});

test('no text makes it throw', () => {
  fc.assert(fc.property(fc.string(), log => typeof readVerifierLog(log).message === 'string'));
});
