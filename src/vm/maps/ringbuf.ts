// BPF_MAP_TYPE_RINGBUF: records from programs to whoever reads (kernel/bpf/ringbuf.c). It has no keys. A record is written by the program
// in linear memory, in a run of bytes twice as long as the ring so that none wraps; once submitted it waits outside. A reader gets them
// in the order in which they were reserved, up to the first that is not submitted yet.

import { ERRNO } from './errno.ts';
import { VmMap, type MapSpec, type Store } from './map.ts';

const HEADER_BYTES = 8;
const MOST_RECORD_BYTES = 0x3fff_ffff;

interface Record { readonly address: number; readonly length: number; bytes: Uint8Array | 'busy' | 'discarded' }

export class RingbufMap extends VmMap {
  /** In order, from the oldest that was not read. */
  private readonly records: Record[] = [];
  private readonly base: number;
  private produced = 0;
  private consumed = 0;

  constructor(spec: MapSpec, handle: number, store: Store) {
    super(spec, handle, store);
    this.base = this.take(2 * spec.capacity, 'values');
  }

  /** Address of `length` bytes that are the program's until it submits or discards them; 0: there is no room. */
  reserve(length: number): number {
    const space = HEADER_BYTES + Math.ceil(length / 8) * 8;
    // One byte is never used, as in the kernel.
    if (length > MOST_RECORD_BYTES || this.produced + space - this.consumed > this.capacity - 1) return 0;
    const address = this.base + this.produced % this.capacity + HEADER_BYTES;
    this.produced += space;
    this.records.push({ address, length, bytes: 'busy' });
    return address;
  }

  /** False: nothing is reserved at the address. */
  finish(address: number, isDiscarded: boolean): boolean {
    const record = this.records.findLast(r => r.address === address && r.bytes === 'busy');
    if (record === undefined) return false;
    record.bytes = isDiscarded ? 'discarded' : this.memory.read(address, record.length);
    return true;
  }

  /** Appends `length` bytes at an address: 0, or EAGAIN where the reader is too slow. */
  output(address: number, length: number): number {
    const to = this.reserve(length);
    if (to === 0) return ERRNO.EAGAIN;
    this.memory.bytes.copyWithin(to, address, address + length);
    this.finish(to, false);
    return 0;
  }

  /** Bytes that wait; positions of reader and writer. */
  get positions(): { readonly waiting: number; readonly consumed: number; readonly produced: number } {
    return { waiting: this.produced - this.consumed, consumed: this.consumed, produced: this.produced };
  }

  /** Takes all records that are submitted, oldest first. */
  drain(): Uint8Array[] {
    const ready = this.records.findIndex(r => r.bytes === 'busy');
    const taken = this.records.splice(0, ready < 0 ? this.records.length : ready);
    for (const { length } of taken) this.consumed += HEADER_BYTES + Math.ceil(length / 8) * 8;
    return taken.flatMap(({ bytes }) => bytes instanceof Uint8Array ? [bytes] : []);
  }

  override lookupAt(): number { return 0; }
  override updateAt(): number { return ERRNO.ENOTSUPP; }
  override deleteAt(): number { return ERRNO.ENOTSUPP; }
  protected override keys(): Iterable<number> { return []; }
}
