// BPF_MAP_TYPE_ARRAY_OF_MAPS and HASH_OF_MAPS (kernel/bpf/arraymap.c, hashtab.c: fd_array_map, fd_htab_map). Values are handles, where the
// kernel takes file descriptors and gives ids; a program gets the map itself. What is held stays alive, though it was closed.

import { ERRNO } from './errno.ts';
import { HashMap } from './hash.ts';
import type { InnerMaps } from './inner-maps.ts';
import { BPF_ANY, VmMap, type MapSpec, type Store } from './map.ts';

export class HashOfMaps extends HashMap {
  private readonly inner: InnerMaps;

  constructor(spec: MapSpec, handle: number, store: Store, inner: InnerMaps) {
    super(spec, handle, store);
    this.inner = inner;
  }

  override lookupByProgram(key: number): number {
    const address = this.lookupAt(key);
    return address === 0 ? 0 : this.memory.u32(address);
  }

  override updateAt(key: number, value: number, flags: number): number {
    const handle = this.memory.u32(value);
    const refused = this.inner.hold(handle);
    if (refused !== 0) return refused;
    const old = this.lookupByProgram(key);
    const error = super.updateAt(key, value, flags);
    if (error !== 0) this.inner.drop(handle);
    else if (old !== 0) this.inner.drop(old);
    return error;
  }

  override deleteAt(key: number): number {
    const old = this.lookupByProgram(key);
    const error = super.deleteAt(key);
    if (error === 0) this.inner.drop(old);
    return error;
  }

  protected override dropAll(): void {
    for (const key of this.keys()) this.inner.drop(this.lookupByProgram(key));
  }
}

export class ArrayOfMaps extends VmMap {
  private readonly base: number;
  private readonly indexScratch: number;
  private readonly inner: InnerMaps;

  constructor(spec: MapSpec, handle: number, store: Store, inner: InnerMaps) {
    super(spec, handle, store);
    this.base = this.take(4 * spec.capacity);
    this.indexScratch = this.take(4);
    this.inner = inner;
  }

  /** 0: nothing is in it. */
  override lookupAt(key: number): number {
    const index = this.memory.u32(key);
    return index < this.capacity && this.memory.u32(this.base + index * 4) !== 0 ? this.base + index * 4 : 0;
  }

  override lookupByProgram(key: number): number {
    const address = this.lookupAt(key);
    return address === 0 ? 0 : this.memory.u32(address);
  }

  override updateAt(key: number, value: number, flags: number): number {
    const index = this.memory.u32(key);
    if (flags !== BPF_ANY) return ERRNO.EINVAL;
    if (index >= this.capacity) return ERRNO.E2BIG;
    const handle = this.memory.u32(value);
    const refused = this.inner.hold(handle);
    if (refused !== 0) return refused;
    this.replace(index, handle);
    return 0;
  }

  override deleteAt(key: number): number {
    const index = this.memory.u32(key);
    if (index >= this.capacity) return ERRNO.E2BIG;
    return this.replace(index, 0) ? 0 : ERRNO.ENOENT;
  }

  protected override *keys(): Iterable<number> {
    for (let index = 0; index < this.capacity; index++) {
      this.memory.setU32(this.indexScratch, index);
      yield this.indexScratch;
    }
  }

  protected override dropAll(): void {
    for (let index = 0; index < this.capacity; index++) this.replace(index, 0);
  }

  /** Whether a map was there. */
  private replace(index: number, handle: number): boolean {
    const at = this.base + index * 4;
    const old = this.memory.u32(at);
    this.memory.setU32(at, handle);
    if (old !== 0) this.inner.drop(old);
    return old !== 0;
  }
}
