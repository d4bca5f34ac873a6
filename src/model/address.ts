// IP addresses, prefixes and MACs as text and as numbers. It knows nothing of networks or who owns an address.

export type Family = 4 | 6;
export interface Address { readonly family: Family; readonly value: bigint }
export interface Prefix { readonly family: Family; readonly value: bigint; readonly bits: number }

const WIDTH: Readonly<Record<Family, number>> = { 4: 32, 6: 128 };

export function parseAddress(text: string): Address | undefined {
  return text.includes(':') ? parse6(text) : parse4(text);
}

function parse4(text: string): Address | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value << 8n | BigInt(part);
  }
  return { family: 4, value };
}

function parse6(text: string): Address | undefined {
  let body = text;
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (tail) {
    const v4 = parse4(tail[2]!);
    if (!v4) return undefined;
    body = `${tail[1]}${(v4.value >> 16n).toString(16)}:${(v4.value & 0xffffn).toString(16)}`;
  }
  const halves = body.split('::');
  if (halves.length > 2) return undefined;
  const words = (s: string): string[] => s === '' ? [] : s.split(':');
  const head = words(halves[0]!);
  const rest = halves.length === 2 ? words(halves[1]!) : [];
  const missing = 8 - head.length - rest.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  let value = 0n;
  for (const word of [...head, ...Array<string>(Math.max(0, missing)).fill('0'), ...rest]) {
    if (!/^[0-9a-f]{1,4}$/i.test(word)) return undefined;
    value = value << 16n | BigInt(`0x${word}`);
  }
  return { family: 6, value };
}

/** Canonical text; IPv6 as RFC 5952 asks: lower case, the longest run of zeros (two or more) left out. */
export function formatAddress({ family, value }: Address): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map(s => String(value >> s & 255n)).join('.');
  const words = Array.from({ length: 8 }, (_, i) => Number(value >> BigInt(112 - 16 * i) & 0xffffn));
  let best = { at: -1, length: 1 };
  for (let i = 0; i < 8; i++) {
    let j = i;
    while (j < 8 && words[j] === 0) j++;
    if (j - i > best.length) best = { at: i, length: j - i };
    if (j > i) i = j;
  }
  const hex = words.map(w => w.toString(16));
  if (best.at < 0) return hex.join(':');
  return `${hex.slice(0, best.at).join(':')}::${hex.slice(best.at + best.length).join(':')}`;
}

/** `10.0.0.0/24`. Bits behind the prefix are kept; `networkOf` clears them. */
export function parsePrefix(text: string): Prefix | undefined {
  const match = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text);
  const address = match && parseAddress(match[1]!);
  if (!address) return undefined;
  const bits = Number(match[2]);
  return bits > WIDTH[address.family] ? undefined : { ...address, bits };
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix)}/${prefix.bits}`;
}

export function networkOf(prefix: Prefix): Prefix {
  const host = hostBits(prefix);
  return { ...prefix, value: prefix.value >> host << host };
}

function hostBits(prefix: Prefix): bigint {
  return BigInt(WIDTH[prefix.family] - prefix.bits);
}

export function contains(prefix: Prefix, address: Address): boolean {
  const host = hostBits(prefix);
  return prefix.family === address.family && prefix.value >> host === address.value >> host;
}

/** Of two prefixes as text. */
export function isWithin(inner: string, outer: string): boolean {
  const [a, b] = [parsePrefix(inner), parsePrefix(outer)];
  return a !== undefined && b !== undefined && a.bits >= b.bits && contains(b, a);
}

export function isV6(text: string): boolean {
  return text.includes(':');
}

/** Of each family the first, IPv4 before IPv6. */
export function firstOfEach(addresses: readonly string[]): readonly string[] {
  return [false, true].flatMap(six => addresses.find(a => isV6(a) === six) ?? []);
}

/** Without the length of its prefix. */
export function bare(address: string): string {
  return address.split('/')[0] ?? '';
}

/** The prefix that is this address alone. */
export function hostPrefix(address: string): string {
  return `${address}/${isV6(address) ? 128 : 32}`;
}

export function overlap(a: Prefix, b: Prefix): boolean {
  return a.bits <= b.bits ? contains(a, b) : contains(b, a);
}

/** The first and last addresses that a station may have; undefined where the prefix has no room for one. */
export function stationRange(subnet: Prefix): { readonly first: bigint; readonly last: bigint } | undefined {
  const { value } = networkOf(subnet);
  const host = hostBits(subnet);
  if (host === 0n) return { first: value, last: value };
  // RFC 3021: both addresses of a /31 are stations. IPv6 has no broadcast, but the first is the routers' anycast (RFC 4291).
  if (host === 1n) return { first: value, last: value + 1n };
  const end = value + (1n << host) - 1n;
  return { first: value + 1n, last: subnet.family === 4 ? end - 1n : end };
}

/** Lower case with colons; undefined: not a MAC. */
export function parseMac(text: string): string | undefined {
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text) ? text.toLowerCase() : undefined;
}

export function isMulticastMac(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
}

/** What a station with this MAC has on its link, fe80::/64 (RFC 4291 2.5.1). */
export function linkLocalOf(mac: string): string {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = mac.split(':').map(byte => Number.parseInt(byte, 16));
  const groups = [(a ^ 2) << 8 | b, c << 8 | 0xff, 0xfe00 | d, e << 8 | f];
  // The run of zeros behind fe80 goes on through the first.
  return `fe80::${groups.slice(groups[0] === 0 ? 1 : 0).map(group => group.toString(16)).join(':')}`;
}

/** Whether what is sent to a host, by name or address, stays on this machine. */
export function isLoopback(host: string): boolean {
  return /^127\.\d+\.\d+\.\d+$/.test(host) || host === '::1' || host === 'localhost';
}
