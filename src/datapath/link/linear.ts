// What stands before a tc program that reads more of packets than their linear part is sure to have: the part that programs see. The kernel leaves
// the rest in pages (GRO, sendfile, drivers, tunnels); what of it is read is copied to the linear part. It is the same for all who link.
//
// A packet that is all linear goes by in six instructions. One of several segments (GSO) has the headers of the first linear, for the kernel itself
// needs them there: such a one, which is most of bulk TCP, is left as it is by programs that read headers only. So is a segment of TCP whose header
// is all linear: what a local sender writes is in pages behind it, shared with what it may send again, so that to pull one byte would copy the head
// (250 ns and more).

import type { Reads } from '../../image/image.ts';
import { instantiate, joint, type Joint } from '../joints/joint.ts';
import type { Piece } from './piece.ts';

/**
 * Offsets of struct __sk_buff are written out: 0 len, 76 data, 80 data_end, 176 gso_size. What cannot be had (no memory) the
 * program finds short. r3 linear bytes; from `segment` on those behind the network header.
 */
const text = (payload: boolean): string => `
  ldxw %r2, [%r1+0]
  ldxw %r5, [%r1+80]
  ldxw %r4, [%r1+76]
  mov %r3, %r5
  sub %r3, %r4
  jge %r3, %r2, linear
  jge %r3, const(bytes), linear
${payload ? '' : `  ldxw %r0, [%r1+176]
  jne %r0, 0, linear
segment:
  mov %r0, %r4
  add %r0, 54
  jgt %r0, %r5, other
  ldxh %r0, [%r4+12]
  jne %r0, 0x0008, six
  ldxb %r0, [%r4+14]
  jne %r0, 0x45, other
  ldxb %r0, [%r4+23]
  jne %r0, 6, other
  ldxh %r0, [%r4+20]
  and %r0, 0xff1f                  # a later fragment
  jne %r0, 0, other
  ldxb %r0, [%r4+46]
  add %r3, -34
  ja ends
six:
  jne %r0, 0xdd86, other
  ldxb %r0, [%r4+20]
  jne %r0, 6, other
  mov %r0, %r4
  add %r0, 74
  jgt %r0, %r5, other
  ldxb %r0, [%r4+66]
  add %r3, -54
ends:
  rsh %r0, 2                       # words of four bytes, above four other bits
  and %r0, 0x3c
  jge %r3, %r0, linear
other:
`}  jle %r2, const(bytes), whole
  mov %r2, const(bytes)
whole:
  mov %r6, %r1
  call skb_pull_data
  mov %r1, %r6
linear:
`;

const file = 'src/datapath/link/linear.ts', line = 17;
const ofHeaders = joint({ name: 'linear', file, line, text: text(false) }), ofPayload = joint({ name: 'linear', file, line, text: text(true) });

export const LINEAR: readonly Joint[] = [ofHeaders, ofPayload];

export function linear({ bytes, payload }: Reads): Piece {
  return instantiate(payload ? ofPayload : ofHeaders, { maps: {}, constants: { bytes } });
}
