// Values to and from memory: map entries, settings, the stack. Packet fields are header-members.ts, the layout is image/layout.ts.

import { sizeOf, type Layout } from '../../image/layout.ts';
import { layoutOf } from '../2-check/layout.ts';
import type { MapSymbol, Place, Type } from '../2-check/tree.ts';
import type { MemBytes, Value } from '../ir/ir.ts';
import { rootOf } from '../ir/pointers.ts';
import { swap } from './fold.ts';
import type { State } from './state.ts';
import { scalar, type Lowered } from './value.ts';

/** The layout of a type that the checker allows in memory. */
export function layoutFor(s: State, type: Type, at: Place): Layout {
  return layoutOf(type) ?? s.notYet(`memory of type ${type.kind}`, at);
}

/** What lies at `offset`. Structs, arrays and bytes stay where they are: references. */
export function loadValue(s: State, pointer: Value, offset: number, type: Type, map: MapSymbol | undefined, at: Place): Lowered {
  switch (type.kind) {
    case 'bool': return scalar(s.b.load(pointer, offset, 1));
    case 'mac': {
      return { kind: 'mac', first: s.b.load(pointer, offset, 4), last: s.b.load(pointer, offset + 4, 2) };
    }
    case 'int': {
      if (type.bits === 128) {
        const big = type.order === 'big';
        const [high, low] = [s.b.load(pointer, offset + (big ? 0 : 8), 8), s.b.load(pointer, offset + (big ? 8 : 0), 8)];
        return { kind: 'wide', high: big ? swap(s.b, high, 8) : high, low: big ? swap(s.b, low, 8) : low };
      }
      const bytes = type.bits / 8 as MemBytes;
      const value = s.b.load(pointer, offset, bytes);
      return scalar(type.order === 'big' && bytes > 1 ? swap(s.b, value, bytes as 2 | 4 | 8) : value);
    }
    case 'struct': case 'array': case 'bytes': return { kind: 'ref', pointer, offset, map };
    default: return s.notYet(`memory of type ${type.kind}`, at);
  }
}

/** Writes a value as its type lies in memory; padding inside of it becomes zero. */
export function storeValue(s: State, pointer: Value, offset: number, type: Type, value: Lowered, at: Place): void {
  const { b } = s;
  switch (value.kind) {
    case 'optional': storeValue(s, pointer, offset, type, value.value, at); return;
    case 'mac':
      put(s, pointer, offset, 4, value.first);
      put(s, pointer, offset + 4, 2, value.last);
      return;
    case 'wide': {
      const big = type.kind === 'int' && type.order === 'big';
      put(s, pointer, offset + (big ? 0 : 8), 8, big ? swap(b, value.high, 8) : value.high);
      put(s, pointer, offset + (big ? 8 : 0), 8, big ? swap(b, value.low, 8) : value.low);
      return;
    }
    case 'scalar': {
      const bytes = (type.kind === 'int' ? type.bits / 8 : 1) as MemBytes;
      const big = type.kind === 'int' && type.order === 'big' && bytes > 1;
      put(s, pointer, offset, bytes, big ? swap(b, value.value, bytes as 2 | 4 | 8) : value.value);
      return;
    }
    case 'struct': {
      if (type.kind !== 'struct') break;
      const fields = s.values.get(value.cell);
      if (fields?.kind !== 'fields') break;
      for (const [i, field] of type.class.fields.entries()) storeValue(s, pointer, offset + field.offset, field.type, fields.values[i] ?? value, at);
      zeroPadding(s, pointer, offset, type.class.layout);
      return;
    }
    case 'list':
      if (type.kind !== 'array' && type.kind !== 'bytes') break;
      for (const [i, element] of value.values.entries()) {
        if (type.kind === 'bytes') { if (element.kind === 'scalar') b.store(pointer, offset + i, 1, element.value); }
        else storeValue(s, pointer, offset + i * sizeOf(layoutFor(s, type.element, at)), type.element, element, at);
      }
      return;
    case 'ref': copy(s, pointer, offset, type, value.pointer, value.offset, at); return;
    default:
  }
  s.notYet(`storing this value (${value.kind})`, at);
}

function copy(s: State, pointer: Value, offset: number, type: Type, from: Value, fromOffset: number, at: Place): void {
  switch (type.kind) {
    case 'struct':
      for (const field of type.class.fields) copy(s, pointer, offset + field.offset, field.type, from, fromOffset + field.offset, at);
      zeroPadding(s, pointer, offset, type.class.layout);
      return;
    case 'array': {
      const bytes = sizeOf(layoutFor(s, type.element, at));
      for (let i = 0; i < type.length; i++) copy(s, pointer, offset + i * bytes, type.element, from, fromOffset + i * bytes, at);
      return;
    }
    case 'bytes':
      for (let i = 0; i < type.length; i++) s.b.store(pointer, offset + i, 1, s.b.load(from, fromOffset + i, 1));
      return;
    default: storeValue(s, pointer, offset, type, loadValue(s, from, fromOffset, type, undefined, at), at);
  }
}

function zeroPadding(s: State, pointer: Value, offset: number, layout: Layout & { kind: 'struct' }): void {
  let end = 0;
  for (const field of layout.fields) {
    zero(s, pointer, offset + end, field.offset - end);
    end = field.offset + sizeOf(field.layout);
  }
  zero(s, pointer, offset + end, layout.bytes - end);
}

/** Zero bytes, in aligned pieces. */
export function zero(s: State, pointer: Value, offset: number, bytes: number): void {
  const from = rootOf(pointer).offset;
  for (let at = 0; at < bytes;) {
    const size = ([8, 4, 2, 1] as const).find(n => at + n <= bytes && (from + offset + at) % n === 0) ?? 1;
    s.b.store(pointer, offset + at, size, size === 8 ? s.b.i64(0) : s.b.i32(0));
    at += size;
  }
}

/** The stack takes no store across its natural alignment: there it goes in pieces. Maps and packets take any. */
function put(s: State, pointer: Value, offset: number, bytes: MemBytes, value: Value): void {
  const from = rootOf(pointer).offset + offset;
  if (pointer.type !== 'stack' || from % bytes === 0) { s.b.store(pointer, offset, bytes, value); return; }
  for (let done = 0; done < bytes;) {
    const size = ([4, 2, 1] as const).find(n => done + n <= bytes && (from + done) % n === 0) ?? 1;
    const by = value.type === 'i64' ? s.b.i64(8 * done) : s.b.i32(8 * done);
    s.b.store(pointer, offset + done, size, s.alu('lshr', value, by));
    done += size;
  }
}
