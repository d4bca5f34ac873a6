// The system program at a device that the machine has anyway, first in line at its ingress: what is for a claim of an element goes to that
// element; all else goes on as if this program were not there. It answers nothing itself.

import { joint } from './joint.ts';

/**
 * Maps: claims, programs, sites.
 *
 *     claims   key: u32 bits that count, u32 ifindex, IPv6 address (IPv4: mapped)       value: u32 slot, port, domain, MAC of the device
 *
 * What asks for a claimed address (ARP, ND) is claimed by it, and gets the MAC as destination, so that the element knows it. Stack: -104 a
 * header, -32 the key. r7: whether it asks.
 */
const text = `
  mov %r6, %r1
  mov %r7, 0
  ldxw %r1, [%r6+4]                # pkt_type
  jeq %r1, 3, theirs               # for another host
  ldxw %r1, [%r6+20]               # vlan_present: another network
  jne %r1, 0, theirs
  stw [%r10-32], 160
  ldxw %r1, [%r6+40]               # ifindex
  stxw [%r10-28], %r1
  stw [%r10-24], 0
  stw [%r10-20], 0
  stw [%r10-16], 0xffff0000
  ldxw %r1, [%r6+16]               # protocol, network order
  jeq %r1, 0x0008, four
  jeq %r1, 0x0608, arp
  jne %r1, 0xdd86, theirs

  mov %r1, %r6
  mov %r2, 14
  mov %r3, %r10
  add %r3, -104
  mov %r4, 40
  call skb_load_bytes
  jne %r0, 0, theirs
  ldxw %r1, [%r10-80]
  stxw [%r10-24], %r1
  ldxw %r1, [%r10-76]
  stxw [%r10-20], %r1
  ldxw %r1, [%r10-72]
  stxw [%r10-16], %r1
  ldxw %r1, [%r10-68]
  stxw [%r10-12], %r1
  ldxb %r1, [%r10-98]              # next header
  jne %r1, 58, find
  mov %r1, %r6
  mov %r2, 54
  mov %r3, %r10
  add %r3, -104
  mov %r4, 24
  call skb_load_bytes
  jne %r0, 0, find
  ldxb %r1, [%r10-104]
  jne %r1, 135, find               # neighbour solicitation: its target
  ldxw %r1, [%r10-96]
  stxw [%r10-24], %r1
  ldxw %r1, [%r10-92]
  stxw [%r10-20], %r1
  ldxw %r1, [%r10-88]
  stxw [%r10-16], %r1
  ldxw %r1, [%r10-84]
  stxw [%r10-12], %r1
  mov %r7, 1
  ja find

arp:
  mov %r1, %r6
  mov %r2, 14
  mov %r3, %r10
  add %r3, -104
  mov %r4, 28
  call skb_load_bytes
  jne %r0, 0, theirs
  ldxh %r1, [%r10-98]
  jne %r1, 0x0100, theirs          # requests only
  ldxw %r1, [%r10-80]
  stxw [%r10-12], %r1
  mov %r7, 1
  ja find

four:
  mov %r1, %r6
  mov %r2, 14
  mov %r3, %r10
  add %r3, -104
  mov %r4, 20
  call skb_load_bytes
  jne %r0, 0, theirs
  ldxw %r1, [%r10-88]
  stxw [%r10-12], %r1
find:
  lddw %r1, map(claims)
  mov %r2, %r10
  add %r2, -32
  call map_lookup_elem
  jeq %r0, 0, theirs
  mov %r8, %r0
  jeq %r7, 0, ours
  mov %r1, %r6
  mov %r2, 0
  mov %r3, %r8
  add %r3, 12
  mov %r4, 6
  mov %r5, 0
  call skb_store_bytes
ours:
  ldxw %r1, [%r8+4]
  stxw [%r6+48], %r1
  ldxw %r1, [%r8+8]
  stxw [%r6+52], %r1
  mov32 %r1, 0
  stxw [%r6+56], %r1
  stxw [%r6+60], %r1
  stxw [%r6+64], %r1
  ldxw %r3, [%r8]
  mov %r1, %r6
  lddw %r2, map(programs)
  call tail_call
  mov %r1, %r6
  mov32 %r2, const(site:no-element)
  ja exit(drop)
theirs:
  mov %r0, -1                      # TCX_NEXT
  exit
`;

export const door = joint({ name: 'door', file: 'src/datapath/joints/door.ts', line: 14, text });

/**
 * The same at a device with segments of which elements have all: what is of theirs goes in whoever it is for, without its tag; the rest is the
 * door's. Maps: claims, programs, sites; key and entry of a trunk are drawn in compose/wires.ts. Stack: -32 the key.
 */
const trunkText = `
  mov %r6, %r1
  stw [%r10-32], 160
  ldxw %r1, [%r6+40]               # ifindex
  stxw [%r10-28], %r1
  stw [%r10-24], 1                 # 100::, and the number of the VLAN
  stw [%r10-20], 0
  stw [%r10-16], 0
  mov %r2, 0
  ldxw %r1, [%r6+20]               # vlan_present
  jeq %r1, 0, untagged
  ldxw %r2, [%r6+24]               # vlan_tci: tags of network 0 say a priority alone
  and %r2, 0xfff
untagged:
  be32 %r2
  stxw [%r10-12], %r2
  lddw %r1, map(claims)
  mov %r2, %r10
  add %r2, -32
  call map_lookup_elem
  jeq %r0, 0, others
  mov %r8, %r0
  ldxw %r1, [%r8+4]
  jset %r1, 0x10000, ours
others:
  mov %r1, %r6
  ja exit(door)
ours:
  and %r1, 0xffff
  stxw [%r6+48], %r1
  ldxw %r1, [%r8+8]
  stxw [%r6+52], %r1
  ldxw %r1, [%r8+12]
  stxw [%r6+56], %r1
  ldxw %r1, [%r8+16]
  stxw [%r6+60], %r1
  mov32 %r1, 0
  stxw [%r6+64], %r1
  ldxw %r1, [%r6+20]
  jeq %r1, 0, enter
  mov %r1, %r6
  call skb_vlan_pop
  jne %r0, 0, refused
enter:
  ldxw %r3, [%r8]
  mov %r1, %r6
  lddw %r2, map(programs)
  call tail_call
  mov %r1, %r6
  mov32 %r2, const(site:no-element)
  ja exit(drop)
refused:
  mov %r1, %r6
  mov32 %r2, const(site:tag-refused)
  ja exit(drop)
`;

export const trunk = joint({ name: 'trunk', file: 'src/datapath/joints/door.ts', line: 136, text: trunkText });
