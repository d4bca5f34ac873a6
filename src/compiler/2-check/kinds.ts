// Well-known types, how a type is called in messages, and when two are the same.

import type { BoolType, IntBits, IntType, MacType, OptionalType, Type, VerdictType } from './types.ts';

function int(bits: IntBits, signed = false, order: 'little' | 'big' = 'little', text?: 'ip4' | 'ip6'): IntType {
  return { kind: 'int', bits, signed, order, ...(text && { text }) };
}

export const U8 = int(8);
export const U16 = int(16);
export const U32 = int(32);
export const I32 = int(32, true);
export const U64 = int(64);
export const I64 = int(64, true);
export const U128 = int(128);
export const IP4 = int(32, false, 'big', 'ip4');
export const IP6 = int(128, false, 'big', 'ip6');
export const BOOL: BoolType = { kind: 'bool' };
export const MAC: MacType = { kind: 'mac' };
export const VOID: Type = { kind: 'void' };
export const UNDEFINED: Type = { kind: 'undefined' };

/** By their names in the module language. */
export const NAMED: Readonly<Record<string, Type>> = {
  u8: U8, u16: U16, u32: U32, i32: I32, u64: U64, i64: I64, u128: U128,
  be16: int(16, false, 'big'), be32: int(32, false, 'big'), be64: int(64, false, 'big'), be128: int(128, false, 'big'),
  Ip4: IP4, Ip6: IP6, Mac: MAC, Conntrack: U8, Tlv: { kind: 'tlv' }, Meta: { kind: 'meta' },
  Packet: { kind: 'packet', hook: 'tc' }, XdpPacket: { kind: 'packet', hook: 'xdp' },
  Answer: verdict('ended', 'replied'), Verdict: verdict('sent', 'ended', 'replied'),
  FilterVerdict: verdict('passed', 'ended', 'replied'), XdpVerdict: verdict('sent', 'passed', 'ended', 'replied'),
};

export function verdict(...ways: VerdictType['ways']): VerdictType {
  return { kind: 'verdict', ways };
}

export function optional(of: Type): OptionalType {
  return of.kind === 'optional' ? of : { kind: 'optional', of: of };
}

/** Wider than `number` holds: a bigint in TypeScript. */
export function isWide(type: IntType): boolean {
  return type.bits > 32;
}

export function rangeOf(type: IntType): { readonly low: bigint; readonly high: bigint } {
  const bits = BigInt(type.bits);
  return type.signed ? { low: -(1n << (bits - 1n)), high: (1n << (bits - 1n)) - 1n } : { low: 0n, high: (1n << bits) - 1n };
}

/** `x` as a value of `type`: its low bits. */
export function wrapTo(type: IntType, x: bigint): bigint {
  return type.signed ? BigInt.asIntN(type.bits, x) : BigInt.asUintN(type.bits, x);
}

/** Equal as values; storage order and flavour of integers do not count. */
export function sameType(a: Type, b: Type): boolean {
  switch (a.kind) {
    case 'int': return b.kind === 'int' && a.bits === b.bits && a.signed === b.signed;
    case 'bytes': return b.kind === 'bytes' && a.length === b.length;
    case 'array': return b.kind === 'array' && a.length === b.length && sameStorage(a.element, b.element);
    case 'struct': return b.kind === 'struct' && a.class === b.class;
    case 'view': return b.kind === 'view' && a.header === b.header;
    case 'map': return b.kind === 'map' && a.map === b.map && sameStorage(a.key, b.key) && sameStorage(a.value, b.value);
    case 'optional': return b.kind === 'optional' && sameType(a.of, b.of);
    case 'verdict': return b.kind === 'verdict';
    case 'packet': return b.kind === 'packet' && a.hook === b.hook;
    default: return a.kind === b.kind;
  }
}

function sameStorage(a: Type, b: Type): boolean {
  return sameType(a, b) && (a.kind !== 'int' || b.kind !== 'int' || a.order === b.order);
}

/** In messages. */
export function show(type: Type): string {
  switch (type.kind) {
    case 'int': {
      if (type.text) return type.text === 'ip4' ? 'Ip4' : 'Ip6';
      return `${type.order === 'big' ? 'be' : type.signed ? 'i' : 'u'}${type.bits}`;
    }
    case 'bool': return 'boolean';
    case 'mac': return 'Mac';
    case 'bytes': return `Bytes<${type.length}>`;
    case 'array': return type.length > 8 ? `${type.length} of ${show(type.element)}` : `[${Array<string>(type.length).fill(show(type.element)).join(', ')}]`;
    case 'struct': return type.class.name;
    case 'view': return type.header.name;
    case 'map': return 'a map';
    case 'verdict': return 'a verdict';
    case 'optional': return `${show(type.of)} | undefined`;
    case 'packet': return type.hook === 'tc' ? 'Packet' : 'XdpPacket';
    case 'meta': return 'Meta';
    case 'undefined': return 'undefined';
    case 'void': return 'nothing';
    case 'tlv': return 'Tlv';
    case 'tlvs': return 'a run of TLVs';
  }
}
