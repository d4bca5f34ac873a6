// The hidden parts of keys and values: what maps hold beside what the author wrote. Layouts of the author's own part are values.ts.
//
//     key    [prefix length u32, in lpm] [element u32, in scope image; big-endian in lpm, whose bits count in memory order] author's key [zeros]
//     value  [expires u64, in expiring] author's value

import { STAYS } from './abi.ts';
import type { MapDecl } from './image.ts';
import { sizeOf } from './layout.ts';

interface HiddenParts {
  /** Offset of the prefix length in the key, of tries. */
  readonly prefixLength?: number;
  /** Offset of the element's id in the key, of maps that elements share. */
  readonly element?: number;
  /** Offset of the time of expiry in the value, of expiring maps. */
  readonly expires?: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
}

/** Of a map of this kind and scope, before its author's key and value: of each pair made once, for it is asked for with every entry. */
export function hiddenParts(map: Pick<MapDecl, 'kind' | 'scope'>): HiddenParts {
  const name = `${map.kind} ${map.scope}`;
  const made = PARTS.get(name) ?? makeHiddenParts(map);
  PARTS.set(name, made);
  return made;
}
const PARTS = new Map<string, HiddenParts>();

function makeHiddenParts(map: Pick<MapDecl, 'kind' | 'scope'>): HiddenParts {
  const prefixLength = map.kind === 'lpm' ? { prefixLength: 0 } : {};
  const prefixBytes = map.kind === 'lpm' ? 4 : 0;
  const element = map.scope === 'image' ? { element: prefixBytes } : {};
  const expires = map.kind === 'expiring' ? { expires: 0 } : {};
  return { ...prefixLength, ...element, ...expires, keyBytes: prefixBytes + (map.scope === 'image' ? 4 : 0), valueBytes: map.kind === 'expiring' ? 8 : 0 };
}

/** The key as the map has it. `bits`: how many leading bits of the author's key count, in tries. */
export function wholeKey(map: MapDecl, element: number, key: Uint8Array, bits = 8 * key.length): Uint8Array {
  const whole = new Uint8Array(map.keyBytes);
  const view = new DataView(whole.buffer);
  const hidden = hiddenParts(map);
  // The kernel reads the length in its own order; every target of ours is little-endian.
  if (hidden.prefixLength !== undefined) view.setUint32(hidden.prefixLength, bits + 8 * (map.keyOffset - 4), true);
  if (hidden.element !== undefined) view.setUint32(hidden.element, element, map.kind !== 'lpm');
  whole.set(key, map.keyOffset);
  return whole;
}

/** The value as the map has it; `expires` in jiffies, of expiring maps. */
export function wholeValue(map: MapDecl, value: Uint8Array, expires: bigint = STAYS): Uint8Array {
  const whole = new Uint8Array(map.valueBytes);
  const hidden = hiddenParts(map);
  if (hidden.expires !== undefined) new DataView(whole.buffer).setBigUint64(hidden.expires, expires, true);
  whole.set(value, map.valueOffset);
  return whole;
}

interface OwnKey {
  /** Whose entry it is, in maps that elements share. */
  readonly element?: number;
  readonly key: Uint8Array;
  /** Leading bits of `key` that count, in tries. */
  readonly bits?: number;
}

export function ownKey(map: MapDecl, whole: Uint8Array): OwnKey {
  const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength);
  const hidden = hiddenParts(map);
  return {
    ...hidden.element !== undefined && { element: view.getUint32(hidden.element, map.kind !== 'lpm') },
    key: whole.subarray(map.keyOffset, map.keyOffset + sizeOf(map.key)),
    ...hidden.prefixLength !== undefined && { bits: view.getUint32(hidden.prefixLength, true) - 8 * (map.keyOffset - 4) },
  };
}

export function ownValue(map: MapDecl, whole: Uint8Array): { readonly value: Uint8Array; readonly expires?: bigint } {
  const hidden = hiddenParts(map);
  const value = whole.subarray(map.valueOffset);
  if (hidden.expires === undefined) return { value };
  return { value, expires: new DataView(whole.buffer, whole.byteOffset, whole.byteLength).getBigUint64(hidden.expires, true) };
}
