// What headers say of what follows them, and what they compute, for the module evaluator: RFC 791, 8200, 792, 4443, read plainly.

import { Dropped, type PacketMemory } from './evaluate-packet.ts';
import type { Datum, View } from './evaluate-values.ts';
import { HEADERS, type HeaderClass } from '../../src/lang/headers.ts';

const MOST_EXTENSIONS = 6;
/** Where extension headers may begin at most: the language's limit beside their number. */
const FARTHEST_EXTENSION = 0x7ff;
const MAPPED = 0xffff_0000_0000n;

interface Walk { readonly protocol: number; readonly at: number; readonly fragment: number; readonly id: bigint }

/** From IPv6 over its extension headers; with `until`, to the first of these, or undefined. */
function walk(packet: PacketMemory, ip: View): Walk;
function walk(packet: PacketMemory, ip: View, until: readonly number[]): Walk | undefined;
function walk(packet: PacketMemory, ip: View, until: readonly number[] = []): Walk | undefined {
  let [protocol, at, fragment, id] = [packet.number(ip, 'nextHeader'), ip.at + 40, 0, 0n];
  for (let round = 0; ; round++) {
    if (until.includes(protocol)) return { protocol, at, fragment, id };
    if (![0, 43, 44, 51, 60].includes(protocol)) return until.length > 0 ? undefined : { protocol, at, fragment, id };
    if (round >= MOST_EXTENSIONS) throw new Dropped('extension-headers');
    const header = packet.slice(at, at + 8);
    const [next, words] = [header[0] as number, header[1] as number];
    if (protocol === 44) {
      fragment = (header[2] as number) << 8 | header[3] as number;
      id = BigInt(new DataView(header.buffer).getUint32(4));
      if (fragment >> 3 !== 0) return until.length > 0 ? undefined : { protocol: next, at, fragment, id };
    }
    at += protocol === 44 ? 8 : protocol === 51 ? (words + 2) * 4 : (words + 1) * 8;
    if (at > FARTHEST_EXTENSION) throw new Dropped('extension-headers');
    protocol = next;
  }
}

export function payload(packet: PacketMemory, view: View, wanted: HeaderClass, pastEnd: 'drop' | 'undefined'): Datum {
  const { payload: says } = view.header;
  const least = wanted.name === 'L4' ? 8 : Infinity;
  const take = (header: HeaderClass, at: number): Datum => packet.view(header, at, pastEnd, view, Math.min(least, header.bytes));
  switch (says.by) {
    case 'any': return take(wanted, view.at + view.header.bytes);
    case 'field': {
      const kind = chosen(wanted, packet.number(view, says.field), name => [says.classes[name] ?? []].flat());
      return kind && take(kind, view.at + view.header.bytes);
    }
    case 'protocol': {
      const numbers = (name: string): readonly number[] => says.classes[name] ?? [];
      if (view.header.name === 'Ipv4') {
        if (isLaterFragment(packet, view)) return undefined;
        const kind = chosen(wanted, packet.number(view, 'protocol'), numbers);
        return kind && take(kind, view.at + packet.number(view, 'headerWords') * 4);
      }
      if (wanted.name.startsWith('Ipv6')) {
        const found = walk(packet, view, numbers(wanted.name));
        return found && take(wanted, found.at);
      }
      const { protocol, at } = walk(packet, view);
      if (isLaterFragment(packet, view)) return undefined;
      const kind = chosen(wanted, protocol, numbers);
      return kind && take(kind, at);
    }
  }
}

/** The concrete header of this number; `Ports` stands for itself, whatever it is of. */
function chosen(wanted: HeaderClass, number: number, numbers: (name: string) => readonly number[]): HeaderClass | undefined {
  const names = wanted.kinds.length === 0 || wanted.name === 'Ports' ? [wanted.name] : wanted.kinds;
  const name = names.find(n => numbers(n).includes(number));
  return name === undefined ? undefined : HEADERS.get(name) ?? wanted;
}

/** Where what is behind a header begins. */
export function payloadAt(packet: PacketMemory, view: View): number {
  if (!view.header.variable) return view.at + view.header.bytes;
  return view.header.name === 'Ipv6' ? walk(packet, view).at : view.at + packet.number(view, view.header.name === 'Tcp' ? 'dataOffset' : 'headerWords') * 4;
}

export function protocolOf(packet: PacketMemory, ip: View): number {
  return ip.header.name === 'Ipv6' ? walk(packet, ip).protocol : packet.number(ip, 'protocol');
}

function isLaterFragment(packet: PacketMemory, ip: View): boolean {
  return ip.header.name === 'Ipv6' ? walk(packet, ip).fragment >> 3 !== 0 : (packet.number(ip, 'frag') & 0x1fff) !== 0;
}

/** Members that are found by a rule of their own. */
function computed(packet: PacketMemory, view: View, name: string): Datum {
  const number = (of: string): bigint => BigInt(packet.number(view, of));
  const stored = (of: string): bigint => packet.read(view, view.header.members.find(m => m.name === of) as never) as bigint;
  const isSix = view.header.name === 'Ipv6';
  const type = (): number => packet.number(view, 'type');
  switch (name) {
    case 'src6': return isSix ? stored('src') : stored('src') | MAPPED;
    case 'dst6': return isSix ? stored('dst') : stored('dst') | MAPPED;
    case 'headerLength': return view.header.name === 'Tcp' ? number('dataOffset') * 4n : number('headerWords') * 4n;
    case 'length': return BigInt.asUintN(16, number('payloadLength') + 40n);
    case 'protocol': return BigInt(protocolOf(packet, view));
    case 'isFragment': return isSix ? (walk(packet, view).fragment & ~6) !== 0 : (packet.number(view, 'frag') & 0x3fff) !== 0;
    case 'isLaterFragment': return isLaterFragment(packet, view);
    case 'fragmentId': return isSix ? walk(packet, view).id : number('id');
    case 'isEchoRequest': return type() === (isIcmp6(view) ? 128 : 8);
    case 'isEcho': return (isIcmp6(view) ? [128, 129] : [8, 0]).includes(type());
    case 'isError': return isIcmp6(view) ? type() < 128 : [3, 11, 12].includes(type());
    case 'isNeighborDiscovery': return isIcmp6(view) && type() >= 133 && type() <= 136 && packet.number(view.outer as View, 'ttl') === 255;
    case 'quoted': {
      if (computed(packet, view, 'isError') !== true) return undefined;
      return packet.view(HEADERS.get(isIcmp6(view) ? 'Ipv6' : 'Ipv4') as HeaderClass, view.at + 8, 'undefined', view);
    }
    default: throw new Error(`no meaning: ${view.header.name}.${name}`);
  }
}
const isIcmp6 = (view: View): boolean => view.header.name === 'Icmpv6';

export function read(packet: PacketMemory, view: View, name: string): Datum {
  const member = view.header.members.find(m => m.name === name);
  switch (member?.kind) {
    case 'stored': return packet.read(view, member);
    case 'tested': return packet.test(view, member);
    default: return computed(packet, view, name);
  }
}

export function isA(packet: PacketMemory, view: View, header: HeaderClass): boolean {
  if (view.header.name === 'Ports' && header.name !== 'Ports' && header.name !== 'L4') {
    return view.outer !== undefined && protocolOf(packet, view.outer) === (header.name === 'Tcp' ? 6 : 17);
  }
  return view.header.name === header.name || view.header.parents.includes(header.name);
}
