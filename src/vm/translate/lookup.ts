// map_lookup_elem inside WebAssembly: a map that the translator knows gets a function of its own that finds the value's address, without a
// call to JavaScript. Of hashes it walks the chains of maps/table.ts, hashing as that file does.

import { entryLayout, HASH, VALUE } from '../maps/table.ts';
import { MARK } from '../maps/lru-hash.ts';
import type { MapLookup } from '../maps/addresses.ts';
import { Code } from '../wasm/code.ts';
import type { Signature } from '../wasm/module.ts';
import { OP } from '../wasm/opcodes.ts';

/** (address of the key, checked) → address of the value, or 0. */
export const LOOKUP_SIGNATURE: Signature = { parameters: ['i32'], results: ['i32'] };
const KEY = 0;

export function lookupFunction(map: MapLookup): Code {
  const code = new Code(LOOKUP_SIGNATURE.parameters.length);
  if (map.shape.kind === 'array') lookupIndex(code, map.shape.base, map.shape.stride, map.capacity);
  else lookupHash(code, map.shape, map);
  return code;
}

function lookupIndex(code: Code, base: number, stride: number, capacity: number): void {
  const index = code.local('i32');
  code.get(KEY).memory(OP.i32Load).tee(index).i32(stride).op(OP.i32Mul).i32(base).op(OP.i32Add);
  code.i32(0).get(index).i32(capacity).op(OP.i32LtU, OP.select);
}

type HashShape = Exclude<MapLookup['shape'], { kind: 'array' }>;

function lookupHash(code: Code, { kind, buckets, mask }: HashShape, { keyBytes }: MapLookup): void {
  const layout = entryLayout({ keyBytes, links: kind === 'lru' });
  const entry = code.local('i32');
  bucket(code, buckets, mask, keyBytes);
  code.memory(OP.i32Load).tee(entry).op(OP.i32Eqz);
  code.open(OP.if);
  code.i32(0).op(OP.return).close();
  const again = code.open(OP.loop);
  same(code, entry, layout.key, keyBytes);
  code.open(OP.if);
  if (kind === 'lru') code.get(entry).i32(1).memory(OP.i32Store, MARK);
  code.get(entry).memory(OP.i32Load, VALUE).op(OP.return).close();
  code.get(entry).memory(OP.i32Load).tee(entry).branch(OP.brIf, again);
  code.close().i32(0);
}

/** Pushes the address of the key's bucket. */
function bucket(code: Code, buckets: number, mask: number, keyBytes: number): void {
  const hash = code.local('i32');
  const words = keyBytes & ~3;
  const folded = (shift: number): Code => code.get(hash).get(hash).i32(shift).op(OP.i32ShrU, OP.i32Xor);
  code.i32(keyBytes).set(hash);
  for (let i = 0; i < words; i += 4) {
    code.get(hash).get(KEY).memory(OP.i32Load, i).op(OP.i32Xor).i32(HASH.word).op(OP.i32Mul).set(hash);
    folded(HASH.wordShift).set(hash);
  }
  for (let i = words; i < keyBytes; i++) code.get(hash).get(KEY).memory(OP.i32Load8U, i).op(OP.i32Xor).i32(HASH.byte).op(OP.i32Mul).set(hash);
  folded(HASH.endShift).i32(HASH.end).op(OP.i32Mul).set(hash);
  folded(HASH.lastShift).i32(mask).op(OP.i32And).i32(4).op(OP.i32Mul).i32(buckets).op(OP.i32Add);
}

/** Pushes whether an entry has the key: differences of words, gathered. */
function same(code: Code, entry: number, offset: number, keyBytes: number): void {
  let at = 0;
  for (const [size, load] of [[8, OP.i64Load], [4, OP.i64Load32U], [2, OP.i64Load16U], [1, OP.i64Load8U]] as const) {
    for (; at + size <= keyBytes; at += size) {
      code.get(KEY).memory(load, at).get(entry).memory(load, offset + at).op(OP.i64Xor);
      if (at > 0) code.op(OP.i64Or);
    }
  }
  code.op(OP.i64Eqz);
}
