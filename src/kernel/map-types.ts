// Kinds of BPF maps as the kernel numbers them, and how the kinds that modules declare are made of them.

import { readFileSync } from 'node:fs';
import type { MapDecl, MapKind } from '../image/image.ts';

/** enum bpf_map_type. */
export const MAP_TYPE = {
  HASH: 1, ARRAY: 2, PROG_ARRAY: 3, PERF_EVENT_ARRAY: 4, PERCPU_HASH: 5, PERCPU_ARRAY: 6, LRU_HASH: 9, LRU_PERCPU_HASH: 10, LPM_TRIE: 11, ARRAY_OF_MAPS: 12,
  HASH_OF_MAPS: 13, DEVMAP: 14, CPUMAP: 16, QUEUE: 22, STACK: 23, DEVMAP_HASH: 25, RINGBUF: 27, BLOOM_FILTER: 30,
} as const;
export type MapTypeName = keyof typeof MAP_TYPE;

/** BPF_F_* of MAP_CREATE. `RDONLY_PROG`: programs may only read; with `freeze` the verifier knows the values. */
export const MAP_FLAG = { NO_PREALLOC: 1, NO_COMMON_LRU: 2, RDONLY: 8, WRONLY: 16, RDONLY_PROG: 128, WRONLY_PROG: 256, MMAPABLE: 1024, INNER_MAP: 4096 } as const;

const PER_CPU: ReadonlySet<number> = new Set([MAP_TYPE.PERCPU_HASH, MAP_TYPE.PERCPU_ARRAY, MAP_TYPE.LRU_PERCPU_HASH]);

/** What MAP_CREATE is asked for; plain data. */
export interface MapSpec {
  readonly name: string;
  readonly type: MapTypeName;
  readonly keyBytes: number;
  readonly valueBytes: number;
  /** Entries; of a ring buffer its bytes. */
  readonly capacity: number;
  readonly flags?: number;
  /** Of a map of maps: what each of them is. */
  readonly inner?: MapSpec;
}

const KINDS: Readonly<Record<MapKind, { readonly type: MapTypeName; readonly flags?: number }>> = {
  hash: { type: 'HASH' },
  lru: { type: 'LRU_HASH' },
  // Full means full: what is alive never gives way. Memory is taken as entries come.
  expiring: { type: 'HASH', flags: MAP_FLAG.NO_PREALLOC },
  lpm: { type: 'LPM_TRIE', flags: MAP_FLAG.NO_PREALLOC },
  array: { type: 'ARRAY' },
  'percpu-array': { type: 'PERCPU_ARRAY' },
  'percpu-hash': { type: 'PERCPU_HASH' },
  ring: { type: 'RINGBUF' },
  config: { type: 'ARRAY' },
  shape: { type: 'ARRAY', flags: MAP_FLAG.RDONLY_PROG },
  'hash-of-maps': { type: 'HASH_OF_MAPS' },
  'array-of-maps': { type: 'ARRAY_OF_MAPS' },
  stages: { type: 'PROG_ARRAY' },
};

/** What is asked of a declared map to make one. */
interface MapToMake extends InnerToMake { readonly name: string }
type InnerToMake = Pick<MapDecl, 'kind' | 'keyBytes' | 'valueBytes' | 'capacity'> & { readonly inner?: InnerToMake };

/** How the kernel makes a declared map. `capacity` is for the whole map: of all elements where they share it. */
export function mapSpecOf(decl: MapToMake, capacity: number = decl.capacity): MapSpec {
  const { type, flags = 0 } = KINDS[decl.kind];
  const ring = decl.kind === 'ring';
  const inner = decl.inner && { inner: mapSpecOf({ name: decl.name, ...decl.inner }) };
  return { name: decl.name, type, keyBytes: ring ? 0 : decl.keyBytes, valueBytes: ring ? 0 : decl.valueBytes, capacity, flags, ...inner };
}

let cpus: number | undefined;

/** CPUs that this machine may ever have: per-CPU maps have a value for each. */
export function possibleCpus(): number {
  if (cpus === undefined) {
    const last = readFileSync('/sys/devices/system/cpu/possible', 'utf8').trim().split(/[-,]/).at(-1);
    cpus = Number(last) + 1;
  }
  return cpus;
}

/** Bytes of a value as lookup and update carry it: per-CPU maps have one for every possible CPU, each rounded up to 8. */
export function transferBytes(type: number, valueBytes: number): number {
  return PER_CPU.has(type) ? Math.ceil(valueBytes / 8) * 8 * possibleCpus() : valueBytes;
}
