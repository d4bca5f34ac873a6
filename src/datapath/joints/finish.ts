// The joint finish: a function for packets that get another checksum than the one that the kernel has still to make (CHECKSUM_PARTIAL), such as
// an ICMP error about a TCP segment: the kernel, or the device, would write two bytes into what is now a quotation.
//
// No helper takes that duty off a packet, and none tells of it. But bpf_l4_csum_replace leaves a checksum alone that is still to be made, and
// the kernel gives the duty up when the bytes that it begins at are taken out of the packet (skb_postpull_rcsum). So the first bytes are
// copied behind the end, taken out, put in again and copied back: 192 of them, in two rounds. What is taken out says which duties go:
// one that begins behind it is of a packet inside this one, still needed, and stays. Then this is refused.

import { joint } from './joint.ts';

/**
 * r1 = ctx, r2 = offset of a checksum field that is 0, r3: a duty that begins before this byte goes. r0: 0, and the field
 * holds anything; or refused.
 * Stack, within CALLED_STACK_BYTES: -8 the field, -16 what is taken out, -112 bytes on their way. r7 offset, r8 where the copy is, r9 whether
 * it was done already.
 */
const text = `
  mov %r6, %r1
  mov %r7, %r2
  mov %r9, 0
  jle %r3, 192, most
  mov %r3, 192
most:
  stxdw [%r10-16], %r3
probe:
  mov %r1, %r6
  mov %r2, %r7
  mov %r3, 0
  mov %r4, 1
  mov %r5, 0
  call l4_csum_replace
  jne %r0, 0, end
  mov %r1, %r6
  mov %r2, %r7
  mov %r3, %r10
  add %r3, -8
  mov %r4, 2
  call skb_load_bytes
  jne %r0, 0, end
  ldxh %r1, [%r10-8]
  jne %r1, 0, end                  # it was changed: the checksum is nobody's duty
  mov %r0, 1
  jne %r9, 0, end
  mov %r9, 1
  ldxw %r8, [%r6]
  add %r8, 192
  mov %r1, %r6
  mov %r2, %r8
  add %r2, 192
  mov %r3, 0
  call skb_change_tail
  jne %r0, 0, end

  mov %r1, %r6
  mov %r2, 14
  mov %r3, %r10
  add %r3, -112
  mov %r4, 96
  call skb_load_bytes
  jne %r0, 0, end
  mov %r1, %r6
  mov %r2, %r8
  mov %r3, %r10
  add %r3, -112
  mov %r4, 96
  mov %r5, 0
  call skb_store_bytes
  jne %r0, 0, end
  mov %r1, %r6
  mov %r2, 110
  mov %r3, %r10
  add %r3, -112
  mov %r4, 96
  call skb_load_bytes
  jne %r0, 0, end
  mov %r1, %r6
  mov %r2, %r8
  add %r2, 96
  mov %r3, %r10
  add %r3, -112
  mov %r4, 96
  mov %r5, 0
  call skb_store_bytes
  jne %r0, 0, end

  mov %r1, %r6
  ldxdw %r2, [%r10-16]
  neg %r2
  mov %r3, 1                       # BPF_ADJ_ROOM_MAC
  mov %r4, 1                       # BPF_F_ADJ_ROOM_FIXED_GSO
  call skb_adjust_room
  jne %r0, 0, end
  mov %r1, %r6
  ldxdw %r2, [%r10-16]
  mov %r3, 1
  mov %r4, 1
  call skb_adjust_room
  jne %r0, 0, end

  mov %r1, %r6
  mov %r2, %r8
  mov %r3, %r10
  add %r3, -112
  mov %r4, 96
  call skb_load_bytes
  jne %r0, 0, end
  mov %r1, %r6
  mov %r2, 14
  mov %r3, %r10
  add %r3, -112
  mov %r4, 96
  mov %r5, 0
  call skb_store_bytes
  jne %r0, 0, end
  mov %r1, %r6
  mov %r2, %r8
  add %r2, 96
  mov %r3, %r10
  add %r3, -112
  mov %r4, 96
  call skb_load_bytes
  jne %r0, 0, end
  mov %r1, %r6
  mov %r2, 110
  mov %r3, %r10
  add %r3, -112
  mov %r4, 96
  mov %r5, 0
  call skb_store_bytes
  jne %r0, 0, end
  mov %r1, %r6
  mov %r2, %r8
  add %r2, -192
  mov %r3, 0
  call skb_change_tail
  jeq %r0, 0, probe
end:
  exit
`;

export const finish = joint({ name: 'finish', file: 'src/datapath/joints/finish.ts', line: 17, text });
