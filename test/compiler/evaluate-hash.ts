// hash() for the module evaluator: MurmurHash3, 32 bits, over little-endian words; what is narrower than 32 bits is a word.

import { bytesOf, type Datum, type Struct } from './evaluate-values.ts';
import type { Type } from '../../src/compiler/2-check/tree.ts';

const u32 = (n: bigint): bigint => BigInt.asUintN(32, n);
const turned = (n: bigint, by: bigint): bigint => u32(n << by) | n >> 32n - by;

export function hash(seed: bigint, parts: readonly (readonly [Type, Datum])[]): bigint {
  const words = parts.flatMap(([type, datum]) => wordsOf(type, datum));
  let h = seed;
  for (const word of words) h = u32(turned(h ^ u32(turned(u32(word * 0xcc9e2d51n), 15n) * 0x1b873593n), 13n) * 5n + 0xe6546b64n);
  h ^= BigInt(4 * words.length);
  h = u32((h ^ h >> 16n) * 0x85ebca6bn);
  h = u32((h ^ h >> 13n) * 0xc2b2ae35n);
  return h ^ h >> 16n;
}

function wordsOf(type: Type, datum: Datum): bigint[] {
  switch (type.kind) {
    case 'bool': return [datum === true ? 1n : 0n];
    case 'int': return Array.from({ length: Math.max(1, type.bits / 32) }, (_, i) => u32(datum as bigint >> BigInt(32 * i)));
    case 'mac': { const b = bytesOf(type, datum); return [new DataView(b.buffer).getUint32(0, true), new DataView(b.buffer).getUint16(4, true)].map(BigInt); }
    case 'struct': return type.class.fields.flatMap(f => wordsOf(f.type, (datum as Struct).fields.get(f.name)));
    default: throw new Error(`no meaning: hash of ${type.kind}`);
  }
}
