// Reads a BPF ring buffer through shared memory, without a copy and without a system call a record
// (kernel: kernel/bpf/ringbuf.c, tools/lib/bpf/ringbuf.c).
//
//     offset 0       consumer page, ours to write        u64 position
//     + page         producer page, read only            u64 position
//     + 2 pages      the data, twice in a row: a record never wraps
//
//     record: u32 length | BUSY | DISCARD, u32 page offset, the bytes, up to a multiple of 8

import { strict as assert } from 'node:assert';
import { type Mapping, mapMemory, pageBytes } from '../sys/memory.ts';
import { watchReadable, type Watch } from '../sys/poll.ts';
import type { KernelMap } from './map.ts';
import { MAP_TYPE } from './map-types.ts';

const BUSY = 0x8000_0000;
const DISCARD = 0x4000_0000;
const LENGTH = 0x3fff_ffff;
const HEADER_BYTES = 8;

/** Gets one record's bytes: a window on shared memory, valid only during the call. */
export type OnRecord = (record: Uint8Array) => void;

export class RingBuffer implements Disposable {
  readonly #map: KernelMap;
  readonly #dataBytes: number;
  readonly #consumerMapping: Mapping;
  readonly #producerMapping: Mapping;
  readonly #consumer: BigInt64Array;
  readonly #producer: BigInt64Array;
  readonly #headers: Int32Array;
  readonly #data: Uint8Array;
  #position: number;
  #watch: Watch | undefined;
  #open = true;

  /** The map stays the caller's, and must outlive this. @throws SysError */
  constructor(map: KernelMap) {
    assert.equal(map.type, MAP_TYPE.RINGBUF, `${map.name} is not a ring buffer`);
    const page = pageBytes();
    this.#map = map;
    this.#dataBytes = map.capacity;
    this.#consumerMapping = mapMemory(map.fd, { offset: 0, bytes: page, access: 'read-write' });
    this.#producerMapping = mapMemory(map.fd, { offset: page, bytes: page + 2 * map.capacity, access: 'read' });
    this.#consumer = new BigInt64Array(this.#consumerMapping.memory, 0, 1);
    this.#producer = new BigInt64Array(this.#producerMapping.memory, 0, 1);
    this.#headers = new Int32Array(this.#producerMapping.memory, page);
    this.#data = new Uint8Array(this.#producerMapping.memory, page);
    this.#position = Number(Atomics.load(this.#consumer, 0));
  }

  /** Reads what is there, at most `most` records; gives their number. A record that is still being written ends the round. */
  drain(onRecord: OnRecord, most: number = Number.POSITIVE_INFINITY): number {
    assert.ok(this.#open, 'the ring buffer is closed');
    let records = 0;
    let position = this.#position;
    try {
      while (records < most) {
        // The producer publishes its position first and clears BUSY last; Atomics order our reads after both.
        if (position >= Number(Atomics.load(this.#producer, 0))) break;
        const offset = position % this.#dataBytes;
        const header = Atomics.load(this.#headers, offset / 4) >>> 0;
        if (header & BUSY) break;
        const length = header & LENGTH;
        position += Math.ceil((HEADER_BYTES + length) / 8) * 8;
        if (header & DISCARD) continue;
        records++;
        onRecord(this.#data.subarray(offset + HEADER_BYTES, offset + HEADER_BYTES + length));
      }
    } finally {
      if (position !== this.#position) {
        this.#position = position;
        Atomics.store(this.#consumer, 0, BigInt(position));
      }
    }
    return records;
  }

  /** Drains on every wake-up by the kernel, from the event loop. `unref` lets the process end meanwhile. */
  listen(onRecord: OnRecord, options: { readonly unref?: true } = {}): void {
    assert.equal(this.#watch, undefined, 'the ring buffer is listened to already');
    this.#watch = watchReadable(this.#map.fd, () => this.drain(onRecord));
    if (options.unref) this.#watch.unref();
    this.drain(onRecord);
  }

  /** Stops listening and unmaps; no record's bytes may be used afterwards. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#watch?.close();
    this.#consumerMapping.unmap();
    this.#producerMapping.unmap();
  }
  [Symbol.dispose](): void {
    this.close();
  }
}
