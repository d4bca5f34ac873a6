// Helpers on the bytes of a packet that stay in place: skb_load_bytes, skb_load_bytes_relative, skb_store_bytes, skb_pull_data,
// xdp_load_bytes, xdp_store_bytes (net/core/filter.c).

import { SKB } from '../../image/abi.ts';
import { ERRNO } from '../maps/errno.ts';
import type { HelperDefinition } from './definition.ts';
import { span } from './machine.ts';

const RECOMPUTE_CSUM = 1, INVALIDATE_HASH = 2;
const STORE_FLAGS = RECOMPUTE_CSUM | INVALIDATE_HASH;

const ETHERNET_BYTES = 14;
const MOST_OFFSET = 0xffff;
/** enum bpf_hdr_start_off. */
const START = { link: 0, network: 1 } as const;

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
  {
    name: 'skb_load_bytes_relative', hooks: ['tc'], parameters: ['narrow', 'low', 'narrow', 'low', 'low'], result: 'error',
    make: machine => (_skb: number, offset: number, to: number, length: number, from: number): number => {
      const { memory, packet } = machine;
      span(machine, to, length, 'write');
      const at = packet.data + (from === START.network ? ETHERNET_BYTES : 0) + offset;
      if (offset >>> 0 > MOST_OFFSET || (from !== START.link && from !== START.network) || at + length > packet.linearEnd) {
        memory.bytes.fill(0, to, to + length);
        return ERRNO.EFAULT;
      }
      memory.bytes.copyWithin(to, at, at + length);
      return 0;
    },
  },
  ...(['xdp_load_bytes', 'xdp_store_bytes'] as const).map((name): HelperDefinition => ({
    name, hooks: ['xdp'], parameters: ['narrow', 'low', 'narrow', 'low'], result: 'error',
    make: machine => (_xdp: number, offset: number, address: number, length: number): number => {
      const { memory, packet } = machine;
      const isLoad = name === 'xdp_load_bytes';
      span(machine, address, length, isLoad ? 'write' : 'read');
      if (offset >>> 0 > MOST_OFFSET || length > MOST_OFFSET) return ERRNO.EFAULT;
      if (offset + length > packet.length) return ERRNO.EINVAL;
      const at = packet.data + offset;
      if (isLoad) memory.bytes.copyWithin(address, at, at + length);
      else memory.bytes.copyWithin(at, address, address + length);
      return 0;
    },
  })),
];
