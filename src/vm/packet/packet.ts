// The packet of the run that is going on: where it lies in linear memory and what the kernel would keep beside it in an sk_buff.
//
//     PACKET.low … headroom … data … linearEnd … end … tailroom … PACKET.high
//
// Programs see data to linearEnd; the rest up to `end` is reached by helpers, or after skb_pull_data.

import { CONTEXT, CONTEXT_MAX_BYTES, CONTROL, HEADROOM_BYTES, MAX_FRAME_BYTES, PACKET } from '../memory/layout.ts';
import type { Memory } from '../memory/memory.ts';
import { XDP, SKB } from '../../image/abi.ts';
import type { HookName } from '../hooks/hook.ts';
import { add, atOffset, subtract, sumOf, type ChecksumKind } from './checksum.ts';
import type { Effect, Tunnel, Vlan } from './effect.ts';

const ETHERNET_BYTES = 14;

/** Network order in a host number, both ways. */
export const swap16 = (n: number): number => (n & 0xff) << 8 | n >> 8 & 0xff;

export class Packet {
  data: number = PACKET.low;
  linearEnd: number = PACKET.low;
  end: number = PACKET.low;
  /** Where metadata begin that XDP programs put before the packet. */
  meta: number = PACKET.low;
  checksum: ChecksumKind = 'none';
  /** Of a verified one: how many more, further in, are verified too. */
  checksumLevel = 0;
  /** Of a `complete` checksum: the sum of all behind the Ethernet header. */
  sum = 0;
  /** Of a `partial` checksum: the address where it begins, and its field's distance from there. */
  checksumStart: number = PACKET.low;
  checksumOffset = 0;
  /** Where the stack knows the transport header to begin; 0: it does not. */
  transport = 0;
  /** SKB_GSO_*: what its segments will be. */
  gsoType = 0;
  /** It was given outer headers: it cannot be given more, nor another length at its end. */
  encapsulated = false;
  tunnel: Tunnel | undefined;
  readonly effects: Effect[] = [];
  /** What the last redirect helper asked for, several for a broadcast; it counts if the program returns the redirect verdict. */
  redirects: readonly Effect[] = [];
  hook: HookName = 'memory';
  private readonly memory: Memory;

  constructor(memory: Memory) {
    this.memory = memory;
  }

  get length(): number { return this.end - this.data; }

  /** Puts a frame in place. Its first `linear` bytes are directly readable. */
  begin(hook: HookName, frame: Uint8Array, linear: number = frame.length): void {
    if (frame.length > MAX_FRAME_BYTES) throw new Error(`a frame of ${frame.length} bytes, longer than ${MAX_FRAME_BYTES}`);
    this.hook = hook;
    this.data = PACKET.low + HEADROOM_BYTES;
    this.end = this.data + frame.length;
    this.memory.bytes.set(frame, this.data);
    this.linearEnd = this.data + Math.min(linear, frame.length);
    this.meta = this.data;
    this.checksum = 'none';
    this.checksumLevel = 0;
    this.gsoType = 0;
    this.encapsulated = false;
    this.tunnel = undefined;
    this.effects.length = 0;
    this.redirects = [];
    this.publish();
  }

  /** The context, all zero. */
  clearContext(): void {
    this.memory.words.fill(0, CONTEXT >> 2, CONTEXT + CONTEXT_MAX_BYTES >> 2);
  }

  frame(): Uint8Array<ArrayBuffer> {
    return this.memory.read(this.data, this.length);
  }

  /** Moves the ends; the bytes stay where they are. False: there is no room. */
  resize(data: number, end: number): boolean {
    if (data < PACKET.low || end > PACKET.high || end < data || end - data > MAX_FRAME_BYTES) return false;
    this.linearEnd = Math.min(Math.max(this.linearEnd, data), end);
    this.meta = data;
    this.data = data;
    this.end = end;
    this.publish();
    return true;
  }

  /** Makes the first `length` bytes directly readable. */
  pull(length: number): void {
    this.linearEnd = Math.max(this.linearEnd, Math.min(this.data + length, this.end));
    this.publish();
  }

  /** Opens a gap of zeros, or with a negative number closes one, `at` bytes behind the start; what is before it moves. False: no room. */
  gap(at: number, bytes: number): boolean {
    const old = this.data;
    if (bytes < 0) {
      this.pull(at - bytes);
      // The link header is no part of the sum: what moves into it leaves the sum.
      this.forget(old + Math.max(at, ETHERNET_BYTES), -bytes, 0);
    }
    if (!this.resize(old - bytes, this.end)) return false;
    this.memory.bytes.copyWithin(this.data, old, old + at);
    if (bytes > 0) this.memory.bytes.fill(0, this.data + at, this.data + at + bytes);
    // As skb_postpull_rcsum: what began in bytes that are gone is not to be finished any more.
    else if (this.checksum === 'partial' && this.checksumStart < this.data) this.checksum = 'none';
    return true;
  }

  /** Before bytes change or go: they count no more in a complete checksum. `offset`: where the block began in what is summed. */
  forget(from: number, length: number, offset: number): void {
    if (this.checksum === 'complete') this.sum = subtract(this.sum, atOffset(sumOf(this.memory, from, length), offset));
  }

  /** After bytes changed or came. */
  count(from: number, length: number, offset: number): void {
    if (this.checksum === 'complete') this.sum = add(this.sum, atOffset(sumOf(this.memory, from, length), offset));
  }

  /** It was cut anew: what was known of segments is not so any more (skb_gso_reset). */
  resetGso(): void {
    this.gsoType = 0;
    this.setField(SKB.gso_size, 0);
    this.setField(SKB.gso_segs, 0);
  }

  /** Field of the context, u32, at its offset. */
  field(offset: number): number { return this.memory.words[CONTEXT + offset >> 2]!; }
  setField(offset: number, value: number): void { this.memory.words[CONTEXT + offset >> 2] = value; }

  /** The five words of skb->cb. */
  cb(): number[] {
    const at = CONTEXT + SKB.cb >> 2;
    const { words } = this.memory;
    return [words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!, words[at + 4]!];
  }

  /** The outermost tag, which lies beside the bytes. */
  vlan(): Vlan | undefined {
    return this.field(SKB.vlan_present) === 0 ? undefined : { protocol: swap16(this.field(SKB.vlan_proto)), tci: this.field(SKB.vlan_tci) };
  }

  /** What lies before the packet. */
  metadata(): Uint8Array<ArrayBuffer> {
    return this.memory.read(this.meta, this.data - this.meta);
  }
  setMetadata(bytes: Uint8Array): void {
    this.meta = this.data - bytes.length;
    this.memory.bytes.set(bytes, this.meta);
    this.publish();
  }

  /** Tells checks and context where the packet is. */
  publish(): void {
    const { words } = this.memory;
    words[CONTROL.packetStart >> 2] = this.meta;
    words[CONTROL.packetEnd >> 2] = this.linearEnd;
    if (this.hook === 'tc') {
      this.setField(SKB.len, this.length);
      this.setField(SKB.data, this.data);
      this.setField(SKB.data_end, this.linearEnd);
      this.setField(SKB.data_meta, this.meta);
    } else if (this.hook === 'xdp') {
      this.setField(XDP.data, this.data);
      this.setField(XDP.data_end, this.linearEnd);
      this.setField(XDP.data_meta, this.meta);
    }
  }
}
