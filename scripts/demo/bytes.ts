// Bytes of addresses and the Internet checksum (RFC 1071), for the demo's own frames.

export function arrayOfMac(mac: string): Uint8Array {
  return Uint8Array.from(mac.split(':').map(x => Number.parseInt(x, 16)));
}

export function internetChecksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
