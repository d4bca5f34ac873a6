// What is too big for a device or for the tunnel. The joint large hands such a packet to the program answer-too-big, of the same element, which
// makes an ICMP error of it and sends that back by the port of entry: "fragmentation needed" (RFC 792, RFC 1191) or "packet too big"
// (RFC 4443), with the MTU, quoting 512 bytes. What must not be answered ends here by name.
//
// The error is from the address that the packet was for, to which a bridge has none of its own: so does Linux, where its own vxlan device is a bridge's
// port (iptunnel_pmtud_build_icmp). It is sent to IPv4 senders whether they forbade fragments or not, as modules/router does: nothing
// here fragments, and who is told makes smaller packets.

import { joint } from './joint.ts';

/** Maps: programs. Constants: too-big-slot (below 0: the packet was an answer, or has passed filters). r6 = ctx, r3 = bytes of an IP packet that would fit. */
const handText = `
  mov %r1, const(too-big-slot)
  jslt %r1, 0, lost
  stxw [%r6+44], %r3               # tc_index: nobody else has a use for it here
  mov %r1, %r6
  lddw %r2, map(programs)
  mov %r3, const(too-big-slot)
  call tail_call
lost:
  mov %r1, %r6
  mov32 %r2, const(site:too-big)
  ja exit(drop)
`;

export const large = joint({ name: 'large', file: 'src/datapath/joints/too-big.ts', line: 12, text: handText });

/** Of the errors to one port, on all CPUs together: one each ERROR_INTERVAL_NS, and so many at once (RFC 1812 4.3.2.8, RFC 4443 2.4). */
const ERROR_INTERVAL_NS = 10_000_000;
export const ERROR_BURST = 100;
/** Ports share buckets by their lowest byte. */
export const ERROR_BUCKETS = 256;

/**
 * Maps: errors (when a bucket is full again). r7 the MTU. Stack: -78 the packet's headers, so that IP is at -64; -174 those of the answer, IP at
 * -160; -8 a key; -16 the end of a pseudo-header.
 */
const answerText = `
  mov %r6, %r1
  ldxw %r7, [%r6+44]
  mov %r1, 0
  stxw [%r6+44], %r1
  mov %r1, %r6
  mov %r2, 0
  mov %r3, %r10
  add %r3, -78
  mov %r4, 62
  call skb_load_bytes
  jne %r0, 0, unanswered
  ldxb %r1, [%r10-78]
  and %r1, 1
  jne %r1, 0, unanswered           # to a group
  ldxh %r1, [%r10-66]
  jeq %r1, 0x0008, four
  jne %r1, 0xdd86, unanswered
  ldxb %r1, [%r10-40]
  jeq %r1, 0xff, unanswered
  ldxb %r1, [%r10-56]
  jeq %r1, 0xff, unanswered
  ldxdw %r1, [%r10-56]
  ldxdw %r2, [%r10-48]
  or %r1, %r2
  jeq %r1, 0, unanswered           # from nobody
  ldxb %r1, [%r10-58]
  jne %r1, 58, limit
  ldxb %r1, [%r10-24]
  jlt %r1, 128, unanswered         # an error
  ja limit
four:
  ldxb %r8, [%r10-64]
  and %r8, 0x0f
  lsh %r8, 2
  jlt %r8, 20, unanswered
  ldxh %r1, [%r10-58]
  and %r1, 0xff1f
  jne %r1, 0, unanswered           # a later fragment
  ldxb %r1, [%r10-48]
  jge %r1, 224, unanswered
  ldxb %r1, [%r10-52]
  jge %r1, 224, unanswered
  jeq %r1, 127, unanswered
  jeq %r1, 0, unanswered
  ldxb %r1, [%r10-55]
  jne %r1, 1, limit
  mov %r1, %r6
  mov %r2, %r8
  add %r2, 14
  mov %r3, %r10
  add %r3, -8
  mov %r4, 1
  call skb_load_bytes
  jne %r0, 0, unanswered
  ldxb %r1, [%r10-8]
  jeq %r1, 0, limit                # of ICMP, echo and its reply
  jne %r1, 8, unanswered
limit:
  ldxb %r1, [%r6+48]
  stxw [%r10-8], %r1
  call ktime_get_ns
  mov %r8, %r0
  lddw %r1, map(errors)
  mov %r2, %r10
  add %r2, -8
  call map_lookup_elem
  jeq %r0, 0, unanswered
  ldxdw %r1, [%r0]
  jge %r1, %r8, charged
  mov %r1, %r8
charged:
  mov %r2, %r1
  sub %r2, %r8
  jgt %r2, ${ERROR_INTERVAL_NS * (ERROR_BURST - 1)}, over
  add %r1, ${ERROR_INTERVAL_NS}    # of two CPUs at once, one may not be charged
  stxdw [%r0], %r1

  mov %r1, %r6                     # 512 bytes are quoted, and the packet is of one segment from here on
  mov %r2, 526
  mov %r3, 0
  call skb_change_tail
  jne %r0, 0, unanswered
  ldxh %r1, [%r10-72]
  stxh [%r10-174], %r1
  ldxh %r1, [%r10-70]
  stxh [%r10-172], %r1
  ldxh %r1, [%r10-68]
  stxh [%r10-170], %r1
  ldxh %r1, [%r10-78]
  stxh [%r10-168], %r1
  ldxh %r1, [%r10-76]
  stxh [%r10-166], %r1
  ldxh %r1, [%r10-74]
  stxh [%r10-164], %r1
  ldxh %r1, [%r10-66]
  stxh [%r10-162], %r1
  jeq %r1, 0x0008, build4

  stw [%r10-160], 0x60
  sth [%r10-156], 0x0802           # 520 bytes
  sth [%r10-154], 0x403a           # ICMPv6, 64 hops
  ldxdw %r1, [%r10-40]
  stxdw [%r10-152], %r1
  ldxdw %r1, [%r10-32]
  stxdw [%r10-144], %r1
  ldxdw %r1, [%r10-56]
  stxdw [%r10-136], %r1
  ldxdw %r1, [%r10-48]
  stxdw [%r10-128], %r1
  stw [%r10-120], 2
  be32 %r7
  stxw [%r10-116], %r7
  stw [%r10-16], 0x08020000
  stw [%r10-12], 0x3a000000
  mov %r1, %r6
  mov %r2, 48
  mov %r3, 1                       # BPF_ADJ_ROOM_MAC
  mov %r4, 0
  call skb_adjust_room
  jne %r0, 0, unanswered
  mov %r1, %r6
  mov %r2, 0
  mov %r3, %r10
  add %r3, -174
  mov %r4, 62
  mov %r5, 0
  call skb_store_bytes
  jne %r0, 0, unanswered
  mov %r1, %r6
  mov %r2, 56
  mov %r3, 192
  call local joint(finish)
  jne %r0, 0, unanswered
  mov %r1, %r6
  mov %r2, 574
  call skb_pull_data
  jne %r0, 0, unanswered
  ldxw %r9, [%r6+76]
  ldxw %r3, [%r6+80]
  mov %r4, %r9
  add %r4, 574
  jgt %r4, %r3, unanswered
  sth [%r9+56], 0
  mov %r1, 0
  mov %r2, 0
  mov %r3, %r10
  add %r3, -152
  mov %r4, 32
  mov %r5, 0
  call csum_diff
  mov %r5, %r0
  mov %r1, 0
  mov %r2, 0
  mov %r3, %r10
  add %r3, -16
  mov %r4, 8
  call csum_diff
  mov %r5, %r0
  mov %r1, 0
  mov %r2, 0
  mov %r3, %r9
  add %r3, 54
  mov %r4, 512
  call csum_diff
  mov %r5, %r0
  mov %r1, 0
  mov %r2, 0
  mov %r3, %r9
  add %r3, 566
  mov %r4, 8
  call csum_diff
  mov32 %r1, %r0
  rsh %r1, 16
  and %r0, 0xffff
  add %r0, %r1
  mov %r1, %r0
  rsh %r1, 16
  add %r0, %r1
  xor %r0, 0xffff
  stxh [%r9+56], %r0
  ja back

build4:
  stw [%r10-160], 0x1c020045       # 540 bytes
  stw [%r10-156], 0
  stw [%r10-152], 0x0140           # ICMP, 64 hops
  ldxw %r1, [%r10-48]
  stxw [%r10-148], %r1
  ldxw %r1, [%r10-52]
  stxw [%r10-144], %r1
  stw [%r10-140], 0x0403
  sth [%r10-136], 0
  be16 %r7
  stxh [%r10-134], %r7
  mov %r1, 0
  mov %r2, 0
  mov %r3, %r10
  add %r3, -160
  mov %r4, 20
  mov %r5, 0
  call csum_diff
  mov32 %r1, %r0
  rsh %r1, 16
  and %r0, 0xffff
  add %r0, %r1
  mov %r1, %r0
  rsh %r1, 16
  add %r0, %r1
  xor %r0, 0xffff
  stxh [%r10-150], %r0
  mov %r1, %r6
  mov %r2, 28
  mov %r3, 1
  mov %r4, 0
  call skb_adjust_room
  jne %r0, 0, unanswered
  mov %r1, %r6
  mov %r2, 0
  mov %r3, %r10
  add %r3, -174
  mov %r4, 42
  mov %r5, 0
  call skb_store_bytes
  jne %r0, 0, unanswered
  mov %r1, %r6
  mov %r2, 36
  mov %r3, 192
  call local joint(finish)
  jne %r0, 0, unanswered
  mov %r1, %r6
  mov %r2, 554
  call skb_pull_data
  jne %r0, 0, unanswered
  ldxw %r9, [%r6+76]
  ldxw %r3, [%r6+80]
  mov %r4, %r9
  add %r4, 554
  jgt %r4, %r3, unanswered
  sth [%r9+36], 0
  mov %r1, 0
  mov %r2, 0
  mov %r3, %r9
  add %r3, 34
  mov %r4, 512
  mov %r5, 0
  call csum_diff
  mov %r5, %r0
  mov %r1, 0
  mov %r2, 0
  mov %r3, %r9
  add %r3, 546
  mov %r4, 8
  call csum_diff
  mov32 %r1, %r0
  rsh %r1, 16
  and %r0, 0xffff
  add %r0, %r1
  mov %r1, %r0
  rsh %r1, 16
  add %r0, %r1
  xor %r0, 0xffff
  stxh [%r9+36], %r0
back:
  mov %r1, 0                       # nobody's endpoint says it
  stxw [%r6+56], %r1
  stxw [%r6+60], %r1
  mov %r1, %r6
  ja exit(reply)
over:
  mov %r1, %r6
  mov32 %r2, const(site:too-many-errors)
  ja exit(drop)
unanswered:
  mov %r1, %r6
  mov32 %r2, const(site:too-big)
  ja exit(drop)
`;

export const answerTooBig = joint({ name: 'answer-too-big', file: 'src/datapath/joints/too-big.ts', line: 38, text: answerText });
