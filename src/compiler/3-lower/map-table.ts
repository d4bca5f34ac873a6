// The maps of an image, from the module's maps and settings: sizes, hidden parts, defaults. Their order is that of the declarations.

import { sizeOf, type Layout } from '../../image/layout.ts';
import type { MapDecl, MapKind } from '../../image/image.ts';
import { layoutOf } from '../2-check/layout.ts';
import type { Expr, MapSymbol, Module, SettingsSymbol, Type } from '../2-check/tree.ts';

/** Bytes of the element's id in front of a key, and of `expires` in front of a value. */
export const ELEMENT_BYTES = 4;
export const EXPIRES_BYTES = 8;
/** Of a trie, in front of the key: how many bits of what follows count. */
export const PREFIX_BYTES = 4;

const U32: Layout = { kind: 'int', bits: 32, signed: false, order: 'little' };
const U64: Layout = { kind: 'int', bits: 64, signed: false, order: 'little' };

export class MapTable {
  readonly decls: MapDecl[] = [];
  readonly #indexes = new Map<MapSymbol | SettingsSymbol, number>();

  /** What of the module cannot be declared yet, in words. */
  static of(module: Module): { table: MapTable; problems: { what: string; at: MapSymbol['at'] }[] } {
    const table = new MapTable();
    const problems: { what: string; at: MapSymbol['at'] }[] = [];
    for (const map of module.maps) {
      const decl = declare(map, module.grown.has(map) || map.type.map === 'lru' ? 'element' : 'image');
      if (decl === undefined) { problems.push({ what: `a map of this kind ('${map.name}')`, at: map.at }); continue; }
      table.#indexes.set(map, table.decls.push(decl) - 1);
    }
    for (const settings of module.settings) table.#indexes.set(settings, table.decls.push(declareSettings(settings)) - 1);
    table.decls.push(...stageMaps(module));
    return { table, problems };
  }

  /** The table of the module's stages, and where their state lies; not there without any. */
  get stages(): number { return this.decls.findIndex(decl => decl.kind === 'stages'); }
  get scratch(): number { return this.stages + 1; }

  index(map: MapSymbol): number { return this.#indexes.get(map) ?? -1; }
  settings(symbol: SettingsSymbol): number { return this.#indexes.get(symbol) ?? -1; }
  decl(map: MapSymbol): MapDecl | undefined { return this.decls[this.index(map)]; }
  /** Bytes of the element's id in front of its keys: none where the map is the element's own, as each of a map of maps is. */
  hidden(map: MapSymbol): number { return this.decl(map)?.scope === 'image' ? ELEMENT_BYTES : 0; }
}

/** `scope`: of a hash-like map. One that packets fill is the element's own, so that none fills another's; tables of control, which keeps to their room, are shared. */
function declare(map: MapSymbol, scope: MapDecl['scope']): MapDecl | undefined {
  const kind = map.type.map === 'counter' ? 'percpu-array' : map.type.map;
  const value = map.type.map === 'counter' ? U64 : map.inner ? U32 : layoutOf(map.type.value);
  const key = isArray(kind) ? U32 : layoutOf(map.type.key);
  if (value === undefined || key === undefined) return undefined;
  if (map.inner) return declareOuter(map, map.inner, key);
  const common = { name: map.name, exported: map.exported, kind, capacity: map.capacity, key, value };
  switch (kind) {
    case 'hash': case 'lru': case 'percpu-hash':
      return { ...common, ...hashed(key, scope), valueBytes: sizeOf(value), valueOffset: 0 };
    case 'expiring':
      return { ...common, ...hashed(key, scope), valueBytes: EXPIRES_BYTES + sizeOf(value), valueOffset: EXPIRES_BYTES };
    case 'lpm': {
      const hidden = PREFIX_BYTES + ELEMENT_BYTES;
      return { ...common, scope: 'image', keyBytes: hidden + sizeOf(key), keyOffset: hidden, valueBytes: sizeOf(value), valueOffset: 0 };
    }
    case 'array': case 'percpu-array':
      return { ...common, scope: 'element', capacity: map.type.map === 'counter' ? 1 : map.capacity, keyBytes: 4, keyOffset: 0, valueBytes: sizeOf(value), valueOffset: 0 };
    case 'ring': return { ...common, scope: 'element', capacity: roomFor(map.capacity), keyBytes: 0, keyOffset: 0, valueBytes: 0, valueOffset: 0 };
    default: return undefined;
  }
}

/** A table of the stages; behind it, if any has a state, one value for each CPU that is large enough for all. */
function stageMaps({ stages, maps, settings }: Module): MapDecl[] {
  if (stages.length === 0) return [];
  const taken = new Set([...maps, ...settings].map(named => named.name));
  const free = (name: string): string => taken.has(name) ? free(`${name}_`) : name;
  const own = { exported: false, scope: 'element', keyBytes: 4, key: U32, keyOffset: 0, valueOffset: 0 } as const;
  const most = Math.max(...stages.map(({ state }) => state ? sizeOf(state.class.layout) : 0));
  const bytes = Math.ceil(most / 8) * 8;
  return [
    { ...own, name: free('stages'), kind: 'stages', capacity: stages.length, valueBytes: 4, value: U32 },
    ...bytes === 0 ? [] : [{ ...own, name: free('stage_state'), kind: 'percpu-array', capacity: 1, valueBytes: bytes, value: { kind: 'bytes', length: bytes } } as const],
  ];
}

/** What the maps of a map of maps are like, and the table of them. Its values are the engine's: 32 bits that name a map. */
function declareOuter(map: MapSymbol, inner: MapSymbol, key: Layout): MapDecl | undefined {
  const plain = declare(inner, 'element');
  if (plain === undefined) return undefined;
  const common = { name: map.name, exported: map.exported, capacity: map.capacity, key, valueBytes: 4, value: U32, valueOffset: 0 };
  if (map.type.map === 'array') return { ...common, kind: 'array-of-maps', scope: 'element', keyBytes: 4, keyOffset: 0, inner: plain };
  return { ...common, kind: 'hash-of-maps', ...hashed(key, 'image'), inner: plain };
}

function hashed(key: Layout, scope: MapDecl['scope']): Pick<MapDecl, 'scope' | 'keyBytes' | 'keyOffset'> {
  const keyOffset = scope === 'image' ? ELEMENT_BYTES : 0;
  return { scope, keyBytes: hashedBytes(key, keyOffset), keyOffset };
}

/** Of a hashed key, with what is hidden in front: a multiple of 4, for the kernel then hashes whole words (lib/jhash.h, jhash2), which saves 2 to 3 ns a look-up. */
export function hashedBytes(key: Layout, hidden: number): number {
  return Math.ceil((hidden + sizeOf(key)) / 4) * 4;
}

/** The kernel's rings are powers of two, of whole pages. */
const roomFor = (bytes: number): number => 2 ** Math.max(12, Math.ceil(Math.log2(bytes)));

const isArray = (kind: MapKind): boolean => kind === 'array' || kind === 'percpu-array' || kind === 'ring' || kind === 'config' || kind === 'shape' || kind === 'stages';

function declareSettings(settings: SettingsSymbol): MapDecl {
  const value = settings.class.layout;
  const initial = new Uint8Array(value.bytes);
  for (const [i, field] of settings.class.fields.entries()) {
    const constant = settings.initial[i];
    if (constant !== undefined) write(initial, field.offset, field.type, constant);
  }
  return {
    name: settings.name, exported: settings.exported, kind: settings.settings, scope: 'element', capacity: 1,
    keyBytes: 4, key: U32, keyOffset: 0, valueBytes: value.bytes, value, valueOffset: 0, initial,
  };
}

/** Defaults are constants: numbers, arrays and structs of them. */
function write(bytes: Uint8Array, offset: number, type: Type, constant: Expr): void {
  if (constant.kind === 'wrap' || constant.kind === 'convert') { write(bytes, offset, type, constant.value); return; }
  if (constant.kind === 'array' && type.kind === 'array') {
    const element = layoutOf(type.element);
    for (const [i, e] of constant.elements.entries()) write(bytes, offset + i * (element ? sizeOf(element) : 0), type.element, e);
    return;
  }
  if (constant.kind === 'struct' && type.kind === 'struct') {
    for (const { field, value } of constant.fields) write(bytes, offset + field.offset, field.type, value);
    return;
  }
  if (constant.kind !== 'const') return;
  const value = typeof constant.value === 'boolean' ? BigInt(constant.value) : constant.value;
  const size = type.kind === 'int' ? type.bits / 8 : type.kind === 'mac' ? 6 : 1;
  const big = type.kind === 'mac' || (type.kind === 'int' && type.order === 'big');
  for (let i = 0; i < size; i++) bytes[offset + i] = Number(value >> BigInt(8 * (big ? size - 1 - i : i)) & 0xffn);
}
