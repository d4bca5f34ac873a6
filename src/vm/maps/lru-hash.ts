// BPF_MAP_TYPE_LRU_HASH. The kernel's choice of victims is approximate and unpromised (kernel/bpf/bpf_lru_list.c); here it is exactly the
// entry that no program looked up or updated for longest. Looking from outside is no use.

import { ERRNO } from './errno.ts';
import { BPF_EXIST, BPF_NOEXIST, round8, VmMap, type MapSpec, type Store } from './map.ts';
import { Table } from './table.ts';

export class LruHashMap extends VmMap {
  private readonly table: Table;
  /** A ring by age; the last number stands for both ends. */
  private readonly older: Int32Array;
  private readonly newer: Int32Array;
  private readonly ends: number;

  constructor(spec: MapSpec, handle: number, store: Store) {
    super(spec, handle, store);
    const keySpace = round8(spec.keyBytes);
    const stride = keySpace + round8(spec.valueBytes);
    const size = spec.capacity + 1;
    this.table = new Table(store.memory, this.take(stride * size), size, spec.keyBytes, keySpace, stride);
    this.ends = size;
    this.older = new Int32Array(size + 1).fill(size);
    this.newer = new Int32Array(size + 1).fill(size);
  }

  override lookupAt(key: number): number {
    const entry = this.table.find(key);
    return entry < 0 ? 0 : this.table.valueAt(entry);
  }

  override lookupByProgram(key: number): number {
    const entry = this.table.find(key);
    if (entry < 0) return 0;
    this.unlink(entry);
    this.linkNewest(entry);
    return this.table.valueAt(entry);
  }

  override updateAt(key: number, value: number, flags: number): number {
    if (flags > BPF_EXIST) return ERRNO.EINVAL;
    const old = this.table.find(key);
    if (old >= 0 && flags === BPF_NOEXIST) return ERRNO.EEXIST;
    if (old < 0 && flags === BPF_EXIST) return ERRNO.ENOENT;
    if (old < 0 && this.table.count >= this.capacity) this.drop(this.newer[this.ends]!);
    const entry = this.table.insert(key);
    this.memory.bytes.copyWithin(this.table.valueAt(entry), value, value + this.valueBytes);
    this.linkNewest(entry);
    if (old >= 0) this.drop(old);
    return 0;
  }

  override deleteAt(key: number): number {
    const entry = this.table.find(key);
    if (entry < 0) return ERRNO.ENOENT;
    this.drop(entry);
    return 0;
  }

  protected override *keys(): Iterable<number> {
    for (const entry of this.table.entries()) yield this.table.keyAt(entry);
  }

  private drop(entry: number): void {
    this.unlink(entry);
    this.table.remove(entry);
  }

  private linkNewest(entry: number): void {
    const before = this.older[this.ends]!;
    this.older[entry] = before;
    this.newer[entry] = this.ends;
    this.newer[before] = entry;
    this.older[this.ends] = entry;
  }

  private unlink(entry: number): void {
    const older = this.older[entry]!;
    const newer = this.newer[entry]!;
    this.newer[older] = newer;
    this.older[newer] = older;
  }
}
