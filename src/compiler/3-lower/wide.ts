// Arithmetic of 128 bits, in two halves of 64. Division is by at most 32 bits, or by a power of two that is known: the checker
// refuses every other, for it would be a loop.

import type { ArithOp, Place } from '../2-check/tree.ts';
import { constOf, type AluOp, type Value } from '../ir/ir.ts';
import type { Path } from './path.ts';
import type { State } from './state.ts';
import { scalar, type Lowered } from './value.ts';

type Wide = Lowered & { kind: 'wide' };

const BITWISE = { '&': 'and', '|': 'or', '^': 'xor' } as const satisfies Partial<Record<ArithOp, AluOp>>;

export function wideArith(s: State, op: ArithOp, left: Wide, right: Lowered, at: Place): Lowered {
  if (op === '<<' || op === '>>') {
    const count = right.kind === 'scalar' ? right.value : right.kind === 'wide' ? right.low : s.bug('a shift by this value', at);
    const known = constOf(count);
    return known === undefined ? shiftedBy(s, op, left, count, at) : shifted(s, op, left, Number(known % 128n));
  }
  if (right.kind !== 'wide') return s.bug(`'${op}' of 128 bits with fewer`, at);
  switch (op) {
    case '&': case '|': case '^': return { kind: 'wide', high: s.alu(BITWISE[op], left.high, right.high), low: s.alu(BITWISE[op], left.low, right.low) };
    case '+': {
      const low = s.alu('add', left.low, right.low);
      return { kind: 'wide', high: s.alu('add', s.alu('add', left.high, right.high), carry(s, low, left.low, at)), low };
    }
    case '-': {
      const low = s.alu('sub', left.low, right.low);
      return { kind: 'wide', high: s.alu('sub', s.alu('sub', left.high, right.high), carry(s, left.low, right.low, at)), low };
    }
    case '*': return product(s, left, right);
    case '/': case '%': return divided(s, op, left, right);
  }
}

/** 1 if a is below b. */
function carry(s: State, a: Value, b: Value, at: Place): Value {
  const fork = s.branch('ult', a, b);
  const value = s.settle([
    ...fork.yes.map(path => ({ path, value: one(s, path, 1) })),
    ...fork.no.map(path => ({ path, value: one(s, path, 0) })),
  ], at);
  return value.kind === 'scalar' ? value.value : s.bug('a carry that is no integer', at);
}

function one(s: State, path: Path, value: number): Lowered {
  s.b.enter(path.block);
  return scalar(s.b.i64(value));
}

const LOW = 0xffff_ffffn;

/** By pieces of 32 bits, as on paper; what is above 128 bits is cut off. */
function product(s: State, a: Wide, b: Wide): Wide {
  const low = (v: Value): Value => s.alu('and', v, s.b.i64(LOW));
  const high = (v: Value): Value => s.alu('lshr', v, s.b.i64(32));
  const sum = (...values: Value[]): Value => values.reduce((x, y) => s.alu('add', x, y));
  const [a0, a1, b0, b1] = [low(a.low), high(a.low), low(b.low), high(b.low)];
  const [p00, p01, p10, p11] = [s.alu('mul', a0, b0), s.alu('mul', a0, b1), s.alu('mul', a1, b0), s.alu('mul', a1, b1)];
  const middle = sum(high(p00), low(p01), low(p10));
  return {
    kind: 'wide',
    high: sum(p11, high(p01), high(p10), high(middle), s.alu('mul', a.high, b.low), s.alu('mul', a.low, b.high)),
    low: s.alu('mul', a.low, b.low),
  };
}

/** By a power of two: a shift, a mask. Else digit by digit of 32 bits; by zero the quotient is 0 and the remainder the dividend. */
function divided(s: State, op: '/' | '%', a: Wide, b: Wide): Wide {
  const [high, low] = [constOf(b.high), constOf(b.low)];
  const known = high === undefined || low === undefined ? undefined : high << 64n | low;
  if (known !== undefined && known > 0n && (known & known - 1n) === 0n) {
    if (op === '/') return shifted(s, '>>', a, known.toString(2).length - 1);
    const mask = known - 1n;
    return { kind: 'wide', high: s.alu('and', a.high, s.b.i64(mask >> 64n)), low: s.alu('and', a.low, s.b.i64(mask & 0xffff_ffff_ffff_ffffn)) };
  }
  const digits = [a.high, a.low].flatMap(v => [s.alu('lshr', v, s.b.i64(32)), s.alu('and', v, s.b.i64(LOW))]);
  const quotients: Value[] = [];
  let rest = s.b.i64(0);
  for (const digit of digits) {
    const number = s.alu('or', s.alu('shl', rest, s.b.i64(32)), digit);
    quotients.push(s.alu('udiv', number, b.low));
    rest = s.alu('umod', number, b.low);
  }
  // The remainder is below 32 bits, but by zero it is the dividend: then all ones in 32 bits do not carry, and what is above stays.
  if (op === '%') return { kind: 'wide', high: s.alu('umod', a.high, s.alu('lshr', s.alu('add', b.low, s.b.i64(LOW)), s.b.i64(32))), low: rest };
  const [q3, q2, q1, q0] = quotients as [Value, Value, Value, Value];
  const joined = (top: Value, bottom: Value): Value => s.alu('or', s.alu('shl', top, s.b.i64(32)), bottom);
  return { kind: 'wide', high: joined(q3, q2), low: joined(q1, q0) };
}

function shifted(s: State, op: '<<' | '>>', value: Wide, count: number): Wide {
  const zero = s.b.i64(0);
  if (count === 0) return value;
  const by = (v: Value, alu: 'shl' | 'lshr', n: number): Value => s.alu(alu, v, s.b.i64(n));
  if (op === '>>') {
    if (count >= 64) return { kind: 'wide', high: zero, low: by(value.high, 'lshr', count - 64) };
    return { kind: 'wide', high: by(value.high, 'lshr', count), low: s.alu('or', by(value.low, 'lshr', count), by(value.high, 'shl', 64 - count)) };
  }
  if (count >= 64) return { kind: 'wide', high: by(value.low, 'shl', count - 64), low: zero };
  return { kind: 'wide', high: s.alu('or', by(value.high, 'shl', count), by(value.low, 'lshr', 64 - count)), low: by(value.low, 'shl', count) };
}

/** By a variable, which counts modulo 128. */
function shiftedBy(s: State, op: '<<' | '>>', value: Wide, by: Value, at: Place): Lowered {
  const count = by.type === 'i64' ? by : s.b.zext(by);
  const within = s.alu('and', count, s.b.i64(63));
  const [out, into] = op === '<<' ? ['shl', 'lshr'] as const : ['lshr', 'shl'] as const;
  const [near, far] = op === '<<' ? [value.low, value.high] : [value.high, value.low];
  // Shifted by one first, so that a count of 0 does not become one of 64, which the machine takes for 0.
  const across = s.alu(into, s.alu(into, near, s.b.i64(1)), s.alu('xor', within, s.b.i64(63)));
  const moved = s.alu(out, near, within);
  const both = s.alu('or', s.alu(out, far, within), across);
  const make = (n: Value, f: Value): Wide => op === '<<' ? { kind: 'wide', high: f, low: n } : { kind: 'wide', high: n, low: f };
  const fork = s.branch('test', count, s.b.i64(64));
  const large = (path: Path): Lowered => { s.b.enter(path.block); return make(s.b.i64(0), moved); };
  return s.settle([...fork.yes.map(path => ({ path, value: large(path) })), ...fork.no.map(path => ({ path, value: make(moved, both) }))], at);
}
