// A live BPF map: create, open, look up, update, walk. The bytes' meaning is the image's. Batches are map-batch.ts.

import { strict as assert } from 'node:assert';
import type { LiveMap, UpdateMode } from '../image/live-map.ts';
import { ERRNO, SysError } from '../sys/errors.ts';
import { type Fd, OwnedFd } from '../sys/fd.ts';
import { addressOf, lastErrno } from '../sys/libc.ts';
import { Attr, bpf, type Command, tryBpf } from './command.ts';
import { withShortGracePeriods } from './grace-period.ts';
import { batches, deleteMany, updateMany } from './map-batch.ts';
import { mapInfo, type MapInfo } from './info.ts';
import { MAP_TYPE, type MapSpec, transferBytes } from './map-types.ts';

/** BPF_ANY, BPF_NOEXIST, BPF_EXIST. */
const MODE: Readonly<Record<UpdateMode, bigint>> = { any: 0n, new: 1n, existing: 2n };

export interface BtfTypes {
  readonly fd: Fd;
  readonly keyType: number;
  readonly valueType: number;
}

/** The kernel takes memory of entries, above all per CPU, from a stock that a worker of its own fills up behind: many in a row have to wait for it. */
const MOST_PAUSE_MS = 64;
/** The kernel returns when no program is in the middle of what was taken away: of a prog array, because the jumps of those that jump there are rewritten. */
const WAITS_TO_DELETE: ReadonlySet<number> = new Set([MAP_TYPE.PROG_ARRAY, MAP_TYPE.ARRAY_OF_MAPS, MAP_TYPE.HASH_OF_MAPS]);
const NOBODY_WAKES = new Int32Array(new SharedArrayBuffer(4));

export class KernelMap implements LiveMap, Disposable {
  readonly name: string;
  readonly type: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly capacity: number;
  /** Bytes of a value in `lookup` and `update`: of all possible CPUs together in per-CPU maps. */
  readonly transferBytes: number;
  readonly #owned: OwnedFd;
  // One attribute block for all element calls of this map: they are synchronous.
  readonly #element = new Attr(32);

  constructor(fd: Fd, info: { readonly name: string; readonly type: number; readonly keyBytes: number; readonly valueBytes: number; readonly capacity: number }) {
    this.#owned = new OwnedFd(fd, `map ${info.name}`);
    this.name = info.name;
    this.type = info.type;
    this.keyBytes = info.keyBytes;
    this.valueBytes = info.valueBytes;
    this.capacity = info.capacity;
    this.transferBytes = transferBytes(info.type, info.valueBytes);
  }

  get fd(): Fd {
    return this.#owned.fd;
  }
  get reference(): number {
    return this.fd;
  }
  get id(): number {
    return this.info().id;
  }

  lookup(key: Uint8Array): Uint8Array | undefined {
    const value = new Uint8Array(this.transferBytes);
    return this.lookupInto(key, value) ? value : undefined;
  }

  /** As `lookup`, into bytes of the caller's; false: not there. */
  lookupInto(key: Uint8Array, value: Uint8Array): boolean {
    assert.equal(key.byteLength, this.keyBytes, `${this.name}: key bytes`);
    assert.equal(value.byteLength, this.transferBytes, `${this.name}: value bytes`);
    if (this.#call('MAP_LOOKUP_ELEM', key, value, 0n) >= 0) return true;
    return this.#absent('MAP_LOOKUP_ELEM');
  }

  update(key: Uint8Array, value: Uint8Array, mode: UpdateMode = 'any'): void {
    assert.equal(key.byteLength, this.keyBytes, `${this.name}: key bytes`);
    assert.equal(value.byteLength, this.transferBytes, `${this.name}: value bytes`);
    for (let pauseMs = 1; this.#call('MAP_UPDATE_ELEM', key, value, MODE[mode]) < 0; pauseMs *= 2) {
      if (lastErrno() !== ERRNO.ENOMEM || pauseMs > MOST_PAUSE_MS) this.#refuse('MAP_UPDATE_ELEM');
      Atomics.wait(NOBODY_WAKES, 0, 0, pauseMs);
    }
  }

  delete(key: Uint8Array): boolean {
    assert.equal(key.byteLength, this.keyBytes, `${this.name}: key bytes`);
    const done = (): boolean => this.#call('MAP_DELETE_ELEM', key, null, 0n) >= 0 || this.#absent('MAP_DELETE_ELEM');
    return WAITS_TO_DELETE.has(this.type) ? withShortGracePeriods(done) : done();
  }

  lookupAndDelete(key: Uint8Array): Uint8Array | undefined {
    assert.equal(key.byteLength, this.keyBytes, `${this.name}: key bytes`);
    const value = new Uint8Array(this.transferBytes);
    if (this.#call('MAP_LOOKUP_AND_DELETE_ELEM', key, value, 0n) >= 0) return value;
    this.#absent('MAP_LOOKUP_AND_DELETE_ELEM');
    return undefined;
  }

  nextKey(key: Uint8Array | undefined): Uint8Array | undefined {
    assert.equal(key?.byteLength ?? this.keyBytes, this.keyBytes, `${this.name}: key bytes`);
    const next = new Uint8Array(this.keyBytes);
    if (this.#call('MAP_GET_NEXT_KEY', key ?? null, next, 0n) >= 0) return next;
    this.#absent('MAP_GET_NEXT_KEY');
    return undefined;
  }

  updateMany(entries: readonly (readonly [key: Uint8Array, value: Uint8Array])[], mode: UpdateMode = 'any'): void { updateMany(this, entries, mode); }
  deleteMany(keys: readonly Uint8Array[]): void { deleteMany(this, keys); }

  *entries(): Generator<readonly [Uint8Array, Uint8Array]> {
    const read = batches(this);
    if (read) yield* read;
    else for (const key of this.keys()) {
      const value = this.lookup(key);
      if (value) yield [key, value];
    }
  }

  /** Keys by MAP_GET_NEXT_KEY. Entries deleted meanwhile make it start again, so it stops at twice the capacity. */
  *keys(): Generator<Uint8Array> {
    let key: Uint8Array | undefined;
    for (let most = 2 * this.capacity; most > 0; most--) {
      key = this.nextKey(key);
      if (key === undefined) return;
      yield key;
    }
  }

  /** No more writes from user space, ever; programs follow the map's flags. @throws SysError */
  freeze(): void {
    bpf('MAP_FREEZE', new Attr(4).u32(0, this.fd), this.name);
  }

  info(): MapInfo {
    return mapInfo(this.fd);
  }

  close(): void {
    this.#owned.close();
  }
  [Symbol.dispose](): void {
    this.close();
  }

  #call(command: Command, key: Uint8Array | null, value: Uint8Array | null, flags: bigint): number {
    // Queues have no keys, and want no address of one.
    this.#element.u32(0, this.fd).u64(8, addressOf(key?.byteLength ? key : null)).u64(16, addressOf(value)).u64(24, flags);
    return tryBpf(command, this.#element);
  }

  #absent(command: Command): false {
    if (lastErrno() !== ERRNO.ENOENT) this.#refuse(command);
    return false;
  }

  #refuse(command: Command): never {
    const errno = lastErrno();
    if (errno === ERRNO.E2BIG) throw new SysError(`bpf ${command} ${this.name}`, errno, { detail: `${this.capacity} entries are all it holds`, cure: 'raise its capacity, or write fewer entries' });
    throw new SysError(`bpf ${command} ${this.name}`, errno);
  }
}

/** `innerMap`: what those in a map of maps are like; without it, one is made of `spec.inner` to show the kernel. @throws SysError */
export function createMap(spec: MapSpec, options: { readonly btf?: BtfTypes; readonly innerMap?: KernelMap } = {}): KernelMap {
  if (spec.inner && !options.innerMap) {
    using innerMap = createMap(spec.inner);
    return createMap(spec, { ...options, innerMap });
  }
  const attr = new Attr(72)
    .u32(0, MAP_TYPE[spec.type]).u32(4, spec.keyBytes).u32(8, spec.valueBytes).u32(12, spec.capacity).u32(16, spec.flags ?? 0).name(28, spec.name);
  if (options.innerMap) attr.u32(20, options.innerMap.fd);
  if (options.btf) attr.u32(48, options.btf.fd).u32(52, options.btf.keyType).u32(56, options.btf.valueType);
  const fd = bpf('MAP_CREATE', attr, `${spec.name} (${spec.type}, ${spec.capacity} entries)`) as Fd;
  return new KernelMap(fd, { ...spec, type: MAP_TYPE[spec.type] });
}

/** A map by a descriptor of it, which is then the map's. Its shape comes from the kernel. @throws SysError */
export function mapOfFd(fd: Fd): KernelMap {
  return new KernelMap(fd, mapInfo(fd));
}

/** Not for what may be about to go (README). @throws SysError  ENOENT: no such id */
export function mapById(id: number): KernelMap {
  return mapOfFd(bpf('MAP_GET_FD_BY_ID', new Attr(12).u32(0, id), `id ${id}`) as Fd);
}
