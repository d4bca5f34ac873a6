// The names of iovisor/module that are values: what kind of thing each is. Its types are kinds.ts, its headers lang/headers.ts.

import { CONSTANTS, HEADERS } from '../../lang/headers.ts';
import type { MapKind } from '../../image/image.ts';
import { NAMED } from './kinds.ts';

export const LIBRARY = 'iovisor/module';

/** Map classes, and how many type arguments they take. */
export const MAPS: Readonly<Record<string, { readonly kind: MapKind | 'counter'; readonly types: 0 | 1 | 2 }>> = {
  HashMap: { kind: 'hash', types: 2 }, LruHashMap: { kind: 'lru', types: 2 }, ExpiringMap: { kind: 'expiring', types: 2 },
  LpmTrie: { kind: 'lpm', types: 2 }, ArrayMap: { kind: 'array', types: 1 }, PerCpuArray: { kind: 'percpu-array', types: 1 },
  PerCpuHashMap: { kind: 'percpu-hash', types: 2 }, RingBuffer: { kind: 'ring', types: 1 }, Counter: { kind: 'counter', types: 0 },
};

const FUNCTIONS = new Set([
  'u8', 'u16', 'u32', 'i32', 'u64', 'i64', 'u128', 'min', 'max', 'ipv4', 'ipv6', 'mac', 'mapped', 'unmapped', 'bytes', 'checksum', 'tlvs',
  'fetchAdd', 'compareSwap', 'config', 'shape', 'now', 'seconds', 'random', 'hash', 'range', 'log',
  'to', 'flood', 'reply', 'next', 'drop', 'punt', 'mirror', 'port', 'stage', 'module', 'filter', 'xdp', 'Header', 'Mac',
]);
const TYPES = new Set(['Bytes', 'Placement', 'Program', 'Settings', 'Frame']);

/** Every name that can be imported. */
export function libraryNames(): string[] {
  return [...FUNCTIONS, ...TYPES, ...Object.keys(MAPS), ...Object.keys(NAMED), ...HEADERS.keys(), ...Object.keys(CONSTANTS)];
}
const ALL = new Set(libraryNames());

export function isLibraryName(name: string): boolean {
  return ALL.has(name);
}
