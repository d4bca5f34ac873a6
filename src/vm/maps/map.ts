// What every map of a vm has: the program's side, by addresses and error numbers, and the JavaScript side, by bytes. The second is built
// on the first here, so that both always agree.

import type { LiveMap, UpdateMode } from '../../image/live-map.ts';
import type { Arena, Use } from '../memory/arena.ts';
import type { Memory } from '../memory/memory.ts';
import { ERRNO, MapError } from './errno.ts';
import type { Timers } from '../timers.ts';

export const VM_MAP_TYPES = [
  'HASH', 'LRU_HASH', 'PERCPU_HASH', 'LRU_PERCPU_HASH', 'ARRAY', 'PERCPU_ARRAY', 'LPM_TRIE', 'PROG_ARRAY', 'RINGBUF', 'ARRAY_OF_MAPS', 'HASH_OF_MAPS',
  'QUEUE', 'STACK', 'BLOOM_FILTER', 'DEVMAP', 'DEVMAP_HASH', 'PERF_EVENT_ARRAY',
] as const;
export type MapType = typeof VM_MAP_TYPES[number];

/** How generated code finds a value by itself; undefined: it asks the map. */
export type LookupShape =
  | { readonly kind: 'array'; readonly base: number; readonly stride: number }
  /** `lru`: finding an entry marks it. */
  | { readonly kind: 'hash' | 'lru'; readonly buckets: number; readonly mask: number };

export interface MapSpec {
  readonly name: string;
  readonly type: MapType;
  readonly keyBytes: number;
  readonly valueBytes: number;
  /** Entries; of a ring buffer, bytes. */
  readonly capacity: number;
  /** BPF_F_*, as for the kernel. */
  readonly flags?: number;
  /** Of a map of maps: what each of them is. */
  readonly inner?: MapSpec;
}

/** Flags of an update (uapi linux/bpf.h). */
export const BPF_ANY = 0, BPF_NOEXIST = 1, BPF_EXIST = 2;
const FLAGS: Readonly<Record<UpdateMode, number>> = { any: BPF_ANY, new: BPF_NOEXIST, existing: BPF_EXIST };

/** Maps whose entries a reader may take away as it reads them. */
const TAKEN: ReadonlySet<MapType> = new Set(['HASH', 'PERCPU_HASH', 'LRU_HASH', 'LRU_PERCPU_HASH', 'QUEUE', 'STACK']);

const BPF_F_RDONLY_PROG = 0x80;
const HANDLES = /PROG_ARRAY|OF_MAPS|DEVMAP/;

export interface Store { readonly memory: Memory; readonly arena: Arena; readonly timers: Timers }

export abstract class VmMap implements LiveMap {
  readonly name: string;
  readonly type: MapType;
  /** What programs hold as the map's address; ≥ 1. */
  readonly handle: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly capacity: number;
  readonly flags: number;
  protected readonly memory: Memory;
  protected readonly timers: Timers;
  private readonly arena: Arena;
  /** Blocks to give back at close. */
  private readonly blocks: { start: number; bytes: number }[] = [];
  private readonly keyScratch: number;
  private readonly valueScratch: number;
  private frozen = false;
  /** Whoever made it and has not closed it, each program that names it, and each place in a map of maps. */
  private holders = 1;
  private closed = false;
  /** Set by whoever keeps the handles. */
  onGone: () => void = () => {};

  constructor(spec: MapSpec, handle: number, store: Store) {
    this.name = spec.name;
    this.type = spec.type;
    this.handle = handle;
    this.keyBytes = spec.keyBytes;
    this.valueBytes = spec.valueBytes;
    this.capacity = spec.capacity;
    this.flags = spec.flags ?? 0;
    this.memory = store.memory;
    this.arena = store.arena;
    this.timers = store.timers;
    this.keyScratch = this.take(round8(spec.keyBytes) + round8(spec.valueBytes));
    this.valueScratch = this.keyScratch + round8(spec.keyBytes);
  }

  /** Address of the value, or 0. */
  abstract lookupAt(key: number): number;
  /** What a program's lookup gives: the same, but where the use counts for who is evicted last, or the value is a map. */
  lookupByProgram(key: number): number { return this.lookupAt(key); }
  /** 0 or an error number; `key` and `value` are addresses. */
  abstract updateAt(key: number, value: number, flags: number): number;
  abstract deleteAt(key: number): number;
  /** Addresses of keys that are there now. */
  protected abstract keys(): Iterable<number>;
  /** Address of the key behind another, of the first where the other is not there; 0: it is the last. */
  protected nextKeyAt(_key: number): number { throw new MapError('the next key', this.name, ERRNO.ENOTSUPP); }
  /** Addresses of all keys and values there are, for a program that walks; undefined: of this kind of map the kernel lets none. */
  places(): Iterable<readonly [key: number, value: number]> | undefined { return undefined; }
  /** Address of the value that an address lies in; 0: of none. */
  valueHolding(address: number): number {
    for (const [, value] of this.places() ?? []) if (address >= value && address < value + this.valueBytes) return value;
    return 0;
  }
  /** Address of the key of a value. */
  keyOf(value: number): number {
    for (const [key, at] of this.places() ?? []) if (at === value) return key;
    return 0;
  }
  get lookupShape(): LookupShape | undefined { return undefined; }
  /** Address of the one value of an array map with one entry: the only maps whose values have constant addresses. */
  valueBase(): number | undefined { return undefined; }

  lookup(key: Uint8Array): Uint8Array | undefined {
    const address = this.lookupAt(this.stageKey(key));
    return address === 0 ? undefined : this.memory.read(address, this.transferBytes);
  }

  update(key: Uint8Array, value: Uint8Array, mode: UpdateMode = 'any'): void {
    assert(value.length === this.transferBytes, `${this.name}: a value of ${value.length} bytes where ${this.transferBytes} are due`);
    if (this.frozen) throw new MapError('update', this.name, ERRNO.EPERM);
    const at = this.stageKey(key);
    this.memory.bytes.set(value, this.valueScratch);
    const error = this.updateAt(at, this.valueScratch, FLAGS[mode]);
    if (error !== 0) throw new MapError('update', this.name, error);
  }

  delete(key: Uint8Array): boolean {
    if (this.frozen) throw new MapError('delete', this.name, ERRNO.EPERM);
    const error = this.deleteAt(this.stageKey(key));
    if (error !== 0 && error !== ERRNO.ENOENT) throw new MapError('delete', this.name, error);
    return error === 0;
  }

  lookupAndDelete(key: Uint8Array): Uint8Array | undefined {
    if (!TAKEN.has(this.type)) throw new MapError('lookup and deletion', this.name, ERRNO.ENOTSUPP);
    if (this.frozen) throw new MapError('lookup and deletion', this.name, ERRNO.EPERM);
    const value = this.lookup(key);
    if (value !== undefined) this.deleteAt(this.stageKey(key));
    return value;
  }

  nextKey(key: Uint8Array | undefined): Uint8Array | undefined {
    if (key === undefined) {
      for (const first of this.keys()) return this.memory.read(first, this.keyBytes);
      return undefined;
    }
    const next = this.nextKeyAt(this.stageKey(key));
    return next === 0 ? undefined : this.memory.read(next, this.keyBytes);
  }

  updateMany(entries: readonly (readonly [key: Uint8Array, value: Uint8Array])[], mode: UpdateMode = 'any'): void {
    for (const [key, value] of entries) this.update(key, value, mode);
  }

  deleteMany(keys: readonly Uint8Array[]): void {
    for (const key of keys) if (!this.delete(key)) throw new MapError('deletion', this.name, ERRNO.ENOENT);
  }

  entries(): [key: Uint8Array, value: Uint8Array][] {
    const out: [Uint8Array, Uint8Array][] = [];
    for (const key of this.keys()) {
      const value = this.lookupAt(key);
      if (value !== 0) out.push([this.memory.read(key, this.keyBytes), this.memory.read(value, this.transferBytes)]);
    }
    return out;
  }

  /** From now on only programs change it. */
  freeze(): void { this.frozen = true; }

  get reference(): number { return this.handle; }
  get id(): number { return this.handle; }

  /** False once it is closed, though a map of maps may keep it alive. */
  get isOpen(): boolean { return !this.closed; }

  /** Programs that name it keep it, and maps of maps that hold it. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.left();
    this.release();
  }

  retain(): void { this.holders++; }

  release(): void {
    if (--this.holders > 0) return;
    this.dropAll();
    this.onGone();
    for (const block of this.blocks.splice(0)) {
      this.timers.forget(block.start, block.bytes);
      this.arena.give(block.start, block.bytes);
    }
  }

  /** Nobody outside of the vm holds it any more. */
  protected left(): void {}
  /** Lets go of what its values hold. */
  protected dropAll(): void {}

  /** The u32 at an address; 0 where there is none. */
  protected wordAt(address: number): number { return address === 0 ? 0 : this.memory.u32(address); }

  protected refuse(operation: string, errno: number): never { throw new MapError(operation, this.name, errno); }

  protected take(bytes: number, use: Use = 'own'): number {
    const start = this.arena.take(bytes, use);
    if (start === undefined) {
      this.close();
      throw new MapError('creation', this.name, ERRNO.ENOMEM);
    }
    this.blocks.push({ start, bytes });
    return start;
  }

  /** Where its values lie: those of BPF_F_RDONLY_PROG no program writes, nor those that are handles. */
  protected static useOf({ type, flags = 0 }: MapSpec): Use {
    return (flags & BPF_F_RDONLY_PROG) !== 0 || HANDLES.test(type) ? 'own' : 'values';
  }

  /** There is one CPU; its value is rounded up, as the kernel does for each of several. */
  get transferBytes(): number {
    return this.type.includes('PERCPU') ? round8(this.valueBytes) : this.valueBytes;
  }

  private stageKey(key: Uint8Array): number {
    assert(key.length === this.keyBytes, `${this.name}: a key of ${key.length} bytes where ${this.keyBytes} are due`);
    this.memory.bytes.set(key, this.keyScratch);
    return this.keyScratch;
  }
}

export function round8(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}
