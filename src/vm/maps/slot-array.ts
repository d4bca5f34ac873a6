// Arrays of things that are no bytes (kernel/bpf/arraymap.c: fd_array_map): a slot is empty, or holds a reference, which is a u32.

import { ERRNO } from './errno.ts';
import { IndexedMap } from './indexed-map.ts';
import { BPF_ANY } from './map.ts';

export abstract class SlotArray extends IndexedMap {
  /** Takes hold of what a reference names, for a slot: 0 or an error number. */
  protected abstract hold(reference: number, index: number): number;
  protected abstract drop(reference: number, index: number): void;

  override lookupAt(key: number): number {
    const index = this.memory.u32(key);
    return index < this.capacity && this.memory.u32(this.valueAt(index)) !== 0 ? this.valueAt(index) : 0;
  }

  override updateAt(key: number, value: number, flags: number): number {
    const index = this.memory.u32(key);
    if (flags !== BPF_ANY) return ERRNO.EINVAL;
    if (index >= this.capacity) return ERRNO.E2BIG;
    const old = this.memory.u32(this.valueAt(index));
    const reference = this.memory.u32(value);
    const refused = this.hold(reference, index);
    if (refused !== 0) return refused;
    this.memory.setU32(this.valueAt(index), reference);
    if (old !== 0) this.drop(old, index);
    return 0;
  }

  override deleteAt(key: number): number {
    const index = this.memory.u32(key);
    if (index >= this.capacity) return ERRNO.E2BIG;
    return this.empty(index) ? 0 : ERRNO.ENOENT;
  }

  protected override dropAll(): void {
    for (let index = 0; index < this.capacity; index++) this.empty(index);
  }

  private empty(index: number): boolean {
    const reference = this.memory.u32(this.valueAt(index));
    if (reference === 0) return false;
    this.memory.setU32(this.valueAt(index), 0);
    this.drop(reference, index);
    return true;
  }
}
