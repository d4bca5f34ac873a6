// The joint inner: what decapsulate found to be of a tunnel is taken out of it, if the plan has that tunnel, and goes to its element.

import { joint } from './joint.ts';

/**
 * Maps: peers, programs, sites. r6 = ctx, r7 = the Ethernet header inside, r8 = flags of adjust_room, r9 = what the packet grows by, below 0. Stack: -32 key of
 * the peer, its first word the VNI; -56 ECN of the outer header; -64 group; -48 is for the Ethernet header.
 */
const text = `
  lddw %r1, map(peers)
  mov %r2, %r10
  add %r2, -32
  call map_lookup_elem
  jeq %r0, 0, next
  ldxdw %r1, [%r7]
  stxdw [%r10-48], %r1
  ldxw %r1, [%r7+8]
  stxw [%r10-40], %r1
  ldxh %r1, [%r7+12]
  stxh [%r10-36], %r1
  mov %r7, %r0
  mov %r1, %r6
  mov %r2, %r9
  mov %r3, 1                       # BPF_ADJ_ROOM_MAC
  mov %r4, %r8
  call skb_adjust_room
  jne %r0, 0, next
  ldxw %r2, [%r6+76]
  ldxw %r3, [%r6+80]
  mov %r4, %r2
  add %r4, 14
  jgt %r4, %r3, lost
  ldxdw %r1, [%r10-48]
  stxdw [%r2], %r1
  ldxw %r1, [%r10-40]
  stxw [%r2+8], %r1
  ldxh %r1, [%r10-36]
  stxh [%r2+12], %r1
  ldxdw %r1, [%r10-56]
  jne %r1, 3, enter
  mov %r1, %r6                     # congestion on the way is told to the receiver, or the packet is lost: RFC 6040
  call skb_ecn_set_ce
  jne %r0, 0, enter
  mov %r1, %r6
  mov32 %r2, const(site:congestion)
  ja exit(drop)
enter:
  ldxw %r8, [%r10-32]
  ldxdw %r9, [%r10-64]
  ja exit(enter)
lost:
  mov %r1, %r6
  mov32 %r2, const(site:decapsulation-refused)
  ja exit(drop)
next:
  mov32 %r0, -1                    # TCX_NEXT
  exit
`;

export const inner = joint({ name: 'inner', file: 'src/datapath/joints/inner.ts', line: 9, text });
