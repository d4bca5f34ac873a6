// Helpers on Internet checksums: l3_csum_replace, l4_csum_replace, csum_diff, csum_update (net/core/filter.c, include/net/checksum.h).
// Sums are 32-bit ones' complement of little-endian words; ones' complement does not mind the order of bytes, as long as it is one.

import { ERRNO } from '../maps/errno.ts';
import type { Memory } from '../memory/memory.ts';
import type { HelperDefinition } from './definition.ts';
import { span } from './machine.ts';

const HDR_FIELD_MASK = 0x0f;
const PSEUDO_HDR = 0x10, MARK_MANGLED_0 = 0x20, MARK_ENFORCE = 0x40, IPV6 = 0x80;
const L4_FLAGS = HDR_FIELD_MASK | PSEUDO_HDR | MARK_MANGLED_0 | MARK_ENFORCE | IPV6;
const MANGLED_0 = 0xffff;

function add(a: number, b: number): number {
  const sum = (a >>> 0) + (b >>> 0);
  return (sum + (sum > 0xffff_ffff ? 1 : 0)) >>> 0;
}

/** 32 bits to 16, not inverted. */
function to16(sum: number): number {
  sum = (sum & 0xffff) + (sum >>> 16);
  return (sum & 0xffff) + (sum >>> 16);
}

/** The checksum field after `diff` was added to what it covers. */
function replaced(field: number, diff: number): number {
  return ~to16(add(~field, diff)) & 0xffff;
}

function partial(memory: Memory, from: number, length: number, seed: number): number {
  let sum = seed >>> 0;
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) sum = add(sum, memory.u32(from + i));
  let rest = 0;
  for (let i = whole; i < length; i++) rest |= memory.bytes[from + i]! << 8 * (i - whole);
  return add(sum, rest);
}

/** What changing a field of `size` bytes adds; undefined: no such size. `to` is a difference itself where size is 0. */
function difference(from: number, to: number, size: number): number | undefined {
  switch (size) {
    case 0: return from === 0 ? to : undefined;
    case 2: return add(~(from & 0xffff), to & 0xffff);
    case 4: return add(~from, to);
    default: return undefined;
  }
}

export const CHECKSUM_HELPERS: readonly HelperDefinition[] = [
  {
    name: 'l3_csum_replace', hooks: ['tc'], parameters: ['narrow', 'low', 'low', 'low', 'narrow'], result: 'error',
    make: ({ packet, memory }) => (_skb: number, offset: number, from: number, to: number, flags: number): number => {
      if ((flags & ~HDR_FIELD_MASK) !== 0) return ERRNO.EINVAL;
      if (offset >>> 0 > 0xffff || (offset & 1) !== 0 || offset + 2 > packet.length) return ERRNO.EFAULT;
      const diff = difference(from, to, flags & HDR_FIELD_MASK);
      if (diff === undefined) return ERRNO.EINVAL;
      const at = packet.data + offset;
      memory.view.setUint16(at, replaced(memory.view.getUint16(at, true), diff), true);
      packet.pull(offset + 2);
      return 0;
    },
  },
  {
    name: 'l4_csum_replace', hooks: ['tc'], parameters: ['narrow', 'low', 'low', 'low', 'narrow'], result: 'error',
    make: ({ packet, memory }) => (_skb: number, offset: number, from: number, to: number, flags: number): number => {
      if ((flags & ~L4_FLAGS) !== 0) return ERRNO.EINVAL;
      if (offset >>> 0 > 0xffff || (offset & 1) !== 0 || offset + 2 > packet.length) return ERRNO.EFAULT;
      const at = packet.data + offset;
      const field = memory.view.getUint16(at, true);
      packet.pull(offset + 2);
      if ((flags & MARK_MANGLED_0) !== 0 && (flags & MARK_ENFORCE) === 0 && field === 0) return 0;
      const diff = difference(from, to, flags & HDR_FIELD_MASK);
      if (diff === undefined) return ERRNO.EINVAL;
      let changed: number;
      if (!packet.checksumPartial) changed = replaced(field, diff);
      // The field holds the sum of the pseudo-header, not inverted: only changes of that count.
      else if ((flags & PSEUDO_HDR) !== 0) changed = to16(add(field, diff));
      else return 0;
      memory.view.setUint16(at, (flags & MARK_MANGLED_0) !== 0 && changed === 0 ? MANGLED_0 : changed, true);
      return 0;
    },
  },
  {
    name: 'csum_diff', parameters: ['narrow', 'low', 'narrow', 'low', 'low'], result: 'error',
    make: machine => (from: number, fromBytes: number, to: number, toBytes: number, seed: number): number => {
      // Since Linux 6.13 any size goes, and the sum is folded to 16 bits.
      if (fromBytes !== 0) span(machine, from, fromBytes, 'read');
      if (toBytes !== 0) span(machine, to, toBytes, 'read');
      const added = partial(machine.memory, to, toBytes, seed);
      return to16(fromBytes === 0 ? added : add(added, ~partial(machine.memory, from, fromBytes, 0)));
    },
  },
  /** Only packets with CHECKSUM_COMPLETE have a sum to update. */
  { name: 'csum_update', hooks: ['tc'], parameters: ['narrow', 'low'], result: 'error', make: () => () => ERRNO.ENOTSUPP },
];
