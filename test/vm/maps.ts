// The maps that random sequences may use, alike on every engine, and what is in them at first.

import type { LiveMap } from '../../src/image/live-map.ts';

/** Indexes in MAP_SPECS. */
export const MAP = { result: 0, value: 1, array: 2, hash: 3, programs: 4 } as const;

export const MAP_SPECS = [
  { name: 'result', type: 'ARRAY', keyBytes: 4, valueBytes: 64, capacity: 1 },
  { name: 'value', type: 'ARRAY', keyBytes: 4, valueBytes: 32, capacity: 1 },
  { name: 'array', type: 'ARRAY', keyBytes: 4, valueBytes: 16, capacity: 4 },
  { name: 'hash', type: 'HASH', keyBytes: 4, valueBytes: 16, capacity: 6 },
  { name: 'programs', type: 'PROG_ARRAY', keyBytes: 4, valueBytes: 4, capacity: 3 },
] as const;

export const key = (index: number): Uint8Array => new Uint8Array(Uint32Array.of(index).buffer);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export function reset(maps: readonly LiveMap[]): void {
  maps[MAP.result]!.update(key(0), new Uint8Array(MAP_SPECS[MAP.result].valueBytes));
  maps[MAP.value]!.update(key(0), Uint8Array.from({ length: MAP_SPECS[MAP.value].valueBytes }, (_, i) => i * 29 + 3));
  for (let i = 0; i < MAP_SPECS[MAP.array].capacity; i++) maps[MAP.array]!.update(key(i), Uint8Array.from({ length: MAP_SPECS[MAP.array].valueBytes }, (_, k) => i * 71 + k * 13));
  const hash = maps[MAP.hash]!;
  for (const [k] of [...hash.entries()]) hash.delete(k);
  for (const i of [1, 4]) hash.update(key(i), Uint8Array.from({ length: MAP_SPECS[MAP.hash].valueBytes }, (_, k) => i * 17 + k));
}

/** Of all but the programs, as text. */
export function contents(maps: readonly LiveMap[]): string[] {
  return maps.slice(0, MAP.programs).map((map, i) => `${MAP_SPECS[i]!.name} ${[...map.entries()].map(([k, v]) => `${hex(k)}=${hex(v)}`).sort().join(' ')}`);
}
