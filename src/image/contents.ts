// Contents of an element, by exported name, to the entries of its maps and back to plain values. It writes no map; drivers do.

import { hex } from './hex.ts';
import { hiddenParts, ownKey, ownValue, wholeKey, wholeValue } from './hidden.ts';
import type { Image, MapDecl } from './image.ts';
import { sizeOf } from './layout.ts';
import { u32Bytes } from './live-map.ts';
import { decodeValue, encodeValue, isList, isRecord, type Contents, type Plain, type ValueError } from './values.ts';

/** Bytes as the map has them, hidden parts included. */
export type Entry = readonly [key: Uint8Array, value: Uint8Array];

export interface MapContents {
  /** Index in the image. */
  readonly map: number;
  /** None of a map of maps. */
  readonly entries: readonly Entry[];
  /** Of a map of maps: the key, and what the map there holds. */
  readonly inner: readonly InnerEntry[];
}
export type InnerEntry = readonly [key: Uint8Array, entries: readonly Entry[]];

type EncodedContents =
  | { readonly ok: true; readonly maps: readonly MapContents[] }
  | { readonly ok: false; readonly errors: readonly ValueError[] };

/**
 * Entries for the maps that `contents` names, and for config and shape always: what is not given there is the module's default.
 * Of arrays, the values given from index 0; of maps of maps, what each of the inner maps holds in the place of a value. Entries of expiring maps that control writes stay.
 */
export function encodeContents(image: Image, element: number, contents: Contents): EncodedContents {
  const errors: ValueError[] = [];
  const maps: MapContents[] = [];
  const names = image.maps.filter(map => map.exported).map(map => map.name).join(', ');
  for (const name of Object.keys(contents)) {
    if (!image.maps.some(map => map.exported && map.name === name)) {
      errors.push({ path: name, message: `${image.name} exports nothing of this name; it exports ${names === '' ? 'nothing' : names}` });
    }
  }
  for (const [index, map] of image.maps.entries()) {
    const plain = map.exported && Object.hasOwn(contents, map.name) ? contents[map.name] : undefined;
    const encoded = map.inner ? encodeOuter(map, map.inner, element, plain) : encodeMap(map, element, plain);
    if ('path' in encoded) errors.push(encoded);
    else if (plain !== undefined || encoded.length > 0) maps.push(map.inner ? { map: index, entries: [], inner: encoded as InnerEntry[] } : { map: index, entries: encoded as Entry[], inner: [] });
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, maps };
}

function encodeMap(map: MapDecl, element: number, plain: Plain | undefined): readonly Entry[] | ValueError {
  switch (map.kind) {
    case 'config': case 'shape': {
      const value = encodeValue(map.value, plain ?? {}, { path: map.name, defaults: map.initial ?? new Uint8Array(sizeOf(map.value)) });
      return value.ok ? [[u32Bytes(0), wholeValue(map, value.bytes)]] : value;
    }
    case 'percpu-hash': return plain === undefined ? [] : encodeCounted(map, element, plain);
    case 'stages': case 'ring': case 'percpu-array':
      return plain === undefined ? [] : { path: map.name, message: 'is written by packets only' };
    case 'array': return plain === undefined ? [] : encodeArray(map, plain);
    case 'hash': case 'lru': case 'expiring': case 'lpm': return plain === undefined ? [] : encodeEntries(map, element, plain);
    case 'hash-of-maps': case 'array-of-maps': return { path: map.name, message: 'does not say what its maps are' };
  }
}

/** A list of what the maps hold, by index; or of entries of a key and what the map there holds. */
function encodeOuter(map: MapDecl, inner: MapDecl, element: number, plain: Plain | undefined): readonly InnerEntry[] | ValueError {
  if (plain === undefined) return [];
  const isArray = map.kind === 'array-of-maps';
  if (!isList(plain)) return { path: map.name, message: isArray ? 'is a list of what its maps hold' : 'is a list of entries [key, what the map there holds]' };
  if (plain.length > map.capacity) return { path: map.name, message: `has ${plain.length} entries; its capacity is ${map.capacity}` };
  const keys = isArray ? plain.map((_, i) => u32Bytes(i)) : encodeKeys(map, element, plain);
  if ('path' in keys) return keys;
  const entries: InnerEntry[] = [];
  for (const [i, key] of keys.entries()) {
    const path = `${map.name}[${i}]`;
    const held = isArray ? plain[i]! : (plain[i] as readonly Plain[])[1]!;
    const encoded = encodeMap({ ...inner, name: isArray ? path : `${path}.value` }, element, held);
    if ('path' in encoded) return encoded;
    entries.push([key, encoded]);
  }
  return entries;
}

function encodeArray(map: MapDecl, plain: Plain): readonly Entry[] | ValueError {
  if (!isList(plain) || plain.length > map.capacity) return { path: map.name, message: `is a list of at most ${map.capacity} values` };
  const entries: Entry[] = [];
  for (const [i, element] of plain.entries()) {
    const value = encodeValue(map.value, element, { path: `${map.name}[${i}]` });
    if (!value.ok) return value;
    entries.push([u32Bytes(i), wholeValue(map, value.bytes)]);
  }
  return entries;
}

/** Of a list of entries [key, value]. */
export function encodeEntries(map: MapDecl, element: number, plain: Plain): readonly Entry[] | ValueError {
  if (!isList(plain)) return { path: map.name, message: 'is a list of entries [key, value]' };
  if (plain.length > map.capacity) return { path: map.name, message: `has ${plain.length} entries; its capacity is ${map.capacity}` };
  const rows = encodeRows(map, element, plain);
  if ('path' in rows) return rows;
  const entries: Entry[] = [];
  for (const [i, row] of rows.entries()) {
    if (row.entry === undefined) {
      const value = encodeValue(map.value, (plain[i] as readonly Plain[])[1]!, { path: `${map.name}[${i}].value` });
      if (!value.ok) return value;
      row.entry = [row.key, wholeValue(map, value.bytes)];
    }
    entries.push(row.entry);
  }
  return entries;
}

/** Keys alone: what is counted at each is the packets'. An entry is made of zeros, of one CPU; whoever writes it leaves one that is there. */
function encodeCounted(map: MapDecl, element: number, plain: Plain): readonly Entry[] | ValueError {
  if (!isList(plain)) return { path: map.name, message: 'is a list of keys: its values are the packets\'' };
  if (plain.length > map.capacity) return { path: map.name, message: `has ${plain.length} entries; its capacity is ${map.capacity}` };
  const keys = encodeKeys(map, element, plain.map(key => [key, 0]));
  return 'path' in keys ? keys : keys.map(key => [key, new Uint8Array(map.valueBytes)] as const);
}

/** The whole keys of a list of entries, each once. */
export function encodeKeys(map: MapDecl, element: number, plain: readonly Plain[]): readonly Uint8Array[] | ValueError {
  const rows = encodeRows(map, element, plain);
  return 'path' in rows ? rows : rows.map(row => row.key);
}

/** What was made of a row. `entry`: if its value was asked for. */
interface Encoded { readonly map: MapDecl; readonly element: number; readonly key: Uint8Array; readonly text: string; entry?: Entry }
/** By the very row: of tables of thousands some rows change, and the others are the same objects. */
const ENCODED = new WeakMap<readonly Plain[], Encoded>();

function encodeRows(map: MapDecl, element: number, plain: readonly Plain[]): readonly Encoded[] | ValueError {
  const seen = new Map<string, number>();
  const rows: Encoded[] = [];
  for (const [i, row] of plain.entries()) {
    const path = `${map.name}[${i}]`;
    if (!isList(row) || row.length !== 2) return { path, message: 'is an entry [key, value]' };
    let made = ENCODED.get(row);
    if (made?.map !== map || made.element !== element) {
      const key = encodeKey(map, row[0]!, `${path}.key`);
      if (!key.ok) return key;
      const whole = wholeKey(map, element, key.bytes, key.bits);
      made = { map, element, key: whole, text: hex(whole) };
      ENCODED.set(row, made);
    }
    const earlier = seen.get(made.text);
    if (earlier !== undefined) return { path: `${path}.key`, message: `is the same as ${map.name}[${earlier}].key` };
    seen.set(made.text, i);
    rows.push(made);
  }
  return rows;
}

type Key = { readonly ok: true; readonly bytes: Uint8Array; readonly bits: number } | ({ readonly ok: false } & ValueError);

function encodeKey(map: MapDecl, plain: Plain, path: string): Key {
  if (map.kind === 'lpm') return encodePrefix(map, plain, path);
  const key = encodeValue(map.key, plain, { path });
  return key.ok ? { ...key, bits: 8 * key.bytes.length } : key;
}

/** `10.0.0.0/8`, or a struct with `bits`: bits behind the prefix must be zero, so that a prefix has one form. */
function encodePrefix(map: MapDecl, plain: Plain, path: string): Key {
  const text = map.key.kind === 'int' ? map.key.text : undefined;
  let value: Plain = plain;
  let bits: Plain | undefined;
  if (text !== undefined) {
    const match = typeof plain === 'string' ? /^([^/]+)\/(\d{1,3})$/.exec(plain) : null;
    if (!match) return { ok: false, path, message: `is not a prefix such as ${text === 'ip4' ? '10.0.0.0/8' : 'fd00::/8'}` };
    value = match[1]!;
    bits = Number(match[2]) + (text === 'ip6' && !value.includes(':') ? 96 : 0);
  } else if (isRecord(plain)) {
    const { bits: given, ...fields } = plain;
    value = fields;
    bits = given;
  }
  const key = encodeValue(map.key, value, { path });
  if (!key.ok) return key;
  const most = 8 * key.bytes.length;
  if (typeof bits !== 'number' || !Number.isInteger(bits) || bits < 0 || bits > most) return { ok: false, path, message: `has no \`bits\` in 0 … ${most}, the number of leading bits that count` };
  if (!isClearBehind(key.bytes, bits)) return { ok: false, path, message: 'has bits set behind its prefix' };
  return { ok: true, bytes: key.bytes, bits };
}

function isClearBehind(bytes: Uint8Array, bits: number): boolean {
  const first = bits >> 3;
  if (first < bytes.length && ((bytes[first] as number) & 0xff >> (bits & 7)) !== 0) return false;
  for (let at = first + 1; at < bytes.length; at++) if (bytes[at] !== 0) return false;
  return true;
}

export interface PlainEntry {
  /** Whose it is, in maps that elements share. */
  readonly element?: number;
  /** As control code writes it: prefixes as `10.0.0.0/8` or with `bits`; of arrays, the index. */
  readonly key: Plain;
  readonly value: Plain;
  /** Jiffies, of expiring maps. */
  readonly expires?: bigint;
}

/** One CPU's value, of per-CPU maps. */
export function decodeEntry(map: MapDecl, [wholeKeyBytes, wholeValueBytes]: Entry): PlainEntry {
  const own = ownKey(map, wholeKeyBytes);
  const { value, expires } = ownValue(map, wholeValueBytes);
  const key = decodeValue(map.key, own.key);
  return {
    ...own.element !== undefined && { element: own.element },
    key: own.bits === undefined ? key : prefix(key, own.bits),
    value: decodeValue(map.value, value),
    ...hiddenParts(map).expires !== undefined && expires !== undefined && { expires },
  };
}

function prefix(key: Plain, bits: number): Plain {
  if (isRecord(key)) return { ...key, bits };
  // An address of 128 bits that was shown as IPv4 has 96 bits before it; a shorter prefix of ::ffff:0:0/96 never shows so, for its bits are zero.
  if (typeof key !== 'string' || key.includes(':')) return `${String(key)}/${bits}`;
  return `${key}/${bits > 32 ? bits - 96 : bits}`;
}
