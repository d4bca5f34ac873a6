// Internet checksums for the module evaluator (RFC 1071, 1624): sums of big-endian words, one at a time. What `rewrite` patches is
// found from the bytes that it changed; a fresh header is summed whole.

import { protocolOf } from './evaluate-headers.ts';
import { Dropped, type PacketMemory } from './evaluate-packet.ts';
import type { Datum, View } from './evaluate-values.ts';
import { HEADERS, type HeaderClass, type Stored } from '../../src/lang/headers.ts';

export interface Written { readonly name: string; readonly value: Datum }

const CHECKSUM_AT: Readonly<Record<string, number>> = { Icmp: 2, Icmpv6: 2, Udp: 6, Tcp: 16 };
const NUMBERS: Readonly<Record<string, number>> = { Tcp: 6, Udp: 17, Icmpv6: 58 };

const wordsOf = (bytes: Uint8Array): number[] => Array.from({ length: Math.ceil(bytes.length / 2) }, (_, i) => (bytes[2 * i] as number) << 8 | (bytes[2 * i + 1] ?? 0));
function fold(sum: number): number {
  let n = sum;
  while (n > 0xffff) n = (n & 0xffff) + Math.floor(n / 0x10000);
  return n;
}
export const checksumOf = (...parts: readonly Uint8Array[]): number => 0xffff ^ fold(parts.flatMap(wordsOf).reduce((a, b) => a + b, 0));

export function checksum(packet: PacketMemory, from: View, length: number, most: number): bigint {
  if (length > most) throw new Dropped('too-long');
  return BigInt(checksumOf(packet.slice(from.at, from.at + length)));
}

/** HC' = ~(~HC + ~m + m'): over each word that was to be written. */
function patched(old: number, before: Uint8Array, after: Uint8Array): number {
  const [m, n] = [wordsOf(before), wordsOf(after)];
  return 0xffff ^ fold((0xffff ^ old) + m.reduce((sum, w, i) => w === n[i] ? sum : sum + (0xffff ^ w) + (n[i] as number), 0));
}

/** UDP's 0 says that there is none, and is never the result. */
function patchAt(packet: PacketMemory, place: number, isUdp: boolean, before: Uint8Array, after: Uint8Array): void {
  const view = new DataView(packet.bytes.buffer, packet.bytes.byteOffset);
  // Of a packet that was cut off, or quoted in part, the checksum is not there.
  if (place + 2 > packet.bytes.length) return;
  const old = view.getUint16(place);
  if (isUdp && old === 0) return;
  const value = patched(old, before, after);
  view.setUint16(place, isUdp && value === 0 ? 0xffff : value);
}

const isIp = (view: View): boolean => view.header.parents.includes('Ip');
const isTransport = (view: View): boolean => view.header.parents.includes('L4');
function around(view: View | undefined, is: (v: View) => boolean): View | undefined {
  for (let v = view; v !== undefined; v = v.outer) if (is(v)) return v;
  return undefined;
}

/** `Ports` is TCP, UDP, or something without a checksum of this kind. */
function concrete(packet: PacketMemory, view: View): View | undefined {
  if (view.header.name !== 'Ports') return view;
  const protocol = protocolOf(packet, around(view, isIp) as View);
  const header = protocol === 6 ? HEADERS.get('Tcp') : protocol === 17 ? HEADERS.get('Udp') : undefined;
  return header && { ...view, header };
}

const even = (at: number): number => at - at % 2;

export function rewrite(packet: PacketMemory, view: View, fields: readonly Written[], l4: View | undefined): void {
  const was = packet.bytes.slice();
  put(packet, view, fields);
  const [head, end] = [view.at, view.at + view.header.bytes];
  const parts = (from: number, to: number, origin: number): [Uint8Array, Uint8Array] => {
    // Words count from where the sum begins.
    const start = origin + even(from - origin);
    return [was.slice(start, to), packet.bytes.slice(start, to)];
  };
  if (view.header.name === 'Ipv4') patchAt(packet, head + 10, false, ...parts(head, end, head));
  const enclosing = around(isIp(view) ? view.outer : view, v => isIp(v) || isTransport(v));
  if (isIp(view)) {
    const addresses = view.header.name === 'Ipv4' ? [head + 12, head + 20] as const : [head + 8, head + 40] as const;
    const transport = l4 && concrete(packet, l4);
    const touched = fields.some(f => f.name.startsWith('src') || f.name.startsWith('dst'));
    if (transport && touched && transport.header.name !== 'Icmp') inner(packet, transport, ...parts(...addresses, head));
    if (enclosing && isTransport(enclosing)) patchAt(packet, enclosing.at + (CHECKSUM_AT[enclosing.header.name] as number), false, ...parts(enclosing.at + 8, packet.bytes.length, enclosing.at));
    return;
  }
  if (!enclosing || isIp(enclosing)) return;
  const transport = concrete(packet, enclosing);
  const ip = around(enclosing.outer, isIp);
  const quoting = ip?.outer && isTransport(ip.outer) ? ip.outer : undefined;
  if (transport) inner(packet, transport, ...parts(head, end, transport.at));
  if (quoting) patchAt(packet, quoting.at + (CHECKSUM_AT[quoting.header.name] as number), false, ...parts(quoting.at + 8, packet.bytes.length, quoting.at));
}

function inner(packet: PacketMemory, transport: View, before: Uint8Array, after: Uint8Array): void {
  patchAt(packet, transport.at + (CHECKSUM_AT[transport.header.name] as number), transport.header.name === 'Udp', before, after);
}

/** Fields by name; an IPv4 address may come mapped. */
function put(packet: PacketMemory, view: View, fields: readonly Written[]): void {
  for (const { name, value } of fields) {
    const own = name === 'src6' ? 'src' : name === 'dst6' ? 'dst' : name;
    packet.write(view, view.header.members.find(m => m.name === own) as Stored, value);
  }
}

/** A whole header with its defaults, its checksum, and what the outer header says of its payload. */
export function fresh(packet: PacketMemory, after: View, at: number, header: HeaderClass, fields: readonly Written[]): View {
  // Written as it is made it has neither options nor extension headers.
  const view = packet.view({ ...header, variable: false }, at, 'drop', after) as View;
  packet.bytes.fill(0, at, at + header.bytes);
  put(packet, view, header.members.flatMap(m => m.kind === 'stored' && m.initial !== 0n ? [{ name: m.name, value: m.initial }] : []));
  put(packet, view, fields.map(f => ({ ...f, name: header.name === 'Ipv6' && f.name === 'protocol' ? 'nextHeader' : f.name })));
  const whole = new DataView(packet.bytes.buffer, packet.bytes.byteOffset);
  if (header.name === 'Ipv4') whole.setUint16(at + 10, checksumOf(packet.slice(at, at + 20)));
  const place = CHECKSUM_AT[header.name];
  if (place !== undefined) whole.setUint16(at + place, transportChecksum(packet, view));
  const { payload } = after.header;
  if (payload.by === 'any') return view;
  const [number] = [payload.classes[header.name] ?? []].flat();
  const says = payload.by === 'field' ? payload.field : after.header.name === 'Ipv6' ? 'nextHeader' : 'protocol';
  if (number === undefined || packet.number(after, says) === number) return view;
  const was = packet.bytes.slice(after.at, after.at + after.header.bytes);
  put(packet, after, [{ name: says, value: BigInt(number) }]);
  if (after.header.name === 'Ipv4') patchAt(packet, after.at + 10, false, was, packet.bytes.slice(after.at, after.at + 20));
  return view;
}

/** Fresh headers of this size sum at most so much of what is behind them. */
const MOST_SUMMED = 2047;

function transportChecksum(packet: PacketMemory, view: View): number {
  const ip = around(view.outer, isIp) as View;
  const { name } = view.header;
  const isSix = ip.header.name === 'Ipv6';
  const length = name === 'Udp' ? packet.number(view, 'length') : isSix ? packet.number(ip, 'payloadLength') : packet.number(ip, 'length') - packet.number(ip, 'headerWords') * 4;
  if (length < 0 || length > MOST_SUMMED) throw new Dropped('too-long');
  const bytes = packet.slice(view.at, view.at + length);
  const addresses = isSix ? packet.slice(ip.at + 8, ip.at + 40) : packet.slice(ip.at + 12, ip.at + 20);
  const pseudo = name === 'Icmp' ? new Uint8Array() : Uint8Array.of(...addresses, 0, NUMBERS[name] as number, length >> 8, length & 255);
  const value = checksumOf(pseudo, bytes);
  return name === 'Udp' && value === 0 ? 0xffff : value;
}
