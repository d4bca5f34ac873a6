// The joint family: a function for packets that were translated between IPv4 and IPv6. The kernel keeps a packet's family beside its bytes, for
// its stack, its segmentation and its helpers; writing the EtherType does not change that. One helper does, and it makes or takes the 20 bytes
// between the two headers as well: they are taken out again behind it, or put in before. The packet's own bytes stay as they are.

import { joint } from './joint.ts';

/** r1 = ctx. r0: 0, or refused. Of other families, and where nothing differs, it does nothing. */
const text = `
  mov %r6, %r1
  mov %r0, 0
  ldxw %r2, [%r6+76]
  ldxw %r3, [%r6+80]
  mov %r4, %r2
  add %r4, 14
  jgt %r4, %r3, end
  ldxh %r7, [%r2+12]
  ldxw %r8, [%r6+16]               # protocol: network order, as the bytes
  jeq %r7, %r8, end
  jeq %r8, 0x0008, four
  jne %r8, 0xdd86, end
  jne %r7, 0x0008, end
  mov %r1, %r6
  mov %r2, 20
  mov %r3, 1                       # BPF_ADJ_ROOM_MAC
  mov %r4, 1                       # BPF_F_ADJ_ROOM_FIXED_GSO
  call skb_adjust_room
  jne %r0, 0, end
  mov %r1, %r6
  mov %r2, 0x0008
  mov %r3, 0
  call skb_change_proto
  ja end
four:
  jne %r7, 0xdd86, end
  mov %r1, %r6
  mov %r2, 0xdd86
  mov %r3, 0
  call skb_change_proto
  jne %r0, 0, end
  mov %r1, %r6
  mov %r2, -20
  mov %r3, 1
  mov %r4, 1
  call skb_adjust_room
end:
  exit
`;

export const family = joint({ name: 'family', file: 'src/datapath/joints/family.ts', line: 8, text });
