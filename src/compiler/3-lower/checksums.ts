// Internet checksums from the bytes (RFC 1071), as sums of what memory has: order-free, folded at the end. What changes in a
// checksum is rewrite.ts.

import type { ExprOf, Place } from '../2-check/tree.ts';
import { constOf, type Value } from '../ir/ir.ts';
import { evaluate, evaluateScalar } from './expressions.ts';
import { HELPER } from './kernel-functions.ts';
import { NO_PACKET, type Outcome } from './path.ts';
import type { State } from './state.ts';
import { makeUpdates } from './updates.ts';
import { scalar, type Lowered, type View } from './value.ts';
import { loadPacket, reach, viewOf, viewStart } from './views.ts';

/** What csum_diff takes at once: kernels before 6.13 have that much room. */
const MOST_AT_ONCE = 512;
/** What is summed of a length that is not known while compiling. */
export const MOST_SUMMED = 2047;

/** checksum(from, length, most) */
export function lowerChecksum(s: State, e: ExprOf<'checksum'>): Lowered {
  const view = viewOf(s, evaluate(s, e.from), e.at);
  const length = evaluateScalar(s, e.length);
  s.at(e);
  makeUpdates(s, e.at);
  if (e.most > MOST_SUMMED) return s.cannot('IOV3010', `a checksum of more than ${MOST_SUMMED} bytes`, e.at);
  return scalar(s.b.swap(s.b.trunc(complement(s, sumOf(s, view, length, e.most, s.b.i64(0), e.at))), 2));
}

/** The checksum of a sum, as memory has it: 16 bits in i64. */
export function complement(s: State, sum: Value): Value {
  let value = sum;
  for (let i = 0; i < 4; i++) value = folded(s, value, 16);
  return s.alu('xor', value, s.b.i64(0xffff));
}

/** One round of ones' complement: what is above `bits` is added to what is below. */
function folded(s: State, sum: Value, bits: 16 | 32): Value {
  const mask = s.b.i64((1n << BigInt(bits)) - 1n);
  return s.alu('add', s.alu('and', sum, mask), s.alu('lshr', sum, s.b.i64(bits)));
}

/** What a sum changes by, signed: at most `most` either way. */
export interface Difference { readonly sum: Value; readonly most: number }

/** The same in a ones' complement sum, above zero and within 31 bits. */
export function positive(s: State, { sum, most }: Difference): { readonly value: Value; readonly most: number } {
  let value = sum;
  let bound = most;
  if (bound > 0x3fff_ffff) {
    value = s.alu('add', s.alu('and', sum, s.b.i64(0xffff)), s.alu('ashr', sum, s.b.i64(16)));
    bound = Math.floor(bound / 0x1_0000) + 1;
  }
  const more = 0xffff * Math.ceil((bound + 1) / 0xffff);
  return { value: s.alu('add', value, s.b.i64(more)), most: bound + 0xffff + more };
}

/** The same in its lower 16 bits, above which anything may be. Zero is all ones, as in a sum of bytes. */
export function low(s: State, difference: Difference): Value {
  const { value } = positive(s, difference);
  const once = folded(s, value, 16);
  return s.alu('add', once, s.alu('lshr', once, s.b.i64(16)));
}

/** `seed` plus the sum of `length` bytes (i32) from the start of a view on. A longer packet than `most` is dropped. */
export function sumOf(s: State, view: View, length: Value, most: number, seed: Value, at: Place): Value {
  const known = constOf(length);
  if (known !== undefined) return sumOfFixed(s, view, Number(known), seed, constOf(seed) !== undefined, at);
  const fits = s.branch('ule', length, s.b.i32(most));
  for (const path of fits.no) { s.resume(path); s.drop('too-long', at); }
  for (const path of fits.yes) s.resume(path);
  pull(s, view, length, at);
  // Each power of two that is in the length is a piece. Where it begins are the bits above: no way here changes it, so that the
  // kernel's verifier sees one state behind each piece.
  const wide = s.b.zext(length);
  let sum = constOf(seed) === undefined ? folded(s, folded(s, seed, 32), 32) : seed;
  for (let piece = highest(most); piece > 0; piece >>= 1) {
    const before = s.alu('and', wide, s.b.i64((2 * highest(most) - 1) & ~(2 * piece - 1)));
    const start = s.alu('add', view.by === undefined ? before : s.alu('add', before, view.by), s.b.i64(view.at));
    const there = s.branch('test', length, s.b.i32(piece));
    const all: Outcome[] = there.no.map(path => ({ path, value: scalar(sum) }));
    for (const path of there.yes) {
      s.resume(path);
      const value = sumOfFixed(s, { ...view, at: 0, by: start }, piece, sum, true, at);
      all.push({ path: s.take(), value: scalar(value) });
    }
    const joined = s.settle(all, at);
    if (joined.kind === 'scalar') sum = joined.value;
  }
  return sum;
}

/** Payload may lie behind the linear part of a packet; what a kernel cannot bring there is short. */
function pull(s: State, view: View, length: Value, at: Place): void {
  if (s.module.kind === 'xdp') return;
  s.b.call(HELPER.skb_pull_data, [s.b.ctx, s.b.zext(s.alu('add', viewStart(s, view, at), length))], { movesPacket: true });
  s.packet = { ...NO_PACKET, pulled: true };
  loadPacket(s);
}

/** `isWord`: the seed has 32 bits, as csum_diff takes and gives them. */
function sumOfFixed(s: State, view: View, length: number, seed: Value, isWord: boolean, at: Place): Value {
  const { b } = s;
  const pointer = length > 0 ? reach(s, view.by, view.at + length, at) : undefined;
  let sum = seed;
  if (pointer === undefined) return sum;
  let done = 0;
  for (; length - done >= 4; ) {
    const size = Math.min(MOST_AT_ONCE, (length - done) & ~3);
    if (size <= 16) {
      for (let i = 0; i < size; i += 4) sum = s.alu('add', sum, b.zext(b.load(pointer, view.at + done + i, 4)));
    } else {
      const word = isWord || done > 0 ? sum : folded(s, folded(s, sum, 32), 32);
      sum = b.call(HELPER.csum_diff, [b.i64(0), b.i64(0), b.offset(pointer, view.at + done), b.i64(size), word]);
      sum = s.alu('and', sum, b.i64(0xffff_ffff));
    }
    done += size;
  }
  if (length - done >= 2) { sum = s.alu('add', sum, b.zext(b.load(pointer, view.at + done, 2))); done += 2; }
  if (length - done === 1) sum = s.alu('add', sum, b.zext(b.load(pointer, view.at + done, 1)));
  return sum;
}

const highest = (n: number): number => 2 ** Math.floor(Math.log2(n));
