// Helpers that call functions of the program: loop, for_each_map_elem (kernel/bpf/bpf_iter.c, verifier rules aside).

import { ERRNO } from '../maps/errno.ts';
import type { HelperDefinition } from './definition.ts';
import { mapOf } from './machine.ts';

/** BPF_MAX_LOOPS. */
const MOST_LOOPS = 1 << 23;

export const LOOP_HELPERS: readonly HelperDefinition[] = [
  {
    name: 'loop', parameters: ['low', 'low', 'narrow', 'narrow'], result: 'error', callsBack: true,
    make: ({ callback }) => (rounds: number, fn: number, context: number, flags: number): number => {
      rounds >>>= 0;
      if (flags !== 0) return ERRNO.EINVAL;
      if (rounds > MOST_LOOPS) return ERRNO.E2BIG;
      for (let i = 0; i < rounds; i++) if (callback(fn, i, context) !== 0) return i + 1;
      return rounds;
    },
  },
  {
    name: 'for_each_map_elem', parameters: ['narrow', 'low', 'narrow', 'narrow'], result: 'error', callsBack: true,
    make: machine => (handle: number, fn: number, context: number, flags: number): number => {
      const places = flags === 0 ? mapOf(machine, handle).places() : undefined;
      if (places === undefined) return ERRNO.EINVAL;
      let visited = 0;
      for (const [key, value] of places) {
        visited++;
        if (machine.callback(fn, handle, key, value, context) !== 0) break;
      }
      return visited;
    },
  },
];
