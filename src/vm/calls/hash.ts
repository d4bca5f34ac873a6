// Helpers on skb->hash: get_hash_recalc, set_hash, set_hash_invalid (net/core/filter.c). The kernel's own hash has a random key; here a
// flow's hash is that of its addresses, protocol and ports, the same in each run.

import { SKB } from '../../image/abi.ts';
import type { HelperDefinition } from './definition.ts';
import type { Machine } from './machine.ts';

const ETHERNET_BYTES = 14;
const TCP = 6, UDP = 17;

/** Of IP packets without extension headers; other packets are one flow. Never 0. */
function flowHash({ packet, memory }: Machine): number {
  const { data, length } = packet;
  const at = data + ETHERNET_BYTES;
  const version = length > ETHERNET_BYTES ? memory.bytes[at]! >> 4 : 0;
  const addresses = version === 4 ? [at + 12, 8] : version === 6 ? [at + 8, 32] : [at, 0];
  const protocol = memory.bytes[version === 4 ? at + 9 : at + 6]!;
  const transport = version === 4 ? at + (memory.bytes[at]! & 15) * 4 : at + 40;
  const ranges = [addresses, protocol === TCP || protocol === UDP ? [transport, 4] : [at, 0]] as [number, number][];
  let hash = protocol;
  for (const [from, bytes] of ranges) {
    for (let i = from; i < from + bytes && i < packet.end; i++) hash = Math.imul(hash ^ memory.bytes[i]!, 0x01000193) ^ hash >>> 15;
  }
  return hash === 0 ? 1 : hash;
}

export const HASH_HELPERS: readonly HelperDefinition[] = [
  {
    name: 'get_hash_recalc', hooks: ['tc'], parameters: ['narrow'], result: 'unsigned',
    make: machine => (): number => {
      if (machine.packet.field(SKB.hash) === 0) machine.packet.setField(SKB.hash, flowHash(machine));
      return machine.packet.field(SKB.hash) | 0;
    },
  },
  {
    name: 'set_hash', hooks: ['tc'], parameters: ['narrow', 'low'], result: 'error',
    make: ({ packet }) => (_skb: number, hash: number): number => {
      packet.setField(SKB.hash, hash);
      return 0;
    },
  },
  {
    name: 'set_hash_invalid', hooks: ['tc'], parameters: ['narrow'], result: 'error',
    make: ({ packet }) => (): number => {
      packet.setField(SKB.hash, 0);
      return 0;
    },
  },
];
