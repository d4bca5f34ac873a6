// BPF_MAP_TYPE_LPM_TRIE (kernel/bpf/lpm_trie.c, as of Linux 6.13: a full trie still replaces). A key is
//
//     u32 prefix length in bits (host order) · data, network order, at least as many bits
//
// Not a trie here but one table, asked for each prefix length in use from the longest down: few lengths are in use at a time.

import { ERRNO } from './errno.ts';
import type { MapSpec, Store } from './map.ts';
import { TableMap } from './table-map.ts';

export class LpmTrieMap extends TableMap {
  private readonly maxBits: number;
  /** Entries by prefix length. */
  private readonly counts: Uint32Array;
  /** The key in question, cut to a prefix. */
  private readonly masked: number;

  constructor(spec: MapSpec, handle: number, store: Store) {
    super(spec, handle, store);
    this.maxBits = (spec.keyBytes - 4) * 8;
    this.counts = new Uint32Array(this.maxBits + 1);
    this.masked = this.take(spec.keyBytes);
  }

  override lookupAt(key: number): number {
    const longest = this.memory.u32(key);
    if (longest > this.maxBits) return 0;
    for (let bits = longest; bits >= 0; bits--) {
      if (this.counts[bits] === 0) continue;
      const value = super.lookupAt(this.cut(key, bits));
      if (value !== 0) return value;
    }
    return 0;
  }

  override updateAt(key: number, value: number, flags: number): number {
    const bits = this.memory.u32(key);
    return bits > this.maxBits ? ERRNO.EINVAL : super.updateAt(this.cut(key, bits), value, flags);
  }

  override deleteAt(key: number): number {
    const bits = this.memory.u32(key);
    return bits > this.maxBits ? ERRNO.EINVAL : super.deleteAt(this.cut(key, bits));
  }

  protected override nextKeyAt(key: number): number {
    const bits = this.memory.u32(key);
    return super.nextKeyAt(this.cut(key, Math.min(bits, this.maxBits)));
  }

  override places(): undefined { return undefined; }

  protected override makeRoom(): number { return ERRNO.ENOSPC; }
  protected override added(entry: number): void { this.counts[this.bitsOf(entry)]!++; }
  protected override removed(entry: number): void { this.counts[this.bitsOf(entry)]!--; }

  private bitsOf(entry: number): number { return this.memory.u32(this.table.keyAt(entry)); }

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
