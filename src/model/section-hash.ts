// The hash of a section, made of the hashes of its rows: what stays from one form of it to the next is hashed once. Directors and visors make the same.

import { canonical, hashOf } from './canonical.ts';
import type { Section } from './plan.ts';

const hashes = new WeakMap<object, string>();

export function hashOfSection(section: Section): string {
  return hashOf(outline(section));
}

/** An entry of a table. */
export function hashOfRow(row: unknown): string {
  return typeof row === 'object' && row !== null ? once(row, hashOf) : canonical(row);
}

/** Tables, which are arrays of objects or of pairs, by their hashes; all else as it is. */
function outline(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (!Array.isArray(value)) return Object.fromEntries(Object.entries(value).map(([field, held]) => [field, outline(held)]));
  return typeof value[0] === 'object' ? once(value, table => ({ rows: table.map(hashOfRow) })) : value;
}

function once<T extends object>(value: T, of: (value: T) => unknown): string {
  const known = hashes.get(value);
  if (known !== undefined) return known;
  const made = of(value);
  const hash = typeof made === 'string' ? made : hashOf(made);
  hashes.set(value, hash);
  return hash;
}
