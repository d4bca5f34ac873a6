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
  /** Lengths that have entries, the longest first. */
  private lengths: readonly number[] = [];
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
    const { lengths } = this;
    this.copy(key);
    for (let i = 0; i < lengths.length; i++) {
      const bits = lengths[i]!;
      if (bits > longest) continue;
      const value = super.lookupAt(this.shorten(bits));
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
  protected override added(entry: number): void { this.change(this.bitsOf(entry), 1); }
  protected override removed(entry: number): void { this.change(this.bitsOf(entry), -1); }

  private change(bits: number, by: 1 | -1): void {
    const before = this.counts[bits]!;
    this.counts[bits] = before + by;
    if (before === 0) this.lengths = [...this.lengths, bits].sort((a, b) => b - a);
    else if (before + by === 0) this.lengths = this.lengths.filter(length => length !== bits);
  }

  private bitsOf(entry: number): number { return this.memory.u32(this.table.keyAt(entry)); }

  /** The address of the key's first `bits` bits, the rest zero. */
  private cut(key: number, bits: number): number {
    this.copy(key);
    return this.shorten(bits);
  }

  private copy(key: number): void {
    const { words, bytes, view } = this.memory;
    const whole = this.keyBytes & ~3;
    for (let i = 4; i < whole; i += 4) words[this.masked + i >> 2] = view.getUint32(key + i, true);
    for (let i = whole; i < this.keyBytes; i++) bytes[this.masked + i] = bytes[key + i]!;
  }

  /** Of what was copied, which may be shortened again: its first `bits` bits. */
  private shorten(bits: number): number {
    const { words } = this.memory;
    const end = this.masked + this.keyBytes + 3 >> 2;
    let at = (this.masked >> 2) + 1 + (bits >> 5);
    if ((bits & 31) !== 0) words[at++]! &= swapped(-1 << 32 - (bits & 31));
    while (at < end) words[at++] = 0;
    words[this.masked >> 2] = bits;
    return this.masked;
  }
}

/** The bytes the other way round: bits count in network order, words are little-endian. */
function swapped(word: number): number {
  return word << 24 | (word & 0xff00) << 8 | word >>> 8 & 0xff00 | word >>> 24;
}
