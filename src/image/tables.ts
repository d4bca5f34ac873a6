// Entries of one exported map while it is in use: what people read of it, and what they change besides what control says. Reading the live map is its driver's.

import { decodeEntry, encodeKeys, encodeEntries, type Entry } from './contents.ts';
import { hex } from './hex.ts';
import { ownKey, wholeValue } from './hidden.ts';
import type { MapDecl, MapKind } from './image.ts';
import { sizeOf, type Layout } from './layout.ts';
import { decodeValue, encodeValue, isList, type Plain, type ValueError } from './values.ts';

/** As control code writes them; config and shape have one value and no key. */
interface TableEntry {
  readonly key?: Plain;
  readonly value: Plain;
  /** Jiffies, of expiring maps. */
  readonly expires?: bigint;
}

const PER_CPU: ReadonlySet<MapKind> = new Set(['percpu-array', 'percpu-hash']);
const ENTRIES: ReadonlySet<MapKind> = new Set(['hash', 'lru', 'expiring', 'lpm', 'array']);

/** Why nobody reads its entries; undefined: they may be read. */
export function whyNotRead({ kind }: MapDecl): string | undefined {
  switch (kind) {
    case 'ring': return 'is a stream of records, and has no entries';
    case 'stages': return 'is a table of programs';
    case 'hash-of-maps': case 'array-of-maps': return 'holds maps, which are as the config says';
    default: return undefined;
  }
}

/** Why single entries of it are not to be set; undefined: they are. */
export function whyNotSet(map: MapDecl): string | undefined {
  if (ENTRIES.has(map.kind)) return undefined;
  if (map.kind === 'config' || map.kind === 'shape') return 'is set as a whole, by the config of what places the module';
  return whyNotRead(map) ?? 'is written by packets only';
}

/** Values of per-CPU maps are added up where all in them is numbers; else there is a list, one of each CPU. */
export function decodeTableEntry(map: MapDecl, [key, value]: Entry): TableEntry {
  if (map.kind === 'config' || map.kind === 'shape') return { value: decodeValue(map.value, value) };
  if (!PER_CPU.has(map.kind)) return decodeEntry(map, [key, value]);
  const each = 8 * Math.ceil(map.valueBytes / 8);
  const cpus = Array.from({ length: value.length / each }, (_, cpu) => decodeValue(map.value, value.subarray(cpu * each + map.valueOffset, cpu * each + map.valueBytes)));
  return { key: decodeEntry(map, [key, value.subarray(0, map.valueBytes)]).key, value: isNumbers(map.value) ? cpus.reduce(added) : cpus };
}

function isNumbers(layout: Layout): boolean {
  switch (layout.kind) {
    case 'int': return layout.text === undefined;
    case 'array': return isNumbers(layout.element);
    case 'struct': return layout.fields.every(f => isNumbers(f.layout));
    default: return false;
  }
}

function added(a: Plain, b: Plain): Plain {
  if (typeof a === 'bigint') return a + (b as bigint);
  if (typeof a === 'number') return a + (b as number);
  if (isList(a)) return a.map((item, i) => added(item, (b as readonly Plain[])[i]!));
  return Object.fromEntries(Object.entries(a).map(([name, item]) => [name, added(item, (b as Readonly<Record<string, Plain>>)[name]!)]));
}

/** Text by which keys of the map are sorted: numbers and addresses by their size. */
export function orderOf(map: MapDecl, wholeKey: Uint8Array): string {
  const { key, bits } = ownKey(map, wholeKey);
  return ordered(map.key, key) + (bits === undefined ? '' : bits.toString(16).padStart(2, '0'));
}

function ordered(layout: Layout, bytes: Uint8Array): string {
  switch (layout.kind) {
    case 'int': return hex(layout.order === 'little' ? bytes.slice(0, layout.bits / 8).reverse() : bytes.subarray(0, layout.bits / 8));
    case 'struct': return layout.fields.map(f => ordered(f.layout, bytes.subarray(f.offset, f.offset + sizeOf(f.layout)))).join('');
    default: return hex(bytes.subarray(0, sizeOf(layout)));
  }
}

/** `set`: entries [key, value]; `delete`: keys. */
export interface TableChange { readonly set?: readonly Plain[] | undefined; readonly delete?: readonly Plain[] | undefined }
export type EncodedChange =
  | { readonly ok: true; readonly set: readonly Entry[]; readonly delete: readonly Uint8Array[] }
  | { readonly ok: false; readonly error: ValueError };

/** Whole keys and values, hidden parts included. `expires`: jiffies, of expiring maps; absent: they stay. */
export function encodeChange(map: MapDecl, element: number, change: TableChange, expires?: bigint): EncodedChange {
  const wrong = (error: ValueError): EncodedChange => ({ ok: false, error });
  const why = whyNotSet(map);
  if (why !== undefined) return wrong({ path: map.name, message: why });
  if (map.kind === 'array' && (change.delete ?? []).length > 0) return wrong({ path: map.name, message: 'is an array, whose values are set and not deleted' });
  const set = map.kind === 'array' ? encodeIndexed(map, change.set ?? []) : encodeEntries(map, element, change.set ?? []);
  if ('path' in set) return wrong(set);
  const deleted = encodeKeys(map, element, (change.delete ?? []).map(key => [key, 0]));
  if ('path' in deleted) return wrong(deleted);
  return { ok: true, delete: deleted, set: expires === undefined ? set : set.map(([key, value]) => [key, wholeValue(map, value.subarray(map.valueOffset), expires)] as const) };
}

/** Of an array: any of its values, by index. */
function encodeIndexed(map: MapDecl, entries: readonly Plain[]): readonly Entry[] | ValueError {
  const keys = encodeKeys(map, 0, entries);
  if ('path' in keys) return keys;
  const encoded: Entry[] = [];
  for (const [i, key] of keys.entries()) {
    const [index, plain] = entries[i] as readonly [Plain, Plain];
    if (Number(index) >= map.capacity) return { path: `${map.name}[${i}].key`, message: `${String(index)} is not an index in 0 … ${map.capacity - 1}` };
    const value = encodeValue(map.value, plain, { path: `${map.name}[${i}].value` });
    if (!value.ok) return value;
    encoded.push([key, wholeValue(map, value.bytes)]);
  }
  return encoded;
}

/** A type in few letters: `u16`, `ip4`, `{port: u16, seen: u64}`, `u16[3]`, `bytes[16]`. */
export function typeText(layout: Layout): string {
  switch (layout.kind) {
    case 'int': return layout.text ?? `${layout.signed ? 'i' : 'u'}${layout.bits}`;
    case 'bool': case 'mac': return layout.kind;
    case 'bytes': return `bytes[${layout.length}]`;
    case 'array': return `${typeText(layout.element)}[${layout.length}]`;
    case 'struct': return `{${layout.fields.map(f => `${f.name}: ${typeText(f.layout)}`).join(', ')}}`;
  }
}
