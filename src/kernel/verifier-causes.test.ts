// Every row of the table, by a message as a kernel printed it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CAUSES, causeOf } from './verifier-causes.ts';

/** In the order of the table. */
const MESSAGES = [
  'BPF program is too large. Processed 1000001 insn',
  'The sequence of 8193 jumps is too complex.',
  'back-edge from insn 7 to 3',
  'unreachable insn 12',
  'invalid access to packet, off=54 size=1, R2(id=0,off=54,r=34); R2 offset is outside of the packet',
  'invalid access to map value, value_size=8 off=8 size=4',
  "R0 invalid mem access 'map_value_or_null'",
  "R2 invalid mem access 'scalar'",
  'R3 !read_ok',
  'invalid read from stack off -16+0 size 8',
  'combined stack size of 2 calls is 544. Too large',
  'R2 pointer arithmetic on ctx prohibited',
  'misaligned stack access off (0x0; 0x0)+0+-12 size 8',
  'invalid bpf_context access off=40 size=8',
  'unknown func bpf_loop#181',
  'unknown opcode d5',
  'R1 type=scalar expected=ctx',
  'tail_calls are not allowed in non-JITed programs with bpf-to-bpf calls',
];

test('each row has a message that it is for', () => {
  assert.equal(MESSAGES.length, CAUSES.length);
  for (const [i, message] of MESSAGES.entries()) assert.equal(causeOf(message), CAUSES[i]?.cause, message);
});

test('old wordings', () => {
  assert.equal(causeOf("R0 invalid mem access 'inv'"), causeOf("R0 invalid mem access 'scalar'"));
  assert.equal(causeOf('infinite loop detected at insn 3'), causeOf('back-edge from insn 7 to 3'));
  assert.equal(causeOf('something that no kernel says'), undefined);
});
