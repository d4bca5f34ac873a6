// Helpers on what the stack knows about a packet: skb_change_type, check_mtu, skb_vlan_push, skb_vlan_pop (net/core/filter.c,
// net/core/skbuff.c). The outermost VLAN tag lies beside the packet, in the context, as the kernel keeps it.

import { SKB } from '../../image/abi.ts';
import { ERRNO } from '../maps/errno.ts';
import type { Packet } from '../packet/packet.ts';
import type { HelperDefinition } from './definition.ts';
import { span } from './machine.ts';

const PACKET_OTHERHOST = 3;
const MTU_CHECK_SEGMENTS = 1;
const MTU_RESULT = { success: 0, fragmentationNeeded: 1 } as const;
const ETHERNET_BYTES = 14;
const TAG_BYTES = 4, TAG_AT = 12;
/** In network order, as a host number. */
const ETH_P_8021Q = 0x0081, ETH_P_8021AD = 0xa888;

const isTagged = (protocol: number): boolean => protocol === ETH_P_8021Q || protocol === ETH_P_8021AD;

/** Takes the tag out of the frame; gives its number. */
function untag(packet: Packet, view: DataView): number {
  const tci = view.getUint16(packet.data + TAG_AT + 2);
  packet.gap(TAG_AT, -TAG_BYTES);
  packet.setField(SKB.protocol, view.getUint16(packet.data + TAG_AT, true));
  return tci;
}

export const DEVICE_HELPERS: readonly HelperDefinition[] = [
  {
    name: 'skb_change_type', hooks: ['tc'], parameters: ['narrow', 'low'], result: 'error',
    make: ({ packet }) => (_skb: number, type: number): number => {
      if (packet.field(SKB.pkt_type) > PACKET_OTHERHOST || type >>> 0 > PACKET_OTHERHOST) return ERRNO.EINVAL;
      packet.setField(SKB.pkt_type, type);
      return 0;
    },
  },
  {
    name: 'check_mtu', hooks: ['tc'], parameters: ['narrow', 'low', 'narrow', 'low', 'narrow'], result: 'error',
    make: machine => (_skb: number, ifindex: number, mtuLength: number, difference: number, flags: number): number => {
      const { memory, packet, world } = machine;
      span(machine, mtuLength, 4, 'write');
      const asked = memory.u32(mtuLength);
      if ((flags & ~MTU_CHECK_SEGMENTS) !== 0 || (flags !== 0 && (difference !== 0 || asked !== 0))) return ERRNO.EINVAL;
      const mtu = world.mtuOf(ifindex === 0 ? packet.field(SKB.ifindex) : ifindex);
      if (mtu === undefined) return ERRNO.ENODEV;
      const length = (asked === 0 ? packet.length : asked + ETHERNET_BYTES) + difference;
      memory.setU32(mtuLength, mtu);
      if (length <= mtu + ETHERNET_BYTES || packet.field(SKB.gso_size) !== 0) return MTU_RESULT.success;
      return MTU_RESULT.fragmentationNeeded;
    },
  },
  {
    name: 'skb_vlan_push', hooks: ['tc'], parameters: ['narrow', 'low', 'low'], result: 'error',
    make: ({ packet, memory }) => (_skb: number, protocol: number, tci: number): number => {
      if (packet.field(SKB.vlan_present) !== 0) {
        const outer = packet.field(SKB.vlan_proto);
        if (!packet.gap(TAG_AT, TAG_BYTES)) return ERRNO.ENOMEM;
        memory.view.setUint16(packet.data + TAG_AT, outer, true);
        memory.view.setUint16(packet.data + TAG_AT + 2, packet.field(SKB.vlan_tci));
        packet.count(packet.data + ETHERNET_BYTES, TAG_BYTES, 0);
        packet.setField(SKB.protocol, outer);
      }
      packet.setField(SKB.vlan_present, 1);
      packet.setField(SKB.vlan_proto, isTagged(protocol & 0xffff) ? protocol & 0xffff : ETH_P_8021Q);
      packet.setField(SKB.vlan_tci, tci & 0xffff);
      return 0;
    },
  },
  {
    name: 'skb_vlan_pop', hooks: ['tc'], parameters: ['narrow'], result: 'error',
    make: ({ packet, memory }) => (): number => {
      if (packet.field(SKB.vlan_present) !== 0) for (const field of [SKB.vlan_present, SKB.vlan_tci, SKB.vlan_proto]) packet.setField(field, 0);
      else if (!isTagged(packet.field(SKB.protocol))) return 0;
      else untag(packet, memory.view);
      const protocol = packet.field(SKB.protocol);
      if (!isTagged(protocol)) return 0;
      packet.setField(SKB.vlan_tci, untag(packet, memory.view));
      packet.setField(SKB.vlan_present, 1);
      packet.setField(SKB.vlan_proto, protocol);
      return 0;
    },
  },
];
