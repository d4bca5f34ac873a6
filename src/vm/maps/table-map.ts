// What all maps have that keep their entries in a hash table: finding, replacing, flags, walking. What happens at the limit, and what
// goes along with coming and going of entries, are the kinds' own.

import { ERRNO } from './errno.ts';
import { BPF_EXIST, BPF_NOEXIST, VmMap, type MapSpec, type Store } from './map.ts';
import { NONE, Table } from './table.ts';

export abstract class TableMap extends VmMap {
  protected readonly table: Table;

  constructor(spec: MapSpec, handle: number, store: Store, links = false) {
    super(spec, handle, store);
    // One to spare, for replacing in a full map.
    this.table = new Table(store.memory, (bytes, isValues) => this.take(bytes, isValues ? VmMap.useOf(spec) : 'own'), spec.capacity + 1, { keyBytes: spec.keyBytes, valueBytes: spec.valueBytes, links });
  }

  override lookupAt(key: number): number {
    const entry = this.table.find(key);
    return entry === NONE ? 0 : this.table.valueAt(entry);
  }

  /** A replaced value gets a new address: a program that holds the old one keeps reading the old value, as on the kernel. */
  override updateAt(key: number, value: number, flags: number): number {
    if (flags > BPF_EXIST) return ERRNO.EINVAL;
    const old = this.table.find(key);
    if (old !== NONE && flags === BPF_NOEXIST) return ERRNO.EEXIST;
    if (old === NONE && flags === BPF_EXIST) return ERRNO.ENOENT;
    if (old === NONE && this.table.count >= this.capacity) {
      const refused = this.makeRoom();
      if (refused !== 0) return refused;
    }
    const inPlace = old !== NONE && this.replacesInPlace;
    const entry = inPlace ? old : this.table.insert(key);
    this.memory.bytes.copyWithin(this.table.valueAt(entry), value, value + this.valueBytes);
    if (inPlace) return 0;
    this.added(entry);
    if (old !== NONE) this.remove(old);
    return 0;
  }

  override deleteAt(key: number): number {
    const entry = this.table.find(key);
    if (entry === NONE) return ERRNO.ENOENT;
    this.remove(entry);
    return 0;
  }

  protected override *keys(): Iterable<number> {
    for (const entry of this.table.entries()) yield this.table.keyAt(entry);
  }

  protected override nextKeyAt(key: number): number {
    const entry = this.table.find(key);
    const next = entry === NONE ? NONE : this.table.after(entry);
    if (entry === NONE) for (const first of this.keys()) return first;
    return next === NONE ? 0 : this.table.keyAt(next);
  }

  /** As they are now: the walker may delete. */
  override places(): readonly (readonly [key: number, value: number])[] | undefined {
    return [...this.table.entries()].map(entry => [this.table.keyAt(entry), this.table.valueAt(entry)]);
  }

  protected remove(entry: number): void {
    this.removed(entry);
    this.timers.forget(this.table.valueAt(entry), this.valueBytes);
    this.table.remove(entry);
  }

  /** With one CPU a per-CPU value has no other reader. */
  protected get replacesInPlace(): boolean { return false; }
  /** The map is full: 0 if there is room now, or an error number. */
  protected makeRoom(): number { return ERRNO.E2BIG; }
  protected added(_entry: number): void {}
  protected removed(_entry: number): void {}
}
