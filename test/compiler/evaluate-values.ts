// What the module evaluator computes with, and the bytes that values are in memory.

import type { Type } from '../../src/compiler/2-check/tree.ts';
import type { HeaderClass } from '../../src/lang/headers.ts';

export interface Struct { readonly fields: Map<string, Datum> }
/** On a concrete header, and on `Ports`; `outer` is what it was reached through. */
export interface View { readonly at: number; readonly header: HeaderClass; readonly outer?: View | undefined }
/** An element of a run: where it begins. */
export interface Tlv { readonly tlv: number; readonly type: bigint; readonly length: number }
export type Datum = bigint | boolean | Struct | View | Tlv | Datum[] | 'packet' | undefined;

function isStruct(d: Datum): d is Struct { return typeof d === 'object' && !Array.isArray(d) && 'fields' in d; }

/** Structs and lists are copied where they are stored. */
export function copied(d: Datum): Datum {
  if (Array.isArray(d)) return d.map(copied);
  return isStruct(d) ? { fields: new Map([...d.fields].map(([n, v]) => [n, copied(v)])) } : d;
}

const own = new WeakSet<object>();
/** Marks a struct or array of the program's own, with those in it: not in a map, not settings. */
export function owned(d: Datum): Datum {
  if (Array.isArray(d)) { own.add(d); for (const v of d) owned(v); }
  if (isStruct(d)) { own.add(d); for (const v of d.fields.values()) owned(v); }
  return d;
}
/** What a field of a struct takes. */
export function stored(object: Struct, d: Datum): Datum { return own.has(object) ? owned(copied(d)) : copied(d); }
/** What a variable takes: a copy of the program's own, else the thing itself. */
export function held(d: Datum): Datum { return (isStruct(d) || Array.isArray(d)) && own.has(d) ? owned(copied(d)) : d; }

export function zeroOf(type: Type): Datum {
  switch (type.kind) {
    case 'bool': return false;
    case 'int': case 'mac': return 0n;
    case 'array': return Array.from({ length: type.length }, () => zeroOf(type.element));
    case 'bytes': return Array.from({ length: type.length }, () => 0n);
    case 'struct': return { fields: new Map(type.class.fields.map(f => [f.name, zeroOf(f.type)])) };
    default: return undefined;
  }
}

/** The bytes that a value of this type is in memory: little-endian unless the type says big, padding zero. */
export function bytesOf(type: Type, d: Datum): Uint8Array {
  switch (type.kind) {
    case 'bool': return Uint8Array.of(d === true ? 1 : 0);
    case 'int': case 'mac': {
      const n = type.kind === 'mac' ? 6 : type.bits / 8;
      const raw = BigInt.asUintN(8 * n, d as bigint);
      const out = Uint8Array.from({ length: n }, (_, i) => Number(raw >> BigInt(8 * i) & 0xffn));
      return type.kind === 'mac' || type.order === 'big' ? out.reverse() : out;
    }
    case 'bytes': return Uint8Array.from(d as Datum[], b => Number(b as bigint));
    case 'array': return Uint8Array.from((d as Datum[]).flatMap(x => [...bytesOf(type.element, x)]));
    case 'struct': {
      const ends = type.class.fields.map(f => ({ f, bytes: bytesOf(f.type, (d as Struct).fields.get(f.name)) }));
      const last = ends.at(-1);
      const align = Math.max(1, ...type.class.fields.map(f => alignOf(f.type)));
      const size = last ? Math.ceil((last.f.offset + last.bytes.length) / align) * align : 0;
      const out = new Uint8Array(size);
      for (const { f, bytes } of ends) out.set(bytes, f.offset);
      return out;
    }
    default: throw new Error(`no bytes of ${type.kind}`);
  }
}

function alignOf(type: Type): number {
  switch (type.kind) {
    case 'int': return type.order === 'big' ? 1 : Math.min(type.bits / 8, 8);
    case 'mac': return 2;
    case 'array': return alignOf(type.element);
    case 'struct': return Math.max(1, ...type.class.fields.map(f => alignOf(f.type)));
    default: return 1;
  }
}
