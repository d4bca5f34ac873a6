// BPF_MAP_TYPE_ARRAY and PERCPU_ARRAY (kernel/bpf/arraymap.c): every index is there, always; nothing is deleted.

import { ERRNO } from './errno.ts';
import { IndexedMap } from './indexed-map.ts';
import { BPF_EXIST, BPF_NOEXIST, type LookupShape } from './map.ts';

export class ArrayMap extends IndexedMap {
  override get lookupShape(): LookupShape { return { kind: 'array', base: this.base, stride: this.stride }; }

  override valueBase(): number | undefined { return this.type === 'ARRAY' && this.capacity === 1 ? this.base : undefined; }

  override lookupAt(key: number): number {
    const index = this.memory.u32(key);
    return index < this.capacity ? this.valueAt(index) : 0;
  }

  override updateAt(key: number, value: number, flags: number): number {
    if (flags > BPF_EXIST) return ERRNO.EINVAL;
    const address = this.lookupAt(key);
    if (address === 0) return ERRNO.E2BIG;
    if (flags === BPF_NOEXIST) return ERRNO.EEXIST;
    this.memory.bytes.copyWithin(address, value, value + this.valueBytes);
    return 0;
  }

  override *places(): Iterable<readonly [key: number, value: number]> {
    for (const key of this.keys()) yield [key, this.lookupAt(key)];
  }

  override deleteAt(): number { return ERRNO.EINVAL; }
}
