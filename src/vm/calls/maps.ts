// Helpers on maps with keys, and on queues: map_lookup_elem, map_update_elem, map_delete_elem, map_lookup_percpu_elem, map_push_elem,
// map_pop_elem, map_peek_elem (kernel/bpf/helpers.c); and locks in values, which are always free: there is one CPU.

import { BloomFilterMap } from '../maps/bloom-filter.ts';
import { ERRNO } from '../maps/errno.ts';
import { QueueMap } from '../maps/queue.ts';
import type { HelperDefinition } from './definition.ts';
import { mapOf, span, type Machine } from './machine.ts';

function give(machine: Machine, map: QueueMap, to: number, from: number): number {
  const { memory } = machine;
  span(machine, to, map.valueBytes, 'write');
  if (from === 0) memory.bytes.fill(0, to, to + map.valueBytes);
  else memory.bytes.copyWithin(to, from, from + map.valueBytes);
  return from === 0 ? ERRNO.ENOENT : 0;
}

export const MAP_HELPERS: readonly HelperDefinition[] = [
  {
    name: 'map_lookup_elem', parameters: ['narrow', 'narrow'], result: 'unsigned',
    make: machine => (handle: number, key: number): number => {
      const map = mapOf(machine, handle);
      return map.lookupByProgram(span(machine, key, map.keyBytes, 'read'));
    },
  },
  {
    name: 'map_update_elem', parameters: ['narrow', 'narrow', 'narrow', 'narrow'], result: 'error',
    make: machine => (handle: number, key: number, value: number, flags: number): number => {
      const map = mapOf(machine, handle);
      return map.updateAt(span(machine, key, map.keyBytes, 'read'), span(machine, value, map.valueBytes, 'read'), flags >>> 0);
    },
  },
  {
    name: 'map_delete_elem', parameters: ['narrow', 'narrow'], result: 'error',
    make: machine => (handle: number, key: number): number => {
      const map = mapOf(machine, handle);
      return map.deleteAt(span(machine, key, map.keyBytes, 'read'));
    },
  },
  {
    name: 'map_lookup_percpu_elem', parameters: ['narrow', 'narrow', 'low'], result: 'unsigned',
    make: machine => (handle: number, key: number, cpu: number): number => {
      const map = mapOf(machine, handle);
      span(machine, key, map.keyBytes, 'read');
      return cpu === 0 && map.type.includes('PERCPU') ? map.lookupByProgram(key) : 0;
    },
  },
  {
    name: 'map_push_elem', parameters: ['narrow', 'narrow', 'narrow'], result: 'error',
    make: machine => (handle: number, value: number, flags: number): number => {
      const map = mapOf(machine, handle);
      if (!(map instanceof QueueMap || map instanceof BloomFilterMap)) return ERRNO.EOPNOTSUPP;
      return map.updateAt(0, span(machine, value, map.valueBytes, 'read'), flags >>> 0);
    },
  },
  {
    name: 'map_pop_elem', parameters: ['narrow', 'narrow'], result: 'error',
    make: machine => (handle: number, to: number): number => {
      const map = mapOf(machine, handle);
      return map instanceof QueueMap ? give(machine, map, to, map.pop()) : ERRNO.EOPNOTSUPP;
    },
  },
  {
    name: 'map_peek_elem', parameters: ['narrow', 'narrow'], result: 'error',
    make: machine => (handle: number, value: number): number => {
      const map = mapOf(machine, handle);
      if (map instanceof BloomFilterMap) return map.peek(span(machine, value, map.valueBytes, 'read'));
      return map instanceof QueueMap ? give(machine, map, value, map.lookupAt()) : ERRNO.EOPNOTSUPP;
    },
  },
  ...['spin_lock', 'spin_unlock'].map((name): HelperDefinition => ({
    name, parameters: ['narrow'], result: 'error',
    make: machine => (lock: number): number => {
      span(machine, lock, 4, 'write');
      return 0;
    },
  })),
];
