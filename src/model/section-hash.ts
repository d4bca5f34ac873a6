// The hash of a section, made of its tables' hashes, and those of the texts of their rows: what stays from one form of a section to the next is written and
// hashed once. Directors and visors make the same.

import { hashOf, hashOfText } from './canonical.ts';
import type { Section } from './plan.ts';

/** Of rows their texts, of tables their hashes. */
const known = new WeakMap<object, string>();

export function hashOfSection(section: Section): string {
  return hashOf(outline(section));
}

/** An entry of a table. It was written by one program, so its fields have one order, which JSON keeps. */
export function textOfRow(row: unknown): string {
  return typeof row === 'object' && row !== null ? once(row, JSON.stringify) : JSON.stringify(row);
}

/** Tables, which are arrays of objects or of pairs, by their hashes; all else as it is. */
function outline(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (!Array.isArray(value)) return Object.fromEntries(Object.entries(value).map(([field, held]) => [field, outline(held)]));
  return typeof value[0] === 'object' ? once(value, table => hashOfText(table.map(textOfRow).join('\n'))) : value;
}

function once<T extends object>(value: T, of: (value: T) => string): string {
  const had = known.get(value);
  if (had !== undefined) return had;
  const made = of(value);
  known.set(value, made);
  return made;
}
