// A hash table of fixed-size entries, all of it in linear memory, so that generated code finds keys in it without leaving WebAssembly
// (translate/lookup.ts, which hashes as this file does). It knows no flags and evicts nothing. Entries are addresses that stay.
//
//     entry     next in the chain (u32, 0: none) · mark (u32, the map's) · value's address · older · newer (the map's; only if asked for) · key, to 8
//     values    elsewhere, for programs write them
//     buckets   first entries, u32 each; their number is a power of two

import type { Memory } from '../memory/memory.ts';

export const NONE = 0;
const NEXT = 0;
/** In an entry: where its value is. */
export const VALUE = 8;

interface TableShape {
  readonly keyBytes: number;
  readonly valueBytes: number;
  /** Whether entries have the two links besides. */
  readonly links: boolean;
}

interface EntryLayout { readonly key: number; readonly stride: number }

export function entryLayout({ keyBytes, links }: Omit<TableShape, 'valueBytes'>): EntryLayout {
  const key = links ? 24 : 16;
  return { key, stride: key + round8(keyBytes) };
}

function round8(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

export class Table {
  /** Entries in use. */
  count = 0;
  readonly buckets: number;
  /** Number of buckets less one. */
  readonly mask: number;
  private readonly memory: Memory;
  private readonly layout: EntryLayout;
  private readonly keyBytes: number;
  /** Behind the last entry. */
  private readonly end: number;
  private free = NONE;
  /** Entries from here on were never used. */
  private fresh: number;
  private freshValue: number;
  private readonly valueStride: number;

  constructor(memory: Memory, take: (bytes: number, isValues: boolean) => number, size: number, shape: TableShape) {
    let buckets = 8;
    while (buckets < size) buckets *= 2;
    this.memory = memory;
    this.keyBytes = shape.keyBytes;
    this.layout = entryLayout(shape);
    this.mask = buckets - 1;
    this.buckets = take(4 * buckets, false);
    this.fresh = take(this.layout.stride * size, false);
    this.valueStride = round8(shape.valueBytes);
    this.freshValue = take(this.valueStride * size, true);
    this.end = this.fresh + this.layout.stride * size;
  }

  keyAt(entry: number): number { return entry + this.layout.key; }
  valueAt(entry: number): number { return this.memory.words[entry + VALUE >> 2]!; }

  /** The entry with the key at an address, or NONE. */
  find(key: number): number {
    const { words } = this.memory;
    for (let entry = words[this.bucket(key) >> 2]!; entry !== NONE; entry = words[entry + NEXT >> 2]!) {
      if (this.same(key, this.keyAt(entry))) return entry;
    }
    return NONE;
  }

  /** An entry for a key that is not there; NONE: all are in use. It is found from now on; its value is to be written. */
  insert(key: number): number {
    const { words, bytes } = this.memory;
    let entry = this.free;
    if (entry !== NONE) this.free = words[entry + NEXT >> 2]!;
    else if (this.fresh < this.end) {
      entry = this.fresh;
      this.fresh += this.layout.stride;
      words[entry + VALUE >> 2] = this.freshValue;
      this.freshValue += this.valueStride;
    } else return NONE;
    bytes.copyWithin(this.keyAt(entry), key, key + this.keyBytes);
    const bucket = this.bucket(key);
    words[entry + NEXT >> 2] = words[bucket >> 2]!;
    words[bucket >> 2] = entry;
    this.count++;
    return entry;
  }

  remove(entry: number): void {
    const { words } = this.memory;
    const next = words[entry + NEXT >> 2]!;
    let link = this.bucket(this.keyAt(entry));
    while (words[link >> 2] !== entry) link = words[link >> 2]! + NEXT;
    words[link >> 2] = next;
    words[entry + NEXT >> 2] = this.free;
    this.free = entry;
    this.count--;
  }

  *entries(): Iterable<number> {
    for (let bucket = 0; bucket <= this.mask; bucket++) {
      for (let entry = this.memory.words[this.buckets + 4 * bucket >> 2]!; entry !== NONE; entry = this.memory.words[entry + NEXT >> 2]!) yield entry;
    }
  }

  /** The entry behind another in the order of `entries`; NONE: it is the last. */
  after(entry: number): number {
    const { words } = this.memory;
    const next = words[entry + NEXT >> 2]!;
    if (next !== NONE) return next;
    for (let bucket = this.bucket(this.keyAt(entry)) + 4; bucket <= this.buckets + 4 * this.mask; bucket += 4) {
      if (words[bucket >> 2] !== NONE) return words[bucket >> 2]!;
    }
    return NONE;
  }

  /** Address of the bucket of a key. */
  private bucket(key: number): number {
    const { view } = this.memory;
    const words = this.keyBytes & ~3;
    let hash = this.keyBytes;
    let i = 0;
    for (; i < words; i += 4) {
      hash = Math.imul(hash ^ view.getInt32(key + i, true), HASH.word);
      hash ^= hash >>> HASH.wordShift;
    }
    for (; i < this.keyBytes; i++) hash = Math.imul(hash ^ view.getUint8(key + i), HASH.byte);
    hash = Math.imul(hash ^ hash >>> HASH.endShift, HASH.end);
    return this.buckets + ((hash ^ hash >>> HASH.lastShift) & this.mask) * 4;
  }

  private same(a: number, b: number): boolean {
    const { view } = this.memory;
    const words = this.keyBytes & ~3;
    let i = 0;
    for (; i < words; i += 4) if (view.getInt32(a + i, true) !== view.getInt32(b + i, true)) return false;
    for (; i < this.keyBytes; i++) if (view.getUint8(a + i) !== view.getUint8(b + i)) return false;
    return true;
  }
}

/** Multipliers and shifts of the hash, in the order of their use. */
export const HASH = { word: 0x9e3779b1 | 0, wordShift: 15, byte: 0x85ebca6b | 0, endShift: 13, end: 0xc2b2ae35 | 0, lastShift: 16 } as const;
