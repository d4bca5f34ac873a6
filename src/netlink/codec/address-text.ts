// Addresses as people write them, and their bytes: MAC, IPv4, IPv6 (RFC 4291, RFC 5952), prefixes. Bad text is undefined, never a throw.

export function macBytes(text: string): Uint8Array | undefined {
  return /^[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}$/i.test(text) ? Uint8Array.from(text.split(':'), part => Number.parseInt(part, 16)) : undefined;
}

export function macText(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join(':');
}

/** 4 or 16 bytes. */
export function ipBytes(text: string): Uint8Array | undefined {
  return text.includes(':') ? ip6Bytes(text) : ip4Bytes(text);
}

export function ipText(bytes: Uint8Array): string {
  return bytes.byteLength === 4 ? bytes.join('.') : ip6Text(bytes);
}

/** `10.0.0.1/24`; without a length, that of one address. */
export function prefixBytes(text: string): { readonly address: Uint8Array; readonly length: number } | undefined {
  const [ip = '', bits, ...rest] = text.split('/');
  const address = ipBytes(ip);
  if (!address || rest.length > 0) return undefined;
  const most = address.byteLength * 8;
  if (bits === undefined) return { address, length: most };
  return /^\d{1,3}$/.test(bits) && Number(bits) <= most ? { address, length: Number(bits) } : undefined;
}

function ip4Bytes(text: string): Uint8Array | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  const parts = text.split('.').map(Number);
  return parts.every(part => part < 256) ? Uint8Array.from(parts) : undefined;
}

function ip6Bytes(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groups(halves[0] as string, halves.length === 1 ? 'ip4 may end it' : 'words');
  const tail = halves.length === 2 ? groups(halves[1] as string, 'ip4 may end it') : [];
  if (!head || !tail) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined;
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail]);
}

/** Bytes of `a:b`, and of `a:b:1.2.3.4` where it is the end of the address. */
function groups(text: string, form: 'words' | 'ip4 may end it'): number[] | undefined {
  if (text === '') return [];
  const out: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    const v4 = form === 'ip4 may end it' && i === parts.length - 1 && part.includes('.') ? ip4Bytes(part) : undefined;
    if (v4) out.push(...v4);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) out.push(Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 0xff);
    else return undefined;
  }
  return out;
}

function ip6Text(bytes: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, i) => (bytes[2 * i] ?? 0) << 8 | (bytes[2 * i + 1] ?? 0));
  // The longest run of at least two zero groups, the first of equals.
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (at + length < 8 && words[at + length] === 0) length++;
    if (length > best.length) best = { at, length };
  }
  const hex = words.map(word => word.toString(16));
  return best.at < 0 ? hex.join(':') : `${hex.slice(0, best.at).join(':')}::${hex.slice(best.at + best.length).join(':')}`;
}
