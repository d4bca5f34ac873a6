// Names of DNS as they are on the wire (RFC 1035 3.1), and the names that stand for addresses. Text has small letters, digits, - and _: no escapes.

import { parseAddress } from '../address.ts';

/** Labels with their lengths, and the root; the empty text is the root. */
export function wireName(name: string): Uint8Array {
  const labels = name === '' ? [] : name.split('.');
  const bytes = new Uint8Array(labels.reduce((sum, label) => sum + 1 + label.length, 1));
  let at = 0;
  for (const label of labels) {
    bytes[at++] = label.length;
    for (let i = 0; i < label.length; i++) bytes[at++] = label.charCodeAt(i);
  }
  return bytes;
}

/** `7.0.0.10.in-addr.arpa` (RFC 1035 3.5), `….ip6.arpa` by hexadecimal digits (RFC 3596 2.5). */
export function reverseName(address: string): string {
  const { family, value } = parseAddress(address)!;
  const [bits, units, radix, end] = family === 4 ? [8n, 4, 10, 'in-addr.arpa'] as const : [4n, 32, 16, 'ip6.arpa'] as const;
  const parts = Array.from({ length: units }, (_, i) => (value >> bits * BigInt(i) & (1n << bits) - 1n).toString(radix));
  return `${parts.join('.')}.${end}`;
}
