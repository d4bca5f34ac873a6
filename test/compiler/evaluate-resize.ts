// insert, remove and trim for the module evaluator: bytes of a list, and what the kernel refuses (net/core/filter.c).

import { Dropped, type PacketMemory } from './evaluate-packet.ts';
import type { HeaderClass } from '../../src/lang/headers.ts';

const ETHERNET_BYTES = 14, IPV6_BYTES = 40;
/** tc makes room in IP packets only. */
const isIp = (packet: PacketMemory): boolean => (packet.typeAtEntry === 0x0800 || packet.typeAtEntry === 0x86dd);

export function insert(packet: PacketMemory, place: number, count: number): void {
  if (packet.hook === 'tc' && !isIp(packet)) throw new Dropped('insert-refused');
  if (place > packet.bytes.length) throw new Dropped('short');
  packet.bytes = Uint8Array.of(...packet.bytes.subarray(0, place), ...new Uint8Array(count), ...packet.bytes.subarray(place));
  packet.inserted = { place, count };
}

/** What was put in is filled: is it the header of a tunnel? */
export function filled(packet: PacketMemory, place: number, { name, bytes }: HeaderClass): void {
  const { inserted } = packet;
  if (inserted?.place !== place) return;
  packet.inserted = undefined;
  if (packet.hook === 'tc' && (name === 'Ipv4' || name === 'Ipv6') && inserted.count === bytes) packet.encapsulated = true;
}

export function remove(packet: PacketMemory, place: number, count: number): void {
  const there = place + count <= packet.bytes.length;
  // Behind Ethernet tc moves nothing itself: the kernel sees that the bytes are not there.
  if (!there && (packet.hook === 'xdp' || place > ETHERNET_BYTES)) throw new Dropped('short');
  if (!there || (packet.hook === 'tc' && !isIp(packet))) throw new Dropped('remove-refused');
  if (packet.encapsulated && packet.bytes.length - count < ETHERNET_BYTES + IPV6_BYTES) throw new Dropped('remove-refused');
  packet.bytes = Uint8Array.of(...packet.bytes.subarray(0, place), ...packet.bytes.subarray(place + count));
}

export function trim(packet: PacketMemory, length: number): void {
  if (length < ETHERNET_BYTES || packet.encapsulated) throw new Dropped('trim-refused');
  const bytes = new Uint8Array(length);
  bytes.set(packet.bytes.subarray(0, length));
  packet.bytes = bytes;
}
