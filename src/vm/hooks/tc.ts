// Packets through tc programs: struct __sk_buff before the run, what became of it after.

import { SKB } from '../../image/abi.ts';
import { partialOf, type ChecksumKind, type PartialChecksum } from '../packet/checksum.ts';
import { GSO } from '../packet/gso.ts';
import type { Effect, Tunnel, Vlan } from '../packet/effect.ts';
import { swap16, type Packet } from '../packet/packet.ts';
import { TC_ACT_REDIRECT } from '../calls/redirect.ts';

export interface TcInput {
  /** From the Ethernet header on. */
  readonly frame: Uint8Array;
  /** Device that the packet is on, and the one it came in by. */
  readonly ifindex?: number;
  readonly ingressIfindex?: number;
  readonly mark?: number;
  readonly priority?: number;
  readonly hash?: number;
  /** PACKET_HOST 0, BROADCAST 1, MULTICAST 2, OTHERHOST 3. */
  readonly packetType?: number;
  /** 5 words. */
  readonly cb?: readonly number[];
  /** EtherType as a number such as 0x0800; default: that of the frame. */
  readonly protocol?: number;
  readonly vlan?: Vlan | undefined;
  /** Segment size and number, of a packet that is still to be cut. */
  readonly gsoSize?: number;
  readonly gsoSegments?: number;
  /** SKB_GSO_* of its segments; default: those of its headers. */
  readonly gsoType?: number;
  /** Bytes before the transport header, as who sent the packet told the stack; default: it does not know. */
  readonly transportBytes?: number;
  /** Default `none`. A complete sum is taken from the frame, the place of a partial one from its headers. */
  readonly checksum?: ChecksumKind;
  readonly tunnel?: Tunnel | undefined;
  /** What an XDP program put before the frame. */
  readonly metadata?: Uint8Array;
  /** Bytes that are directly readable; default: all. */
  readonly linearBytes?: number;
}

export interface TcOutput {
  /** Signed: TC_ACT_UNSPEC is -1. */
  readonly returnCode: number;
  readonly frame: Uint8Array;
  readonly mark: number;
  readonly priority: number;
  readonly packetType: number;
  readonly cb: readonly number[];
  readonly protocol: number;
  readonly gsoSize: number;
  readonly gsoSegments: number;
  readonly gsoType: number;
  readonly checksum: ChecksumKind;
  /** Of a partial checksum, offsets in the frame. */
  readonly partial: PartialChecksum | undefined;
  readonly hash: number;
  readonly queueMapping: number;
  readonly vlan: Vlan | undefined;
  readonly tunnel: Tunnel | undefined;
  /** In order; a redirect is the last, and only there if the program returned TC_ACT_REDIRECT. */
  readonly effects: readonly Effect[];
}

const ETHERNET_BYTES = 14;
const UDP = 17;


export function beginTc(input: TcInput, packet: Packet): void {
  const { frame, cb, vlan } = input;
  packet.clearContext();
  packet.begin('tc', frame, input.linearBytes);
  if (input.metadata !== undefined) packet.setMetadata(input.metadata);
  beginChecksum(packet, input.checksum ?? 'none', frame);
  packet.transport = input.transportBytes === undefined ? 0 : packet.data + input.transportBytes;
  packet.tunnel = input.tunnel;
  packet.setField(SKB.protocol, swap16(input.protocol ?? (frame[12]! << 8 | frame[13]!)));
  packet.setField(SKB.pkt_type, input.packetType ?? 0);
  packet.setField(SKB.mark, input.mark ?? 0);
  packet.setField(SKB.priority, input.priority ?? 0);
  packet.setField(SKB.ifindex, input.ifindex ?? 0);
  packet.setField(SKB.ingress_ifindex, input.ingressIfindex ?? 0);
  packet.setField(SKB.hash, input.hash ?? 0);
  packet.setField(SKB.gso_size, input.gsoSize ?? 0);
  packet.setField(SKB.gso_segs, input.gsoSegments ?? 0);
  packet.gsoType = input.gsoType ?? (input.gsoSize === undefined ? 0 : gsoTypeOf(frame));
  if (vlan !== undefined) {
    packet.setField(SKB.vlan_present, 1);
    packet.setField(SKB.vlan_tci, vlan.tci);
    packet.setField(SKB.vlan_proto, swap16(vlan.protocol));
  }
  if (cb !== undefined) for (let i = 0; i < cb.length && i < 5; i++) packet.setField(SKB.cb + 4 * i, cb[i]!);
}

/** A packet whose headers have no checksum to finish has none. */
function beginChecksum(packet: Packet, kind: ChecksumKind, frame: Uint8Array): void {
  const partial = kind === 'partial' ? partialOf(frame) : undefined;
  packet.checksum = kind === 'partial' && partial === undefined ? 'none' : kind;
  if (partial !== undefined) {
    packet.checksumStart = packet.data + partial.start;
    packet.checksumOffset = partial.offset;
  }
  packet.sum = 0;
  packet.count(packet.data + ETHERNET_BYTES, Math.max(0, frame.length - ETHERNET_BYTES), 0);
}

function gsoTypeOf(frame: Uint8Array): number {
  const isIp4 = frame[12] === 0x08 && frame[13] === 0;
  return frame[isIp4 ? 23 : 20] === UDP ? GSO.udp : isIp4 ? GSO.tcp4 : GSO.tcp6;
}

export function endTc(low: number, packet: Packet): TcOutput {
  const effects = packet.effects.splice(0);
  if (low === TC_ACT_REDIRECT) effects.push(...packet.redirects);
  return {
    returnCode: low,
    frame: packet.frame(),
    mark: packet.field(SKB.mark),
    priority: packet.field(SKB.priority),
    packetType: packet.field(SKB.pkt_type),
    cb: packet.cb(),
    protocol: swap16(packet.field(SKB.protocol)),
    gsoSize: packet.field(SKB.gso_size),
    gsoSegments: packet.field(SKB.gso_segs),
    gsoType: packet.gsoType,
    checksum: packet.checksum,
    partial: packet.checksum === 'partial' ? { start: packet.checksumStart - packet.data, offset: packet.checksumOffset } : undefined,
    hash: packet.field(SKB.hash),
    queueMapping: packet.field(SKB.queue_mapping),
    vlan: packet.vlan(),
    tunnel: packet.tunnel,
    effects,
  };
}
