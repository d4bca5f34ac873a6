// JSON of one form: keys sorted, no spaces, bytes as hexadecimal text. Equal data has equal text, whoever made it.

import { hex } from './hex.ts';

/** Fields that are undefined are left out; bytes become hexadecimal text. Other values that JSON lacks are a caller's bug. */
export function canonicalJson(value: unknown): string {
  if (value instanceof Uint8Array) return `"${hex(value)}"`;
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([, v]) => v !== undefined).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
    return `{${fields.map(([key, v]) => `${JSON.stringify(key)}:${canonicalJson(v)}`).join(',')}}`;
  }
  if (value === null || typeof value === 'boolean' || typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))) return JSON.stringify(value);
  throw new TypeError(`${typeof value} has no JSON`);
}
