// Helpers that change a packet's size: skb_change_proto, skb_change_tail, skb_change_head, skb_adjust_room, xdp_adjust_head, xdp_adjust_tail,
// xdp_get_buff_len (net/core/filter.c). New bytes are zero. The context's data and data_end follow.

import { SKB } from '../../image/abi.ts';
import { ERRNO } from '../maps/errno.ts';
import { HEADROOM_BYTES, PACKET } from '../memory/layout.ts';
import { GSO, isTcp } from '../packet/gso.ts';
import type { Packet } from '../packet/packet.ts';
import type { HelperDefinition } from './definition.ts';
import type { Machine } from './machine.ts';

const ETHERNET_BYTES = 14;
/** SKB_MAX_ALLOC: what a packet without GSO may grow to. */
const MAX_SKB_BYTES = 0x10000;

/** XDP_PACKET_HEADROOM less struct xdp_frame; and the space of one page less the shared info at its end. */
const XDP_HEADROOM_BYTES = 256 - 40;
const MOST_META_BYTES = 252;
const XDP_MAX_END = PACKET.low + HEADROOM_BYTES - 256 + 4096 - 320;

/** enum bpf_adj_room_mode, and the flags that go in low bits. */
const ADJ_ROOM = { net: 0, mac: 1 } as const;
const FIXED_GSO = 1n;
const ENCAP = { ipv4: 2n, ipv6: 4n, gre: 8n, udp: 16n, ethernet: 64n } as const;
const NO_CSUM_RESET = 32n;
const DECAP = { ipv4: 128n, ipv6: 256n } as const;
const ROOM_FLAGS = 0xff00_0000_0000_01ffn;
const MAX_ROOM_BYTES = 0xfff;

/** Protocols as the context has them: network order in a host number. */
const ETH_P_IP = 0x0008, ETH_P_IPV6 = 0xdd86;

export const ROOM_HELPERS: readonly HelperDefinition[] = [
  {
    name: 'skb_change_tail', hooks: ['tc'], parameters: ['narrow', 'low', 'narrow'], result: 'error',
    make: ({ packet, memory }) => (_skb: number, length: number, flags: number): number => {
      length >>>= 0;
      if (flags !== 0 || length > MAX_SKB_BYTES || length < leastBytes(packet)) return ERRNO.EINVAL;
      if (packet.encapsulated) return ERRNO.ENOTSUPP;
      // It is for answers with control messages, and makes all of the packet linear.
      packet.pull(packet.length);
      const old = packet.end;
      const cut = packet.data + length;
      if (cut < old) {
        packet.forget(cut, old - cut, length - ETHERNET_BYTES);
      } else if (cut > old && packet.checksum === 'complete') packet.checksum = 'none';
      if (!packet.resize(packet.data, packet.data + length)) return ERRNO.ENOMEM;
      if (packet.end > old) memory.bytes.fill(0, old, packet.end);
      packet.pull(packet.length);
      if (packet.field(SKB.gso_size) !== 0) packet.resetGso();
      return 0;
    },
  },
  {
    name: 'skb_change_head', hooks: ['tc'], parameters: ['narrow', 'low', 'narrow'], result: 'error',
    make: ({ packet }) => (_skb: number, bytes: number, flags: number): number => {
      bytes >>>= 0;
      if (flags !== 0 || bytes > MAX_SKB_BYTES || (packet.field(SKB.gso_size) === 0 && packet.length + bytes > MAX_SKB_BYTES)) return ERRNO.EINVAL;
      return packet.gap(0, bytes) ? 0 : ERRNO.ENOMEM;
    },
  },
  {
    name: 'skb_adjust_room', hooks: ['tc'], parameters: ['narrow', 'low', 'low', 'wide'], result: 'error',
    make: machine => (_skb: number, bytes: number, mode: number, flags: bigint): number => adjustRoom(machine, bytes, mode, BigInt.asUintN(64, flags)),
  },
  {
    name: 'xdp_adjust_head', hooks: ['xdp'], parameters: ['narrow', 'low'], result: 'error',
    make: ({ packet, memory }) => (_xdp: number, bytes: number): number => {
      const data = packet.data + bytes;
      const metaBytes = packet.data - packet.meta;
      if (data < PACKET.low + HEADROOM_BYTES - XDP_HEADROOM_BYTES + metaBytes || data > packet.end - ETHERNET_BYTES) return ERRNO.EINVAL;
      const { meta } = packet;
      packet.resize(data, packet.end);
      if (metaBytes === 0) return 0;
      memory.bytes.copyWithin(data - metaBytes, meta, meta + metaBytes);
      packet.meta = data - metaBytes;
      packet.publish();
      return 0;
    },
  },
  {
    name: 'xdp_adjust_meta', hooks: ['xdp'], parameters: ['narrow', 'low'], result: 'error',
    make: ({ packet }) => (_xdp: number, bytes: number): number => {
      const meta = packet.meta + bytes;
      if (meta < PACKET.low + HEADROOM_BYTES - XDP_HEADROOM_BYTES || meta > packet.data) return ERRNO.EINVAL;
      const metaBytes = packet.data - meta;
      if ((metaBytes & 3) !== 0 || metaBytes > MOST_META_BYTES) return ERRNO.EACCES;
      packet.meta = meta;
      packet.publish();
      return 0;
    },
  },
  {
    name: 'skb_change_proto', hooks: ['tc'], parameters: ['narrow', 'low', 'wide'], result: 'error',
    make: ({ packet }) => (_skb: number, protocol: number, flags: bigint): number => {
      if (flags !== 0n) return ERRNO.EINVAL;
      const from = packet.field(SKB.protocol), to = protocol & 0xffff;
      const bytes = from === ETH_P_IP && to === ETH_P_IPV6 ? 20 : from === ETH_P_IPV6 && to === ETH_P_IP ? -20 : 0;
      if (bytes === 0 || (packet.field(SKB.gso_size) !== 0 && !isTcp(packet.gsoType))) return ERRNO.ENOTSUPP;
      if (packet.length < ETHERNET_BYTES - bytes || !packet.gap(ETHERNET_BYTES, bytes)) return ERRNO.ENOMEM;
      packet.setField(SKB.protocol, to);
      packet.setField(SKB.hash, 0);
      return 0;
    },
  },
  { name: 'xdp_get_buff_len', hooks: ['xdp'], parameters: ['narrow'], result: 'unsigned', make: ({ packet }) => () => packet.length },
  {
    name: 'xdp_adjust_tail', hooks: ['xdp'], parameters: ['narrow', 'low'], result: 'error',
    make: ({ packet, memory }) => (_xdp: number, bytes: number): number => {
      const old = packet.end;
      const end = old + bytes;
      if (end > XDP_MAX_END || end < packet.data + ETHERNET_BYTES) return ERRNO.EINVAL;
      packet.resize(packet.data, end);
      if (end > old) memory.bytes.fill(0, old, end);
      packet.pull(packet.length);
      return 0;
    },
  },
];

/** Room is made behind the Ethernet header, or behind the IP header; a packet must be IP. */
function adjustRoom({ packet }: Machine, bytes: number, mode: number, flags: bigint): number {
  if ((flags & ~ROOM_FLAGS) !== 0n) return ERRNO.EINVAL;
  const encapsulates = (flags & (ENCAP.ipv4 | ENCAP.ipv6)) !== 0n;
  const decapsulates = (flags & (DECAP.ipv4 | DECAP.ipv6)) !== 0n;
  if (Math.abs(bytes) > MAX_ROOM_BYTES) return ERRNO.EFAULT;
  const protocol = packet.field(SKB.protocol);
  if (protocol !== ETH_P_IP && protocol !== ETH_P_IPV6) return ERRNO.ENOTSUPP;
  if (mode !== ADJ_ROOM.net && mode !== ADJ_ROOM.mac) return ERRNO.ENOTSUPP;
  if (encapsulates && decapsulates) return ERRNO.EINVAL;

  const isIp6 = protocol === ETH_P_IPV6;
  const behind = ETHERNET_BYTES + (mode === ADJ_ROOM.mac ? 0 : isIp6 ? 40 : 20);
  const isGso = packet.field(SKB.gso_size) !== 0;
  // What is left must hold the header that the packet is said to have.
  const least = (flags & DECAP.ipv4) !== 0n ? 20 : (flags & DECAP.ipv6) !== 0n || isIp6 ? 40 : 20;
  if (bytes < 0 && (-bytes >= packet.length - behind || (packet.length - ETHERNET_BYTES + bytes < least && !isGso))) return ERRNO.ENOTSUPP;
  if (bytes > 0 && packet.length + bytes > MAX_SKB_BYTES && !isGso) return ERRNO.ENOTSUPP;
  if (bytes < 0 && (flags & ~(FIXED_GSO | DECAP.ipv4 | DECAP.ipv6 | NO_CSUM_RESET)) !== 0n) return ERRNO.EINVAL;
  // Datagrams are as large as their segments: these may not change with the headers.
  if (isGso && !isTcp(packet.gsoType) && ((packet.gsoType & GSO.udp) === 0 || (flags & FIXED_GSO) === 0n)) return ERRNO.ENOTSUPP;
  if (bytes > 0 && encapsulates) {
    const refused = encapsulationRefused(packet, flags, bytes);
    if (refused !== 0) return refused;
  }
  if (!packet.gap(behind, bytes)) return ERRNO.ENOMEM;

  if (isGso) {
    if ((flags & FIXED_GSO) === 0n) packet.setField(SKB.gso_size, packet.field(SKB.gso_size) - bytes);
    packet.setField(SKB.gso_segs, 0);
    packet.gsoType |= GSO.dodgy | (bytes > 0 && encapsulates ? tunnelGso(flags) : 0);
  }
  if (bytes > 0 && encapsulates) packet.encapsulated = true;
  if (packet.checksum === 'unnecessary' && (flags & NO_CSUM_RESET) === 0n) packet.checksum = 'none';
  const outer = (flags & (ENCAP.ipv4 | DECAP.ipv4)) !== 0n ? ETH_P_IP : (flags & (ENCAP.ipv6 | DECAP.ipv6)) !== 0n ? ETH_P_IPV6 : protocol;
  packet.setField(SKB.protocol, outer);
  return 0;
}

const both = (flags: bigint, a: bigint, b: bigint): boolean => (flags & (a | b)) === (a | b);

function encapsulationRefused(packet: Packet, flags: bigint, bytes: number): number {
  const innerMacBytes = Number(flags >> 56n);
  if (both(flags, ENCAP.ipv4, ENCAP.ipv6) || both(flags, ENCAP.gre, ENCAP.udp)) return ERRNO.EINVAL;
  if ((flags & ENCAP.ethernet) !== 0n && innerMacBytes < ETHERNET_BYTES) return ERRNO.EINVAL;
  if (packet.encapsulated) return ERRNO.EALREADY;
  return innerMacBytes > bytes ? ERRNO.EINVAL : 0;
}

function tunnelGso(flags: bigint): number {
  if ((flags & ENCAP.udp) !== 0n) return GSO.udpTunnel;
  if ((flags & ENCAP.gre) !== 0n) return GSO.gre;
  return (flags & ENCAP.ipv6) !== 0n ? GSO.ipIp6 : GSO.ipIp4;
}

/** What skb_change_tail must leave (__bpf_skb_min_len): the headers before the transport's, and a checksum field that is to be finished. */
function leastBytes(packet: Packet): number {
  return packet.checksum === 'partial' ? packet.checksumStart - packet.data + packet.checksumOffset + 2 : Math.max(ETHERNET_BYTES, packet.transport - packet.data);
}
