// From a map's description to a map, and why some descriptions are refused.

import { ArrayMap } from './array.ts';
import { ERRNO, MapError } from './errno.ts';
import { HashMap } from './hash.ts';
import { LpmTrieMap } from './lpm-trie.ts';
import { LruHashMap } from './lru-hash.ts';
import type { MapSpec, Store, VmMap } from './map.ts';
import { ProgArrayMap, type ProgramOf } from './prog-array.ts';
import { RingbufMap } from './ringbuf.ts';

const MAX_KEY_BYTES = 512;
const MAX_VALUE_BYTES = 1 << 24;
const MAX_CAPACITY = 1 << 26;

/** Throws a MapError with EINVAL for sizes that the kernel refuses too, with ENOMEM where memory is at its limit. */
export function createMap(spec: MapSpec, handle: number, store: Store, programOf: ProgramOf, closed: () => void): VmMap {
  if (!sizesAreGood(spec)) throw new MapError('creation', spec.name, ERRNO.EINVAL);
  const map = make(spec, handle, store, programOf);
  map.onClose = closed;
  return map;
}

function make(spec: MapSpec, handle: number, store: Store, programOf: ProgramOf): VmMap {
  switch (spec.type) {
    case 'HASH':
    case 'PERCPU_HASH': return new HashMap(spec, handle, store);
    case 'LRU_HASH': return new LruHashMap(spec, handle, store);
    case 'ARRAY':
    case 'PERCPU_ARRAY': return new ArrayMap(spec, handle, store);
    case 'LPM_TRIE': return new LpmTrieMap(spec, handle, store);
    case 'PROG_ARRAY': return new ProgArrayMap(spec, handle, store, programOf);
    case 'RINGBUF': return new RingbufMap(spec, handle, store);
  }
}

function sizesAreGood({ type, keyBytes, valueBytes, capacity }: MapSpec): boolean {
  if (![keyBytes, valueBytes, capacity].every(n => Number.isInteger(n) && n >= 0)) return false;
  if (capacity < 1 || capacity > MAX_CAPACITY || keyBytes > MAX_KEY_BYTES || valueBytes > MAX_VALUE_BYTES) return false;
  switch (type) {
    case 'HASH':
    case 'PERCPU_HASH':
    case 'LRU_HASH': return keyBytes > 0 && valueBytes > 0;
    case 'ARRAY':
    case 'PERCPU_ARRAY': return keyBytes === 4 && valueBytes > 0;
    case 'LPM_TRIE': return keyBytes > 4 && keyBytes <= 4 + 256 && valueBytes > 0;
    case 'PROG_ARRAY': return keyBytes === 4 && valueBytes === 4;
    case 'RINGBUF': return keyBytes === 0 && valueBytes === 0 && (capacity & capacity - 1) === 0 && capacity % 4096 === 0;
  }
}
