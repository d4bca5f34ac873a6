// Types of the module language after checking. Data only; what may stand for what is assign.ts.

import type { HeaderClass } from '../../lang/headers.ts';
import type { MapKind } from '../../image/image.ts';
import type { Layout } from '../../image/layout.ts';

/** A place in a source file; lines and columns count from 1. `file` indexes `Module.files`. */
export interface Place {
  readonly file: number;
  readonly line: number;
  readonly column: number;
}

export type IntBits = 8 | 16 | 32 | 64 | 128;

/** `order` and `text` are about storage only: values are host order. */
export interface IntType {
  readonly kind: 'int';
  readonly bits: IntBits;
  readonly signed: boolean;
  readonly order: 'little' | 'big';
  readonly text?: 'ip4' | 'ip6';
}
export interface BoolType { readonly kind: 'bool' }
export interface MacType { readonly kind: 'mac' }
export interface BytesType { readonly kind: 'bytes'; readonly length: number }
export interface ArrayType { readonly kind: 'array'; readonly element: Type; readonly length: number }

/** A class of fields. Nominal: two classes of equal fields are two types. A value of it is the address of its bytes. */
export interface StructType {
  readonly kind: 'struct';
  readonly class: StructClass;
}
export interface StructClass {
  readonly name: string;
  readonly fields: readonly StructField[];
  readonly layout: Layout & { readonly kind: 'struct' };
}
export interface StructField {
  readonly name: string;
  readonly type: Type;
  /** Bytes from the start of the struct. */
  readonly offset: number;
}

/** A view on packet bytes. Of an abstract header: one of its `kinds`. */
export interface ViewType { readonly kind: 'view'; readonly header: HeaderClass }

export interface MapType {
  readonly kind: 'map';
  readonly map: MapKind | 'counter';
  /** Arrays have u32 keys; a ring has its record as value. */
  readonly key: Type;
  /** Of a map of maps: the inner MapType. */
  readonly value: Type;
  /** Of an inner map as its outer one declares it: how many entries it has. Annotations do not say. */
  readonly length?: number;
}

/** How a program may go on. The checker holds each entry to its own. */
export type Way = 'sent' | 'passed' | 'ended' | 'replied';
export interface VerdictType { readonly kind: 'verdict'; readonly ways: readonly Way[] }

/** `T | undefined`; never nested. */
export interface OptionalType { readonly kind: 'optional'; readonly of: Type }

export type Type =
  | IntType | BoolType | MacType | BytesType | ArrayType | StructType | ViewType | MapType | VerdictType | OptionalType
  | { readonly kind: 'packet'; readonly hook: 'tc' | 'xdp' }
  | { readonly kind: 'meta' }
  /** `undefined` alone. */
  | { readonly kind: 'undefined' }
  | { readonly kind: 'void' }
  /** One TLV in a `for … of` over them, and the run. */
  | { readonly kind: 'tlv' }
  | { readonly kind: 'tlvs' };
