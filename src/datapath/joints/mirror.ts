// The joint mirror: a function that a module calls, for a copy of the packet by one port. What the wire record says is drawn in wires.ts.
// A copy that cannot go is counted at a site, as a packet of its own; the packet itself goes on whatever becomes of its copy.
//
// Only devices and tunnels take copies: an element is reached by a tail call, from which there is no way back.

import { joint } from './joint.ts';

/**
 * Maps: wires, counts, sites. r1 = ctx, r2 = port. Stack, within CALLED_STACK_BYTES: -4 the port, as a key, -8 a site.
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
  mov %r1, %r6
  mov %r2, %r8
  call local joint(tunnel-key)
  jne %r0, 0, refused

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
