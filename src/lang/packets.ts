// What packet cases import as "iovisor/packets". A case is a sentence and steps; it runs on every engine and is printed in the README.
// It only describes: bytes are made by packets/build.ts, engines are driven by src/cases.

import type { Contents } from './control.d.ts';
import type { Layer } from './packets/layer.ts';

export type { Layer } from './packets/layer.ts';
/** Layers from the outside in; lengths, types of payload and checksums are filled in where not given. */
export type Frame = readonly Layer[];

export function eth(fields: { dst: string; src: string; type?: number }): Layer {
  return { layer: 'eth', fields };
}
/** 802.1Q. */
export function vlan(fields: { id: number }): Layer {
  return { layer: 'vlan', fields };
}
export function arp(fields: { op: 'request' | 'reply'; senderMac: string; senderIp: string; targetMac?: string; targetIp: string }): Layer {
  return { layer: 'arp', fields };
}
/** `frag`: flags and offset as in the header; `options`: hexadecimal digits, whole words; `protocol`: where no layer says it. */
export function ipv4(fields: { src: string; dst: string; ttl?: number; tos?: number; id?: number; frag?: number; options?: string; protocol?: number }): Layer {
  return { layer: 'ipv4', fields };
}
export function ipv6(fields: { src: string; dst: string; hopLimit?: number; trafficClass?: number; flowLabel?: number; next?: number }): Layer {
  return { layer: 'ipv6', fields };
}
/** An extension header of IPv6 of `words` times 8 bytes beyond the first, filled with padding; `next`: where no layer says it. */
export function hopByHop(fields: { words?: number; next?: number } = {}): Layer {
  return { layer: 'hopByHop', fields };
}
export function destination(fields: { words?: number; next?: number } = {}): Layer {
  return { layer: 'destination', fields };
}
export function routing(fields: { words?: number; segmentsLeft?: number; next?: number } = {}): Layer {
  return { layer: 'routing', fields };
}
/** `offset` in bytes, a multiple of 8. A later fragment says by `next` what the datagram carries. */
export function fragment(fields: { id: number; offset?: number; more?: boolean; next?: number }): Layer {
  return { layer: 'fragment', fields: { ...fields, more: fields.more ? 1 : 0 } };
}
/** `flags` as in tcpdump: S, SA, A, F, R, P. */
export function tcp(fields: { srcPort: number; dstPort: number; flags: string; seq?: number; ackSeq?: number; window?: number }): Layer {
  return { layer: 'tcp', fields };
}
/** `checksum: 0`: without one. */
export function udp(fields: { srcPort: number; dstPort: number; checksum?: 0 }): Layer {
  return { layer: 'udp', fields };
}
/** `id` and `seq` are the second word of every message. */
export function icmp(fields: { type: number; code?: number; id?: number; seq?: number }): Layer {
  return { layer: 'icmp', fields };
}
export function icmpv6(fields: { type: number; code?: number; id?: number; seq?: number }): Layer {
  return { layer: 'icmpv6', fields };
}
/** Behind `icmpv6`: the target and, where an option is given, one link-layer address. */
export function neighbor(fields: { target: string; option?: 1 | 2; mac?: string }): Layer {
  return { layer: 'neighbor', fields };
}
/** Raw payload: text, or a number of zero bytes. */
export function data(content: string | number): Layer {
  return { layer: 'data', fields: { content } };
}

/** What follows is there up to so many bytes: a packet as an ICMP error quotes it. */
export function cut(bytes: number): Layer {
  return { layer: 'cut', fields: { bytes } };
}
/** BOOTP's fixed part with DHCP's magic cookie; options follow as `bytes`. */
export function dhcp(fields: { op: 1 | 2; xid: number; chaddr: string; ciaddr?: string; yiaddr?: string; siaddr?: string; giaddr?: string; flags?: number }): Layer {
  return { layer: 'dhcp', fields };
}
/** A DNS message with one question. `flags` are the second word. */
export function dns(fields: { id: number; flags?: number; name: string; type?: number }): Layer {
  return { layer: 'dns', fields };
}

/** Bytes as hexadecimal digits, for what no other layer can say. */
export function bytes(hex: string): Layer {
  return { layer: 'bytes', fields: { hex } };
}

export type Outcome =
  | { readonly outcome: 'to'; readonly port: number; readonly frame?: Frame }
  | { readonly outcome: 'flooded' | 'passed' | 'replied'; readonly frame?: Frame }
  | { readonly outcome: 'dropped' | 'punted'; readonly reason: string };
/** A copy that went out on the way to the outcome. */
export interface Mirrored { readonly outcome: 'mirrored'; readonly port: number; readonly frame?: Frame }
/** Without a frame: the packet comes out as it went in. */
export function to(port: number, frame?: Frame): Outcome {
  return { outcome: 'to', port, ...(frame && { frame }) };
}
export function flooded(frame?: Frame): Outcome {
  return { outcome: 'flooded', ...(frame && { frame }) };
}
export function replied(frame: Frame): Outcome {
  return { outcome: 'replied', frame };
}
export function passed(frame?: Frame): Outcome {
  return { outcome: 'passed', ...(frame && { frame }) };
}
/** Without a frame: the copy is as the packet went in. */
export function mirrored(port: number, frame?: Frame): Mirrored {
  return { outcome: 'mirrored', port, ...(frame && { frame }) };
}
export function dropped(reason: string): Outcome {
  return { outcome: 'dropped', reason };
}
export function punted(reason: string): Outcome {
  return { outcome: 'punted', reason };
}

/** A packet into an element: by a port's number or name, `egress` from or `ingress` towards the endpoint of a filter, `main` of XDP. */
export interface Sent { readonly step: 'send'; readonly by: number | string; readonly frame: Frame; readonly outcome: Outcome; readonly copies: readonly Mirrored[]; readonly meta: SentMeta }
/** What travels with the packet, 0 where it is not given. */
export interface SentMeta { readonly domain?: number; readonly sourceEndpoint?: number; readonly sourceGroup?: number; readonly tunnelKey?: number }
/** `outcome`: of a packet that is mirrored, a list: its copies in their order, then what becomes of itself. */
export function send(by: number | string, frame: Frame, outcome: Outcome | readonly [...Mirrored[], Outcome], meta: SentMeta = {}): Sent {
  const all = [outcome].flat() as readonly (Outcome | Mirrored)[];
  return { step: 'send', by, frame, outcome: all.at(-1) as Outcome, copies: all.slice(0, -1) as readonly Mirrored[], meta };
}
/** The clock goes on by so many seconds. */
export interface Waited { readonly step: 'wait'; readonly seconds: number }
export function wait(seconds: number): Waited {
  return { step: 'wait', seconds };
}

/** What `cases` makes: what its typed arguments say, with the module's type gone. */
export interface Cases {
  readonly given: Readonly<Record<string, unknown>>;
  readonly cases: Readonly<Record<string, readonly (Sent | Waited | Readonly<Record<string, unknown>>)[]>>;
}
/** Each case starts from `given`, and what it adds. */
export function cases<M>(given: Contents<M>, cases: Readonly<Record<string, readonly (Sent | Waited | Contents<M>)[]>>): Cases {
  return { given: given as Cases['given'], cases: cases as Cases['cases'] };
}
