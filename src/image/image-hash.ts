// What an image, and the memory layout of a map, are known by.

import { sha256 } from '@noble/hashes/sha2.js';
import { canonicalJson } from './canonical-json.ts';
import { hex } from './hex.ts';
import { encodeImage } from './codec.ts';
import type { Image, MapDecl } from './image.ts';
import type { Layout } from './layout.ts';

/** sha256 of the image's JSON text, hexadecimal. */
export function imageHash(image: Image): string {
  return hash(encodeImage(image));
}

/**
 * Maps of equal hash hold the same: entries that one image's program wrote mean the same to another's. Names of maps and of classes
 * do not count, nor do defaults; names of fields do, for a field of another name means another thing.
 */
export function layoutHash(map: MapDecl): string {
  const hash = HASHES.get(map) ?? hashOfLayout(map);
  HASHES.set(map, hash);
  return hash;
}
/** Maps do not change, and each is asked for with every change of an element. */
const HASHES = new WeakMap<MapDecl, string>();

function hashOfLayout(map: MapDecl): string {
  const { kind, scope, capacity, keyBytes, valueBytes, keyOffset, valueOffset } = map;
  const inner = map.inner && { inner: layoutHash(map.inner) };
  return hash(canonicalJson({ kind, scope, capacity, keyBytes, valueBytes, keyOffset, valueOffset, key: nameless(map.key), value: nameless(map.value), ...inner }));
}

function nameless(layout: Layout): unknown {
  switch (layout.kind) {
    case 'array': return { ...layout, element: nameless(layout.element) };
    case 'struct': return { ...layout, name: '', fields: layout.fields.map(f => ({ ...f, layout: nameless(f.layout) })) };
    default: return layout;
  }
}

function hash(text: string): string {
  return hex(sha256(new TextEncoder().encode(text)));
}
