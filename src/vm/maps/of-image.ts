// How the maps that a module declares are made on this engine.

import type { MapDecl, MapKind } from '../../image/image.ts';
import type { MapSpec, MapType } from './map.ts';

/** BPF_F_NO_PREALLOC, which tries must have. */
const NO_PREALLOC = 1;

const TYPES: Readonly<Record<MapKind, MapType>> = {
  hash: 'HASH', lru: 'LRU_HASH', expiring: 'HASH', lpm: 'LPM_TRIE', array: 'ARRAY', 'percpu-array': 'PERCPU_ARRAY', 'percpu-hash': 'PERCPU_HASH', ring: 'RINGBUF', config: 'ARRAY', shape: 'ARRAY',
  'hash-of-maps': 'HASH_OF_MAPS', 'array-of-maps': 'ARRAY_OF_MAPS', stages: 'PROG_ARRAY',
};

/** What is asked of a declared map to make one. */
interface MapToMake extends InnerToMake { readonly name: string }
type InnerToMake = Pick<MapDecl, 'kind' | 'keyBytes' | 'valueBytes' | 'capacity'> & { readonly inner?: InnerToMake };

/** `capacity` is for the whole map: of all elements where they share it. */
export function mapSpecOf(decl: MapToMake, capacity: number = decl.capacity): MapSpec {
  const isRing = decl.kind === 'ring';
  const inner = decl.inner && { inner: mapSpecOf({ name: decl.name, ...decl.inner }) };
  return { name: decl.name, type: TYPES[decl.kind], keyBytes: isRing ? 0 : decl.keyBytes, valueBytes: isRing ? 0 : decl.valueBytes, capacity, flags: decl.kind === 'lpm' ? NO_PREALLOC : 0, ...inner };
}
