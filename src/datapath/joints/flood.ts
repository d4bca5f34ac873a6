// The joint flood: a copy to every device and tunnel port but the port of entry, then on into the one element port, if there is one.
// What came by a tunnel goes into no tunnel: every server of a network is joined to every other, so the copy was sent there already.
//
// The copying is a program of its own, one for each element that floods, reached by a tail call. It does 16 ports and calls itself again:
// as one loop the verifier would walk it for a tenth of a second at every load of the element.

import { joint } from './joint.ts';

/** Ports in one flood list: 16 rounds, which leave tail calls for 16 hops. */
export const MAX_FLOOD_PORTS = 255;
/** Bytes of one list: ports as u32, ended by FLOOD_END. */
export const FLOOD_LIST_BYTES = (MAX_FLOOD_PORTS + 1) * 4;
export const FLOOD_END = 0xffff_ffff;

/** Maps: cursor (one entry per CPU: the next index in the list), programs. Constants: flood-slot. */
const jointText = `
  mov %r6, %r1
  stw [%r10-4], 0
  lddw %r1, map(cursor)
  mov %r2, %r10
  add %r2, -4
  call map_lookup_elem
  jeq %r0, 0, lost
  mov %r1, 0
  stxw [%r0], %r1
  mov %r1, %r6
  lddw %r2, map(programs)
  mov %r3, const(flood-slot)
  call tail_call
lost:
  mov %r1, %r6
  mov32 %r2, const(site:flood-lost)
  ja exit(drop)
`;

export const flood = joint({ name: 'flood', file: 'src/datapath/joints/flood.ts', line: 16, text: jointText });

/**
 * Maps: wires, counts, sites, floods, cursor, loop (one entry: ifindex of the loop device), programs. Constants: flood-slot, filter-slot.
 *
 *     floods (one entry)   u32 which of the lists holds now, u32 element port or FLOOD_END, list 0, list 1
 *
 * r7 index in the list, r8 the list, r9 ports done in this round.
 * Stack: -8 port of entry, -16 whether that is a tunnel, -24 the wire's record, -32 the wire, -68 port, as a key, -72 another key, -80 tunnel key of the record, -88 a result.
 */
const text = `
  mov %r6, %r1
  ldxh %r1, [%r6+48]
  stxdw [%r10-8], %r1
  stdw [%r10-16], 0
  ldxw %r2, [%r6+64]
  stxdw [%r10-80], %r2
  stxw [%r10-68], %r1
  lddw %r1, map(wires)
  mov %r2, %r10
  add %r2, -68
  call map_lookup_elem
  jeq %r0, 0, start
  ldxb %r1, [%r0]
  jne %r1, 3, start
  stdw [%r10-16], 1
start:
  stw [%r10-72], 0
  lddw %r1, map(cursor)
  mov %r2, %r10
  add %r2, -72
  call map_lookup_elem
  jeq %r0, 0, lost
  ldxw %r7, [%r0]
  mov %r1, %r7
  add %r1, 16
  stxw [%r0], %r1
  lddw %r8, value(floods)
  ldxw %r1, [%r8]
  and %r1, 1
  lsh %r1, 10
  add %r8, %r1
  mov %r9, 0

each:
  jge %r9, 16, more
  add %r9, 1
  jge %r7, 255, last
  mov %r1, %r7
  lsh %r1, 2
  mov %r2, %r8
  add %r2, %r1
  ldxw %r1, [%r2+8]
  add %r7, 1
  jgt %r1, 0xffff, last
  ldxdw %r2, [%r10-8]
  jeq %r1, %r2, each
  stxw [%r10-68], %r1
  lddw %r1, map(wires)
  mov %r2, %r10
  add %r2, -68
  call map_lookup_elem
  jeq %r0, 0, each
  stxdw [%r10-32], %r0
  ldxdw %r2, [%r0]
  stxdw [%r10-24], %r2
  and %r2, 0xff
  jeq %r2, 3, tunnel
  jeq %r2, 1, device
  jeq %r2, 2, device
  jeq %r2, 6, trunk
  ja each
trunk:
  ldxw %r1, [%r0+8]
  jeq %r1, 0, unfiltered
  ldxdw %r1, [%r10-24]
  rsh %r1, 16
  and %r1, 0xffff
  add %r1, 14
  ldxw %r2, [%r6]
  jle %r2, %r1, tagged
  ldxw %r2, [%r6+176]
  jne %r2, 0, tagged
  stw [%r10-72], const(site:flood-too-big)
  ja failed
tagged:
  ldxw %r3, [%r0+8]
  and %r3, 0xfff
  mov %r1, %r6
  mov %r2, 0x0081
  call skb_vlan_push
  jne %r0, 0, refused
  mov %r1, %r6
  ldxdw %r2, [%r10-24]
  rsh %r2, 32
  mov %r3, 0
  call clone_redirect
  stxdw [%r10-88], %r0
  mov %r1, %r6
  call skb_vlan_pop
  ldxdw %r1, [%r10-88]
  or %r0, %r1
  jne %r0, 0, refused
  ja copied
device:
  mov %r1, const(filter-slot)
  jslt %r1, 0, unfiltered
  # The copy goes to the filters first, by the loop device: record and packet type are the copy's for a moment.
  stxw [%r6+64], %r1
  ldxw %r1, [%r10-68]
  stxh [%r6+48], %r1
  mov %r1, %r6
  lddw %r2, value(loop)
  ldxw %r2, [%r2]
  mov %r3, 1                       # BPF_F_INGRESS
  call clone_redirect
  ldxdw %r1, [%r10-8]
  stxh [%r6+48], %r1
  ldxdw %r1, [%r10-80]
  stxw [%r6+64], %r1
  jne %r0, 0, refused
  ja each
unfiltered:
  ldxdw %r1, [%r10-24]
  rsh %r1, 16
  and %r1, 0xffff
  add %r1, 14
  ldxw %r2, [%r6]
  jle %r2, %r1, copy
  ldxw %r2, [%r6+176]              # gso_size
  jne %r2, 0, copy
  stw [%r10-72], const(site:flood-too-big)
  ja failed
tunnel:
  ldxdw %r1, [%r10-16]
  jne %r1, 0, each
  mov %r1, %r6
  ldxdw %r2, [%r10-32]
  call local joint(tunnel-key)
  jne %r0, 0, refused
copy:
  mov %r1, %r6
  ldxdw %r2, [%r10-24]
  rsh %r2, 32
  mov %r3, 0
  call clone_redirect
  jne %r0, 0, refused
copied:
  ldxw %r1, [%r10-68]
  stxw [%r10-72], %r1
  lddw %r1, map(counts)
  mov %r2, %r10
  add %r2, -72
  call map_lookup_elem
  jeq %r0, 0, each
  ldxdw %r1, [%r0+16]
  add %r1, 1
  stxdw [%r0+16], %r1
  ldxw %r2, [%r6]
  ldxdw %r1, [%r0+24]
  add %r1, %r2
  stxdw [%r0+24], %r1
  ja each
refused:
  stw [%r10-72], const(site:flood-refused)
failed:
  lddw %r1, map(sites)
  mov %r2, %r10
  add %r2, -72
  call map_lookup_elem
  jeq %r0, 0, each
  ldxdw %r1, [%r0]
  add %r1, 1
  stxdw [%r0], %r1
  ja each

more:
  mov %r1, %r6
  lddw %r2, map(programs)
  mov %r3, const(flood-slot)
  call tail_call
lost:
  mov %r1, %r6
  mov32 %r2, const(site:flood-lost)
  ja exit(drop)

last:
  lddw %r1, value(floods)
  ldxw %r2, [%r1+4]
  jgt %r2, 0xffff, over
  ldxdw %r1, [%r10-8]
  jeq %r1, %r2, over
  mov %r1, %r6
  ja exit(to)
over:
  # The copies are on their way: that the original ends here is no drop.
  mov %r0, 2
  exit
`;

export const flooding = joint({ name: 'flooding', file: 'src/datapath/joints/flood.ts', line: 46, text });
