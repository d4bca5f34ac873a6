// Entries of the maps that a module exports, read and set one by one while packets use them. What control wrote is control's (written.ts): it is not touched here.

import { STAYS } from '../../image/abi.ts';
import { encodeKeys } from '../../image/contents.ts';
import { hex } from '../../image/hex.ts';
import type { MapDecl } from '../../image/image.ts';
import { decodeTableEntry, encodeChange, orderOf, whyNotRead, type EncodedChange, type TableChange } from '../../image/tables.ts';
import type { Plain } from '../../image/values.ts';
import { DatapathError, type TableAsk, type TablePage, type TableRow } from '../datapath.ts';
import { elementRecord, type ElementRecord } from './element-record.ts';
import { mapOf } from './element-maps.ts';
import type { PinnedMap } from './engine.ts';
import { ownsKey } from './image-maps.ts';
import type { Server } from './server.ts';
import { keysOf } from './written.ts';

interface Table { readonly record: ElementRecord; readonly decl: MapDecl; readonly map: PinnedMap }

/** In the order of keys. A map that elements share is walked as a whole. */
export function readTable(server: Server, uid: string, exported: string, { after, most, key }: TableAsk): TablePage {
  const { record, decl, map } = tableOf(server, uid, exported);
  const why = whyNotRead(decl);
  if (why !== undefined) throw new DatapathError(`${exported} ${why}`, { cure: 'name another map' });
  const rowOf = rowsOf(server, decl);
  if (key !== undefined) {
    const keys = encodeKeys(decl, record.id, [[key, 0]]);
    if ('path' in keys) throw refusal(keys);
    const whole = keys[0]!;
    const value = decl.kind === 'lpm' ? exactly(map, whole) : map.live.lookup(whole);
    return { rows: value ? rowOf([whole, value]) : [] };
  }
  let found: [order: string, entry: readonly [Uint8Array, Uint8Array]][] = [];
  const sort = (): void => { found = found.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).slice(0, most + 1); };
  for (const entry of map.live.entries()) {
    if (!ownsKey(decl, entry[0], record.id)) continue;
    const order = orderOf(decl, entry[0]);
    if (after !== undefined && order <= after) continue;
    found.push([order, entry]);
    // What cannot be on this page is not kept: a table may be long.
    if (found.length > 4 * most + 4) sort();
  }
  sort();
  const page = found.slice(0, most);
  return { rows: page.flatMap(([, entry]) => rowOf(entry)), ...found.length > most && { next: page.at(-1)![0] } };
}

type Change = TableChange & { readonly seconds?: number | undefined };

/** As packets could have done it. Returns how many entries are other than before. */
export function changeTable(server: Server, uid: string, exported: string, change: Change): number {
  const { map, set, delete: all, foundAt } = checked(server, uid, exported, change);
  const gone = all.filter(key => foundAt(key) !== undefined);
  for (const [key, value] of set) server.overwrite(map, key, value);
  for (const key of gone) server.erase(map, key);
  return set.length + gone.length;
}

/** What is there of the entries that such a change is about. */
export function checkTable(server: Server, uid: string, exported: string, change: Change): readonly TableRow[] {
  const { decl, set, delete: gone, foundAt } = checked(server, uid, exported, change);
  const keys = new Map([...set.map(([key]) => key), ...gone].map(key => [hex(key), key]));
  const rowOf = rowsOf(server, decl);
  return [...keys.values()].flatMap(key => {
    const value = foundAt(key);
    return value ? rowOf([key, value]) : [];
  });
}

/** @throws DatapathError: it would not be taken, or not all of it */
function checked(server: Server, uid: string, exported: string, { seconds, ...change }: Change): Table & Extract<EncodedChange, { ok: true }> & { readonly foundAt: (key: Uint8Array) => Uint8Array | undefined } {
  const table = tableOf(server, uid, exported);
  const { record, decl, map } = table;
  if (seconds !== undefined && decl.kind !== 'expiring') throw new DatapathError(`entries of ${exported} do not expire: it is ${article(decl.kind)} map`, { cure: 'leave the seconds out' });
  const expires = seconds === undefined ? undefined : server.engine.jiffies() + BigInt(Math.round(seconds * server.engine.hz));
  const encoded = encodeChange(decl, record.id, change, expires);
  if (!encoded.ok) throw refusal(encoded.error);
  const foundAt = (key: Uint8Array): Uint8Array | undefined => decl.kind === 'lpm' ? exactly(map, key) : map.live.lookup(key);
  const controls = keysOf(record.written[decl.name]);
  for (const key of [...encoded.set.map(([k]) => k), ...encoded.delete]) {
    if (controls.has(hex(key))) throw new DatapathError(`${exported} has this entry from the config: ${textOf(decodeTableEntry(decl, [key, new Uint8Array(map.live.transferBytes)]).key)}`, { cure: 'change it there' });
  }
  if (decl.kind !== 'array' && decl.kind !== 'lru') {
    const more = encoded.set.filter(([key]) => foundAt(key) === undefined).length;
    let stand = 0;
    if (more > 0) for (const [key] of map.live.entries()) if (ownsKey(decl, key, record.id)) stand++;
    if (stand + more > decl.capacity) throw new DatapathError(`${exported} would have ${stand + more} entries; its capacity is ${decl.capacity}`, { cure: 'delete some, or set fewer' });
  }
  return { ...table, ...encoded, foundAt };
}

function tableOf(server: Server, uid: string, exported: string): Table {
  const record = elementRecord(server.engine.records, uid);
  if (!record) throw new DatapathError(`there is no element ${uid} on this server`, { cure: 'ask for one that observe() names' });
  const image = server.image(record.imageHash);
  const decl = image.maps.find(m => m.exported && m.name === exported);
  const map = decl && mapOf(server, record, image, decl);
  if (map) return { record, decl, map };
  const names = image.maps.filter(m => m.exported).map(m => m.name).join(', ');
  throw new DatapathError(`${image.name} exports no map ${exported}; it exports ${names === '' ? 'nothing' : names}`, { cure: 'name one of these' });
}

/** What has expired is a miss to packets, and no row. */
function rowsOf({ engine }: Server, decl: MapDecl): (entry: readonly [Uint8Array, Uint8Array]) => readonly TableRow[] {
  const now = decl.kind === 'expiring' ? engine.jiffies() : 0n;
  return entry => {
    const { key, value, expires } = decodeTableEntry(decl, entry);
    if (expires !== undefined && expires !== STAYS && expires <= now) return [];
    return [{ ...key !== undefined && { key }, value, ...expires !== undefined && expires !== STAYS && { expiresSeconds: Number(expires - now) / engine.hz } }];
  };
}

/** A look-up in a trie gives what a shorter prefix has. */
function exactly(map: PinnedMap, key: Uint8Array): Uint8Array | undefined {
  const text = hex(key);
  for (const [other, value] of map.live.entries()) if (hex(other) === text) return value;
  return undefined;
}

function refusal({ path, message }: { readonly path: string; readonly message: string }): DatapathError {
  return new DatapathError(`${path} ${message}`, { cure: 'write it as the types of the module are' });
}

function textOf(key: Plain | undefined): string {
  return typeof key === 'object' ? JSON.stringify(key, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v)) : String(key);
}

function article(kind: MapDecl['kind']): string {
  return `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`;
}
