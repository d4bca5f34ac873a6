// What the stack knows of a packet's checksum (skb->ip_summed, include/linux/skbuff.h), and Internet sums. Sums are 32-bit ones' complement of
// little-endian words; ones' complement does not mind the order of bytes, as long as it is one.
//
//     none          nothing: who receives it computes it
//     unnecessary   it was right when it came in
//     complete      a device gave the sum of all bytes behind the Ethernet header; it follows every change
//     partial       the checksum field holds the pseudo-header's sum; who sends it finishes it, from `start` on

import type { Memory } from '../memory/memory.ts';

export type ChecksumKind = 'none' | 'unnecessary' | 'complete' | 'partial';

/** Where a checksum that is to be finished begins, and where its field is behind that. */
export interface PartialChecksum { readonly start: number; readonly offset: number }

const ETHERNET_BYTES = 14;
const TCP = 6, UDP = 17;
const FIELD: Readonly<Record<number, number>> = { [TCP]: 16, [UDP]: 6 };

export function add(a: number, b: number): number {
  const sum = (a >>> 0) + (b >>> 0);
  return (sum + (sum > 0xffff_ffff ? 1 : 0)) >>> 0;
}

export function subtract(a: number, b: number): number {
  return add(a, ~b);
}

/** 32 bits to 16, not inverted. */
export function to16(sum: number): number {
  sum = (sum & 0xffff) + (sum >>> 16);
  return (sum & 0xffff) + (sum >>> 16);
}

export function sumOf(memory: Memory, from: number, length: number, seed = 0): number {
  let sum = seed >>> 0;
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) sum = add(sum, memory.u32(from + i));
  let rest = 0;
  for (let i = whole; i < length; i++) rest |= memory.bytes[from + i]! << 8 * (i - whole);
  return add(sum, rest);
}

/** The sum of a block as it counts at an offset: at an odd one its bytes change places. */
export function atOffset(sum: number, offset: number): number {
  return (offset & 1) === 0 ? sum : (sum << 24 | sum >>> 8) >>> 0;
}

/** Of a TCP or UDP packet over IPv4 or IPv6 without extension headers: what its sender leaves to be finished. */
export function partialOf(frame: Uint8Array): PartialChecksum | undefined {
  const type = frame[12]! << 8 | frame[13]!;
  const isIp4 = type === 0x0800;
  if (!isIp4 && type !== 0x86dd) return undefined;
  const offset = FIELD[frame[isIp4 ? 23 : 20] ?? 0];
  const start = ETHERNET_BYTES + (isIp4 ? (frame[14]! & 15) * 4 : 40);
  return offset === undefined || start + offset + 2 > frame.length ? undefined : { start, offset };
}
