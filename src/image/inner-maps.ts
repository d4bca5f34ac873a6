// Filling a map of maps, on any engine. A map in it is never changed by control: another takes its place, whole.

import type { Entry, InnerEntry } from './contents.ts';
import { type LiveMap, u32Bytes } from './live-map.ts';

/** The kernel waits for packets on their way, some 10 ms, whenever places in a map of maps change: once for so many. Each is a descriptor meanwhile. */
const AT_ONCE = 64;

/**
 * At each key, a new map with these entries takes the place of what is there; a packet meets the one or the other. `make` makes an empty one
 * like those in the table, which keeps it; what stood there goes when the last packet has left it.
 */
export function putInner(table: LiveMap, list: readonly InnerEntry[], make: () => LiveMap): void {
  for (let from = 0; from < list.length; from += AT_ONCE) {
    const made: LiveMap[] = [];
    try {
      const places = list.slice(from, from + AT_ONCE).map(([key, entries]): Entry => {
        const inner = make();
        made.push(inner);
        inner.updateMany(entries);
        return [key, u32Bytes(inner.reference)];
      });
      table.updateMany(places);
    } finally {
      for (const inner of made) inner.close();
    }
  }
}
