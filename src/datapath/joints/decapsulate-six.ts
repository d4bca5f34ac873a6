// The system program decapsulate where the underlay is IPv6; decapsulate.ts says what it leaves to the device. So are extension headers, fragments among them.

import { joint } from './joint.ts';

/** Constants: local0 … local3 (the server's address, by words) and udp-port, as a packet has them. Registers and stack as in decapsulate. */
const text = `
  mov %r6, %r1
  ldxw %r1, [%r6+16]
  jne %r1, 0xdd86, next            # protocol
  ldxw %r1, [%r6+4]
  jne %r1, 0, next                 # pkt_type: PACKET_HOST
  ldxw %r1, [%r6+20]
  jne %r1, 0, next                 # vlan_present
  ldxw %r0, [%r6]
  jlt %r0, 104, next               # len: six headers at the least
  ldxw %r7, [%r6+76]
  ldxw %r3, [%r6+80]
  mov %r4, %r7
  add %r4, 104
  jle %r4, %r3, linear
  mov %r1, %r6
  mov %r2, 104
  call skb_pull_data
  jne %r0, 0, next
  ldxw %r0, [%r6]
  ldxw %r7, [%r6+76]
  ldxw %r3, [%r6+80]
  mov %r4, %r7
  add %r4, 104
  jgt %r4, %r3, next
linear:
  ldxh %r1, [%r7+56]
  jne %r1, const(udp-port), next
  ldxb %r1, [%r7+20]
  jne %r1, 17, next
  ldxw %r1, [%r7+38]
  mov32 %r2, const(local0)
  jne %r1, %r2, next
  ldxw %r1, [%r7+42]
  mov32 %r2, const(local1)
  jne %r1, %r2, next
  ldxw %r1, [%r7+46]
  mov32 %r2, const(local2)
  jne %r1, %r2, next
  ldxw %r1, [%r7+50]
  mov32 %r2, const(local3)
  jne %r1, %r2, next
  ldxb %r1, [%r7+14]
  rsh %r1, 4
  jne %r1, 6, next
  ldxh %r1, [%r7+18]
  be16 %r1
  add %r1, 54
  jne %r1, %r0, next
  ldxh %r1, [%r7+58]
  be16 %r1
  add %r1, 54
  jne %r1, %r0, next

  ldxw %r2, [%r7+62]               # VXLAN: I, or G and I
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
  ldxh %r1, [%r7+82]
  jeq %r1, 0x0008, four
  jne %r1, 0xdd86, next
  mov %r8, 1                       # FIXED_GSO
  jeq %r9, 0, known
  ldxb %r1, [%r7+90]
  jne %r1, 6, next
  ldxh %r1, [%r7+88]
  be16 %r1
  add %r1, 40
  ja whole
four:
  mov %r8, 0x81                    # FIXED_GSO, DECAP_L3_IPV4
  jeq %r9, 0, known
  ldxb %r1, [%r7+93]
  jne %r1, 6, next
  ldxh %r1, [%r7+86]
  be16 %r1
whole:
  # Datagrams of the tunnel that were merged as such would be one packet with the length of the first.
  add %r1, 84
  jne %r1, %r0, next

known:
  ldxw %r1, [%r7+66]
  be32 %r1
  rsh %r1, 8
  stxw [%r10-32], %r1
  ldxw %r1, [%r7+22]
  stxw [%r10-28], %r1
  ldxw %r1, [%r7+26]
  stxw [%r10-24], %r1
  ldxw %r1, [%r7+30]
  stxw [%r10-20], %r1
  ldxw %r1, [%r7+34]
  stxw [%r10-16], %r1
  ldxb %r1, [%r7+15]
  rsh %r1, 4
  and %r1, 3
  stxdw [%r10-56], %r1
  add %r7, 70
  mov %r9, -70
  ja exit(inner)
next:
  mov32 %r0, -1                    # TCX_NEXT
  exit
`;

export const decapsulateSix = joint({ name: 'decapsulate-six', file: 'src/datapath/joints/decapsulate-six.ts', line: 6, text });
