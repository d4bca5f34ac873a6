// A hash table of fixed-size entries in linear memory: keys and values at addresses that stay, the chains beside it in JavaScript.
// It knows no flags and evicts nothing; entries are numbers, 0 to size - 1.

import type { Memory } from '../memory/memory.ts';

const NONE = -1;

export class Table {
  /** Entries in use. */
  count = 0;
  private readonly memory: Memory;
  private readonly base: number;
  private readonly keyBytes: number;
  private readonly valueOffset: number;
  private readonly stride: number;
  private readonly buckets: Int32Array;
  /** Next in the chain, or in the list of free entries. */
  private readonly next: Int32Array;
  private readonly size: number;
  private free = NONE;
  /** Entries from here on were never used. */
  private fresh = 0;

  constructor(memory: Memory, base: number, size: number, keyBytes: number, valueOffset: number, stride: number) {
    this.memory = memory;
    this.base = base;
    this.size = size;
    this.keyBytes = keyBytes;
    this.valueOffset = valueOffset;
    this.stride = stride;
    let buckets = 8;
    while (buckets < size) buckets *= 2;
    this.buckets = new Int32Array(buckets).fill(NONE);
    this.next = new Int32Array(size);
  }

  keyAt(entry: number): number { return this.base + entry * this.stride; }
  valueAt(entry: number): number { return this.base + entry * this.stride + this.valueOffset; }

  /** The entry with the key at an address, or -1. */
  find(key: number): number {
    for (let entry = this.buckets[this.bucket(key)]!; entry !== NONE; entry = this.next[entry]!) {
      if (this.same(key, this.keyAt(entry))) return entry;
    }
    return NONE;
  }

  /** An entry for a key that is not there; -1: all are in use. It is found from now on; its value is to be written. */
  insert(key: number): number {
    let entry = this.free;
    if (entry !== NONE) this.free = this.next[entry]!;
    else if (this.fresh < this.size) entry = this.fresh++;
    else return NONE;
    this.memory.bytes.copyWithin(this.keyAt(entry), key, key + this.keyBytes);
    const bucket = this.bucket(key);
    this.next[entry] = this.buckets[bucket]!;
    this.buckets[bucket] = entry;
    this.count++;
    return entry;
  }

  remove(entry: number): void {
    const bucket = this.bucket(this.keyAt(entry));
    let at = this.buckets[bucket]!;
    if (at === entry) this.buckets[bucket] = this.next[entry]!;
    else {
      while (this.next[at] !== entry) at = this.next[at]!;
      this.next[at] = this.next[entry]!;
    }
    this.next[entry] = this.free;
    this.free = entry;
    this.count--;
  }

  *entries(): Iterable<number> {
    for (const head of this.buckets) {
      for (let entry = head; entry !== NONE; entry = this.next[entry]!) yield entry;
    }
  }

  private bucket(key: number): number {
    const { view } = this.memory;
    const words = this.keyBytes & ~3;
    let hash = this.keyBytes;
    let i = 0;
    for (; i < words; i += 4) {
      hash = Math.imul(hash ^ view.getInt32(key + i, true), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    for (; i < this.keyBytes; i++) hash = Math.imul(hash ^ view.getUint8(key + i), 0x85ebca6b);
    hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35);
    return (hash ^ hash >>> 16) & (this.buckets.length - 1);
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
