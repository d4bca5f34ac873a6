// BPF_MAP_TYPE_ARRAY_OF_MAPS and HASH_OF_MAPS (kernel/bpf/arraymap.c, hashtab.c: fd_array_map, fd_htab_map). Values are handles, where the
// kernel takes file descriptors and gives ids; a program gets the map itself. What is held stays alive, though it was closed.

import type { InnerMaps } from './inner-maps.ts';
import type { MapSpec, Store } from './map.ts';
import { SlotArray } from './slot-array.ts';
import { TableMap } from './table-map.ts';

export class ArrayOfMaps extends SlotArray {
  readonly inner: InnerMaps;

  constructor(spec: MapSpec, handle: number, store: Store, inner: InnerMaps) {
    super(spec, handle, store);
    this.inner = inner;
  }

  override lookupByProgram(key: number): number { return this.wordAt(this.lookupAt(key)); }
  protected override hold(reference: number): number { return this.inner.hold(reference); }
  protected override drop(reference: number): void { this.inner.drop(reference); }
}

export class HashOfMaps extends TableMap {
  readonly inner: InnerMaps;

  constructor(spec: MapSpec, handle: number, store: Store, inner: InnerMaps) {
    super(spec, handle, store);
    this.inner = inner;
  }

  override lookupByProgram(key: number): number { return this.wordAt(this.lookupAt(key)); }

  override updateAt(key: number, value: number, flags: number): number {
    const reference = this.memory.u32(value);
    const refused = this.inner.hold(reference);
    if (refused !== 0) return refused;
    const error = super.updateAt(key, value, flags);
    if (error !== 0) this.inner.drop(reference);
    return error;
  }

  protected override removed(entry: number): void {
    this.inner.drop(this.memory.u32(this.table.valueAt(entry)));
  }

  protected override dropAll(): void {
    for (const entry of this.table.entries()) this.removed(entry);
  }

  override places(): undefined { return undefined; }
}
