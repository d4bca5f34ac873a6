// Texts of addresses, read while compiling.

/** A 48-bit number whose first byte is the highest. */
export function readMac(text: string): bigint | undefined {
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text) ? BigInt(`0x${text.replaceAll(':', '')}`) : undefined;
}

export function readIp4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = (value << 8n) | BigInt(part);
  }
  return value;
}

/** RFC 4291 2.2, also with an IPv4 address at its end. */
export function readIp6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(groupsOf);
  if (!head || (halves.length === 2 && !tail)) return undefined;
  const given = head.length + (tail?.length ?? 0);
  if (tail ? given > 7 : given !== 8) return undefined;
  const groups = tail ? [...head, ...Array<bigint>(8 - given).fill(0n), ...tail] : head;
  return groups.reduce((value, group) => (value << 16n) | group, 0n);
}

function groupsOf(text: string): bigint[] | undefined {
  if (text === '') return [];
  const groups: bigint[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) { groups.push(BigInt(`0x${part}`)); continue; }
    const ip4 = i === parts.length - 1 ? readIp4(part) : undefined;
    if (ip4 === undefined) return undefined;
    groups.push(ip4 >> 16n, ip4 & 0xffffn);
  }
  return groups;
}
