// BPF_MAP_TYPE_PERF_EVENT_ARRAY: records from programs to whoever listens (kernel/trace/bpf_trace.c). The kernel takes descriptors of perf
// events; here a reader says that it listens, and takes the records.

import { ERRNO } from './errno.ts';
import { IndexedMap } from './indexed-map.ts';

/** Bytes of records that wait for a reader; more are lost, and counted. */
const MOST_WAITING_BYTES = 1 << 20;

export class PerfEventArrayMap extends IndexedMap {
  private readonly listened = new Set<number>();
  private records: Uint8Array[] = [];
  private waitingBytes = 0;
  /** Records that were lost since the last `drain`. */
  lost = 0;

  /** There is one CPU, 0. */
  listen(index = 0): void { this.listened.add(index); }

  /** Takes all records, oldest first. */
  drain(): Uint8Array[] {
    this.waitingBytes = this.lost = 0;
    return this.records.splice(0);
  }

  output(index: number, record: Uint8Array): number {
    if (index >= this.capacity) return ERRNO.E2BIG;
    if (!this.listened.has(index)) return ERRNO.ENOENT;
    if (this.waitingBytes + record.length > MOST_WAITING_BYTES) {
      this.lost++;
      return ERRNO.ENOSPC;
    }
    this.waitingBytes += record.length;
    this.records.push(record);
    return 0;
  }

  override lookupAt(): number { return 0; }
  override lookup(): never { return this.refuse('lookup', ERRNO.ENOTSUPP); }
  override updateAt(key: number): number { return this.memory.u32(key) >= this.capacity ? ERRNO.E2BIG : ERRNO.EBADF; }
  override deleteAt(key: number): number { return this.memory.u32(key) >= this.capacity ? ERRNO.E2BIG : ERRNO.ENOENT; }
}
