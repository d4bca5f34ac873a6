// Filling a map of maps, on any engine. A map in it is never changed by control: another takes its place, whole.

import type { Entry } from './contents.ts';
import { type LiveMap, u32Bytes } from './live-map.ts';

/**
 * A new map with these entries takes the place of what is at `key`; a packet meets the one or the other. `make` makes an empty one like
 * those in the table, which keeps it; what stood there goes when the last packet has left it.
 */
export function putInner(table: LiveMap, key: Uint8Array, entries: readonly Entry[], make: () => LiveMap): void {
  const inner = make();
  try {
    for (const [innerKey, value] of entries) inner.update(innerKey, value);
    table.update(key, u32Bytes(inner.reference));
  } finally {
    inner.close();
  }
}
