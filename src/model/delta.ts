// What makes one value of JSON another: fields put and taken away, rows of a table replaced in place. Tables of plans are long, and changes of them small.
// It knows nothing of plans. Who applies a delta sees by a hash that it came to what was meant.

import type { Json } from './canonical.ts';
import { textOfRow } from './section-hash.ts';

/** `at`: in the table as it was. Ascending, none in another. */
type Splice = readonly [at: number, taken: number, put: readonly Json[]];
export type Delta =
  | { readonly is: Json }
  | { readonly rows: readonly Splice[] }
  | { readonly fields: { readonly [field: string]: Delta }; readonly gone?: readonly string[] };

/** Undefined: they are the same. */
export function deltaOf(before: Json | undefined, after: Json): Delta | undefined {
  if (before === after) return undefined;
  if (typeof before !== 'object' || typeof after !== 'object' || before === null || after === null) return { is: after };
  if (Array.isArray(before) && Array.isArray(after)) {
    const rows = splices(before, after);
    return rows.length === 0 ? undefined : { rows };
  }
  if (Array.isArray(before) || Array.isArray(after)) return { is: after };
  const [was, is] = [before as Fields, after as Fields];
  const has = (fields: Fields, field: string): boolean => Object.hasOwn(fields, field) && fields[field] !== undefined;
  const gone = Object.keys(was).filter(field => has(was, field) && !has(is, field));
  const fields: Record<string, Delta> = {};
  for (const field of Object.keys(is).filter(f => has(is, f))) {
    const delta = deltaOf(has(was, field) ? was[field] : undefined, is[field]!);
    if (delta) put(fields, field, delta);
  }
  return gone.length === 0 && Object.keys(fields).length === 0 ? undefined : { fields, ...gone.length > 0 && { gone } };
}

/** Undefined: it does not fit. What stays is the same object as in `before`. */
export function applyDelta(before: Json | undefined, delta: Delta): Json | undefined {
  if ('is' in delta) return delta.is;
  if (typeof before !== 'object' || before === null) return undefined;
  if ('rows' in delta) return Array.isArray(before) ? spliced(before as readonly Json[], delta.rows) : undefined;
  if (Array.isArray(before)) return undefined;
  const after: Record<string, Json> = { ...before as Fields };
  for (const field of delta.gone ?? []) delete after[field];
  for (const [field, inner] of Object.entries(delta.fields)) {
    const value = applyDelta(Object.hasOwn(after, field) ? after[field] : undefined, inner);
    if (value === undefined) return undefined;
    put(after, field, value);
  }
  return after;
}

/** Whatever its name. */
function put<V>(fields: Record<string, V>, field: string, value: V): void {
  Object.defineProperty(fields, field, { value, enumerable: true, writable: true, configurable: true });
}

type Fields = { readonly [field: string]: Json };

function spliced(before: readonly Json[], rows: readonly Splice[]): Json[] | undefined {
  const after: Json[] = [];
  let from = 0;
  for (const [at, taken, put] of rows) {
    if (at < from || taken < 0 || at + taken > before.length) return undefined;
    for (; from < at; from++) after.push(before[from]!);
    for (const row of put) after.push(row);
    from += taken;
  }
  for (; from < before.length; from++) after.push(before[from]!);
  return after;
}

/** Rows that stay are found in the order in which they were; what a table that was put in another order comes to is right, and long. */
function splices(before: readonly Json[], after: readonly Json[]): Splice[] {
  const same = (i: number, j: number): boolean => before[i] === after[j] || textOfRow(before[i]) === textOfRow(after[j]);
  let first = 0;
  while (first < before.length && first < after.length && same(first, first)) first++;
  let [last, end] = [before.length, after.length];
  while (last > first && end > first && same(last - 1, end - 1)) { last--; end--; }
  const places = new Map<string, number[]>();
  for (let i = last - 1; i >= first; i--) {
    const text = textOfRow(before[i]), known = places.get(text);
    if (known) known.push(i); else places.set(text, [i]);
  }
  const found: Splice[] = [];
  let i = first, put: Json[] = [];
  const flush = (to: number): void => { if (to > i || put.length > 0) found.push([i, to - i, put]); put = []; };
  for (let j = first; j < end; j++) {
    const left = places.get(textOfRow(after[j]));
    while (left && left.length > 0 && left.at(-1)! < i) left.pop();
    const place = left?.pop();
    if (place === undefined) { put.push(after[j]!); continue; }
    flush(place);
    i = place + 1;
  }
  flush(last);
  return found;
}
