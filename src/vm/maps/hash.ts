// BPF_MAP_TYPE_HASH and PERCPU_HASH (kernel/bpf/hashtab.c).

import type { LookupShape } from './map.ts';
import { TableMap } from './table-map.ts';

export class HashMap extends TableMap {
  protected override get replacesInPlace(): boolean { return this.type === 'PERCPU_HASH'; }

  override get lookupShape(): LookupShape { return { kind: 'hash', buckets: this.table.buckets, mask: this.table.mask }; }
}
