// Contents of packet cases: what is given, and what a case adds to it. Entries of a map are added one by one, a later one for the
// same key instead of the earlier; settings field by field.

import { isList, isRecord, type Contents, type Plain } from '../image/values.ts';

export function added(given: Contents, more: Contents): Contents {
  const all: Record<string, Plain> = { ...given };
  for (const [name, plain] of Object.entries(more)) {
    const before: Plain = all[name] ?? {};
    if (isList(plain) && isList(before) && !plain.every(isPair)) all[name] = [...plain, ...before.slice(plain.length)];
    else if (isList(plain) && isList(before)) all[name] = [...before.filter(entry => !plain.some(other => keyOf(other) === keyOf(entry))), ...plain];
    else if (isRecord(plain) && isRecord(before)) all[name] = { ...before, ...plain };
    else all[name] = plain;
  }
  return all;
}

const isPair = (entry: Plain): boolean => isList(entry) && entry.length === 2;

function keyOf(entry: Plain | undefined): string {
  const key = entry !== undefined && isList(entry) && entry.length === 2 ? entry[0] : entry;
  return JSON.stringify(key, (_, value: unknown) => typeof value === 'bigint' ? `${value}n` : value);
}
