// A described frame becomes bytes: from the inside out, since a layer needs the length and the type of what it carries.
// Reading bytes back is describe.ts.

import { FrameError, ipv4Bytes, ipv6Bytes, macBytes } from './address.ts';
import { internetChecksum, pseudoHeader } from './checksum.ts';
import { numberOf, textOf, type Layer } from './layer.ts';
import { etherTypeOf, protocolOf, tcpFlags } from './numbers.ts';

/** Throws FrameError where the frame cannot be. */
export function build(frame: readonly Layer[]): Uint8Array {
  return buildFrom(frame, 0);
}

function buildFrom(frame: readonly Layer[], index: number): Uint8Array {
  const layer = frame[index];
  if (layer === undefined) return new Uint8Array(0);
  const maker = makers[layer.layer];
  if (maker === undefined) throw new FrameError(`there is no layer '${layer.layer}'`);
  return maker(layer, { payload: buildFrom(frame, index + 1), next: frame[index + 1], outer: frame[index - 1] });
}

interface Around {
  readonly payload: Uint8Array;
  readonly next: Layer | undefined;
  readonly outer: Layer | undefined;
}

const makers: Readonly<Record<string, (layer: Layer, around: Around) => Uint8Array>> = { eth, vlan, arp, ipv4, ipv6, tcp, udp, icmp, icmpv6, neighbor, data, bytes: raw };

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
  const header = bytes(
    [0x45, 0], be16(20 + payload.length), be16(numberOf(layer, 'id', 0)), be16(numberOf(layer, 'frag', 0)),
    [numberOf(layer, 'ttl', 64), protocolOf(next), 0, 0], ipv4Bytes(textOf(layer, 'src', '')), ipv4Bytes(textOf(layer, 'dst', '')),
  );
  header.set(be16(internetChecksum(header)), 10);
  return bytes(header, payload);
}

function ipv6(layer: Layer, { payload, next }: Around): Uint8Array {
  return bytes(
    [0x60, 0, 0, 0], be16(payload.length), [protocolOf(next), numberOf(layer, 'hopLimit', 64)],
    ipv6Bytes(textOf(layer, 'src', '')), ipv6Bytes(textOf(layer, 'dst', '')), payload,
  );
}

function tcp(layer: Layer, { payload, outer }: Around): Uint8Array {
  const segment = bytes(
    be16(numberOf(layer, 'srcPort', 0)), be16(numberOf(layer, 'dstPort', 0)), be32(numberOf(layer, 'seq', 0)), be32(numberOf(layer, 'ackSeq', 0)),
    [0x50, tcpFlags(textOf(layer, 'flags', ''))], be16(0xffff), be16(0), be16(0), payload,
  );
  segment.set(be16(transportChecksum(outer, 6, segment)), 16);
  return segment;
}

function udp(layer: Layer, { payload, outer }: Around): Uint8Array {
  const datagram = bytes(be16(numberOf(layer, 'srcPort', 0)), be16(numberOf(layer, 'dstPort', 0)), be16(8 + payload.length), be16(0), payload);
  datagram.set(be16(transportChecksum(outer, 17, datagram) || 0xffff), 6);     // 0 would say: none (RFC 768)
  return datagram;
}

function icmp(layer: Layer, { payload }: Around): Uint8Array {
  const message = icmpHeader(layer, payload);
  message.set(be16(internetChecksum(message)), 2);
  return message;
}

function icmpv6(layer: Layer, { payload, outer }: Around): Uint8Array {
  const message = icmpHeader(layer, payload);
  message.set(be16(transportChecksum(outer, 58, message)), 2);
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

function data(layer: Layer, { payload }: Around): Uint8Array {
  const content = layer.fields['content'] ?? 0;
  return bytes(typeof content === 'number' ? new Uint8Array(content) : new TextEncoder().encode(content), payload);
}

function raw(layer: Layer, { payload }: Around): Uint8Array {
  const hex = textOf(layer, 'hex', '').replaceAll(/\s/g, '');
  if (!/^([0-9a-f]{2})*$/i.test(hex)) throw new FrameError(`'${hex}' is not bytes as hexadecimal digits`);
  return bytes(hex.match(/../g)?.map(byte => parseInt(byte, 16)) ?? [], payload);
}

/** Zero where the layer outside is no IP header: nothing says what the checksum covers. */
function transportChecksum(outer: Layer | undefined, protocol: number, segment: Uint8Array): number {
  if (outer === undefined || (outer.layer !== 'ipv4' && outer.layer !== 'ipv6')) return 0;
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
