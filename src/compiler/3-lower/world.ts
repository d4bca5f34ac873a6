// Clock, chance and hash. Seconds come from jiffies, whose rate the linker knows.

import type { ExprOf, Place } from '../2-check/tree.ts';
import { constOf, type Value } from '../ir/ir.ts';
import { evaluate } from './expressions.ts';
import { fieldOf } from './structs.ts';
import { HELPER } from './kernel-functions.ts';
import { narrow } from './integers.ts';
import { JIFFIES } from './path.ts';
import type { State } from './state.ts';
import { scalar, type Lowered } from './value.ts';
import type { Type } from '../2-check/tree.ts';

/** jiffies64 (i64), read once on a path. */
export function jiffies(s: State): Value {
  const known = s.values.get(JIFFIES);
  if (known?.kind === 'scalar') return known.value;
  const value = s.b.call(HELPER.jiffies64, []);
  s.values.set(JIFFIES, scalar(value));
  return value;
}

/** Jiffies of so many seconds (i32) as i64. */
export function jiffiesOf(s: State, seconds: Value): Value {
  const wide = constOf(seconds) === undefined ? s.b.zext(seconds) : s.b.i64(constOf(seconds) ?? 0n);
  return s.alu('mul', wide, s.b.zext(s.b.link('hz')));
}

export function lowerSeconds(s: State): Lowered {
  return scalar(s.b.trunc(s.alu('udiv', jiffies(s), s.b.zext(s.b.link('hz')))));
}

export function lowerNow(s: State): Lowered {
  return scalar(s.b.call(HELPER.ktime_get_ns, []));
}

export function lowerRandom(s: State): Lowered {
  return scalar(s.b.trunc(s.b.call(HELPER.get_prandom_u32, [])));
}

/** MurmurHash3 (32 bits) over the words of the parts, narrow integers a word each. */
export function lowerHash(s: State, e: ExprOf<'hash'>): Lowered {
  const seed = evaluate(s, e.seed);
  if (seed.kind !== 'scalar') return s.notYet('this seed', e.at);
  const words: Value[] = [];
  for (const part of e.parts) wordsOf(s, evaluate(s, part), part.type, e.at, words);
  const { b } = s;
  const rotated = (v: Value, n: number): Value => s.alu('or', s.alu('shl', v, b.i32(n)), s.alu('lshr', v, b.i32(32 - n)));
  let h = seed.value;
  for (const word of words) {
    const k = s.alu('mul', rotated(s.alu('mul', word, b.i32(0xcc9e2d51)), 15), b.i32(0x1b873593));
    h = s.alu('add', s.alu('mul', rotated(s.alu('xor', h, k), 13), b.i32(5)), b.i32(0xe6546b64));
  }
  h = s.alu('xor', h, b.i32(words.length * 4));
  h = s.alu('mul', s.alu('xor', h, s.alu('lshr', h, b.i32(16))), b.i32(0x85ebca6b));
  h = s.alu('mul', s.alu('xor', h, s.alu('lshr', h, b.i32(13))), b.i32(0xc2b2ae35));
  return scalar(s.alu('xor', h, s.alu('lshr', h, b.i32(16))));
}

function wordsOf(s: State, value: Lowered, type: Type, at: Place, words: Value[]): void {
  const halves = (v: Value): void => { words.push(narrow(s, v), narrow(s, s.alu('lshr', v, s.b.i64(32)))); };
  const inner = value.kind === 'optional' ? value.value : value;
  switch (inner.kind) {
    case 'scalar': if (inner.value.type === 'i64') halves(inner.value); else words.push(inner.value); return;
    case 'wide': halves(inner.low); halves(inner.high); return;
    case 'mac': words.push(inner.first, inner.last); return;
    case 'struct': case 'ref': {
      const struct = type.kind === 'optional' ? type.of : type;
      if (struct.kind !== 'struct') break;
      for (const field of struct.class.fields) wordsOf(s, fieldOf(s, inner, field, struct, at), field.type, at, words);
      return;
    }
    default:
  }
  s.notYet('a hash of this value', at);
}
