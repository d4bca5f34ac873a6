// Packet bytes and views on them, for the module evaluator: plain fields of headers, and what a header says of what follows.

import { fit } from './evaluate-integers.ts';
import type { Datum, View } from './evaluate-values.ts';
import type { HeaderClass, Member, Stored } from '../../src/lang/headers.ts';

/** A view past the end of the packet ends the program. */
export class Short extends Error {}

export class PacketMemory {
  readonly bytes: Uint8Array;
  readonly #headers = new WeakMap<View, HeaderClass>();

  constructor(bytes: Uint8Array) { this.bytes = bytes; }

  at(header: HeaderClass, at: number, pastEnd: 'drop' | 'undefined'): Datum {
    if (at + header.bytes > this.bytes.length) {
      if (pastEnd === 'drop') throw new Short();
      return undefined;
    }
    const view = { at };
    this.#headers.set(view, header);
    return view;
  }

  payload(view: Datum, header: HeaderClass, says: 'check' | 'trust', pastEnd: 'drop' | 'undefined'): Datum {
    const { at } = view as View;
    const from = this.#headers.get(view as View);
    if (!from || from.variable) throw new Error(`no meaning: what follows ${from?.name}`);
    if (says === 'check') {
      if (from.payload.by !== 'field') throw new Error(`no meaning: payload of ${from.name}`);
      const field = from.members.find(m => m.name === (from.payload.by === 'field' ? from.payload.field : ''));
      const wanted = from.payload.classes[header.name];
      if (field?.kind !== 'stored' || wanted === undefined) throw new Error(`no meaning: ${header.name} behind ${from.name}`);
      if (this.#stored(at, field) !== BigInt(wanted)) return undefined;
    }
    return this.at(header, at + from.bytes, pastEnd);
  }

  read(view: Datum, header: HeaderClass, member: Member): Datum {
    const { at } = view as View;
    switch (member.kind) {
      case 'stored': {
        const raw = this.#stored(at, member);
        if (member.type === 'boolean') return raw !== 0n;
        return member.type === 'i32' || member.type === 'i64' ? fit({ bits: member.type === 'i32' ? 32 : 64, signed: true }, raw) : raw;
      }
      case 'tested': {
        const field = header.members.find(m => m.name === member.field);
        if (field?.kind !== 'stored') throw new Error(`no meaning: ${member.name}`);
        return (this.#stored(at, field) & BigInt(member.mask)) === BigInt(member.equals);
      }
      case 'computed': throw new Error(`no meaning: ${header.name}.${member.name}`);
    }
  }

  write(view: Datum, header: HeaderClass, member: Member, value: Datum): void {
    if (member.kind !== 'stored' || member.access !== 'assign') throw new Error(`no meaning: writing ${header.name}.${member.name}`);
    const { at } = view as View;
    const unit = this.#unit(at, member);
    const mask = (1n << BigInt(member.bits)) - 1n;
    const bits = BigInt.asUintN(member.bits, typeof value === 'boolean' ? BigInt(value) : value as bigint);
    this.#setUnit(at, member, unit & ~(mask << BigInt(member.shift)) | bits << BigInt(member.shift));
  }

  #stored(at: number, m: Stored): bigint { return BigInt.asUintN(m.bits, this.#unit(at, m) >> BigInt(m.shift)); }

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
