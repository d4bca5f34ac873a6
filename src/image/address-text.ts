// Addresses in values as text: MAC, IPv4 and IPv6, to bytes in network order and back. Prefixes and sets are the model's.

const HEX2 = (byte: number): string => byte.toString(16).padStart(2, '0');

/** `02:00:00:00:00:01`, also with `-`. */
export function macBytes(text: string): Uint8Array | undefined {
  if (!/^[0-9a-f]{2}([:-])[0-9a-f]{2}(\1[0-9a-f]{2}){4}$/i.test(text)) return undefined;
  return Uint8Array.from(text.split(/[:-]/), part => Number.parseInt(part, 16));
}

export function macText(bytes: Uint8Array): string {
  return Array.from(bytes, HEX2).join(':');
}

export function ip4Bytes(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every(part => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return undefined;
  return Uint8Array.from(parts, Number);
}

export function ip4Text(bytes: Uint8Array): string {
  return Array.from(bytes).join('.');
}

/** IPv6 text (RFC 4291), or IPv4 text as ::ffff:a.b.c.d. */
export function ip6Bytes(text: string): Uint8Array | undefined {
  const mapped = ip4Bytes(text);
  if (mapped) return Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...mapped);
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const tail = dotted ? ip4Bytes(dotted[2]!) : new Uint8Array();
  if (!tail) return undefined;
  const body = dotted ? `${dotted[1]}${HEX2(tail[0]!)}${HEX2(tail[1]!)}:${HEX2(tail[2]!)}${HEX2(tail[3]!)}` : text;
  const halves = body.split('::').map(half => half === '' ? [] : half.split(':'));
  const [head = [], rest = []] = halves;
  const missing = 8 - head.length - rest.length;
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return undefined;
  const words = [...head, ...Array<string>(missing).fill('0'), ...rest];
  if (!words.every(word => /^[0-9a-f]{1,4}$/i.test(word))) return undefined;
  return Uint8Array.from(words.flatMap(word => [Number.parseInt(word, 16) >> 8, Number.parseInt(word, 16) & 255]));
}

/** As RFC 5952 writes it; ::ffff:a.b.c.d as a.b.c.d. */
export function ip6Text(bytes: Uint8Array): string {
  if (bytes.subarray(0, 10).every(byte => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff) return ip4Text(bytes.subarray(12));
  const words = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8 | bytes[2 * i + 1]!).toString(16));
  const runs = [...words.map(word => word === '0' ? '0' : ' ').join('').matchAll(/00+/g)];
  const longest = runs.toSorted((a, b) => b[0].length - a[0].length || a.index - b.index)[0];
  if (!longest) return words.join(':');
  return `${words.slice(0, longest.index).join(':')}::${words.slice(longest.index + longest[0].length).join(':')}`;
}
