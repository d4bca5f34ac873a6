// The rest of the joint encapsulate where the underlay is IPv6. What it leaves to the device is the same; so is all else on the wire.
//
//     Ethernet 14 | IPv6 40 | UDP 8 | VXLAN 8 | Ethernet 14 | the packet
//                 |  70 new bytes behind the first Ethernet header  |
//
// Without a checksum of UDP, which RFC 6935 allows to tunnels: to make it, all of the packet would have to be read. Our receivers take such packets,
// programs and tunnel devices (kernel/devices.ts) alike.

import { joint } from './joint.ts';

/** From encapsulate: r0 = bytes of the packet, or of its largest segment, r2 = its data, r5 = the byte with its two bits of ECN; r6, r8, r9 as there. Stack: the same. */
const text = `
  add %r0, 70
  mov %r4, %r9
  rsh %r4, 16
  and %r4, 0xffff                  # the underlay's MTU
  jgt %r0, %r4, large
  ldxw %r0, [%r6]
  jgt %r0, 65519, device           # longer than the length behind an IPv6 header may say
  and %r5, 3
  stxdw [%r10-16], %r5
  mov %r1, %r6
  call get_hash_recalc
  stxdw [%r10-8], %r0
  mov %r1, %r6
  mov %r2, 70
  mov %r3, 1                       # BPF_ADJ_ROOM_MAC
  lddw %r4, 0x0e00000000000055     # FIXED_GSO, ENCAP_L3_IPV6, ENCAP_L4_UDP, ENCAP_L2_ETH, ENCAP_L2 of 14 bytes
  call skb_adjust_room
  jne %r0, 0, device
  ldxw %r2, [%r6+76]
  ldxw %r3, [%r6+80]
  mov %r4, %r2
  add %r4, 84
  jgt %r4, %r3, lost

  ldxdw %r4, [%r2]                 # the packet's own Ethernet header
  stxdw [%r2+70], %r4
  ldxw %r4, [%r2+8]
  stxw [%r2+78], %r4
  ldxh %r4, [%r2+12]
  stxh [%r2+82], %r4
  mov %r4, 0
  stxdw [%r2], %r4
  stxw [%r2+8], %r4
  sth [%r2+12], 0xdd86

  ldxdw %r5, [%r10-16]             # version, traffic class, no flow label
  lsh %r5, 12
  or %r5, 0x60
  stxw [%r2+14], %r5
  ldxw %r4, [%r6]
  sub %r4, 54
  be16 %r4
  stxh [%r2+18], %r4
  sth [%r2+20], 0x4011             # UDP, hop limit 64
  ldxdw %r1, [%r8+56]
  stxdw [%r2+22], %r1
  ldxdw %r1, [%r8+64]
  stxdw [%r2+30], %r1
  ldxdw %r1, [%r8+16]
  stxdw [%r2+38], %r1
  ldxdw %r1, [%r8+24]
  stxdw [%r2+46], %r1

  ldxdw %r3, [%r10-8]
  mov %r1, %r3                     # source port: the flow, in the range of dynamic ports (RFC 7348)
  rsh %r1, 16
  xor %r1, %r3
  or %r1, 0xc0
  stxh [%r2+54], %r1
  ldxh %r1, [%r8+48]
  stxh [%r2+56], %r1
  stxh [%r2+58], %r4
  sth [%r2+60], 0

  mov %r3, 0x08                    # VXLAN: I
  ldxw %r1, [%r6+60]
  jeq %r1, 0, ungrouped
  be16 %r1
  lsh %r1, 16
  or %r1, 0x88                     # G and I, and the group as policy id
  mov %r3, %r1
ungrouped:
  stxw [%r2+62], %r3
  ldxw %r1, [%r8+44]
  stxw [%r2+66], %r1
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
  sub %r4, 70
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
`;

export const encapsulateSix = joint({ name: 'encapsulate-six', file: 'src/datapath/joints/encapsulate-six.ts', line: 12, text });
