// Type annotations → types.

import type { TSTupleElement, TSType, TSTypeReference } from '../1-parse/syntax.ts';
import { cureForType } from './elsewhere.ts';
import { hint, report, sourceOf, type Context } from './context.ts';
import { BOOL, NAMED, optional, UNDEFINED, VOID } from './kinds.ts';
import { layoutOf } from './layout.ts';
import { MAPS } from './library.ts';
import { meaningOf } from './names.ts';
import type { MapType, Type } from './types.ts';
import { U32 } from './kinds.ts';

const MOST_ELEMENTS = 64;
const MOST_BYTES = 4096;

export function typeOf(c: Context, node: TSType): Type | undefined {
  switch (node.type) {
    case 'TSBooleanKeyword': return BOOL;
    case 'TSVoidKeyword': return VOID;
    case 'TSUndefinedKeyword': return UNDEFINED;
    case 'TSTypeReference': return referenceOf(c, node);
    case 'TSParenthesizedType': return typeOf(c, node.typeAnnotation);
    case 'TSUnionType': {
      const types = node.types.map(t => typeOf(c, t));
      if (types.some(t => t === undefined)) return undefined;
      const rest = (types as Type[]).filter(t => t.kind !== 'undefined');
      const one = rest[0];
      if (!one) return UNDEFINED;
      if (rest.length > 1) return none(c, node);
      return rest.length < types.length ? optional(one) : one;
    }
    case 'TSTupleType': {
      const types = node.elementTypes.map(t => t.type === 'TSOptionalType' || t.type === 'TSRestType' || t.type === 'TSNamedTupleMember'
        ? none(c, t) : typeOf(c, t));
      if (types.some(t => t === undefined)) return undefined;
      const [first, ...rest] = types as Type[];
      if (!first || types.length > MOST_ELEMENTS || rest.some(t => JSON.stringify(layoutOf(t)) !== JSON.stringify(layoutOf(first)))) {
        return none(c, node);
      }
      if (!layoutOf(first)) return report(c, 'IOV4003', node, { type: sourceOf(c, node) });
      return { kind: 'array', element: first, length: types.length };
    }
    default: return none(c, node);
  }
}

function none(c: Context, node: TSTupleElement): undefined {
  const cure = cureForType(node);
  return report(c, 'IOV2003', node, { name: sourceOf(c, node), ...(cure !== undefined && { cure }) });
}

function referenceOf(c: Context, node: TSTypeReference): Type | undefined {
  if (node.typeName.type !== 'Identifier') return none(c, node);
  const name = node.typeName.name;
  const meaning = meaningOf(c, name, node.typeName);
  if (!meaning || meaning.kind === 'broken') return undefined;
  switch (meaning.kind) {
    case 'struct': return { kind: 'struct', class: meaning.class };
    case 'header': return { kind: 'view', header: meaning.header };
    case 'alias': return meaning.type;
    case 'enum': return name === 'Conntrack' ? NAMED['Conntrack'] : report(c, 'IOV2003', node, { name });
    case 'library': {
      const named = NAMED[meaning.name];
      if (named) return named;
      if (meaning.name === 'Bytes') return bytesOf(c, node);
      return mapTypeOf(c, meaning.name, node, node.typeArguments?.params ?? []) ?? undefined;
    }
    default: return report(c, 'IOV2003', node, { name: `${name}${hint(name, Object.keys(NAMED))}` });
  }
}

function bytesOf(c: Context, node: TSTypeReference): Type | undefined {
  const given = node.typeArguments?.params[0];
  const length = given?.type === 'TSLiteralType' && given.literal.type === 'Literal' && typeof given.literal.value === 'number' ? given.literal.value : undefined;
  if (length === undefined || !Number.isInteger(length) || length < 1 || length > MOST_BYTES) return report(c, 'IOV2003', node, { name: sourceOf(c, node), cure: `Write Bytes<N> with a number from 1 to ${MOST_BYTES}.` });
  return { kind: 'bytes', length };
}

/** `HashMap<K, V>` as a type, or as what `new` makes. */
export function mapTypeOf(c: Context, name: string, node: { readonly start: number; readonly end: number }, given: readonly TSType[], length?: number): MapType | undefined {
  const about = MAPS[name];
  if (!about) return report(c, 'IOV2003', node, { name });
  if (given.length !== about.types) {
    return report(c, 'IOV2014', node, { name, takes: `${about.types} type${about.types === 1 ? '' : 's'}`, given: given.length, cause: 'A map says what its keys and values are.', cure: `Write \`${name}${['', '<V>', '<K, V>'][about.types]}\`.` });
  }
  const types = given.map(t => typeOf(c, t));
  if (types.some(t => t === undefined)) return undefined;
  const [first, second] = types as Type[];
  const key = about.types === 2 ? first : U32;
  const value = about.types === 2 ? second : first ?? U32;
  if (!key || !value) return undefined;
  for (const [i, type] of [key, value].entries()) {
    if (!layoutOf(type) && !(i === 1 && type.kind === 'map')) return report(c, 'IOV4003', given[i] ?? node, { type: sourceOf(c, given[i] ?? node) });
  }
  if (value.kind !== 'map') return { kind: 'map', map: about.kind, key, value };
  const why = whyNotInside(about.kind, value);
  if (why !== undefined) return report(c, 'IOV4012', node, { name, why });
  return { kind: 'map', map: about.kind, key, value: { ...value, ...(length !== undefined && { length }) } };
}

const OUTER: ReadonlySet<MapType['map']> = new Set(['hash', 'array']);
const INNER: ReadonlySet<MapType['map']> = new Set(['hash', 'lru', 'array']);

function whyNotInside(outer: MapType['map'], inner: MapType): string | undefined {
  if (inner.value.kind === 'map') return 'an inner map has no maps in it';
  if (!OUTER.has(outer)) return 'only a HashMap and an ArrayMap hold maps';
  return INNER.has(inner.map) ? undefined : 'an inner map is an ArrayMap, a HashMap or an LruHashMap';
}
