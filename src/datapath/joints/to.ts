// The joints to and reply: a packet leaves its element by a port. What the wire record says is drawn in wires.ts.
//
// A unicast packet for an endpoint goes straight into the other namespace. redirect_peer asks neither for the receiver's MTU nor for the
// packet's type, so both are seen to here: else the receiver's stack throws the packet away without a word. What is too big is told so before
// it goes to filters, for behind them nothing says any more where it came from.

import { joint } from './joint.ts';

/** Elements that are called by a constant, which is a plain jump; others by a variable, which costs 15 ns more. */
export const NEAR_ELEMENTS = 4;

/** Maps: wires, counts, programs. Constants: filter-slot (below 0: none), near0 … (slots of elements that wires lead to; others are none). r1 = ctx, r2 = port. Stack: -4 the port, as a key, -64 a next hop. What the exit tunnel finds: encapsulate.ts. */
const text = `
  mov %r6, %r1
  stxw [%r10-4], %r2
  lddw %r1, map(wires)
  mov %r2, %r10
  add %r2, -4
  call map_lookup_elem             # inlined by the kernel: an array
  jeq %r0, 0, unwired
  mov %r8, %r0
  ldxdw %r9, [%r8]
  mov %r1, %r9
  and %r1, 0xff
  jeq %r1, 1, device               # peer: in another namespace
  jeq %r1, 2, device               # device: in this one
  jeq %r1, 3, tunnel
  jeq %r1, 4, element
  jeq %r1, 5, device               # outside: a device of the machine
  jeq %r1, 6, device               # trunk: all of a device's segment
unwired:
  mov32 %r2, const(site:no-wire)
  ja ended

tunnel:
  ldxh %r3, [%r8+50]
  jeq %r3, 0, fits
  ja sized
device:
  mov %r3, %r9
  rsh %r3, 16
  and %r3, 0xffff
sized:
  add %r3, 14
  ldxw %r2, [%r6]                  # len
  jle %r2, %r3, filtered
  ldxw %r2, [%r6+176]              # gso_size: its segments may fit
  jeq %r2, 0, large
  add %r2, 42                      # Ethernet, IPv4, UDP: the shortest headers of a segment
  jle %r2, %r3, filtered
large:
  sub %r3, 14
  ja exit(large)
filtered:
  mov %r3, const(filter-slot)      # below 0: there is none, and verifiers take what follows away
  jslt %r3, 0, fits
  mov %r1, %r9
  and %r1, 0xff
  jge %r1, 3, fits
  ldxw %r1, [%r10-4]
  stxh [%r6+48], %r1
  mov %r1, %r6
  lddw %r2, map(programs)
  call tail_call
  mov32 %r2, const(site:no-next-element)
  ja ended

fits:
  mov %r7, 0                       # of the tunnel's packets: a number that counts up
  lddw %r1, map(counts)
  mov %r2, %r10
  add %r2, -4
  call map_lookup_elem
  jeq %r0, 0, counted
  ldxdw %r1, [%r0+16]              # tx packets
  add %r1, 1
  stxdw [%r0+16], %r1
  mov %r7, %r1
  ldxw %r2, [%r6]
  ldxdw %r1, [%r0+24]              # tx bytes
  add %r1, %r2
  stxdw [%r0+24], %r1
counted:
  mov %r1, %r9
  and %r1, 0xff
  jeq %r1, 5, outside
  jeq %r1, 6, trunk
  jne %r1, 3, local
  ja exit(tunnel)
local:
  ldxw %r1, [%r6+4]                # pkt_type
  jne %r1, 3, host                 # 3: PACKET_OTHERHOST
  mov %r1, %r6
  mov %r2, 0                       # PACKET_HOST
  call skb_change_type
host:
  mov %r1, %r9
  rsh %r1, 32
  mov %r2, 0
  and %r9, 0xff
  jeq %r9, 2, same
  call redirect_peer
  exit
same:
  call redirect
  exit

trunk:
  ldxw %r3, [%r8+8]
  jeq %r3, 0, addressed
  and %r3, 0xfff
  mov %r1, %r6
  mov %r2, 0x0081
  call skb_vlan_push
  jeq %r0, 0, addressed
  mov32 %r2, const(site:tag-refused)
  ja ended

outside:
  ldxw %r2, [%r6+76]
  ldxw %r3, [%r6+80]
  mov %r4, %r2
  add %r4, 14
  jgt %r4, %r3, addressed
  ldxw %r1, [%r2]
  jne %r1, 0, addressed
  ldxh %r1, [%r2+4]
  jne %r1, 0, addressed
  ldxh %r1, [%r2+12]
  # struct bpf_redir_neigh: family, address.
  stw [%r10-64], 2
  stw [%r10-56], 0
  stw [%r10-52], 0
  stw [%r10-48], 0
  ldxw %r3, [%r8+8]
  stxw [%r10-60], %r3
  mov %r7, 4                       # bytes of an address
  jeq %r1, 0x0008, hop
  jne %r1, 0xdd86, lost
  mov %r7, 16
  stw [%r10-64], 10
  ldxw %r3, [%r8+16]
  stxw [%r10-60], %r3
  ldxw %r1, [%r8+20]
  stxw [%r10-56], %r1
  or %r3, %r1
  ldxw %r1, [%r8+24]
  stxw [%r10-52], %r1
  or %r3, %r1
  ldxw %r1, [%r8+28]
  stxw [%r10-48], %r1
  or %r3, %r1
hop:
  mov %r1, %r9
  and %r1, 0x100
  jeq %r1, 0, hopping
  mov %r2, 30                      # direct: where the packet has its destination
  jeq %r7, 4, direct
  mov %r2, 38
direct:
  mov %r1, %r6
  mov %r3, %r10
  add %r3, -60
  mov %r4, %r7
  call skb_load_bytes
  jne %r0, 0, lost
  mov %r3, 1
hopping:
  jeq %r3, 0, lost
  mov %r1, %r9
  rsh %r1, 32
  mov %r2, %r10
  add %r2, -64
  mov %r3, 20
  mov %r4, 0
  call redirect_neigh
  exit
addressed:
  mov %r1, %r9
  rsh %r1, 32
  mov %r2, 0
  call redirect
  exit
lost:
  mov32 %r2, const(site:no-next-hop)
  ja ended

element:
  ldxb %r1, [%r6+50]               # hops
  jge %r1, 16, tired
  add %r1, 1
  stxb [%r6+50], %r1
  mov %r1, %r9
  rsh %r1, 16
  stxh [%r6+48], %r1
  lddw %r1, map(counts)
  mov %r2, %r10
  add %r2, -4
  call map_lookup_elem
  jeq %r0, 0, call
  ldxdw %r1, [%r0+16]
  add %r1, 1
  stxdw [%r0+16], %r1
  ldxw %r2, [%r6]
  ldxdw %r1, [%r0+24]
  add %r1, %r2
  stxdw [%r0+24], %r1
call:
  mov %r1, %r6
  lddw %r2, map(programs)
  mov %r3, %r9
  rsh %r3, 32
  jeq %r3, const(near0), near0
  jeq %r3, const(near1), near1
  jeq %r3, const(near2), near2
  jeq %r3, const(near3), near3
  call tail_call
  ja gone
near0:
  mov %r3, const(near0)
  call tail_call
  ja gone
near1:
  mov %r3, const(near1)
  call tail_call
  ja gone
near2:
  mov %r3, const(near2)
  call tail_call
  ja gone
near3:
  mov %r3, const(near3)
  call tail_call
gone:
  mov32 %r2, const(site:no-next-element)
  ja ended
tired:
  mov32 %r2, const(site:too-many-hops)
ended:
  mov %r1, %r6
  ja exit(drop)
`;

export const to = joint({ name: 'to', file: 'src/datapath/joints/to.ts', line: 13, text });

/** The port of entry is in the packet's record. */
const back = `
  ldxh %r2, [%r1+48]
  ja exit(to)
`;

export const reply = joint({ name: 'reply', file: 'src/datapath/joints/to.ts', line: 247, text: back });
