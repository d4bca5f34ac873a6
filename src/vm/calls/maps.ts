// Helpers on maps: map_lookup_elem, map_update_elem, map_delete_elem, ringbuf_output.

import { ERRNO } from '../maps/errno.ts';
import { RingbufMap } from '../maps/ringbuf.ts';
import type { HelperDefinition } from './definition.ts';
import { mapOf, span } from './machine.ts';

/** BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP. */
const RINGBUF_FLAGS = 3;

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
    name: 'ringbuf_output', parameters: ['narrow', 'narrow', 'narrow', 'narrow'], result: 'error',
    make: machine => (handle: number, data: number, length: number, flags: number): number => {
      const map = mapOf(machine, handle);
      if ((flags & ~RINGBUF_FLAGS) !== 0 || !(map instanceof RingbufMap)) return ERRNO.EINVAL;
      return map.output(span(machine, data, length, 'read'), length >>> 0);
    },
  },
];
