// An object as plain data: what clang's ELF file says, with programs linked and maps described, before any engine creates anything.
// Reading it is read-object.ts; loading it is `loadObject` of src/kernel and src/vm.

export interface ObjectSpec {
  readonly license: string;
  readonly maps: readonly ObjectMap[];
  readonly programs: readonly ObjectProgram[];
  /** For BTF_LOAD; types of maps and functions are in it. */
  readonly btf?: Uint8Array<ArrayBuffer>;
}

export interface ObjectMap {
  readonly name: string;
  readonly type: ObjectMapType;
  readonly keyBytes: number;
  readonly valueBytes: number;
  /** Entries; of a ring buffer, bytes. */
  readonly capacity: number;
  /** BPF_F_*. */
  readonly flags: number;
  /** The value of entry 0 before any program runs: sections of global data. */
  readonly initial?: Uint8Array;
  /** Constant data: no one writes it after `initial`. */
  readonly frozen: boolean;
  /** The object asks that loads share one map of the name (LIBBPF_PIN_BY_NAME). The caller decides. */
  readonly pinned: boolean;
  /** Of program arrays: which program each slot holds from the start, by its index in `programs`. */
  readonly programs?: readonly { readonly index: number; readonly program: number }[];
  /** Of maps of maps: what each of them is, and which map of the object each place holds from the start (its index in `maps`). */
  readonly inner?: InnerObjectMap;
  readonly maps?: readonly { readonly index: number; readonly map: number }[];
  /** Types in `btf` of key and value. */
  readonly types?: { readonly key: number; readonly value: number };
}
export type InnerObjectMap = Pick<ObjectMap, 'name' | 'type' | 'keyBytes' | 'valueBytes' | 'capacity' | 'flags'>;

export interface ObjectProgram {
  /** Of its function. */
  readonly name: string;
  readonly section: string;
  readonly hook: 'tc' | 'xdp';
  /** The entry, then every function it reaches: linked but for maps. */
  readonly code: Uint8Array<ArrayBuffer>;
  readonly relocations: readonly MapRelocation[];
  readonly functions: readonly { readonly slot: number; readonly name: string }[];
  /** Lines of the C source, for refusals. */
  readonly files: readonly string[];
  readonly lines: readonly { readonly slot: number; readonly file: number; readonly line: number; readonly column: number; readonly text: string }[];
  /** struct bpf_func_info and bpf_line_info, of `btf`; empty where the object does not say. */
  readonly funcInfo: Uint8Array<ArrayBuffer>;
  readonly lineInfo: Uint8Array<ArrayBuffer>;
}

/** A wide load of the handle of a map, or of the address of byte `offset` in its entry 0. */
export type MapRelocation =
  | { readonly kind: 'map'; readonly slot: number; readonly map: number }
  | { readonly kind: 'map-value'; readonly slot: number; readonly map: number; readonly offset: number };

/** enum bpf_map_type, as the kernel numbers and names it. Engines refuse those they do not have. */
export const MAP_TYPES = [
  'UNSPEC', 'HASH', 'ARRAY', 'PROG_ARRAY', 'PERF_EVENT_ARRAY', 'PERCPU_HASH', 'PERCPU_ARRAY', 'STACK_TRACE', 'CGROUP_ARRAY', 'LRU_HASH', 'LRU_PERCPU_HASH',
  'LPM_TRIE', 'ARRAY_OF_MAPS', 'HASH_OF_MAPS', 'DEVMAP', 'SOCKMAP', 'CPUMAP', 'XSKMAP', 'SOCKHASH', 'CGROUP_STORAGE', 'REUSEPORT_SOCKARRAY',
  'PERCPU_CGROUP_STORAGE', 'QUEUE', 'STACK', 'SK_STORAGE', 'DEVMAP_HASH', 'STRUCT_OPS', 'RINGBUF', 'INODE_STORAGE', 'TASK_STORAGE', 'BLOOM_FILTER',
  'USER_RINGBUF', 'CGRP_STORAGE', 'ARENA',
] as const;
export type ObjectMapType = typeof MAP_TYPES[number];

/** BPF_F_RDONLY_PROG. */
export const RDONLY_PROG = 128;
