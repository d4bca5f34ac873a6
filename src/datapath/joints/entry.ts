// System programs at devices: entry, at the host's end of an endpoint's veth, and arrival, at the tunnel device.
// They make the packet's record (src/image/abi.ts) and call the element. What has no element is a named drop: closed until it is there.

import { joint } from './joint.ts';

/** Maps: programs, sites. Constants: port, domain, endpoint, group, slot. */
const entryText = `
  mov %r6, %r1
  mov32 %r2, const(port)           # no hops, no conntrack
  stxw [%r1+48], %r2
  mov32 %r2, const(domain)
  stxw [%r1+52], %r2
  mov32 %r2, const(endpoint)
  stxw [%r1+56], %r2
  mov32 %r2, const(group)
  stxw [%r1+60], %r2
  mov32 %r2, 0
  stxw [%r1+64], %r2
  lddw %r2, map(programs)
  mov %r3, const(slot)             # constant: the tail call is a plain jump
  call tail_call
  mov %r1, %r6
  mov32 %r2, const(site:no-element)
  ja exit(drop)
`;

export const entry = joint({ name: 'entry', file: 'src/datapath/joints/entry.ts', line: 7, text: entryText });

/**
 * Maps: peers, programs, sites. Constants: tunnel-flags (BPF_F_TUNINFO_IPV6 or 0).
 *
 *     peers   key: the first 20 bytes of struct bpf_tunnel_key = VNI, outer source       value: u32 slot, port, domain, 0
 */
const arrivalText = `
  mov %r6, %r1
  stdw [%r10-32], 0
  stdw [%r10-24], 0
  stdw [%r10-16], 0
  stw [%r10-8], 0
  mov %r2, %r10
  add %r2, -32
  mov %r3, 28
  mov %r4, const(tunnel-flags)
  call skb_get_tunnel_key
  jne %r0, 0, unknown
  lddw %r1, map(peers)
  mov %r2, %r10
  add %r2, -32
  call map_lookup_elem
  jeq %r0, 0, unknown
  mov %r7, %r0
  stdw [%r10-8], 0
  mov %r1, %r6
  mov %r2, %r10
  add %r2, -8
  mov %r3, 4
  call skb_get_tunnel_opt
  ldxw %r8, [%r10-32]
  ldxw %r9, [%r10-8]
  and %r9, 0xffff                  # the sender's group; the upper half is flags
  ja exit(enter)
unknown:
  mov %r1, %r6
  mov32 %r2, const(site:unknown-tunnel-peer)
  ja exit(drop)
`;

export const arrival = joint({ name: 'arrival', file: 'src/datapath/joints/entry.ts', line: 34, text: arrivalText });

/** What came through a tunnel, into its element. Maps: programs, sites. r6 = ctx, r7 = the peer's entry, r8 = VNI, r9 = the sender's group. */
const enterText = `
  ldxw %r1, [%r7+4]
  stxw [%r6+48], %r1
  ldxw %r1, [%r7+8]
  stxw [%r6+52], %r1
  mov32 %r1, 0
  stxw [%r6+56], %r1
  stxw [%r6+60], %r9
  stxw [%r6+64], %r8
  ldxw %r3, [%r7]
  mov %r1, %r6
  lddw %r2, map(programs)
  call tail_call
  mov %r1, %r6
  mov32 %r2, const(site:no-element)
  ja exit(drop)
`;

export const enter = joint({ name: 'enter', file: 'src/datapath/joints/entry.ts', line: 71, text: enterText });
