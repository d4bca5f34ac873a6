// Packets through tc programs: struct __sk_buff before the run, what became of it after.

import { SKB } from '../../image/abi.ts';
import { CONTEXT, CONTEXT_MAX_BYTES } from '../memory/layout.ts';
import type { Effect, Tunnel } from '../packet/effect.ts';
import type { Packet } from '../packet/packet.ts';
import type { Memory } from '../memory/memory.ts';
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
  readonly vlan?: Vlan;
  /** Segment size and number, of a packet that is still to be cut. */
  readonly gsoSize?: number;
  readonly gsoSegments?: number;
  /** CHECKSUM_PARTIAL. */
  readonly checksumPartial?: boolean;
  readonly tunnel?: Tunnel;
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
  readonly vlan?: Vlan;
  readonly tunnel?: Tunnel;
  /** In order; a redirect is the last, and only there if the program returned TC_ACT_REDIRECT. */
  readonly effects: readonly Effect[];
}

const CB_WORDS = 5;
/** Network order in a host number, both ways. */
const swap16 = (n: number): number => (n & 0xff) << 8 | n >> 8 & 0xff;

export function beginTc(input: TcInput, packet: Packet, memory: Memory): void {
  const { frame } = input;
  memory.bytes.fill(0, CONTEXT, CONTEXT + CONTEXT_MAX_BYTES);
  packet.begin('tc', frame, input.linearBytes);
  packet.checksumPartial = input.checksumPartial ?? false;
  packet.tunnel = input.tunnel;
  const protocol = input.protocol ?? ((frame[12] ?? 0) << 8 | (frame[13] ?? 0));
  const fields: readonly (readonly [number, number | undefined])[] = [
    [SKB.pkt_type, input.packetType], [SKB.mark, input.mark], [SKB.protocol, swap16(protocol)], [SKB.priority, input.priority],
    [SKB.ifindex, input.ifindex], [SKB.ingress_ifindex, input.ingressIfindex], [SKB.hash, input.hash],
    [SKB.gso_size, input.gsoSize], [SKB.gso_segs, input.gsoSegments],
    [SKB.vlan_present, input.vlan && 1], [SKB.vlan_tci, input.vlan?.tci], [SKB.vlan_proto, input.vlan && swap16(input.vlan.protocol)],
  ];
  for (const [offset, value] of fields) if (value !== undefined) packet.setField(offset, value);
  if (input.cb !== undefined) for (let i = 0; i < CB_WORDS; i++) packet.setField(SKB.cb + 4 * i, input.cb[i] ?? 0);
}

export function endTc(low: number, packet: Packet): TcOutput {
  const field = (offset: number): number => packet.field(offset);
  const effects = low === TC_ACT_REDIRECT && packet.redirect !== undefined ? [...packet.effects, packet.redirect] : [...packet.effects];
  return {
    returnCode: low,
    frame: packet.frame(),
    mark: field(SKB.mark), priority: field(SKB.priority), packetType: field(SKB.pkt_type),
    cb: Array.from({ length: CB_WORDS }, (_, i) => field(SKB.cb + 4 * i)),
    protocol: swap16(field(SKB.protocol)), gsoSize: field(SKB.gso_size), checksumPartial: packet.checksumPartial,
    ...(field(SKB.vlan_present) !== 0 && { vlan: { protocol: swap16(field(SKB.vlan_proto)), tci: field(SKB.vlan_tci) } }),
    ...(packet.tunnel !== undefined && { tunnel: packet.tunnel }),
    effects,
  };
}
