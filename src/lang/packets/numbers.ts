// Numbers by which one layer names the next, both ways, and the letters of TCP's flags.

import type { Layer } from './layer.ts';

const etherTypes: Readonly<Record<string, number>> = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, ipv6: 0x86dd };
const protocols: Readonly<Record<string, number>> = { hopByHop: 0, icmp: 1, ipv4: 4, tcp: 6, udp: 17, ipv6: 41, routing: 43, fragment: 44, icmpv6: 58, destination: 60 };
/** Headers that stand between IPv6 and the transport header. */
export const EXTENSIONS: ReadonlySet<string> = new Set(['hopByHop', 'routing', 'fragment', 'destination']);

/** IEEE 802 local experimental: what else is carried is nobody's protocol. */
const LOCAL_EXPERIMENT = 0x88b5;
/** RFC 3692. */
const EXPERIMENT = 253;

export function etherTypeOf(next: Layer | undefined): number {
  return etherTypes[next?.layer ?? ''] ?? LOCAL_EXPERIMENT;
}

export function protocolOf(next: Layer | undefined): number {
  return protocols[next?.layer ?? ''] ?? EXPERIMENT;
}

export function layerOfEtherType(type: number): string {
  return Object.entries(etherTypes).find(([, number]) => number === type)?.[0] ?? 'data';
}

export function layerOfProtocol(protocol: number): string {
  return Object.entries(protocols).find(([, number]) => number === protocol)?.[0] ?? 'data';
}

/** From the lowest bit, as tcpdump writes them. */
const FLAGS = 'FSRPAUEC';

export function tcpFlags(text: string): number {
  return [...FLAGS].reduce((flags, letter, bit) => text.includes(letter) ? flags | 1 << bit : flags, 0);
}

export function tcpFlagsText(flags: number): string {
  return [...FLAGS].filter((_, bit) => (flags & 1 << bit) !== 0).join('');
}
