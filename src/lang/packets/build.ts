// A described frame becomes bytes: from the inside out, since a layer needs the length and the type of what it carries.
// Reading bytes back is describe.ts.

import { FrameError, ipv4Bytes, ipv6Bytes, macBytes } from './address.ts';
import { internetChecksum, pseudoHeader } from './checksum.ts';
import { numberOf, textOf, type Layer } from './layer.ts';
import { etherTypeOf, EXTENSIONS, protocolOf, tcpFlags } from './numbers.ts';

/** Throws FrameError where the frame cannot be. */
export function build(frame: readonly Layer[]): Uint8Array {
  return buildFrom(frame, 0);
}

function buildFrom(frame: readonly Layer[], index: number): Uint8Array {
  const layer = frame[index];
  if (layer === undefined) return new Uint8Array(0);
  const maker = makers[layer.layer];
  if (maker === undefined) throw new FrameError(`there is no layer '${layer.layer}'`);
  return maker(layer, { payload: buildFrom(frame, index + 1), next: frame[index + 1], ip: ipAround(frame, index) });
}

interface Around {
  readonly payload: Uint8Array;
  readonly next: Layer | undefined;
  /** The nearest IP header around it; undefined where another layer is between them that is no extension header. */
  readonly ip: Layer | undefined;
}

function ipAround(frame: readonly Layer[], index: number): Layer | undefined {
  let at = index - 1;
  while (frame[at] !== undefined && EXTENSIONS.has(frame[at]?.layer ?? '')) at--;
  const found = frame[at];
  return found?.layer === 'ipv4' || found?.layer === 'ipv6' ? found : undefined;
}

const makers: Readonly<Record<string, (layer: Layer, around: Around) => Uint8Array>> = {
  eth, vlan, arp, ipv4, ipv6, tcp, udp, icmp, icmpv6, neighbor, dhcp, dns, data, bytes: raw,
  hopByHop: extension, destination: extension, routing: extension, fragment, cut: (layer, { payload }) => payload.slice(0, numberOf(layer, 'bytes', 0)),
};

function eth(layer: Layer, { payload, next }: Around): Uint8Array {
  return bytes(macBytes(textOf(layer, 'dst', '')), macBytes(textOf(layer, 'src', '')), be16(numberOf(layer, 'type', etherTypeOf(next))), payload);
}

function vlan(layer: Layer, { payload, next }: Around): Uint8Array {
  return bytes(be16(numberOf(layer, 'id', 0)), be16(etherTypeOf(next)), payload);
}

function arp(layer: Layer, { payload }: Around): Uint8Array {
  return bytes(
    be16(1), be16(0x0800), [6, 4], be16(layer.fields['op'] === 'reply' ? 2 : 1),
    macBytes(textOf(layer, 'senderMac', '')), ipv4Bytes(textOf(layer, 'senderIp', '')),
    macBytes(textOf(layer, 'targetMac', '00:00:00:00:00:00')), ipv4Bytes(textOf(layer, 'targetIp', '')), payload,
  );
}

function ipv4(layer: Layer, { payload, next }: Around): Uint8Array {
  const options = hexBytes(textOf(layer, 'options', ''));
  const words = 5 + options.length / 4;
  const header = bytes(
    [0x40 | words, numberOf(layer, 'tos', 0)], be16(4 * words + payload.length), be16(numberOf(layer, 'id', 0)), be16(numberOf(layer, 'frag', 0)),
    [numberOf(layer, 'ttl', 64), numberOf(layer, 'protocol', protocolOf(next)), 0, 0], ipv4Bytes(textOf(layer, 'src', '')), ipv4Bytes(textOf(layer, 'dst', '')), options,
  );
  header.set(be16(internetChecksum(header)), 10);
  return bytes(header, payload);
}

function ipv6(layer: Layer, { payload, next }: Around): Uint8Array {
  const first = 6 * 2 ** 28 + numberOf(layer, 'trafficClass', 0) * 2 ** 20 + numberOf(layer, 'flowLabel', 0);
  return bytes(
    be32(first), be16(payload.length), [numberOf(layer, 'next', protocolOf(next)), numberOf(layer, 'hopLimit', 64)],
    ipv6Bytes(textOf(layer, 'src', '')), ipv6Bytes(textOf(layer, 'dst', '')), payload,
  );
}

/** Filled with padding: PadN of hop-by-hop and destination options, zeros of a routing header of type 0. */
function extension(layer: Layer, { payload, next }: Around): Uint8Array {
  const words = numberOf(layer, 'words', 0);
  const body = new Uint8Array(6 + 8 * words);
  if (layer.layer === 'routing') body[1] = numberOf(layer, 'segmentsLeft', 0);
  else body.set([1, body.length - 2]);
  return bytes([numberOf(layer, 'next', protocolOf(next)), words], body, payload);
}

function fragment(layer: Layer, { payload, next }: Around): Uint8Array {
  return bytes([numberOf(layer, 'next', protocolOf(next)), 0], be16(numberOf(layer, 'offset', 0) | numberOf(layer, 'more', 0)), be32(numberOf(layer, 'id', 0)), payload);
}

function tcp(layer: Layer, { payload, ip }: Around): Uint8Array {
  const segment = bytes(
    be16(numberOf(layer, 'srcPort', 0)), be16(numberOf(layer, 'dstPort', 0)), be32(numberOf(layer, 'seq', 0)), be32(numberOf(layer, 'ackSeq', 0)),
    [0x50, tcpFlags(textOf(layer, 'flags', ''))], be16(numberOf(layer, 'window', 0xffff)), be16(0), be16(0), payload,
  );
  segment.set(be16(transportChecksum(ip, 6, segment)), 16);
  return segment;
}

function udp(layer: Layer, { payload, ip }: Around): Uint8Array {
  const datagram = bytes(be16(numberOf(layer, 'srcPort', 0)), be16(numberOf(layer, 'dstPort', 0)), be16(8 + payload.length), be16(0), payload);
  if (numberOf(layer, 'checksum', 1) !== 0) datagram.set(be16(transportChecksum(ip, 17, datagram) || 0xffff), 6);     // 0 would say: none (RFC 768)
  return datagram;
}

function icmp(layer: Layer, { payload }: Around): Uint8Array {
  const message = icmpHeader(layer, payload);
  message.set(be16(internetChecksum(message)), 2);
  return message;
}

function icmpv6(layer: Layer, { payload, ip }: Around): Uint8Array {
  const message = icmpHeader(layer, payload);
  message.set(be16(transportChecksum(ip, 58, message)), 2);
  return message;
}

function icmpHeader(layer: Layer, payload: Uint8Array): Uint8Array {
  return bytes([numberOf(layer, 'type', 0), numberOf(layer, 'code', 0), 0, 0], be16(numberOf(layer, 'id', 0)), be16(numberOf(layer, 'seq', 0)), payload);
}

function neighbor(layer: Layer, { payload }: Around): Uint8Array {
  const target = ipv6Bytes(textOf(layer, 'target', ''));
  const option = numberOf(layer, 'option', 0);
  return option === 0 ? bytes(target, payload) : bytes(target, [option, 1], macBytes(textOf(layer, 'mac', '')), payload);
}

function dhcp(layer: Layer, { payload }: Around): Uint8Array {
  const address = (name: string): Uint8Array => ipv4Bytes(textOf(layer, name, '0.0.0.0'));
  return bytes(
    [numberOf(layer, 'op', 1), 1, 6, 0], be32(numberOf(layer, 'xid', 0)), be16(0), be16(numberOf(layer, 'flags', 0)),
    address('ciaddr'), address('yiaddr'), address('siaddr'), address('giaddr'), macBytes(textOf(layer, 'chaddr', '')), new Uint8Array(10 + 64 + 128),
    [0x63, 0x82, 0x53, 0x63], payload,
  );
}

function dns(layer: Layer, { payload }: Around): Uint8Array {
  const labels = textOf(layer, 'name', '').split('.').flatMap(label => [label.length, ...new TextEncoder().encode(label)]);
  return bytes(
    be16(numberOf(layer, 'id', 0)), be16(numberOf(layer, 'flags', 0x0100)), be16(1), be16(0), be16(0), be16(0),
    labels, [0], be16(numberOf(layer, 'type', 1)), be16(1), payload,
  );
}

function data(layer: Layer, { payload }: Around): Uint8Array {
  const content = layer.fields['content'] ?? 0;
  return bytes(typeof content === 'number' ? new Uint8Array(content) : new TextEncoder().encode(content), payload);
}

function raw(layer: Layer, { payload }: Around): Uint8Array {
  return bytes(hexBytes(textOf(layer, 'hex', '')), payload);
}

function hexBytes(text: string): number[] {
  const hex = text.replaceAll(/\s/g, '');
  if (!/^([0-9a-f]{2})*$/i.test(hex)) throw new FrameError(`'${hex}' is not bytes as hexadecimal digits`);
  return hex.match(/../g)?.map(byte => parseInt(byte, 16)) ?? [];
}

/** Zero where the layer outside is no IP header: nothing says what the checksum covers. */
function transportChecksum(outer: Layer | undefined, protocol: number, segment: Uint8Array): number {
  if (outer === undefined) return 0;
  const address = outer.layer === 'ipv4' ? ipv4Bytes : ipv6Bytes;
  const header = pseudoHeader(address(textOf(outer, 'src', '')), address(textOf(outer, 'dst', '')), protocol, segment.length);
  return internetChecksum(header, segment);
}

function bytes(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap(part => [...part]));
}

function be16(value: number): number[] {
  return [value >> 8 & 0xff, value & 0xff];
}

function be32(value: number): number[] {
  return [value >>> 24, value >> 16 & 0xff, value >> 8 & 0xff, value & 0xff];
}
