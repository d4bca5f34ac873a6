// What control has written into the tables of an element, remembered beside its pins, so that a put writes only what differs of a table of 100,000
// entries. What packets made of an entry since stays until control wants another.

import type { Entry } from '../../image/contents.ts';
import { hex } from '../../image/hex.ts';
import type { MapDecl } from '../../image/image.ts';
import type { Encoded } from './contents.ts';
import { bytesOf } from './element-record.ts';
import type { PinnedMap } from './engine.ts';
import type { Server } from './server.ts';

/**
 * Of one map. `entries`: lines of a key and its value, hexadecimal. `doubtful`, while a change is under way: keys of which there may be the old value,
 * the new one, or none.
 */
export interface Written { readonly pin: string; readonly entries: string; readonly doubtful?: readonly string[] }
type Table = ReadonlyMap<string, string>;

/** As the value of a key: it may be anything, or not be there. */
const UNKNOWN = '?';

/** The entries of contents, by map. A shape is written with its map; of a map of maps there are only the keys (the rest: inner hashes of the record). */
export type Wanted = ReadonlyMap<MapDecl, Table>;

export function wantedOf({ tables }: Encoded): Wanted {
  return new Map(tables.filter(t => t.decl.kind !== 'shape').map(({ decl, entries, inner }) => {
    const table = new Map<string, string>();
    for (const entry of entries) {
      const text = TEXTS.get(entry) ?? { key: hex(entry[0]), value: hex(entry[1]) };
      TEXTS.set(entry, text);
      table.set(text.key, text.value);
    }
    for (const [key] of inner) table.set(hex(key), UNKNOWN);
    return [decl, table];
  }));
}

/** Entries whose rows did not change are the same objects (image/contents.ts). */
const TEXTS = new WeakMap<Entry, { readonly key: string; readonly value: string }>();

/** Where the map of a declaration is, or is going to be. */
export type PinOf = (decl: MapDecl) => string;

/** While a change is under way: old and new keys alike. */
export function underWay(server: Server, before: Readonly<Record<string, Written>>, wanted: Wanted, pinOf: PinOf): Record<string, Written> {
  const all: Record<string, Written> = {};
  for (const [decl, now] of wanted) {
    const pin = pinOf(decl);
    const isThere = server.existing(pin) !== undefined;
    // Of another map, whose entries do not concern this one, nothing is known.
    const old = before[decl.name]?.pin === pin ? before[decl.name] : undefined;
    const stood = tableOf(old);
    const doubtful: string[] = [];
    for (const [key, value] of stood) if (!isThere || value === UNKNOWN || now.get(key) !== value) doubtful.push(key);
    for (const key of now.keys()) if (!stood.has(key)) doubtful.push(key);
    all[decl.name] = { pin, entries: old?.entries ?? '', doubtful };
  }
  return all;
}

/** Writes what is not known to be there, in the order of the maps. */
export function addEntries(server: Server, wanted: Wanted, planned: Readonly<Record<string, Written>>, mapOf: (decl: MapDecl) => PinnedMap): void {
  for (const [decl, now] of wanted) {
    if (decl.inner) continue;
    const stands = tableOf(planned[decl.name]);
    const differing: [Uint8Array, Uint8Array][] = [];
    for (const [key, value] of now) if (stands.get(key) !== value) differing.push([bytesOf(key), bytesOf(value)]);
    server.writeMany(mapOf(decl), differing);
  }
}

/** Takes away what control does not name any more. */
export function removeEntries(server: Server, wanted: Wanted, planned: Readonly<Record<string, Written>>, mapOf: (decl: MapDecl) => PinnedMap): void {
  for (const [decl, now] of wanted) {
    const isArray = decl.kind === 'array' || decl.kind === 'config' || decl.kind === 'percpu-array';
    const gone = [...tableOf(planned[decl.name]).keys()].filter(key => !now.has(key)).map(bytesOf);
    if (isArray) for (const key of gone) server.write(mapOf(decl), key, new Uint8Array(decl.valueBytes));
    else if (gone.length > 0) server.eraseMany(mapOf(decl), gone);
  }
}

export function writtenNow(wanted: Wanted, pinOf: PinOf): Record<string, Written> {
  return Object.fromEntries([...wanted].map(([decl, now]) => {
    const written: Written = { pin: pinOf(decl), entries: textOf(now) };
    tables.set(written, now);
    return [decl.name, written];
  }));
}

/** All that control has written there, or may have. */
export function keysOf(written: Written | undefined): ReadonlySet<string> {
  return new Set(tableOf(written).keys());
}

function textOf(table: Table): string {
  const lines: string[] = [];
  for (const [key, value] of table) lines.push(`${key} ${value}`);
  return lines.join('\n');
}

/** Of records of this process, which need not be read again. */
const tables = new WeakMap<Written, Table>();

function tableOf(written: Written | undefined): Table {
  if (!written) return new Map();
  const known = tables.get(written);
  if (known) return known;
  const table = new Map<string, string>();
  for (const line of written.entries === '' ? [] : written.entries.split('\n')) {
    const at = line.indexOf(' ');
    table.set(line.slice(0, at), line.slice(at + 1));
  }
  for (const key of written.doubtful ?? []) table.set(key, UNKNOWN);
  tables.set(written, table);
  return table;
}
