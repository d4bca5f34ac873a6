// Maps that all elements of an image share on a server: tables of control, which keeps to each element's room. The element's id is the first
// part of every key. What packets fill is each element's own (element.ts): there the kernel keeps to it.
// They are named by module, map and layout, so another image of the module with the same layout goes on with the same state.

import type { Image, MapDecl } from '../../image/image.ts';
import { ownKey } from '../../image/hidden.ts';
import { layoutHash } from '../../image/image-hash.ts';
import { elementRecords } from './element-record.ts';
import type { InnerShape, PinnedMap } from './engine.ts';
import type { Server } from './server.ts';

/** Room for so many elements that use all of their capacity; a table of buckets costs 16 bytes an entry of room: many of small maps, fewer of large ones. */
const MOST_SHARERS = 64, LEAST_SHARERS = 8, SHARED_ENTRIES = 1 << 20;
const PREFIX = 'i_';

export function imageMap(server: Server, image: Image, decl: MapDecl): PinnedMap {
  return server.map(pinOf(image, decl), { ...shapeOf(decl), capacity: sharedCapacity(decl) });
}

function sharedCapacity({ kind, capacity }: MapDecl): number {
  if (kind === 'ring') return capacity;
  return capacity * Math.min(MOST_SHARERS, Math.max(LEAST_SHARERS, Math.floor(SHARED_ENTRIES / capacity)));
}

/** As one element would have it. */
export function shapeOf({ kind, keyBytes, valueBytes, capacity, inner }: MapDecl): InnerShape {
  return { kind, keyBytes, valueBytes, capacity, ...inner && { inner: shapeOf(inner) } };
}

/** Those of the image that are there. */
export function sharedMaps(server: Server, image: Image): { readonly map: PinnedMap; readonly decl: MapDecl }[] {
  return image.maps.flatMap(decl => {
    const map = decl.scope === 'image' ? server.existing(pinOf(image, decl)) : undefined;
    return map && decl.kind !== 'ring' ? [{ map, decl }] : [];
  });
}

/** Whether a key is of this element: in a map that it shares; in its own, all are. */
export function ownsKey(decl: MapDecl, key: Uint8Array, id: number): boolean {
  const { element = id } = ownKey(decl, key);
  return element === id;
}

/** Takes away the maps that no image on this server names any more. */
export function sweepImageMaps(server: Server): void {
  const used = new Set([...server.images().values()].flatMap(image => image.maps.filter(d => d.scope === 'image').map(decl => pinOf(image, decl))));
  for (const pin of server.engine.pins().maps) if (pin.startsWith(PREFIX) && !used.has(pin)) server.dropMap(pin);
}

export function imageUsers(server: Server, hash: string): string[] {
  return elementRecords(server.engine.records).filter(e => e.imageHash === hash || e.prior?.some(p => p.imageHash === hash)).map(e => e.uid);
}

export function pinOf(image: Image, decl: MapDecl): string {
  return `${PREFIX}${pinText(image.name)}_${pinText(decl.name)}_${layoutHash(decl).slice(0, 12)}`;
}

/** Names of files and of TypeScript have letters that pins may not have. */
export function pinText(name: string): string {
  return name.replace(/[^A-Za-z0-9-]/g, '-');
}
