// BPF_MAP_TYPE_LPM_TRIE (kernel/bpf/lpm_trie.c, as of Linux 6.13: a full trie still replaces). A key is
//
//     u32 prefix length in bits (host order) · data, network order, at least as many bits
//
// Not a trie here but one table, asked for each prefix length in use from the longest down: few lengths are in use at a time.

import { ERRNO } from './errno.ts';
import { BPF_EXIST, BPF_NOEXIST, round8, VmMap, type MapSpec, type Store } from './map.ts';
import { Table } from './table.ts';

export class LpmTrieMap extends VmMap {
  private readonly table: Table;
  private readonly maxBits: number;
  /** Entries by prefix length. */
  private readonly counts: Uint32Array;
  /** The key in question, cut to a prefix. */
  private readonly masked: number;

  constructor(spec: MapSpec, handle: number, store: Store) {
    super(spec, handle, store);
    const keySpace = round8(spec.keyBytes);
    const stride = keySpace + round8(spec.valueBytes);
    const size = spec.capacity + 1;
    this.table = new Table(store.memory, this.take(stride * size), size, spec.keyBytes, keySpace, stride);
    this.maxBits = (spec.keyBytes - 4) * 8;
    this.counts = new Uint32Array(this.maxBits + 1);
    this.masked = this.take(spec.keyBytes);
  }

  override lookupAt(key: number): number {
    const longest = this.memory.u32(key);
    if (longest > this.maxBits) return 0;
    for (let bits = longest; bits >= 0; bits--) {
      if (this.counts[bits] === 0) continue;
      const entry = this.table.find(this.cut(key, bits));
      if (entry >= 0) return this.table.valueAt(entry);
    }
    return 0;
  }

  override updateAt(key: number, value: number, flags: number): number {
    const bits = this.memory.u32(key);
    if (flags > BPF_EXIST || bits > this.maxBits) return ERRNO.EINVAL;
    const prefix = this.cut(key, bits);
    const old = this.table.find(prefix);
    if (old >= 0 && flags === BPF_NOEXIST) return ERRNO.EEXIST;
    if (old < 0 && flags === BPF_EXIST) return ERRNO.ENOENT;
    if (old < 0 && this.table.count >= this.capacity) return ERRNO.ENOSPC;
    const entry = this.table.insert(prefix);
    this.memory.bytes.copyWithin(this.table.valueAt(entry), value, value + this.valueBytes);
    if (old >= 0) this.table.remove(old);
    else this.counts[bits]!++;
    return 0;
  }

  override deleteAt(key: number): number {
    const bits = this.memory.u32(key);
    if (bits > this.maxBits) return ERRNO.EINVAL;
    const entry = this.table.find(this.cut(key, bits));
    if (entry < 0) return ERRNO.ENOENT;
    this.table.remove(entry);
    this.counts[bits]!--;
    return 0;
  }

  protected override *keys(): Iterable<number> {
    for (const entry of this.table.entries()) yield this.table.keyAt(entry);
  }

  /** The address of the key's first `bits` bits, the rest zero. */
  private cut(key: number, bits: number): number {
    const { bytes } = this.memory;
    const whole = bits >> 3;
    const data = this.masked + 4;
    bytes.copyWithin(data, key + 4, key + 4 + whole);
    bytes.fill(0, data + whole, data + this.keyBytes - 4);
    if ((bits & 7) !== 0) bytes[data + whole] = bytes[key + 4 + whole]! & 0xff << 8 - (bits & 7);
    this.memory.setU32(this.masked, bits);
    return this.masked;
  }
}
