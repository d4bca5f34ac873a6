// Contents of packet cases: what is given, and what a case adds to it. Entries of a map are added one by one, a later one for the
// same key instead of the earlier; settings field by field.

import type { Image } from '../image/image.ts';
import { isList, isRecord, type Contents, type Plain } from '../image/values.ts';

export function added(image: Image, given: Contents, more: Contents): Contents {
  const all: Record<string, Plain> = { ...given };
  for (const [name, plain] of Object.entries(more)) {
    const before: Plain = all[name] ?? {};
    const kind = image.maps.find(map => map.name === name)?.kind;
    if (isList(plain) && isList(before) && (kind === 'array' || kind === 'array-of-maps')) all[name] = [...plain, ...before.slice(plain.length)];
    else if (isList(plain) && isList(before)) all[name] = [...before.filter(entry => !plain.some(other => keyOf(other) === keyOf(entry))), ...plain];
    else if (isRecord(plain) && isRecord(before)) all[name] = { ...before, ...plain };
    else all[name] = plain;
  }
  return all;
}

function keyOf(entry: Plain): string {
  const key = isList(entry) ? entry[0] : entry;
  return JSON.stringify(key, (_, value: unknown) => typeof value === 'bigint' ? `${value}n` : value);
}
