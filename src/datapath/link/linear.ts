// What stands before a tc program that reads more of packets than their linear part is sure to have: the part that programs see. The kernel leaves
// the rest in pages (GRO, sendfile, drivers, tunnels); what of it is read is copied to the linear part. It is the same for all who link.
//
// A packet that is all linear goes by in five instructions. One of several segments (GSO) has the headers of the first linear, for the kernel itself
// needs them there: such a one, which is most of bulk TCP, is left as it is by programs that read headers only.

import type { Reads } from '../../image/image.ts';
import { instantiate, joint, type Joint } from '../joints/joint.ts';
import type { Piece } from './piece.ts';

/** Offsets of struct __sk_buff are written out: 0 len, 76 data, 80 data_end, 176 gso_size. What cannot be had (no memory) the program finds short. */
const text = (payload: boolean): string => `
  ldxw %r2, [%r1+0]
  ldxw %r3, [%r1+80]
  ldxw %r4, [%r1+76]
  sub %r3, %r4
  jge %r3, %r2, linear
  jge %r3, const(bytes), linear
${payload ? '' : `  ldxw %r3, [%r1+176]
  jne %r3, 0, linear
`}  jle %r2, const(bytes), whole
  mov %r2, const(bytes)
whole:
  mov %r6, %r1
  call skb_pull_data
  mov %r1, %r6
linear:
`;

const file = 'src/datapath/link/linear.ts', line = 13;
const ofHeaders = joint({ name: 'linear', file, line, text: text(false) }), ofPayload = joint({ name: 'linear', file, line, text: text(true) });

export const LINEAR: readonly Joint[] = [ofHeaders, ofPayload];

export function linear({ bytes, payload }: Reads): Piece {
  return instantiate(payload ? ofPayload : ofHeaders, { maps: {}, constants: { bytes } });
}
