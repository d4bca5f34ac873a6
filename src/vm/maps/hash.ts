// BPF_MAP_TYPE_HASH and PERCPU_HASH (kernel/bpf/hashtab.c). A replaced value of a plain hash gets a new address: a program that holds
// the old one keeps reading the old value, as on the kernel. With one CPU, a per-CPU value is replaced in place.

import { ERRNO } from './errno.ts';
import { BPF_EXIST, BPF_NOEXIST, round8, VmMap, type MapSpec, type Store } from './map.ts';
import { Table } from './table.ts';

export class HashMap extends VmMap {
  private readonly table: Table;

  constructor(spec: MapSpec, handle: number, store: Store) {
    super(spec, handle, store);
    const keySpace = round8(spec.keyBytes);
    const stride = keySpace + round8(spec.valueBytes);
    // One to spare, for replacing in a full map.
    const size = spec.capacity + 1;
    this.table = new Table(store.memory, this.take(stride * size), size, spec.keyBytes, keySpace, stride);
  }

  override lookupAt(key: number): number {
    const entry = this.table.find(key);
    return entry < 0 ? 0 : this.table.valueAt(entry);
  }

  override updateAt(key: number, value: number, flags: number): number {
    if (flags > BPF_EXIST) return ERRNO.EINVAL;
    const old = this.table.find(key);
    if (old >= 0 && flags === BPF_NOEXIST) return ERRNO.EEXIST;
    if (old < 0 && flags === BPF_EXIST) return ERRNO.ENOENT;
    if (old < 0 && this.table.count >= this.capacity) return ERRNO.E2BIG;
    const inPlace = old >= 0 && this.type === 'PERCPU_HASH';
    const entry = inPlace ? old : this.table.insert(key);
    this.memory.bytes.copyWithin(this.table.valueAt(entry), value, value + this.valueBytes);
    if (old >= 0 && !inPlace) this.table.remove(old);
    return 0;
  }

  override deleteAt(key: number): number {
    const entry = this.table.find(key);
    if (entry < 0) return ERRNO.ENOENT;
    this.table.remove(entry);
    return 0;
  }

  protected override *keys(): Iterable<number> {
    for (const entry of this.table.entries()) yield this.table.keyAt(entry);
  }
}
