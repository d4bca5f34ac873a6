// How the maps that a module declares are made on this engine.

import type { MapDecl, MapKind } from '../../image/image.ts';
import type { MapSpec, MapType } from './map.ts';

const TYPES: Readonly<Record<MapKind, MapType>> = {
  hash: 'HASH', lru: 'LRU_HASH', expiring: 'HASH', lpm: 'LPM_TRIE', array: 'ARRAY', 'percpu-array': 'PERCPU_ARRAY', 'percpu-hash': 'PERCPU_HASH', ring: 'RINGBUF', config: 'ARRAY', shape: 'ARRAY',
};

/** `capacity` is for the whole map: of all elements where they share it. */
export function mapSpecOf(decl: Pick<MapDecl, 'name' | 'kind' | 'keyBytes' | 'valueBytes' | 'capacity'>, capacity: number = decl.capacity): MapSpec {
  const isRing = decl.kind === 'ring';
  return { name: decl.name, type: TYPES[decl.kind], keyBytes: isRing ? 0 : decl.keyBytes, valueBytes: isRing ? 0 : decl.valueBytes, capacity };
}
