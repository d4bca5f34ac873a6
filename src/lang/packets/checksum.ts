// The Internet checksum (RFC 1071) of described frames, and the pseudo headers that it covers.

/** One's complement sum of big-endian words, `parts` one behind the other, complemented. */
export function internetChecksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 2) sum += (part[i] ?? 0) << 8 | (part[i + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** RFC 793 3.1 and RFC 8200 8.1: addresses of 4 or of 16 bytes. */
export function pseudoHeader(src: Uint8Array, dst: Uint8Array, protocol: number, length: number): Uint8Array {
  const tail = src.length === 4
    ? [0, protocol, length >> 8, length & 0xff]
    : [0, 0, length >> 8, length & 0xff, 0, 0, 0, protocol];
  return Uint8Array.from([...src, ...dst, ...tail]);
}
