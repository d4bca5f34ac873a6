// Helpers on the outer headers of a tunnel device in external mode: skb_get_tunnel_key, skb_set_tunnel_key and their options
// (net/core/filter.c). struct bpf_tunnel_key, 44 bytes, of which older programs pass a prefix:
//
//     0 tunnel_id · 4 remote (IPv4 in host order, or IPv6) · 20 tos · 21 ttl · 22 flags · 24 label · 28 local (as remote)

import { ERRNO } from '../maps/errno.ts';
import type { Memory } from '../memory/memory.ts';
import type { Tunnel } from '../packet/effect.ts';
import type { HelperDefinition } from './definition.ts';
import { span, type Machine } from './machine.ts';

const KEY_BYTES = 44;
const PREFIXES: readonly number[] = [8, 22, 24, 28];
const TUNINFO_IPV6 = 1, TUNINFO_FLAGS = 16;
const SET_FLAGS = 0x1f;
const MAX_OPTION_BYTES = 255;

function readAddress(memory: Memory, at: number, isIp6: boolean): Uint8Array {
  const bytes = memory.read(at, isIp6 ? 16 : 4);
  return isIp6 ? bytes : bytes.reverse();
}

function setKey({ memory, packet }: Machine, from: number, size: number, flags: number): number {
  if ((flags & ~SET_FLAGS) !== 0 || (size !== KEY_BYTES && !PREFIXES.includes(size))) return ERRNO.EINVAL;
  const isIp6 = (flags & TUNINFO_IPV6) !== 0;
  // What an older program does not pass is zero.
  const has = (bytes: number): boolean => size >= bytes;
  const label = has(28) ? memory.u32(from + 24) : 0;
  const extension = has(24) ? memory.view.getUint16(from + 22, true) : 0;
  if ((!isIp6 && label !== 0) || extension !== 0) return ERRNO.EINVAL;
  packet.tunnel = {
    id: memory.u32(from),
    destination: readAddress(memory, from + 4, isIp6),
    source: has(KEY_BYTES) ? readAddress(memory, from + 28, isIp6) : new Uint8Array(isIp6 ? 16 : 4),
    tos: has(22) ? memory.bytes[from + 20]! : 0,
    ttl: has(22) ? memory.bytes[from + 21]! : 0,
    label, flags: flags & ~TUNINFO_IPV6, options: new Uint8Array(0), transmit: true,
  };
  return 0;
}

function getKey(machine: Machine, to: number, size: number, flags: number): number {
  const { memory, packet: { tunnel } } = machine;
  memory.bytes.fill(0, to, to + size);
  if (tunnel === undefined || (flags & ~(TUNINFO_IPV6 | TUNINFO_FLAGS)) !== 0) return ERRNO.EINVAL;
  const isIp6 = tunnel.source.length === 16;
  if (isIp6 !== ((flags & TUNINFO_IPV6) !== 0)) return ERRNO.EPROTO;
  if (size !== KEY_BYTES && !PREFIXES.includes(size)) return ERRNO.EINVAL;
  const key = new Uint8Array(KEY_BYTES);
  const view = new DataView(key.buffer);
  const put = (at: number, address: Uint8Array): void => { key.set(address.length === 4 ? address.slice().reverse() : address, at); };
  view.setUint32(0, tunnel.id, true);
  put(4, tunnel.source);
  key[20] = tunnel.tos;
  key[21] = tunnel.ttl;
  if ((flags & TUNINFO_FLAGS) !== 0) view.setUint16(22, tunnel.flags, true);
  view.setUint32(24, tunnel.label, true);
  put(28, tunnel.destination);
  memory.bytes.set(key.subarray(0, size), to);
  return 0;
}

export const TUNNEL_HELPERS: readonly HelperDefinition[] = [
  {
    name: 'skb_get_tunnel_key', hooks: ['tc'], parameters: ['narrow', 'narrow', 'low', 'narrow'], result: 'error',
    make: machine => (_skb: number, to: number, size: number, flags: number): number =>
      getKey(machine, span(machine, to, size, 'write'), size >>> 0, flags),
  },
  {
    name: 'skb_set_tunnel_key', hooks: ['tc'], parameters: ['narrow', 'narrow', 'low', 'narrow'], result: 'error',
    make: machine => (_skb: number, from: number, size: number, flags: number): number =>
      setKey(machine, span(machine, from, size, 'read'), size >>> 0, flags),
  },
  {
    name: 'skb_get_tunnel_opt', hooks: ['tc'], parameters: ['narrow', 'narrow', 'low'], result: 'error',
    make: machine => (_skb: number, to: number, size: number): number => {
      const { memory, packet: { tunnel } } = machine;
      span(machine, to, size, 'write');
      memory.bytes.fill(0, to, to + size);
      if (tunnel === undefined || tunnel.options.length === 0) return ERRNO.ENOENT;
      if (size < tunnel.options.length) return ERRNO.ENOMEM;
      memory.bytes.set(tunnel.options, to);
      return tunnel.options.length;
    },
  },
  {
    name: 'skb_set_tunnel_opt', hooks: ['tc'], parameters: ['narrow', 'narrow', 'low'], result: 'error',
    make: machine => (_skb: number, from: number, size: number): number => {
      const { memory, packet } = machine;
      span(machine, from, size, 'read');
      if (packet.tunnel === undefined || !packet.tunnel.transmit || (size & 3) !== 0) return ERRNO.EINVAL;
      if (size > MAX_OPTION_BYTES) return ERRNO.ENOMEM;
      packet.tunnel = { ...packet.tunnel, options: memory.read(from, size) } satisfies Tunnel;
      return 0;
    },
  },
];
