// The joint punt: a packet goes to the visor's TAP, with a prefix that says where it comes from. And reenter, the system program at that TAP, by
// which the visor's answers enter elements. Without a reader a punt is a drop under its own name.
//
//     out, before the Ethernet header:        in, behind the frame (bytes at the end go off packets of any family):
//      0   u32 id of the element               0   u32 slot of the program that it enters
//      4   the packet's record, 5 words        4   the packet's record, 5 words
//     24   u32 site                           24   u32 0
//     28   u32 bytes of the frame             28   u32 REENTRY_MARK
//
// The device finishes checksums and cuts segments (GSO) before a reader sees them; each segment has the prefix.

import { joint } from './joint.ts';

export const PUNT_BYTES = 32;
/** "IOVP", as an i32 of assembler text. */
export const REENTRY_MARK = 0x494f5650;
/** Of one site of an element, on all CPUs together: a packet each PUNT_INTERVAL_NS, and so many at once. */
const PUNT_INTERVAL_NS = 500_000;
export const PUNT_BURST = 256;
/** An entry of the map punts: when the site's bucket is full again, packets handed over. */
export const PUNT_STATE_BYTES = 16;

/** Maps: tap (one entry: the ifindex, 0: no reader), punts (by site). Constants: element. r2 = the site. Stack: -4 the site, as a key, -8 0, as one, -48 the prefix. */
const puntText = `
  mov %r6, %r1
  stxw [%r10-4], %r2
  stxw [%r10-24], %r2
  stw [%r10-8], 0
  lddw %r1, map(tap)
  mov %r2, %r10
  add %r2, -8
  call map_lookup_elem
  jeq %r0, 0, unread
  ldxw %r9, [%r0]
  jeq %r9, 0, unread
  call ktime_get_ns
  mov %r8, %r0
  lddw %r1, map(punts)
  mov %r2, %r10
  add %r2, -4
  call map_lookup_elem
  jeq %r0, 0, unread
  mov %r7, %r0
  ldxdw %r1, [%r7]
  jge %r1, %r8, charged
  mov %r1, %r8
charged:
  mov %r2, %r1
  sub %r2, %r8
  jgt %r2, ${PUNT_INTERVAL_NS * (PUNT_BURST - 1)}, over
  add %r1, ${PUNT_INTERVAL_NS}     # of two CPUs at once, one may not be charged
  stxdw [%r7], %r1
  mov32 %r1, const(element)
  stxw [%r10-48], %r1
  ldxw %r1, [%r6+48]
  stxw [%r10-44], %r1
  ldxw %r1, [%r6+52]
  stxw [%r10-40], %r1
  ldxw %r1, [%r6+56]
  stxw [%r10-36], %r1
  ldxw %r1, [%r6+60]
  stxw [%r10-32], %r1
  ldxw %r1, [%r6+64]
  stxw [%r10-28], %r1
  ldxw %r1, [%r6]
  stxw [%r10-20], %r1
  mov %r1, %r6
  mov %r2, ${PUNT_BYTES}
  mov %r3, 0
  call skb_change_head
  jne %r0, 0, refused
  mov %r1, %r6
  mov %r2, 0
  mov %r3, %r10
  add %r3, -48
  mov %r4, ${PUNT_BYTES}
  mov %r5, 0
  call skb_store_bytes
  jne %r0, 0, refused
  mov %r1, %r6
  mov %r2, %r9
  mov %r3, 0
  call clone_redirect              # it says when the device is gone, as a redirect does not
  jne %r0, 0, unread
  mov %r1, 1
  lock add [%r7+8], %r1
  mov %r0, 2                       # TC_ACT_SHOT: the copy is on its way
  exit
unread:
  mov %r1, %r6
  ldxw %r2, [%r10-4]
  ja exit(drop)
over:
  mov %r1, %r6
  mov32 %r2, const(site:punt-over-rate)
  ja exit(drop)
refused:
  mov %r1, %r6
  mov32 %r2, const(site:punt-refused)
  ja exit(drop)
`;

export const punt = joint({ name: 'punt', file: 'src/datapath/joints/punt.ts', line: 24, text: puntText });

/** At the TAP's ingress. Maps: programs, sites. Stack: -32 what is behind the frame. r7: the frame's length. */
const reenterText = `
  mov %r6, %r1
  ldxw %r7, [%r6]
  jlt %r7, ${14 + PUNT_BYTES}, malformed
  sub %r7, ${PUNT_BYTES}
  mov %r1, %r6
  mov %r2, %r7
  mov %r3, %r10
  add %r3, -32
  mov %r4, ${PUNT_BYTES}
  call skb_load_bytes
  jne %r0, 0, malformed
  ldxw %r1, [%r10-4]
  jne %r1, ${REENTRY_MARK}, malformed
  mov %r1, %r6
  mov %r2, %r7
  mov %r3, 0
  call skb_change_tail
  jne %r0, 0, malformed
  ldxw %r1, [%r10-28]
  stxw [%r6+48], %r1
  ldxw %r1, [%r10-24]
  stxw [%r6+52], %r1
  ldxw %r1, [%r10-20]
  stxw [%r6+56], %r1
  ldxw %r1, [%r10-16]
  stxw [%r6+60], %r1
  ldxw %r1, [%r10-12]
  stxw [%r6+64], %r1
  ldxw %r3, [%r10-32]
  mov %r1, %r6
  lddw %r2, map(programs)
  call tail_call
  mov %r1, %r6
  mov32 %r2, const(site:no-element)
  ja exit(drop)
malformed:
  mov %r1, %r6
  mov32 %r2, const(site:reentry-malformed)
  ja exit(drop)
`;

export const reenter = joint({ name: 'reenter', file: 'src/datapath/joints/punt.ts', line: 106, text: reenterText });
