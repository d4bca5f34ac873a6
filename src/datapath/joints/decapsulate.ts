// The system program decapsulate, at the underlay's device, before anyone else: IP packets that come through a tunnel of the plan are taken out of
// it and go to their element without the tunnel's device. All else goes on as if the program were not there; so does, to the tunnel's
// device, what comes through a tunnel and needs more of the kernel:
//
// - fragments, IP options, a VLAN tag, a length or header checksum that is wrong, flags that are not ours;
// - what is no IP packet, for the kernel's own idea of a packet's protocol would stay IPv4;
// - segments of anything but TCP: after a shrink the kernel keeps them marked as tunnelled, and loses those of UDP;
// - networks and servers that the plan does not name: a named drop of `arrival`.
//
// An outer UDP checksum is not looked at, which RFC 7348 leaves to the receiver: the packet inside has its own.

import { joint } from './joint.ts';

/** Constants: local (the server's address) and udp-port, both as a packet has them. r7 the packet; r8, r9 and the stack: inner.ts; r9 before: gso_size. */
const text = `
  mov %r6, %r1
  ldxw %r1, [%r6+16]
  jne %r1, 0x0008, next            # protocol
  ldxw %r1, [%r6+4]
  jne %r1, 0, next                 # pkt_type: PACKET_HOST
  ldxw %r1, [%r6+20]
  jne %r1, 0, next                 # vlan_present
  ldxw %r0, [%r6]
  jlt %r0, 84, next                # len: six headers at the least
  ldxw %r7, [%r6+76]
  ldxw %r3, [%r6+80]
  mov %r4, %r7
  add %r4, 84
  jle %r4, %r3, linear
  mov %r1, %r6
  mov %r2, 84
  call skb_pull_data
  jne %r0, 0, next
  ldxw %r7, [%r6+76]
  ldxw %r3, [%r6+80]
  mov %r4, %r7
  add %r4, 84
  jgt %r4, %r3, next
linear:
  ldxh %r1, [%r7+36]
  jne %r1, const(udp-port), next
  ldxb %r1, [%r7+23]
  jne %r1, 17, next
  ldxw %r1, [%r7+30]
  mov32 %r2, const(local)
  jne %r1, %r2, next
  ldxb %r1, [%r7+14]
  jne %r1, 0x45, next
  ldxh %r1, [%r7+20]
  and %r1, 0xff3f                  # more fragments, or an offset
  jne %r1, 0, next
  ldxw %r0, [%r6]
  ldxh %r1, [%r7+16]
  be16 %r1
  add %r1, 14
  jne %r1, %r0, next
  ldxh %r1, [%r7+38]
  be16 %r1
  add %r1, 34
  jne %r1, %r0, next
  ldxw %r1, [%r7+14]               # the header's checksum
  ldxw %r2, [%r7+18]
  add %r1, %r2
  ldxw %r2, [%r7+22]
  add %r1, %r2
  ldxw %r2, [%r7+26]
  add %r1, %r2
  ldxw %r2, [%r7+30]
  add %r1, %r2
  mov %r2, %r1
  rsh %r2, 16
  and %r1, 0xffff
  add %r1, %r2
  mov %r2, %r1
  rsh %r2, 16
  and %r1, 0xffff
  add %r1, %r2
  mov %r2, %r1
  rsh %r2, 16
  and %r1, 0xffff
  add %r1, %r2
  jne %r1, 0xffff, next

  ldxw %r2, [%r7+42]               # VXLAN: I, or G and I
  mov %r1, %r2
  rsh %r2, 16
  be16 %r2
  and %r1, 0xff
  jeq %r1, 0x88, grouped
  mov %r2, 0
  jne %r1, 0x08, next
grouped:
  stxdw [%r10-64], %r2
  ldxw %r9, [%r6+176]              # gso_size
  ldxh %r1, [%r7+62]
  jeq %r1, 0x0008, four
  jne %r1, 0xdd86, next
  mov %r8, 0x101                   # FIXED_GSO, DECAP_L3_IPV6
  jeq %r9, 0, known
  ldxb %r1, [%r7+70]
  jne %r1, 6, next
  ldxh %r1, [%r7+68]
  be16 %r1
  add %r1, 40
  ja whole
four:
  mov %r8, 1
  jeq %r9, 0, known
  ldxb %r1, [%r7+73]
  jne %r1, 6, next
  ldxh %r1, [%r7+66]
  be16 %r1
whole:
  # Datagrams of the tunnel that were merged as such would be one packet with the length of the first.
  add %r1, 64
  jne %r1, %r0, next

known:
  ldxw %r1, [%r7+46]
  be32 %r1
  rsh %r1, 8
  stxw [%r10-32], %r1
  ldxw %r1, [%r7+26]
  be32 %r1
  stxw [%r10-28], %r1
  stdw [%r10-24], 0
  stw [%r10-16], 0
  ldxb %r1, [%r7+15]
  and %r1, 3
  stxdw [%r10-56], %r1
  add %r7, 50
  mov %r9, -50
  ja exit(inner)
next:
  mov32 %r0, -1                    # TCX_NEXT
  exit
`;

export const decapsulate = joint({ name: 'decapsulate', file: 'src/datapath/joints/decapsulate.ts', line: 15, text });
