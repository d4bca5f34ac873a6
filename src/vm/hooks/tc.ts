// Packets through tc programs: struct __sk_buff before the run, what became of it after.

import { SKB } from '../../image/abi.ts';
import type { Effect, Tunnel } from '../packet/effect.ts';
import type { Packet } from '../packet/packet.ts';
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
  /** CHECKSUM_PARTIAL. */
  readonly checksumPartial?: boolean;
  readonly tunnel?: Tunnel | undefined;
  /** Bytes that are directly readable; default: all. */
  readonly linearBytes?: number;
}

export interface Vlan { readonly protocol: number; readonly tci: number }

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
  readonly checksumPartial: boolean;
  readonly vlan: Vlan | undefined;
  readonly tunnel: Tunnel | undefined;
  /** In order; a redirect is the last, and only there if the program returned TC_ACT_REDIRECT. */
  readonly effects: readonly Effect[];
}

/** Network order in a host number, both ways. */
const swap16 = (n: number): number => (n & 0xff) << 8 | n >> 8 & 0xff;

export function beginTc(input: TcInput, packet: Packet): void {
  const { frame, cb, vlan } = input;
  packet.clearContext();
  packet.begin('tc', frame, input.linearBytes);
  packet.checksumPartial = input.checksumPartial ?? false;
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
  if (vlan !== undefined) {
    packet.setField(SKB.vlan_present, 1);
    packet.setField(SKB.vlan_tci, vlan.tci);
    packet.setField(SKB.vlan_proto, swap16(vlan.protocol));
  }
  if (cb !== undefined) for (let i = 0; i < cb.length && i < 5; i++) packet.setField(SKB.cb + 4 * i, cb[i]!);
}

export function endTc(low: number, packet: Packet): TcOutput {
  const effects = packet.effects.splice(0);
  if (low === TC_ACT_REDIRECT && packet.redirect !== undefined) effects.push(packet.redirect);
  return {
    returnCode: low,
    frame: packet.frame(),
    mark: packet.field(SKB.mark),
    priority: packet.field(SKB.priority),
    packetType: packet.field(SKB.pkt_type),
    cb: packet.cb(),
    protocol: swap16(packet.field(SKB.protocol)),
    gsoSize: packet.field(SKB.gso_size),
    checksumPartial: packet.checksumPartial,
    vlan: packet.field(SKB.vlan_present) === 0 ? undefined : { protocol: swap16(packet.field(SKB.vlan_proto)), tci: packet.field(SKB.vlan_tci) },
    tunnel: packet.tunnel,
    effects,
  };
}
