// BPF_MAP_TYPE_RINGBUF: records from programs to whoever reads (kernel/bpf/ringbuf.c). It has no keys. Records wait outside of linear
// memory; only their size is counted against the capacity, as the kernel's ring would fill.

import { ERRNO } from './errno.ts';
import { VmMap } from './map.ts';

const HEADER_BYTES = 8;

export class RingbufMap extends VmMap {
  private readonly records: Uint8Array[] = [];
  private used = 0;

  /** Appends `length` bytes at an address: 0, or EAGAIN where the reader is too slow. */
  output(address: number, length: number): number {
    const space = HEADER_BYTES + Math.ceil(length / 8) * 8;
    if (space > this.capacity - this.used) return ERRNO.EAGAIN;
    this.used += space;
    this.records.push(this.memory.read(address, length));
    return 0;
  }

  /** Takes all records, oldest first. */
  drain(): Uint8Array[] {
    this.used = 0;
    return this.records.splice(0);
  }

  override lookupAt(): number { return 0; }
  override updateAt(): number { return ERRNO.ENOTSUPP; }
  override deleteAt(): number { return ERRNO.ENOTSUPP; }
  protected override keys(): Iterable<number> { return []; }
}
