// What expressions of the language are while they are lowered: integers in SSA values, everything larger taken apart.
// Nothing here is memory of the compiled program but `ref`.

import type { HeaderClass } from '../../lang/headers.ts';
import type { MapSymbol } from '../2-check/tree.ts';
import type { Value } from '../ir/ir.ts';
import type { Updates } from './updates.ts';

/** The identity of a struct that is not in memory; a path's environment has its fields. */
export interface Cell { readonly cell: string }

export interface View {
  readonly kind: 'view';
  readonly header: HeaderClass;
  /** Bytes from the start of the packet: a constant, and perhaps a variable (i64, within 16 bits). */
  readonly at: number;
  readonly by: Value | undefined;
  /** The view that it was reached through: whose checksum covers it, whose fields tell of it. */
  readonly outer: View | undefined;
  /** Of a fresh header: what it says that follows, if that is known. */
  readonly carries?: number | undefined;
  /** Of a fresh IP header: bytes behind it, if they are known. */
  readonly payloadBytes?: number | undefined;
}

export interface Ref {
  readonly kind: 'ref';
  readonly pointer: Value;
  readonly offset: number;
  /** The map that it is in, for atomics and `keep`; settings and stack have none. */
  readonly map: MapSymbol | undefined;
}

export type Lowered =
  /** Integers to 32 bits and booleans (0, 1) in i32, 64 bits in i64. */
  | { readonly kind: 'scalar'; readonly value: Value }
  /** 128 bits, i64 each. */
  | { readonly kind: 'wide'; readonly high: Value; readonly low: Value }
  /** The first four and the last two bytes as memory has them, i32 each: two loads, two compares, two stores of a key. */
  | { readonly kind: 'mac'; readonly first: Value; readonly last: Value }
  | { readonly kind: 'undefined' }
  /** Perhaps there (i32 0 or 1): what is left where two ways have met. As long as they have not, it is `undefined` or its value. */
  | { readonly kind: 'optional'; readonly present: Value; readonly value: Lowered }
  | { readonly kind: 'struct'; readonly cell: Cell }
  /** In an environment only: the fields of a cell, in order. */
  | { readonly kind: 'fields'; readonly values: readonly Lowered[] }
  /** A fixed run of values, such as an array that is not in memory. */
  | { readonly kind: 'list'; readonly values: readonly Lowered[] }
  /** A struct, array or bytes in memory. */
  | Ref
  | View
  /** `pointer`: an inner map that was looked up; without it, the map that the module declares. */
  | { readonly kind: 'map'; readonly symbol: MapSymbol; readonly pointer?: Value | undefined }
  /** An element of a run, at `position` (i64) from the start of the packet; type and length of the value are i32. */
  | { readonly kind: 'tlv'; readonly position: Value; readonly type: Value; readonly length: Value }
  /** In an environment only: checksums that are still to be updated. */
  | Updates
  /** The packet, its record, nothing. */
  | { readonly kind: 'packet' | 'meta' | 'void' };

export const UNDEFINED: Lowered = { kind: 'undefined' };
export const VOID: Lowered = { kind: 'void' };
export const scalar = (value: Value): Lowered => ({ kind: 'scalar', value });
