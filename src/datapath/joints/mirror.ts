// The joint mirror: a function that a module calls, for a copy of the packet by one port. What the wire record says is drawn in wires.ts.
// A copy that cannot go is counted at a site, as a packet of its own; the packet itself goes on whatever becomes of its copy.
//
// Only devices and tunnels take copies: an element is reached by a tail call, from which there is no way back.

import { joint } from './joint.ts';

/**
 * Maps: wires, counts, sites. r1 = ctx, r2 = port. Stack, within CALLED_STACK_BYTES: -4 the port, as a key, -8 a site or word, -64 tunnel key.
 */
const text = `
  mov %r6, %r1
  and %r2, 0xffff
  stxw [%r10-4], %r2
  lddw %r1, map(wires)
  mov %r2, %r10
  add %r2, -4
  call map_lookup_elem
  jeq %r0, 0, unwired
  mov %r8, %r0
  ldxdw %r9, [%r8]
  mov %r7, %r9
  rsh %r7, 32                      # ifindex
  mov %r1, %r9
  and %r1, 0xff
  jeq %r1, 1, device
  jeq %r1, 2, device
  jeq %r1, 3, tunnel
  jne %r1, 4, unwired
  stw [%r10-8], const(site:mirror-to-element)
  ja failed
unwired:
  stw [%r10-8], const(site:mirror-no-wire)
  ja failed

device:
  mov %r3, %r9
  rsh %r3, 16
  and %r3, 0xffff
  add %r3, 14
  ldxw %r2, [%r6]                  # len
  jle %r2, %r3, copy
  ldxw %r2, [%r6+176]              # gso_size: its segments may fit
  jeq %r2, 0, large
  add %r2, 42                      # Ethernet, IPv4, UDP: the shortest headers of a segment
  jle %r2, %r3, copy
large:
  stw [%r10-8], const(site:mirror-too-big)
  ja failed

tunnel:
  # struct bpf_tunnel_key as far as local_ipv4: id, remote[16], tos, ttl, ext, label.
  ldxw %r1, [%r8+8]
  stxw [%r10-64], %r1
  ldxw %r1, [%r8+16]
  stxw [%r10-60], %r1
  ldxw %r1, [%r8+20]
  stxw [%r10-56], %r1
  ldxw %r1, [%r8+24]
  stxw [%r10-52], %r1
  ldxw %r1, [%r8+28]
  stxw [%r10-48], %r1
  stw [%r10-44], 0x4000            # tos 0, ttl 64
  stw [%r10-40], 0
  mov %r1, %r6
  mov %r2, %r10
  add %r2, -64
  mov %r3, 28
  mov %r4, %r9
  rsh %r4, 8
  and %r4, 0xff
  call skb_set_tunnel_key
  jne %r0, 0, refused
  ldxw %r1, [%r6+60]               # source group: the policy id of VXLAN-GBP
  jeq %r1, 0, copy
  stxw [%r10-8], %r1
  mov %r1, %r6
  mov %r2, %r10
  add %r2, -8
  mov %r3, 4
  call skb_set_tunnel_opt

copy:
  mov %r1, %r6
  mov %r2, %r7
  mov %r3, 0
  call clone_redirect
  jne %r0, 0, refused
  lddw %r1, map(counts)
  mov %r2, %r10
  add %r2, -4
  call map_lookup_elem
  jeq %r0, 0, end
  ldxdw %r1, [%r0+16]              # tx packets
  add %r1, 1
  stxdw [%r0+16], %r1
  ldxw %r2, [%r6]
  ldxdw %r1, [%r0+24]              # tx bytes
  add %r1, %r2
  stxdw [%r0+24], %r1
end:
  mov %r0, 0
  exit

refused:
  stw [%r10-8], const(site:mirror-refused)
failed:
  lddw %r1, map(sites)
  mov %r2, %r10
  add %r2, -8
  call map_lookup_elem
  jeq %r0, 0, end
  ldxdw %r1, [%r0]
  add %r1, 1
  stxdw [%r0], %r1
  ja end
`;

export const mirror = joint({ name: 'mirror', file: 'src/datapath/joints/mirror.ts', line: 11, text });
