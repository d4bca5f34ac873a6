// What a seed does to a packet so that it is wrong somewhere: lengths that lie, headers that end early, options and fragments that overlap,
// bits that flipped. Bytes in, bytes out; Ethernet's 14 are always there.

import type { Random } from '../../sim/random.ts';
import { internetChecksum } from '../../src/lang/packets/checksum.ts';

type Mutation = (random: Random, frame: Uint8Array) => Uint8Array[];
const ETH = 14, MOST_BYTES = 9600;

/** One frame or more, and the names of what was done. */
export function mutated(random: Random, frame: Uint8Array): { readonly frames: readonly Uint8Array[]; readonly how: readonly string[] } {
  let frames: readonly Uint8Array[] = [frame];
  const how: string[] = [];
  for (let left = random.pick([0, 1, 1, 1, 2, 3])!; left > 0; left--) {
    const [name, mutation] = random.pick(Object.entries(MUTATIONS))!;
    how.push(name);
    frames = frames.flatMap(f => mutation(random, f));
  }
  return { frames: frames.map(f => (f.byteLength < ETH ? Uint8Array.from({ length: ETH }, (_, i) => f[i] ?? 0) : f.slice(0, MOST_BYTES))), how };
}

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  truncated: (random, f) => [f.slice(0, ETH + random.below(Math.max(1, Math.min(f.byteLength, 120) - ETH)))],
  padded: (random, f) => [joined(f, new Uint8Array(random.pick([1, 18, 46])!))],
  flipped: (random, f) => [changed(f, out => { for (let n = 1 + random.below(4); n > 0; n--) { const at = random.below(Math.min(out.byteLength, 100)); out[at] = (out[at] ?? 0) ^ 1 << random.below(8); } })],
  randomBytes: (random, f) => [changed(f, out => { const at = ETH + random.below(80); for (let i = at; i < Math.min(at + 4, out.byteLength); i++) out[i] = random.below(256); })],
  lengthLies: (random, f) => [changed(f, (out, view) => {
    const value = random.pick([0, 1, 7, 8, 19, 20, 27, 28, 39, 40, 41, 60, 1500, 9000, 0xffff, f.byteLength - ETH - 1, f.byteLength - ETH + 1])!;
    if (isIp4(out)) view.setUint16(ETH + 2, value);
    else if (isIp6(out)) view.setUint16(ETH + 4, value);
    right(out);
  })],
  headerLengthLies: (random, f) => [changed(f, out => { if (isIp4(out)) { out[ETH] = 0x40 | random.below(16); right(out); } else if (isIp6(out)) out[ETH + 6] = random.pick([0, 43, 44, 50, 51, 59, 60, 135, 255])!; })],
  versionLies: (random, f) => [changed(f, out => { if (isIp4(out) || isIp6(out)) out[ETH] = (out[ETH] ?? 0) & 15 | random.below(16) << 4; right(out); })],
  transportLies: (random, f) => [changed(f, (out, view) => {
    const at = transportAt(out);
    if (at === undefined) return;
    if (protocolOf(out) === 17 && at + 6 <= out.byteLength) view.setUint16(at + 4, random.pick([0, 1, 7, 8, 9, 0xffff])!);
    else if (protocolOf(out) === 6 && at + 13 <= out.byteLength) out[at + 12] = random.below(16) << 4;
  })],
  wrongChecksum: (random, f) => [changed(f, out => {
    const at = random.chance(0.5) ? ETH + 10 : (transportAt(out) ?? ETH) + random.pick([2, 6, 16])!;
    if (at < out.byteLength) out[at] = (out[at] ?? 0) ^ 0x55;
  })],
  options: (random, f) => {
    if (!isIp4(f) || (f[ETH] ?? 0) !== 0x45 || f.byteLength < ETH + 20) return [f];
    const words = 1 + random.below(10);
    const options = Uint8Array.from({ length: 4 * words }, () => random.pick([0, 1, 7, 68, 130, 131, 137, 148, 2, 3, 4, 11, 40, 255])!);
    return [changed(joined(f.slice(0, ETH + 20), options, f.slice(ETH + 20)), (out, view) => { out[ETH] = 0x45 + words; view.setUint16(ETH + 2, Math.min(0xffff, view.getUint16(ETH + 2) + 4 * words)); right(out); })];
  },
  fragments: (random, f) => {
    if (!isIp4(f) || (f[ETH] ?? 0) !== 0x45 || f.byteLength < ETH + 28) return [f];
    const data = f.slice(ETH + 20);
    // Tiny, overlapping, out of order, past the end of what a datagram may be.
    return Array.from({ length: 2 + random.below(3) }, () => {
      const offset = random.pick([0, 0, 1, 2, 3, 8190, 8191])!;
      const part = data.slice(Math.min(data.byteLength, offset > 8000 ? 0 : offset * 8), Math.min(data.byteLength, (offset > 8000 ? 0 : offset * 8) + random.pick([4, 8, 16, 24, 400])!));
      return changed(joined(f.slice(0, ETH + 20), part), (out, view) => { view.setUint16(ETH + 2, 20 + part.byteLength); view.setUint16(ETH + 6, offset | (random.chance(0.6) ? 0x2000 : 0) | (random.chance(0.1) ? 0x4000 : 0)); right(out); });
    });
  },
  tagged: (random, f) => [joined(f.slice(0, 12), Uint8Array.from([...random.pick([[0x81, 0x00], [0x88, 0xa8]])!, random.below(16), random.below(256)]), f.slice(12))],
  landed: (_, f) => [changed(f, out => { if (isIp4(out)) { out.copyWithin(ETH + 12, ETH + 16, ETH + 20); right(out); } else if (isIp6(out)) out.copyWithin(ETH + 8, ETH + 24, ETH + 40); })],
  martian: (random, f) => [changed(f, out => {
    if (isIp4(out)) { out.set(random.pick([[127, 0, 0, 1], [0, 0, 0, 0], [255, 255, 255, 255], [224, 0, 0, 1], [169, 254, 1, 1], [198, 51, 100, 2]])!, ETH + random.pick([12, 16])!); right(out); }
    else if (isIp6(out) && out.byteLength >= ETH + 40) out.set(random.pick([[0, 0], [0xff, 0x02], [0xfe, 0x80], [0x20, 0x02]])!, ETH + random.pick([8, 24])!);
  })],
  foreignMac: (random, f) => [changed(f, out => { out.set(random.pick([[0, 0, 0, 0, 0, 0], [255, 255, 255, 255, 255, 255], [1, 0, 94, 0, 0, 1], [6, 1, 1, 1, 1, 1]])!, random.pick([0, 6])!); })],
  foreignType: (random, f) => [changed(f, (_, view) => { view.setUint16(12, random.pick([0, 0x05dc, 0x0800, 0x0806, 0x86dd, 0x8100, 0x8864, 0xffff])!); })],
};

function isIp4(f: Uint8Array): boolean { return f[12] === 8 && f[13] === 0 && f.byteLength >= ETH + 20; }
function isIp6(f: Uint8Array): boolean { return f[12] === 0x86 && f[13] === 0xdd && f.byteLength >= ETH + 40; }
function protocolOf(f: Uint8Array): number { return (isIp4(f) ? f[ETH + 9] : f[ETH + 6]) ?? 0; }
function transportAt(f: Uint8Array): number | undefined { return isIp4(f) ? ETH + 4 * ((f[ETH] ?? 0) & 15) : isIp6(f) ? ETH + 40 : undefined; }

function changed(f: Uint8Array, change: (out: Uint8Array, view: DataView) => void): Uint8Array {
  const out = Uint8Array.from(f);
  change(out, new DataView(out.buffer));
  return out;
}

/** The header's checksum is right again: what is meant to be wrong is another thing. */
function right(out: Uint8Array): void {
  if (!isIp4(out)) return;
  const end = Math.min(out.byteLength, ETH + Math.max(20, 4 * ((out[ETH] ?? 0) & 15)));
  out.set([0, 0], ETH + 10);
  const sum = internetChecksum(out.subarray(ETH, end));
  out.set([sum >> 8, sum & 255], ETH + 10);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap(part => [...part]));
}
