// The hash by which a spec and what was made from it are compared. Pure, so that whoever plans can compute it as well.

import { hashOf } from '../model/canonical.ts';
import type { ElementSpec, EndpointSpec, Plain } from './datapath.ts';

/** Equal specs have equal hashes, whatever the order of fields; the order of wires, addresses and entries counts. */
export function specHash(spec: ElementSpec | EndpointSpec): string {
  return hashOf(jsonOf(spec as unknown as Plain));
}

/** A u64 is the same as a decimal string and as a bigint; bytes are hexadecimal text. */
function jsonOf(value: Plain): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return Array.from(value, byte => byte.toString(16).padStart(2, '0')).join('');
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([field, v]) => [field, jsonOf(v)]));
  return value;
}
