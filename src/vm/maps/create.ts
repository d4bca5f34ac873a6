// From a map's description to a map, and why some descriptions are refused.

import { ArrayMap } from './array.ts';
import { BloomFilterMap } from './bloom-filter.ts';
import { DevmapArray, DevmapHash, type DeviceIsThere } from './devmap.ts';
import { ERRNO, MapError } from './errno.ts';
import { HashMap } from './hash.ts';
import { INNER_MAP, InnerMaps, type MapOf } from './inner-maps.ts';
import { LpmTrieMap } from './lpm-trie.ts';
import { LruHashMap } from './lru-hash.ts';
import type { MapSpec, MapType, Store, VmMap } from './map.ts';
import { ArrayOfMaps, HashOfMaps } from './of-maps.ts';
import { PerfEventArrayMap } from './perf-event-array.ts';
import type { Programs } from '../programs.ts';
import { ProgArrayMap } from './prog-array.ts';
import { QueueMap } from './queue.ts';
import { RingbufMap } from './ringbuf.ts';

const MAX_KEY_BYTES = 512;
const MAX_VALUE_BYTES = 1 << 24;
const MAX_CAPACITY = 1 << 26;

/** BPF_F_*. None but INNER_MAP changes anything here; that the kernel would refuse one is kept. */
const NO_PREALLOC = 1, NO_COMMON_LRU = 2, NUMA_NODE = 4, RDONLY = 8, WRONLY = 16, ZERO_SEED = 64, RDONLY_PROG = 128, WRONLY_PROG = 256, MMAPABLE = 1024, PRESERVE_ELEMS = 2048;
const ANY_FLAGS = NUMA_NODE | RDONLY | WRONLY;
const BY_PROGRAMS = RDONLY_PROG | WRONLY_PROG;
const LRU_FLAGS = NO_COMMON_LRU | ZERO_SEED | BY_PROGRAMS;
const HASH_FLAGS = NO_PREALLOC | ZERO_SEED | BY_PROGRAMS;
const OWN_FLAGS: Readonly<Record<MapType, number>> = {
  HASH: HASH_FLAGS, PERCPU_HASH: HASH_FLAGS, LRU_HASH: LRU_FLAGS, LRU_PERCPU_HASH: LRU_FLAGS, ARRAY: MMAPABLE | INNER_MAP | BY_PROGRAMS, PERCPU_ARRAY: BY_PROGRAMS,
  LPM_TRIE: NO_PREALLOC | BY_PROGRAMS, QUEUE: BY_PROGRAMS, STACK: BY_PROGRAMS, BLOOM_FILTER: ZERO_SEED | BY_PROGRAMS, DEVMAP: 0, DEVMAP_HASH: 0,
  PROG_ARRAY: 0, PERF_EVENT_ARRAY: PRESERVE_ELEMS, RINGBUF: 0, ARRAY_OF_MAPS: 0, HASH_OF_MAPS: NO_PREALLOC | ZERO_SEED,
};

/** What maps hold besides bytes. */
export interface References {
  readonly programs: Programs;
  readonly mapOf: MapOf;
  readonly deviceIsThere: DeviceIsThere;
}

/**
 * Throws a MapError with EINVAL for sizes that the kernel refuses too, with ENOMEM where memory is at its limit.
 * `innerMap`: the one that those in a map of maps are like.
 */
export function createMap(spec: MapSpec, handle: number, store: Store, references: References, innerMap?: VmMap): VmMap {
  const { type, flags = 0 } = spec;
  if (type.startsWith('LRU') && (flags & NO_PREALLOC) !== 0) throw new MapError('creation', spec.name, ERRNO.ENOTSUPP);
  const needed = type === 'LPM_TRIE' ? NO_PREALLOC : 0;
  if (!sizesAreGood(spec) || (flags & ~(ANY_FLAGS | OWN_FLAGS[type])) !== 0 || (flags & needed) !== needed) throw new MapError('creation', spec.name, ERRNO.EINVAL);
  return make(spec, handle, store, references, innerMap);
}

function make(spec: MapSpec, handle: number, store: Store, { programs, mapOf, deviceIsThere }: References, innerMap: VmMap | undefined): VmMap {
  switch (spec.type) {
    case 'HASH':
    case 'PERCPU_HASH': return new HashMap(spec, handle, store);
    case 'LRU_HASH':
    case 'LRU_PERCPU_HASH': return new LruHashMap(spec, handle, store);
    case 'ARRAY':
    case 'PERCPU_ARRAY': return new ArrayMap(spec, handle, store);
    case 'LPM_TRIE': return new LpmTrieMap(spec, handle, store);
    case 'PROG_ARRAY': return new ProgArrayMap(spec, handle, store, programs);
    case 'QUEUE':
    case 'STACK': return new QueueMap(spec, handle, store);
    case 'BLOOM_FILTER': return new BloomFilterMap(spec, handle, store);
    case 'DEVMAP': return new DevmapArray(spec, handle, store, deviceIsThere);
    case 'DEVMAP_HASH': return new DevmapHash(spec, handle, store, deviceIsThere);
    case 'PERF_EVENT_ARRAY': return new PerfEventArrayMap(spec, handle, store);
    case 'RINGBUF': return new RingbufMap(spec, handle, store);
    case 'ARRAY_OF_MAPS': return new ArrayOfMaps(spec, handle, store, innerMaps(spec, mapOf, innerMap));
    case 'HASH_OF_MAPS': return new HashOfMaps(spec, handle, store, innerMaps(spec, mapOf, innerMap));
  }
}

function innerMaps(spec: MapSpec, mapOf: MapOf, innerMap: VmMap | undefined): InnerMaps {
  if (innerMap === undefined || innerMap.type === 'ARRAY_OF_MAPS' || innerMap.type === 'HASH_OF_MAPS') throw new MapError('creation', spec.name, ERRNO.EINVAL);
  if (innerMap.type === 'PROG_ARRAY') throw new MapError('creation', spec.name, ERRNO.ENOTSUPP);
  return new InnerMaps(innerMap, mapOf);
}

function sizesAreGood({ type, keyBytes, valueBytes, capacity }: MapSpec): boolean {
  if (![keyBytes, valueBytes, capacity].every(n => Number.isInteger(n) && n >= 0)) return false;
  if (capacity < 1 || capacity > MAX_CAPACITY || keyBytes > MAX_KEY_BYTES || valueBytes > MAX_VALUE_BYTES) return false;
  switch (type) {
    case 'HASH':
    case 'PERCPU_HASH':
    case 'LRU_HASH':
    case 'LRU_PERCPU_HASH': return keyBytes > 0 && valueBytes > 0;
    case 'ARRAY':
    case 'PERCPU_ARRAY': return keyBytes === 4 && valueBytes > 0;
    case 'LPM_TRIE': return keyBytes > 4 && keyBytes <= 4 + 256 && valueBytes > 0;
    case 'QUEUE':
    case 'STACK':
    case 'BLOOM_FILTER': return keyBytes === 0 && valueBytes > 0;
    case 'DEVMAP':
    case 'DEVMAP_HASH': return keyBytes === 4 && (valueBytes === 4 || valueBytes === 8);
    case 'PROG_ARRAY':
    case 'PERF_EVENT_ARRAY':
    case 'ARRAY_OF_MAPS': return keyBytes === 4 && valueBytes === 4;
    case 'HASH_OF_MAPS': return keyBytes > 0 && valueBytes === 4;
    case 'RINGBUF': return keyBytes === 0 && valueBytes === 0 && (capacity & capacity - 1) === 0 && capacity % 4096 === 0;
  }
}
