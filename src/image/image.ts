// The compiled module as data: what the compiler makes and every engine runs. Plain, deterministic, no handles.
// It knows nothing of file descriptors, devices or who loads it; that is src/datapath.

import type { Layout } from './layout.ts';

/** One compiled IO module. Equal sources, target and compiler give equal images, byte for byte. */
export interface Image {
  readonly format: 1;
  /** Module name: the file's name without `.ts`. */
  readonly name: string;
  /** Oldest kernel it must load on, such as `6.1`. */
  readonly target: string;
  readonly kind: 'module' | 'filter' | 'xdp';
  readonly placement?: 'endpoint' | 'origin' | 'gateway';
  /** Source files that lines refer to, by index: package-relative, `modules/bridge/bridge.ts`. */
  readonly files: readonly string[];
  /** `main` of a module and of xdp; `egress` and `ingress` of a filter. */
  readonly programs: readonly Program[];
  /** Programs that the others reach by tail calls through the map of kind `stages`, each in the slot that is its index. Joined as they are. */
  readonly stages?: readonly Program[];
  readonly maps: readonly MapDecl[];
  /** Names of the ports that the module declares, by number. Empty: as many as are wired. */
  readonly ports: readonly string[];
  readonly sites: readonly Site[];
  /** Of a module that logs. */
  readonly logs?: Logs;
  /** Its maker, whose own rules of pointers it keeps, found nothing when it walked its programs as the kernel's verifier does (compiler/verifier). Absent: not asked. */
  readonly walked?: true;
}

/** One entry point, position-independent but for its relocations. */
export interface Program {
  readonly name: string;
  readonly hook: 'tc' | 'xdp';
  /** eBPF, 8 bytes a slot, little-endian. */
  readonly code: Uint8Array;
  readonly relocations: readonly Relocation[];
  readonly lines: readonly LineEntry[];
  /** Static functions behind the entry: first slot and name. The entry itself is slot 0. */
  readonly functions: readonly { readonly slot: number; readonly name: string }[];
  /** Deepest stack of the entry, bytes. */
  readonly stackBytes: number;
  /** Of a tc program that reads more of packets than their linear part always has. Whoever links sees to it (datapath/link/linear.ts). */
  readonly reads?: Reads;
}

/** How much of a packet must be in its linear part when the program begins. */
export interface Reads {
  /** From the start of the packet on. */
  readonly bytes: number;
  /** False: of TCP, and of a packet of several segments, whose headers are linear, nothing else is read. */
  readonly payload: boolean;
}

/** From `slot` on, code comes from this place. Lines and columns count from 1. */
export interface LineEntry {
  readonly slot: number;
  readonly file: number;
  readonly line: number;
  readonly column: number;
  /** The source line, trimmed, at most 120 characters: the kernel's verifier shows it in its log. */
  readonly text: string;
}

/**
 * What a linker fills in, at `slot` of the code.
 * - `map`: a wide load of the map's handle; `map-value`: of the address of byte `offset` in entry 0 of an array map.
 * - `constant`: the 32-bit immediate: `element`, the id of the element; `hz`, jiffies a second.
 * - `exit`: an unconditional jump (`ja`) out of the module's code; see abi.ts.
 * - `call`: a local call (`call` with source 1) of a joint that comes back.
 */
export type Relocation =
  | { readonly kind: 'map'; readonly slot: number; readonly map: number }
  | { readonly kind: 'map-value'; readonly slot: number; readonly map: number; readonly offset: number }
  | { readonly kind: 'constant'; readonly slot: number; readonly name: 'element' | 'hz' }
  | { readonly kind: 'exit'; readonly slot: number; readonly exit: Exit }
  | { readonly kind: 'call'; readonly slot: number; readonly call: Effect };

export type Exit = 'to' | 'flood' | 'reply' | 'next' | 'drop' | 'punt';
/**
 * What is done to a packet on its way.
 * - `mirror`: a copy goes out by a port; who joins elements says how.
 * - `family`: the kernel's idea of the packet's family follows its EtherType. - `finish`: the kernel does not finish its checksum any more.
 *   These give 0, or are refused; they are the same for all who link.
 */
export type Effect = 'mirror' | 'family' | 'finish';

export type MapKind =
  | 'hash' | 'lru' | 'expiring' | 'lpm' | 'array' | 'percpu-array' | 'percpu-hash' | 'ring'
  /** One entry of values that change. */
  | 'config'
  /** One entry, frozen before the program is loaded. */
  | 'shape'
  /** Their values are maps, all like `inner`; in the table each is 4 bytes, by which the engine knows it. Control code puts them there. */
  | 'hash-of-maps' | 'array-of-maps'
  /** The table of the image's stages, filled by whoever loads it. */
  | 'stages';

/**
 * A map as the author wrote it, and as engines create it.
 *
 *     scope image    one map per image per server, which control alone fills; the key begins with the element's id (u32, little-endian; big-endian in `lpm`)
 *     scope element  a map of the element's own: also whatever packets may make entries in
 *     expiring       the value begins with `expires`: u64, jiffies; all ones: the entry stays
 */
export interface MapDecl {
  readonly name: string;
  /** Exported by the module: part of the element's API. */
  readonly exported: boolean;
  readonly kind: MapKind;
  readonly scope: 'image' | 'element';
  /** Entries of one element (array: its length; ring: bytes). */
  readonly capacity: number;
  /** Bytes as created, hidden parts included. */
  readonly keyBytes: number;
  readonly valueBytes: number;
  /** The author's key and value, and where they begin behind the hidden parts. Arrays have a u32 key. */
  readonly key: Layout;
  readonly keyOffset: number;
  readonly value: Layout;
  readonly valueOffset: number;
  /** `config` and `shape`: the defaults, as value bytes. */
  readonly initial?: Uint8Array;
  /** Of a map of maps: what each of them is. They are an element's own, so their keys have no hidden part. */
  readonly inner?: MapDecl;
}

/** A place that ends packets: it has a name, so that none disappears without one. Its id is its index. */
export interface Site {
  readonly kind: 'drop' | 'punt';
  readonly reason: string;
  readonly file: number;
  readonly line: number;
  readonly column: number;
}

/** What `log` writes is text here and numbers on the way. Who listens is logs.ts. */
export interface Logs {
  /** Index of the ring that records go to. */
  readonly ring: number;
  /** Index of an array of one entry: for each line, u32: 0 while nobody listens; else how many more records it may send, and one. */
  readonly credit: number;
  /** Index of a per-CPU array, u64 by line: records that it had no credit for, or the ring no room, while somebody listened. */
  readonly unsaid: number;
  readonly lines: readonly LogLine[];
}

/** One `log`: text and values in turn, one text more than values. The record begins with the line's index, u32; then come the values. */
export interface LogLine {
  readonly file: number;
  readonly line: number;
  readonly column: number;
  readonly texts: readonly string[];
  readonly record: Layout & { readonly kind: 'struct' };
}
