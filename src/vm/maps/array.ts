// BPF_MAP_TYPE_ARRAY and PERCPU_ARRAY (kernel/bpf/arraymap.c): every index is there, always; nothing is deleted.

import { ERRNO } from './errno.ts';
import { BPF_EXIST, BPF_NOEXIST, round8, VmMap, type MapSpec, type Store } from './map.ts';

export class ArrayMap extends VmMap {
  private readonly base: number;
  private readonly stride: number;
  private readonly indexScratch: number;

  constructor(spec: MapSpec, handle: number, store: Store) {
    super(spec, handle, store);
    this.stride = round8(spec.valueBytes);
    this.base = this.take(this.stride * spec.capacity);
    this.indexScratch = this.take(4);
  }

  override valueBase(): number | undefined { return this.type === 'ARRAY' && this.capacity === 1 ? this.base : undefined; }

  override lookupAt(key: number): number {
    const index = this.memory.u32(key);
    return index < this.capacity ? this.base + index * this.stride : 0;
  }

  override updateAt(key: number, value: number, flags: number): number {
    if (flags > BPF_EXIST) return ERRNO.EINVAL;
    const address = this.lookupAt(key);
    if (address === 0) return ERRNO.E2BIG;
    if (flags === BPF_NOEXIST) return ERRNO.EEXIST;
    this.memory.bytes.copyWithin(address, value, value + this.valueBytes);
    return 0;
  }

  override deleteAt(): number { return ERRNO.EINVAL; }

  protected override *keys(): Iterable<number> {
    for (let index = 0; index < this.capacity; index++) {
      this.memory.setU32(this.indexScratch, index);
      yield this.indexScratch;
    }
  }
}
