// The hash of a section, made of its parts, down to tables and their rows: what stays from one form of a section to the next is written and hashed once.
// Directors and visors make the same.

import { canonical, hashOfText, sameValue, type Json } from './canonical.ts';
import type { PlanContents, Section } from './plan.ts';

/** A part whose text is longer is known by its hash. */
const MOST_TEXT = 256;
const known = new WeakMap<object, string>();

export function hashOfSection(section: Section): string {
  return hashOfText(textOfFields(section));
}

/** An entry of a table. It was written by one program, so its fields have one order, which JSON keeps. */
export function textOfRow(row: unknown): string {
  if (typeof row !== 'object' || row === null) return JSON.stringify(row);
  const had = known.get(row);
  if (had !== undefined) return had;
  const text = JSON.stringify(row);
  known.set(row, text);
  return text;
}

/** Contents as they were made anew; tables, or their rows, that are as they were stay the same objects. */
export function keptContents(had: PlanContents | undefined, made: PlanContents): PlanContents {
  if (!had) return made;
  const all = Object.entries(made).map(([name, value]): readonly [string, Json] => [name, kept(had[name], value)]);
  return all.length === Object.keys(had).length && all.every(([name, value]) => had[name] === value) ? had : Object.fromEntries(all);
}

function kept(had: Json | undefined, made: Json): Json {
  if (!Array.isArray(had) || !Array.isArray(made)) return had !== undefined && sameValue(had, made) ? had : made;
  let at = 0;
  const rows = (made as readonly Json[]).map((row, i) => {
    if (typeof row !== 'object' || row === null) return row;
    const text = JSON.stringify(row);
    // Few rows come or go, and the others keep their order: it is the next, or the one behind that, or as far from the end as it was.
    const place = [at, at + 1, i + had.length - made.length].find(p => p >= at && p < had.length && textOfRow(had[p]) === text);
    if (place === undefined) return row;
    at = place + 1;
    return had[place] as Json;
  });
  return rows.length === had.length && rows.every((row, i) => row === had[i]) ? had : rows;
}

function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return canonical(value);
  // A table is an array of objects or of pairs.
  if (Array.isArray(value) && typeof value[0] !== 'object') return canonical(value);
  const had = known.get(value);
  if (had !== undefined) return had;
  const text = Array.isArray(value) ? `[${value.map(textOfRow).join()}]` : textOfFields(value);
  if (text.length <= MOST_TEXT) return text;
  // No text begins as a hash does.
  const hash = `#${hashOfText(text)}`;
  known.set(value, hash);
  return hash;
}

function textOfFields(object: object): string {
  const fields = Object.entries(object).flatMap(([field, held]) => held === undefined ? [] : `${JSON.stringify(field)}:${textOf(held)}`);
  return `{${fields.sort().join()}}`;
}
