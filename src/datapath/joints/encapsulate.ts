// The joint encapsulate: a packet goes into the tunnel without the tunnel's device. The program writes the outer headers and hands the packet to
// the underlay's device, whose routes and neighbours the kernel looks up. On the wire it is what the device would have made of it.
//
//     Ethernet 14 | IPv4 20 | UDP 8 | VXLAN 8 | Ethernet 14 | the packet
//                 |  50 new bytes behind the first Ethernet header  |
//
// It leaves to the device, before anything is changed: what is no IP packet; segments of UDP, and what was in a tunnel before and kept the kernel's
// mark of it (adjust_room refuses both); what the underlay is too small for and may be fragmented, which the kernel does outside; a VLAN tag beside
// the bytes. What may not be fragmented is told so (too-big.ts).

import { joint } from './joint.ts';

/**
 * r6 = ctx, r7 = a number that counts up by the flow, r8 = the wire's record, r9 = its first word. Stack: -8 the flow's hash, -16 the two bits of ECN.
 */
const text = `
  ldxw %r1, [%r8+12]
  jeq %r1, 0, device
  ldxw %r1, [%r6+20]               # vlan_present
  jne %r1, 0, device
  ldxw %r2, [%r6+76]
  ldxw %r3, [%r6+80]
  mov %r4, %r2
  add %r4, 34
  jgt %r4, %r3, device
  ldxw %r0, [%r6+176]              # gso_size
  ldxh %r4, [%r2+12]
  jeq %r4, 0x0008, four
  jne %r4, 0xdd86, device
  ldxb %r5, [%r2+15]
  rsh %r5, 4
  jeq %r0, 0, single
  ldxb %r4, [%r2+20]
  jne %r4, 6, device
  mov %r4, %r2
  add %r4, 74
  jgt %r4, %r3, device
  ldxb %r4, [%r2+66]               # length of the TCP header in words
  rsh %r4, 4
  lsh %r4, 2
  add %r4, 40
  ja segmented
four:
  ldxb %r5, [%r2+15]
  jeq %r0, 0, single
  ldxb %r4, [%r2+14]
  jne %r4, 0x45, device
  ldxb %r4, [%r2+23]
  jne %r4, 6, device
  mov %r4, %r2
  add %r4, 54
  jgt %r4, %r3, device
  ldxb %r4, [%r2+46]
  rsh %r4, 4
  lsh %r4, 2
  add %r4, 20
segmented:
  add %r0, %r4
  ja sized
single:
  ldxw %r0, [%r6]
  sub %r0, 14
sized:
  ldxb %r4, [%r8+1]
  and %r4, 1
  jne %r4, 0, six
  add %r0, 50
  mov %r4, %r9
  rsh %r4, 16
  and %r4, 0xffff                  # the underlay's MTU
  jgt %r0, %r4, large
  ldxw %r0, [%r6]
  jgt %r0, 65499, device           # longer than the length of an IPv4 packet may say
  and %r5, 3
  stxdw [%r10-16], %r5
  mov %r1, %r6
  call get_hash_recalc
  stxdw [%r10-8], %r0
  mov %r1, %r6
  mov %r2, 50
  mov %r3, 1                       # BPF_ADJ_ROOM_MAC
  lddw %r4, 0x0e00000000000053     # FIXED_GSO, ENCAP_L3_IPV4, ENCAP_L4_UDP, ENCAP_L2_ETH, ENCAP_L2 of 14 bytes
  call skb_adjust_room
  jne %r0, 0, device
  ldxw %r2, [%r6+76]
  ldxw %r3, [%r6+80]
  mov %r4, %r2
  add %r4, 64
  jgt %r4, %r3, lost

  ldxdw %r4, [%r2]                 # the packet's own Ethernet header
  stxdw [%r2+50], %r4
  ldxw %r4, [%r2+8]
  stxw [%r2+58], %r4
  ldxh %r4, [%r2+12]
  stxh [%r2+62], %r4
  # The outer one is the kernel's to make. A group address in it would make redirect_neigh lose the packet.
  mov %r4, 0
  stxdw [%r2], %r4
  stxw [%r2+8], %r4
  sth [%r2+12], 0x0008

  ldxdw %r5, [%r10-16]
  ldxdw %r3, [%r10-8]
  ldxw %r4, [%r6]
  sub %r4, 14
  mov %r0, %r4
  be16 %r0
  stb [%r2+14], 0x45
  stxb [%r2+15], %r5
  stxh [%r2+16], %r0
  add %r7, %r3                     # identification: of each flow one after the other, for DF is clear
  and %r7, 0xffff
  stxh [%r2+18], %r7
  sth [%r2+20], 0
  sth [%r2+22], 0x1140             # TTL 64, UDP
  ldxw %r1, [%r8+40]               # the sum of what is the same in every packet
  add %r1, %r0
  add %r1, %r7
  lsh %r5, 8
  add %r1, %r5
  mov %r5, %r1
  rsh %r5, 16
  and %r1, 0xffff
  add %r1, %r5
  mov %r5, %r1
  rsh %r5, 16
  add %r1, %r5
  xor %r1, 0xffff
  stxh [%r2+24], %r1
  ldxw %r1, [%r8+32]
  stxw [%r2+26], %r1
  ldxw %r1, [%r8+36]
  stxw [%r2+30], %r1

  mov %r1, %r3                     # source port: the flow, in the range of dynamic ports (RFC 7348)
  rsh %r1, 16
  xor %r1, %r3
  or %r1, 0xc0
  stxh [%r2+34], %r1
  ldxh %r1, [%r8+48]
  stxh [%r2+36], %r1
  sub %r4, 20
  be16 %r4
  stxh [%r2+38], %r4
  sth [%r2+40], 0                  # no checksum: RFC 7348

  mov %r3, 0x08                    # VXLAN: I
  ldxw %r1, [%r6+60]
  jeq %r1, 0, ungrouped
  be16 %r1
  lsh %r1, 16
  or %r1, 0x88                     # G and I, and the group as policy id
  mov %r3, %r1
ungrouped:
  stxw [%r2+42], %r3
  ldxw %r1, [%r8+44]
  stxw [%r2+46], %r1
  ldxw %r1, [%r8+12]
  mov %r2, 0
  mov %r3, 0
  mov %r4, 0
  call redirect_neigh
  exit
lost:
  mov32 %r2, const(site:tunnel-refused)
  mov %r1, %r6
  ja exit(drop)
large:
  sub %r4, 50
  jlt %r4, 1280, device            # IPv6 goes everywhere (RFC 8200 5)
  mov %r3, %r4
  ldxh %r4, [%r2+12]
  jeq %r4, 0xdd86, told
  ldxh %r4, [%r2+20]
  and %r4, 0x0040                  # IPv4 that may be fragmented: it is, outside
  jeq %r4, 0, device
told:
  ja exit(large)
device:
  ja exit(tunnel-device)
six:
  ja exit(tunnel-six)
`;

export const encapsulate = joint({ name: 'encapsulate', file: 'src/datapath/joints/encapsulate.ts', line: 16, text });
