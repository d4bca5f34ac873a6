// Maps of the module evaluator, by the bytes of their keys. Nothing is evicted here, and clocks stand still: random modules neither
// fill LRU maps nor wait.

import { bytesOf, copied, zeroOf, type Datum } from './evaluate-values.ts';
import type { MapType, SetMode } from '../../src/compiler/2-check/tree.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
interface Entry { value: Datum; seconds: bigint }

/** `bits` leading bits of `key` count. */
export interface Prefix { readonly key: Uint8Array; readonly bits: number; readonly value: Datum }

export class Entries {
  readonly type: MapType;
  readonly capacity: number;
  readonly #entries = new Map<string, Entry>();
  #prefixes: readonly Prefix[] = [];

  constructor(type: MapType, capacity: number) {
    this.type = type;
    this.capacity = capacity;
    if (type.map.endsWith('array')) for (let i = 0; i < capacity; i++) this.#entries.set(this.#key(BigInt(i)), { value: zeroOf(type.value), seconds: 0n });
  }

  /** What control wrote into a trie. */
  give(prefixes: readonly Prefix[]): void { this.#prefixes = prefixes; }

  #key(key: Datum): string { return hex(bytesOf(this.type.key, key)); }

  get(key: Datum): Datum {
    if (this.type.map === 'lpm') return this.#longest(bytesOf(this.type.key, key));
    const entry = this.#entries.get(this.#key(key));
    return entry && this.#lives(entry) ? entry.value : undefined;
  }

  #lives(entry: Entry): boolean { return this.type.map !== 'expiring' || entry.seconds > 0n; }

  #longest(key: Uint8Array): Datum {
    const bit = (bytes: Uint8Array, i: number): number => (bytes[i >> 3] as number) >> 7 - (i & 7) & 1;
    const matches = this.#prefixes.filter(p => Array.from({ length: p.bits }, (_, i) => i).every(i => bit(p.key, i) === bit(key, i)));
    return matches.sort((a, b) => b.bits - a.bits)[0]?.value;
  }

  set(key: Datum, value: Datum, mode: SetMode, seconds = 0n): boolean {
    const k = this.#key(key);
    const old = this.#entries.get(k);
    const there = old !== undefined && this.#lives(old);
    if (mode === 'new' ? there : mode === 'exists' && !there) return false;
    if (!old && this.#entries.size >= this.capacity) return false;
    this.#entries.set(k, { value: copied(value), seconds });
    return true;
  }

  /** Whether its end moves. */
  keep(value: Datum, seconds: bigint): boolean {
    const entry = [...this.#entries.values()].find(e => e.value === value);
    if (!entry || entry.seconds === seconds) return false;
    entry.seconds = seconds;
    return true;
  }

  delete(key: Datum): boolean { return this.#entries.delete(this.#key(key)); }

  /** `key=value` in hex, sorted. */
  dump(): string[] {
    return [...this.#entries].map(([k, { value }]) => `${k}=${hex(bytesOf(this.type.value, value))}`).sort();
  }
}
