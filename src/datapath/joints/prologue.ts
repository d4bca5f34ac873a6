// The prologue of every element: counts what enters by a port. It falls through into the module's code.

import { joint } from './joint.ts';

/** Maps: counts. Constants: skb fields are written out, for assembler text has no names for them: 0 len, 48 port of entry. */
const text = `
  mov %r6, %r1
  ldxh %r2, [%r1+48]
  stxw [%r10-4], %r2
  lddw %r1, map(counts)
  mov %r2, %r10
  add %r2, -4
  call map_lookup_elem
  jeq %r0, 0, uncounted
  ldxdw %r1, [%r0]                 # rx packets
  add %r1, 1
  stxdw [%r0], %r1
  ldxw %r2, [%r6]
  ldxdw %r1, [%r0+8]               # rx bytes
  add %r1, %r2
  stxdw [%r0+8], %r1
uncounted:
  mov %r1, %r6
`;

export const prologue = joint({ name: 'prologue', file: 'src/datapath/joints/prologue.ts', line: 6, text });
