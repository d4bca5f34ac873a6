// Helpers on Internet checksums: l3_csum_replace, l4_csum_replace, csum_diff, csum_update (net/core/filter.c, include/net/checksum.h).

import { ERRNO } from '../maps/errno.ts';
import { add, sumOf, to16, type ChecksumKind } from '../packet/checksum.ts';
import type { Packet } from '../packet/packet.ts';
import type { HelperDefinition } from './definition.ts';
import { span } from './machine.ts';

const HDR_FIELD_MASK = 0x0f;
const PSEUDO_HDR = 0x10, MARK_MANGLED_0 = 0x20, MARK_ENFORCE = 0x40, IPV6 = 0x80;
const L4_FLAGS = HDR_FIELD_MASK | PSEUDO_HDR | MARK_MANGLED_0 | MARK_ENFORCE | IPV6;
const MANGLED_0 = 0xffff;

/** The checksum field after `diff` was added to what it covers. */
function replaced(field: number, diff: number): number {
  return ~to16(add(~field, diff)) & 0xffff;
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
      const isPseudo = (flags & PSEUDO_HDR) !== 0;
      if (packet.checksum !== 'partial') {
        changed = replaced(field, diff);
        // A change of the pseudo-header is one behind the checksum's back: the field changed, and no byte with it. Of IPv6 addresses they did.
        if (packet.checksum === 'complete' && isPseudo && !((flags & IPV6) !== 0 && (flags & HDR_FIELD_MASK) === 0)) packet.sum = ~add(~packet.sum, diff) >>> 0;
      // The field holds the sum of the pseudo-header, not inverted: only changes of that count.
      } else if (isPseudo) changed = to16(add(field, diff));
      else changed = field;
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
      const added = sumOf(machine.memory, to, toBytes, seed);
      return to16(fromBytes === 0 ? added : add(added, ~sumOf(machine.memory, from, fromBytes)));
    },
  },
  {
    name: 'csum_update', hooks: ['tc'], parameters: ['narrow', 'low'], result: 'whole',
    make: ({ packet }) => (_skb: number, sum: number): number => {
      if (packet.checksum !== 'complete') return ERRNO.ENOTSUPP;
      packet.sum = add(packet.sum, sum);
      return packet.sum;
    },
  },
  {
    name: 'csum_level', hooks: ['tc'], parameters: ['narrow', 'narrow'], result: 'error',
    make: ({ packet }) => (_skb: number, what: number): number => level(packet, what),
  },
];

/** enum of bpf_csum_level. A packet without a verified checksum has level none. */
const LEVEL = { query: 0, increase: 1, decrease: 2, reset: 3 } as const;
const MOST_LEVEL = 3;

function level(packet: Packet, what: number): number {
  const verified = packet.checksum === 'unnecessary';
  const become = (kind: ChecksumKind, deep: number): number => {
    packet.checksum = kind;
    packet.checksumLevel = deep;
    return 0;
  };
  switch (what) {
    case LEVEL.increase:
      if (verified) return become('unnecessary', Math.min(packet.checksumLevel + 1, MOST_LEVEL));
      return packet.checksum === 'none' ? become('unnecessary', 0) : 0;
    case LEVEL.decrease:
      if (!verified) return 0;
      return packet.checksumLevel === 0 ? become('none', 0) : become('unnecessary', packet.checksumLevel - 1);
    case LEVEL.reset: return verified ? become('none', 0) : 0;
    case LEVEL.query: return verified ? packet.checksumLevel : ERRNO.EACCES;
    default: return ERRNO.EINVAL;
  }
}
