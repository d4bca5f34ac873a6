// BPF_MAP_TYPE_LRU_HASH and LRU_PERCPU_HASH. The kernel's choice of victims is approximate and unpromised (kernel/bpf/bpf_lru_list.c); here
// it is the oldest entry that was not looked up by a program since it was last passed over. Looking from outside is no use.

import type { LookupShape, MapSpec, Store } from './map.ts';
import { NONE } from './table.ts';
import { TableMap } from './table-map.ts';

/** In an entry: whether a program used it, and its neighbours in a ring by age. */
export const MARK = 4;
const OLDER = 12, NEWER = 16;

export class LruHashMap extends TableMap {
  /** Stands for both ends of the ring. */
  private readonly ends: number;

  constructor(spec: MapSpec, handle: number, store: Store) {
    super(spec, handle, store, true);
    this.ends = this.take(NEWER + 4);
    this.link(this.ends, this.ends);
  }

  override get lookupShape(): LookupShape { return { kind: 'lru', buckets: this.table.buckets, mask: this.table.mask }; }

  override lookupByProgram(key: number): number {
    const entry = this.table.find(key);
    if (entry === NONE) return 0;
    this.memory.setU32(entry + MARK, 1);
    return this.table.valueAt(entry);
  }

  protected override get replacesInPlace(): boolean { return this.type === 'LRU_PERCPU_HASH'; }

  /** Ends: each round takes a mark away. */
  protected override makeRoom(): number {
    for (;;) {
      const oldest = this.memory.u32(this.ends + NEWER);
      if (this.memory.u32(oldest + MARK) === 0) {
        this.remove(oldest);
        return 0;
      }
      this.removed(oldest);
      this.added(oldest);
    }
  }

  /** Newest. */
  protected override added(entry: number): void {
    this.memory.setU32(entry + MARK, 0);
    this.link(this.memory.u32(this.ends + OLDER), entry);
    this.link(entry, this.ends);
  }

  protected override removed(entry: number): void {
    this.link(this.memory.u32(entry + OLDER), this.memory.u32(entry + NEWER));
  }

  private link(older: number, newer: number): void {
    this.memory.setU32(older + NEWER, newer);
    this.memory.setU32(newer + OLDER, older);
  }
}
