// Compile-once relocations, the answers: what each kind of question gives for a field, type or enumerator that was found (libbpf,
// relo_core.c: bpf_core_calc_field_relo and its neighbours).

import type { BtfType } from '../btf-types.ts';
import type { Field } from './core-spec.ts';
import { fail } from './problem.ts';
import { plain, typeBytes } from './type-size.ts';

/** enum bpf_core_relo_kind. */
export const CORE_KINDS = [
  'field-offset', 'field-size', 'field-exists', 'field-signed', 'field-left-shift', 'field-right-shift',
  'local-type', 'target-type', 'type-exists', 'type-size', 'value-exists', 'value', 'type-matches',
] as const;
export type CoreKind = typeof CORE_KINDS[number];

export interface FieldPlace {
  readonly byteOffset: number;
  readonly bytes: number;
  readonly leftShift: number;
  readonly rightShift: number;
  readonly isSigned: boolean;
  /** May an access be made wider or narrower: a pointer's, or an unsigned number's. */
  readonly isResizable: boolean;
}

const WIDEST = 8;

/** Where to load a field from, and how to shift a bit field out of a u64. */
export function fieldPlace(types: readonly BtfType[], field: Field, place: string): FieldPlace {
  const { type } = plain(types, field.type);
  let bytes = typeBytes(types, field.type);
  let byteOffset = field.bitOffset / 8;
  const bits = field.bitSize || 8 * bytes;
  if (field.bitSize > 0) {
    if (bytes === 0) fail(place, 'a bit field of a type without a size');
    for (;;) {
      byteOffset = Math.floor(field.bitOffset / 8 / bytes) * bytes;
      if (field.bitOffset + field.bitSize - 8 * byteOffset <= 8 * bytes) break;
      if (bytes >= WIDEST) fail(place, 'a bit field that no load covers');
      bytes *= 2;
    }
  }
  if (!Number.isInteger(byteOffset)) fail(place, 'a field that begins within a byte');
  const isSigned = type?.kind === 'int' ? type.encoding === 'signed' : (type?.kind === 'enum' || type?.kind === 'enum64') && type.signed;
  return {
    byteOffset, bytes, isSigned, leftShift: 64 - (field.bitOffset + bits - 8 * byteOffset), rightShift: 64 - bits,
    isResizable: type?.kind === 'ptr' || ((type?.kind === 'int' || type?.kind === 'enum') && !isSigned),
  };
}

export function fieldValue(kind: CoreKind, at: FieldPlace): bigint {
  switch (kind) {
    case 'field-offset': return BigInt(at.byteOffset);
    case 'field-size': return BigInt(at.bytes);
    case 'field-exists': return 1n;
    case 'field-signed': return at.isSigned ? 1n : 0n;
    case 'field-left-shift': return BigInt(at.leftShift);
    case 'field-right-shift': return BigInt(at.rightShift);
    default: throw new Error(`${kind} is no question about a field`);
  }
}
