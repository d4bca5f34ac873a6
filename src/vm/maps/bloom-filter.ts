// BPF_MAP_TYPE_BLOOM_FILTER (kernel/bpf/bloom_filter.c): values that were pushed are always found; others nearly never.

import { ERRNO } from './errno.ts';
import { BPF_ANY, VmMap, type MapSpec, type Store } from './map.ts';

/** As the kernel does where map_extra does not say. */
const HASHES = 5;

export class BloomFilterMap extends VmMap {
  private readonly bits: number;
  private readonly mask: number;

  constructor(spec: MapSpec, handle: number, store: Store) {
    super(spec, handle, store);
    // For k hashes and n values, n·k/ln 2 bits are best; rounded up to a power of two.
    let bits = 64;
    while (bits < spec.capacity * HASHES / Math.LN2) bits *= 2;
    this.mask = bits - 1;
    this.bits = this.take(bits / 8);
  }

  /** The value's address, if it was pushed perhaps: there are no keys. */
  override lookupAt(): number { return 0; }
  override deleteAt(): number { return ERRNO.EOPNOTSUPP; }

  override updateAt(_key: number, value: number, flags: number): number {
    if (flags !== BPF_ANY) return ERRNO.EINVAL;
    for (let i = 0; i < HASHES; i++) {
      const bit = this.bitOf(value, i);
      this.memory.bytes[this.bits + (bit >>> 3)]! |= 1 << (bit & 7);
    }
    return 0;
  }

  /** 0: the value at an address may have been pushed; ENOENT: it was not. */
  peek(value: number): number {
    for (let i = 0; i < HASHES; i++) {
      const bit = this.bitOf(value, i);
      if ((this.memory.bytes[this.bits + (bit >>> 3)]! & 1 << (bit & 7)) === 0) return ERRNO.ENOENT;
    }
    return 0;
  }

  override lookup(): never { return this.refuse('lookup', ERRNO.EINVAL); }
  override nextKey(): never { return this.refuse('the next key', ERRNO.EOPNOTSUPP); }
  protected override keys(): Iterable<number> { return []; }

  private bitOf(value: number, seed: number): number {
    let hash = Math.imul(seed + 1, 0x9e3779b1);
    for (let i = 0; i < this.valueBytes; i++) {
      hash = Math.imul(hash ^ this.memory.bytes[value + i]!, 0x85ebca6b);
      hash ^= hash >>> 13;
    }
    return (hash ^ hash >>> 16) & this.mask;
  }
}
