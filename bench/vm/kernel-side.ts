// The C file's eBPF in the kernel.

import { many, once, single } from '../compiler/runs.ts';
import type { LoadedEntry, Sent, Work } from '../compiler/subject.ts';
import type { ObjectSpec } from '../../src/image/elf/object.ts';
import { loadObject } from '../../src/kernel/load-object.ts';
import { padded, type EngineSide, type Filled } from './side.ts';

export const KERNEL = 'kernel';

/** `runs` of the work says how: a packet that is changed goes in by calls of their own. @throws SysError, VerifierError */
export function kernelSide(spec: ObjectSpec, filled: readonly Filled[], { runs }: Work, empty: LoadedEntry): EngineSide {
  const loaded = loadObject(spec);
  for (const { map, entries } of filled) {
    const live = loaded.maps.get(map);
    for (const [key, value] of entries) live?.update(padded(key, live.keyBytes), padded(value, live.valueBytes));
  }
  const measure = runs === 'many' ? many : single;
  const entry = (sent: Sent): LoadedEntry => ({ program: loaded.programs.get(`entry_${sent.entry}`)!, hook: 'tc', slots: 0 });
  return {
    name: KERNEL,
    once: sent => once(entry(sent), sent),
    time(sent) {
      const first = measure(empty, sent);
      const ns = measure(entry(sent), sent);
      return ns - (first + measure(empty, sent)) / 2;
    },
    [Symbol.dispose]() { loaded.close(); },
  };
}
