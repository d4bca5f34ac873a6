// Bytes of a frame become short text, a line for each layer, and two frames a text of where they differ.
// It reads what it can and shows the rest as bytes; it refuses nothing.

import { ipv4Text, ipv6Text, macText } from './address.ts';
import { layerOfEtherType, layerOfProtocol, tcpFlagsText } from './numbers.ts';

/** One line for each layer, from the outside in. */
export function describe(frame: Uint8Array): readonly string[] {
  const lines: string[] = [];
  let layer = 'eth';
  let at = 0;
  while (at < frame.length) {
    const reader = readers[layer];
    const part = reader && frame.length - at >= reader.bytes ? reader.read(frame.subarray(at)) : undefined;
    if (part === undefined) {
      lines.push(`data ${hex(frame.subarray(at))}`);
      break;
    }
    lines.push(`${layer} ${part.text}`);
    at += part.bytes;
    layer = part.next;
  }
  return lines;
}

/** Undefined: the same bytes. Else lines of the layers, `-` of what was to be and `+` of what came, and the first byte that differs. */
export function differenceOf(expected: Uint8Array, actual: Uint8Array): string | undefined {
  const longest = Math.max(expected.length, actual.length);
  let first = 0;
  while (first < longest && expected[first] === actual[first]) first++;
  if (first === longest) return undefined;
  const want = describe(expected);
  const have = describe(actual);
  const lines: string[] = [];
  for (let i = 0; i < Math.max(want.length, have.length); i++) {
    if (want[i] === have[i]) lines.push(`  ${want[i]}`);
    else {
      if (want[i] !== undefined) lines.push(`- ${want[i]}`);
      if (have[i] !== undefined) lines.push(`+ ${have[i]}`);
    }
  }
  const byte = (of: Uint8Array): string => of[first] === undefined ? 'nothing' : `0x${hex(of.subarray(first, first + 1))}`;
  lines.push(`  byte ${first}: ${byte(expected)} was to be, ${byte(actual)} came; lengths ${expected.length} and ${actual.length}`);
  return lines.join('\n');
}

interface Reader {
  readonly bytes: number;
  read(at: Uint8Array): { readonly text: string; readonly bytes: number; readonly next: string };
}

const readers: Readonly<Record<string, Reader>> = {
  eth: { bytes: 14, read: b => ({ text: `${macText(b.subarray(6, 12))} > ${macText(b.subarray(0, 6))} type 0x${hex(b.subarray(12, 14))}`, bytes: 14, next: layerOfEtherType(be16(b, 12)) }) },
  vlan: { bytes: 4, read: b => ({ text: `id ${be16(b, 0) & 0xfff} type 0x${hex(b.subarray(2, 4))}`, bytes: 4, next: layerOfEtherType(be16(b, 2)) }) },
  arp: {
    bytes: 28,
    read: b => ({
      text: `${['?', 'request', 'reply'][be16(b, 6)] ?? be16(b, 6)} sender ${macText(b.subarray(8, 14))} ${ipv4Text(b.subarray(14, 18))} target ${macText(b.subarray(18, 24))} ${ipv4Text(b.subarray(24, 28))}`,
      bytes: 28, next: 'data',
    }),
  },
  ipv4: {
    bytes: 20,
    read: b => ({
      text: `${ipv4Text(b.subarray(12, 16))} > ${ipv4Text(b.subarray(16, 20))} ttl ${b[8]} tos ${b[1]} protocol ${b[9]} id ${be16(b, 4)} frag ${be16(b, 6)} length ${be16(b, 2)} checksum ${hex(b.subarray(10, 12))}`,
      bytes: Math.max(20, ((b[0] ?? 0) & 15) * 4), next: (be16(b, 6) & 0x1fff) === 0 ? layerOfProtocol(b[9] ?? 0) : 'data',
    }),
  },
  ipv6: {
    bytes: 40,
    read: b => ({
      text: `${hex(b.subarray(0, 4))} ${ipv6Text(b.subarray(8, 24))} > ${ipv6Text(b.subarray(24, 40))} hop limit ${b[7]} next ${b[6]} length ${be16(b, 4)}`,
      bytes: 40, next: layerOfProtocol(b[6] ?? 0),
    }),
  },
  hopByHop: { bytes: 8, read: extension }, destination: { bytes: 8, read: extension }, routing: { bytes: 8, read: extension },
  fragment: {
    bytes: 8,
    read: b => ({ text: `next ${b[0]} offset and flags ${hex(b.subarray(2, 4))} id ${hex(b.subarray(4, 8))}`, bytes: 8, next: (be16(b, 2) & 0xfff8) === 0 ? layerOfProtocol(b[0] ?? 0) : 'data' }),
  },
  tcp: {
    bytes: 20,
    read: b => ({
      text: `${be16(b, 0)} > ${be16(b, 2)} flags ${tcpFlagsText(b[13] ?? 0)} seq ${hex(b.subarray(4, 8))} ack ${hex(b.subarray(8, 12))} checksum ${hex(b.subarray(16, 18))}`,
      bytes: Math.max(20, ((b[12] ?? 0) >> 4) * 4), next: 'data',
    }),
  },
  udp: { bytes: 8, read: b => ({ text: `${be16(b, 0)} > ${be16(b, 2)} length ${be16(b, 4)} checksum ${hex(b.subarray(6, 8))}`, bytes: 8, next: 'data' }) },
  icmp: { bytes: 8, read: b => ({ text: icmpText(b), bytes: 8, next: (b[0] ?? 0) === 3 || b[0] === 11 ? 'ipv4' : 'data' }) },
  icmpv6: { bytes: 8, read: b => ({ text: icmpText(b), bytes: 8, next: b[0] === 135 || b[0] === 136 ? 'neighbor' : (b[0] ?? 0) < 128 ? 'ipv6' : 'data' }) },
  neighbor: {
    bytes: 16,
    read: b => b.length < 24
      ? { text: ipv6Text(b.subarray(0, 16)), bytes: 16, next: 'data' }
      : { text: `${ipv6Text(b.subarray(0, 16))} option ${b[16]} words ${b[17]} ${macText(b.subarray(18, 24))}`, bytes: 24, next: 'data' },
  },
};

function extension(b: Uint8Array): { text: string; bytes: number; next: string } {
  return { text: `next ${b[0]} words ${b[1]}`, bytes: 8 + 8 * (b[1] ?? 0), next: layerOfProtocol(b[0] ?? 0) };
}

function icmpText(b: Uint8Array): string {
  return `type ${b[0]} code ${b[1]} checksum ${hex(b.subarray(2, 4))} rest ${hex(b.subarray(4, 8))}`;
}

function be16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) << 8 | (bytes[at + 1] ?? 0);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}
