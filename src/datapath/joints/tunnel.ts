// The way into the tunnel device, which encapsulates: the function tunnel-key says to which server and network a packet, or the copy of one that
// is made next, is going; the joint device sends the packet itself there. What the wire record says is drawn in wires.ts.
// The way without that device is encapsulate.ts.

import { joint } from './joint.ts';

/** r1 = ctx, r2 = the wire's record. r0: 0, or refused. Stack: -32 struct bpf_tunnel_key as far as local_ipv4, -40 the group. */
const keyText = `
  mov %r6, %r1
  mov %r8, %r2
  # id, remote[16], tos, ttl, ext, label.
  ldxw %r1, [%r8+8]
  stxw [%r10-32], %r1
  ldxw %r1, [%r8+16]
  stxw [%r10-28], %r1
  ldxw %r1, [%r8+20]
  stxw [%r10-24], %r1
  ldxw %r1, [%r8+24]
  stxw [%r10-20], %r1
  ldxw %r1, [%r8+28]
  stxw [%r10-16], %r1
  stw [%r10-12], 0x4000            # tos 0, ttl 64
  stw [%r10-8], 0
  mov %r1, %r6
  mov %r2, %r10
  add %r2, -32
  mov %r3, 28
  ldxb %r4, [%r8+1]
  call skb_set_tunnel_key
  jne %r0, 0, end
  # Source group: the policy id of VXLAN-GBP. Also 0 is set, or the device would take the group of another packet that this CPU sent.
  ldxw %r1, [%r6+60]
  stxw [%r10-40], %r1
  mov %r1, %r6
  mov %r2, %r10
  add %r2, -40
  mov %r3, 4
  call skb_set_tunnel_opt
end:
  exit
`;

export const tunnelKey = joint({ name: 'tunnel-key', file: 'src/datapath/joints/tunnel.ts', line: 8, text: keyText });

/** r6 = ctx, r8 = the wire's record. */
const deviceText = `
  mov %r1, %r6
  mov %r2, %r8
  call local joint(tunnel-key)
  jne %r0, 0, refused
  ldxw %r1, [%r8+4]
  mov %r2, 0
  call redirect
  exit
refused:
  mov32 %r2, const(site:tunnel-refused)
  mov %r1, %r6
  ja exit(drop)
`;

export const tunnelDevice = joint({ name: 'tunnel-device', file: 'src/datapath/joints/tunnel.ts', line: 46, text: deviceText });
