// Helpers on the bytes of a packet that stay in place: skb_load_bytes, skb_store_bytes, skb_pull_data (net/core/filter.c).

import { ERRNO } from '../maps/errno.ts';
import type { HelperDefinition } from './definition.ts';
import { span } from './machine.ts';

/** BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH: there is neither a complete checksum nor a hash to keep here. */
const STORE_FLAGS = 3;

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
      memory.bytes.copyWithin(packet.data + offset, from, from + length);
      packet.pull(offset + length);
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
