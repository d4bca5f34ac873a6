// Packet bytes and views on them, for the module evaluator: plain fields of headers, and how a packet ends early. What IP headers
// compute is evaluate-headers.ts, what changes bytes and lengths evaluate-checksums.ts and evaluate-resize.ts.

import { fit } from './evaluate-integers.ts';
import type { Datum, View } from './evaluate-values.ts';
import type { HeaderClass, Member, Stored } from '../../src/lang/headers.ts';

/** Ends the program by the compiler's own drop: a view past the end, room that the kernel refuses. */
export class Dropped extends Error {
  readonly reason: string;
  constructor(reason: string) { super(reason); this.reason = reason; }
}

export class PacketMemory {
  bytes: Uint8Array;
  readonly hook: 'tc' | 'xdp';
  /** What the frame said that it carries when it came in: whether the kernel makes room in it. */
  readonly typeAtEntry: number;
  /** The outermost tag, beside the bytes. */
  vlan: bigint | undefined;
  /** Room that was made last, and nothing written there yet. */
  inserted: { readonly place: number; readonly count: number } | undefined;
  /** Inside the header of a tunnel that was put around it here: tc does not change its length at the end. */
  encapsulated = false;

  constructor(bytes: Uint8Array, hook: 'tc' | 'xdp' = 'tc') {
    this.bytes = bytes;
    this.hook = hook;
    this.typeAtEntry = bytes.length >= 14 ? bytes[12] as number << 8 | bytes[13] as number : 0;
  }

  /** `bytes`: how many must be there, if not the whole header. */
  view(header: HeaderClass, at: number, pastEnd: 'drop' | 'undefined', outer?: View, bytes = header.bytes): View | undefined {
    if (at + bytes <= this.bytes.length) return { at, header, outer };
    if (pastEnd === 'drop') throw new Dropped('short');
    return undefined;
  }

  /** From a place to another, all there. */
  slice(from: number, to: number): Uint8Array {
    if (to > this.bytes.length) throw new Dropped('short');
    return this.bytes.slice(from, to);
  }

  read(view: View, member: Stored): Datum {
    this.#whole(view);
    if (typeof member.type === 'object' && 'bytes' in member.type) return [...this.bytes.subarray(view.at + member.offset, view.at + member.offset + member.unitBits / 8)].map(BigInt);
    const raw = this.raw(view.at, member);
    if (member.type === 'boolean') return raw !== 0n;
    return member.type === 'i32' || member.type === 'i64' ? fit({ bits: member.type === 'i32' ? 32 : 64, signed: true }, raw) : raw;
  }

  test(view: View, member: Member & { kind: 'tested' }): boolean {
    const field = view.header.members.find(m => m.name === member.field) as Stored;
    this.#whole(view);
    return (this.raw(view.at, field) & BigInt(member.mask)) === BigInt(member.equals);
  }

  /** A field by name, as a number. */
  number(view: View, name: string): number { return Number(this.read(view, view.header.members.find(m => m.name === name) as Stored) as bigint); }

  write(view: View, member: Stored, value: Datum): void {
    this.#whole(view);
    if (Array.isArray(value)) { this.bytes.set(value.map(b => Number(b as bigint)), view.at + member.offset); return; }
    const unit = this.#unit(view.at, member);
    const mask = (1n << BigInt(member.bits)) - 1n;
    const bits = BigInt.asUintN(member.bits, typeof value === 'boolean' ? BigInt(value) : value as bigint);
    this.#setUnit(view.at, member, unit & ~(mask << BigInt(member.shift)) | bits << BigInt(member.shift));
  }

  /** Of a header that was quoted in part perhaps not all is there. */
  #whole(view: View): void { if (view.at + view.header.bytes > this.bytes.length) throw new Dropped('short'); }

  raw(at: number, m: Stored): bigint { return BigInt.asUintN(m.bits, this.#unit(at, m) >> BigInt(m.shift)); }

  #unit(at: number, m: Stored): bigint {
    const bytes = [...this.bytes.subarray(at + m.offset, at + m.offset + m.unitBits / 8)];
    if (m.order === 'little') bytes.reverse();
    return bytes.reduce((n, b) => n << 8n | BigInt(b), 0n);
  }

  #setUnit(at: number, m: Stored, value: bigint): void {
    const n = m.unitBits / 8;
    const bytes = Array.from({ length: n }, (_, i) => Number(value >> BigInt(8 * (n - 1 - i)) & 0xffn));
    if (m.order === 'little') bytes.reverse();
    this.bytes.set(bytes, at + m.offset);
  }
}
