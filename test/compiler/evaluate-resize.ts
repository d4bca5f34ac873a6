// insert, remove and trim for the module evaluator: bytes of a list, and what the kernel refuses (net/core/filter.c).

import { Dropped, type PacketMemory } from './evaluate-packet.ts';

const ETHERNET_BYTES = 14;
/** tc makes room in IP packets only. */
const isIp = (packet: PacketMemory): boolean => (packet.typeAtEntry === 0x0800 || packet.typeAtEntry === 0x86dd);

export function insert(packet: PacketMemory, place: number, count: number): void {
  if (packet.hook === 'tc' && !isIp(packet)) throw new Dropped('insert-refused');
  if (place > packet.bytes.length) throw new Dropped('short');
  packet.bytes = Uint8Array.of(...packet.bytes.subarray(0, place), ...new Uint8Array(count), ...packet.bytes.subarray(place));
}

export function remove(packet: PacketMemory, place: number, count: number): void {
  const there = place + count <= packet.bytes.length;
  // Behind Ethernet tc moves nothing itself: the kernel sees that the bytes are not there.
  if (!there && (packet.hook === 'xdp' || place > ETHERNET_BYTES)) throw new Dropped('short');
  if (!there || (packet.hook === 'tc' && !isIp(packet))) throw new Dropped('remove-refused');
  packet.bytes = Uint8Array.of(...packet.bytes.subarray(0, place), ...packet.bytes.subarray(place + count));
}

export function trim(packet: PacketMemory, length: number): void {
  if (length < ETHERNET_BYTES) throw new Dropped('trim-refused');
  const bytes = new Uint8Array(length);
  bytes.set(packet.bytes.subarray(0, length));
  packet.bytes = bytes;
}
