// Helpers on the bytes of a packet that stay in place: skb_load_bytes, skb_store_bytes, skb_pull_data (net/core/filter.c).

import { SKB } from '../../image/abi.ts';
import { ERRNO } from '../maps/errno.ts';
import type { HelperDefinition } from './definition.ts';
import { span } from './machine.ts';

const RECOMPUTE_CSUM = 1, INVALIDATE_HASH = 2;
const STORE_FLAGS = RECOMPUTE_CSUM | INVALIDATE_HASH;

export const BYTE_HELPERS: readonly HelperDefinition[] = [
  {
    name: 'skb_load_bytes', hooks: ['tc'], parameters: ['narrow', 'low', 'narrow', 'low'], result: 'error',
    make: machine => (_skb: number, offset: number, to: number, length: number): number => {
      const { memory, packet } = machine;
      span(machine, to, length, 'write');
      if (offset < 0 || offset + length > packet.length) {
        memory.bytes.fill(0, to, to + length);
        return ERRNO.EFAULT;
      }
      memory.bytes.copyWithin(to, packet.data + offset, packet.data + offset + length);
      return 0;
    },
  },
  {
    name: 'skb_store_bytes', hooks: ['tc'], parameters: ['narrow', 'low', 'narrow', 'low', 'narrow'], result: 'error',
    make: machine => (_skb: number, offset: number, from: number, length: number, flags: number): number => {
      const { memory, packet } = machine;
      span(machine, from, length, 'read');
      if ((flags & ~STORE_FLAGS) !== 0) return ERRNO.EINVAL;
      if (offset < 0 || offset + length > packet.length) return ERRNO.EFAULT;
      packet.pull(offset + length);
      const at = packet.data + offset;
      if ((flags & RECOMPUTE_CSUM) !== 0) packet.forget(at, length, offset);
      memory.bytes.copyWithin(at, from, from + length);
      if ((flags & RECOMPUTE_CSUM) !== 0) packet.count(at, length, offset);
      if ((flags & INVALIDATE_HASH) !== 0) packet.setField(SKB.hash, 0);
      return 0;
    },
  },
  {
    name: 'skb_pull_data', hooks: ['tc'], parameters: ['narrow', 'low'], result: 'error',
    make: ({ packet }) => (_skb: number, length: number): number => {
      if (length >>> 0 > packet.length) return ERRNO.ENOMEM;
      packet.pull(length >>> 0);
      return 0;
    },
  },
];
