// Declared maps in an object: where each goes, and the types that tell a loader what it is. Maps whose values programs address are
// sections of global data, for that is the only way an object can say so; all others are variables in `.maps`.
//
//     shape → .rodata.NAME (frozen)       config, and one-entry arrays that are addressed → .data.NAME       others → .maps

import type { Btf, MapTypes } from '../btf.ts';
import type { BtfMember, BtfType } from '../btf-types.ts';
import type { MapDecl } from '../image.ts';
import { MAP_TYPES, type ObjectMapType } from './object.ts';
import { fail } from './problem.ts';

export interface MapPlace {
  /** Name of the section. */
  readonly section: string;
  readonly offset: number;
  readonly size: number;
  /** Bytes of the section of data that is this map's alone. */
  readonly initial?: Uint8Array;
}

const TYPES: Readonly<Record<MapDecl['kind'], ObjectMapType>> = {
  hash: 'HASH', lru: 'LRU_HASH', expiring: 'LRU_HASH', lpm: 'LPM_TRIE', array: 'ARRAY', 'percpu-array': 'PERCPU_ARRAY', 'percpu-hash': 'PERCPU_HASH',
  ring: 'RINGBUF', config: 'ARRAY', shape: 'ARRAY', 'hash-of-maps': 'HASH_OF_MAPS', 'array-of-maps': 'ARRAY_OF_MAPS',
  stages: 'PROG_ARRAY',
};
const NO_PREALLOC = 1;
const POINTER_BYTES = 8;

export interface MapUse { readonly byHandle: boolean; readonly byValue: boolean }

/** How a loader creates it; sizes, where there are no types. */
function numbersOf(map: MapDecl): Readonly<Record<string, number>> {
  return { type: MAP_TYPES.indexOf(TYPES[map.kind]), max_entries: map.capacity, ...(map.kind === 'lpm' && { map_flags: NO_PREALLOC }) };
}

/** Of the struct that describes it. */
function bytesOf(map: MapDecl): number {
  return POINTER_BYTES * (Object.keys(numbersOf(map)).length + (map.kind === 'ring' ? 0 : map.inner || map.kind === 'stages' ? 1 : 2));
}

export function placeMaps(maps: readonly MapDecl[], uses: readonly MapUse[]): MapPlace[] {
  let end = 0;
  return maps.map((map, i): MapPlace => {
    const { byHandle, byValue } = uses[i]!;
    const isData = byValue || ((map.kind === 'config' || map.kind === 'shape') && !byHandle);
    if (!isData) {
      const size = bytesOf(map) + (map.kind === 'stages' ? POINTER_BYTES * map.capacity : 0);
      end += size;
      return { section: '.maps', offset: end - size, size };
    }
    if (map.capacity !== 1) fail(`map ${map.name}`, `its values are addressed, and it has ${map.capacity} entries: an object can say so of one entry only`);
    if (byHandle) fail(`map ${map.name}`, 'is both addressed and looked up: an object can say one of both');
    const initial = new Uint8Array(map.valueBytes);
    initial.set(map.initial ?? []);
    return { section: `${map.kind === 'shape' ? '.rodata' : '.data'}.${map.name}`, offset: 0, size: map.valueBytes, initial };
  });
}

/** Appends the variables and their sections to `types`. */
export function describeMaps(types: BtfType[], maps: readonly MapDecl[], places: readonly MapPlace[], btf: Btf): void {
  const add = (type: BtfType): number => types.push(type);
  const int = add({ kind: 'int', name: 'int', bytes: 4, bits: 32, encoding: 'signed' });
  const number = (length: number): number => add({ kind: 'ptr', type: add({ kind: 'array', element: int, index: int, length }) });
  /** A map of maps shows one of them as what its values, of which it has none yet, point to: libbpf wants that last. */
  const definition = (map: MapDecl, described: MapTypes | undefined): number => {
    const fields: (readonly [name: string, type: number])[] = Object.entries(numbersOf(map)).map(([name, value]) => [name, number(value)]);
    if (described) fields.push(['key', add({ kind: 'ptr', type: described.keyType })]);
    if (described && !map.inner && map.kind !== 'stages') fields.push(['value', add({ kind: 'ptr', type: described.valueType })]);
    if (map.inner) fields.push(['values', add({ kind: 'array', element: add({ kind: 'ptr', type: definition(map.inner, described?.inner) }), index: int, length: 0 })]);
    if (map.kind === 'stages') fields.push(['values', add({ kind: 'array', element: add({ kind: 'ptr', type: add({ kind: 'func-proto', returns: int, params: [] }) }), index: int, length: 0 })]);
    const members = fields.map(([name, type], at): BtfMember => ({ name, type, bitOffset: 8 * POINTER_BYTES * at, bitSize: 0 }));
    return add({ kind: 'struct', name: '', bytes: bytesOf(map), members });
  };
  const inMaps: { type: number; offset: number; bytes: number }[] = [];
  for (const [i, map] of maps.entries()) {
    const place = places[i]!;
    const described = btf.maps[i];
    if (place.initial) {
      const variable = add({ kind: 'var', name: map.name, type: described!.valueType, linkage: 'global' });
      add({ kind: 'datasec', name: place.section, bytes: place.size, variables: [{ type: variable, offset: 0, bytes: place.size }] });
      continue;
    }
    inMaps.push({ type: add({ kind: 'var', name: map.name, type: definition(map, described), linkage: 'global' }), offset: place.offset, bytes: place.size });
  }
  if (inMaps.length > 0) add({ kind: 'datasec', name: '.maps', bytes: inMaps.reduce((sum, v) => sum + v.bytes, 0), variables: inMaps });
}
