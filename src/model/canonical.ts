// One text for one value, whoever wrote it in whatever order, and the hash of that text. JSON values only.

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [field: string]: Json };

/** A mapping, and no list. */
export function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON with sorted fields; fields that are undefined are left out. A bigint is as its decimal text, bytes as hexadecimal text. By hand, for it is done for every plan. `itemText`: of what arrays hold, for who knows it already. */
export function canonical(value: unknown, itemText: (item: unknown) => string = canonicalItem): string {
  if (typeof value === 'bigint') return `"${value}"`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (value instanceof Uint8Array) return `"${bytesToHex(value)}"`;
  let text = '';
  if (Array.isArray(value)) {
    for (const item of value) text += `${text === '' ? '' : ','}${itemText(item)}`;
    return `[${text}]`;
  }
  for (const field of Object.keys(value).sort()) {
    const held = (value as Record<string, unknown>)[field];
    if (held !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(field)}:${canonical(held, itemText)}`;
  }
  return `{${text}}`;
}

function canonicalItem(item: unknown): string {
  return canonical(item);
}

/** Whether two values have the same canonical text. Parts that they share are not looked at. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a)) return a.length === (b as unknown[]).length && a.every((item, i) => sameValue(item, (b as unknown[])[i]));
  const [mine, other] = [a as Record<string, unknown>, b as Record<string, unknown>];
  for (const field of Object.keys(mine)) if (!sameValue(mine[field], other[field])) return false;
  for (const field of Object.keys(other)) if (other[field] !== undefined && mine[field] === undefined) return false;
  return true;
}

const utf8 = new TextEncoder();

/** SHA-256 of the canonical text: 32 hexadecimal digits of it, plenty against accidents in one zone. */
export function hashOf(value: unknown): string {
  return hashOfText(canonical(value));
}

export function hashOfText(text: string): string {
  return bytesToHex(sha256(utf8.encode(text)).subarray(0, 16));
}
