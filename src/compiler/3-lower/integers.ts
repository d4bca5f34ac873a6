// Arithmetic and conversions of integers. Up to 32 bits live in i32 registers and are wrapped to their width; 128 bits are two i64.

import type { ArithOp, ExprOf, IntType, Place, Type } from '../2-check/tree.ts';
import { constOf, type AluOp, type Value } from '../ir/ir.ts';
import { evaluate } from './expressions.ts';
import type { State } from './state.ts';
import { scalar, type Lowered } from './value.ts';

type Wide = Lowered & { kind: 'wide' };

const OPS: Readonly<Record<ArithOp, AluOp>> = { '+': 'add', '-': 'sub', '*': 'mul', '/': 'udiv', '%': 'umod', '&': 'and', '|': 'or', '^': 'xor', '<<': 'shl', '>>': 'lshr' };

export function lowerArith(s: State, e: ExprOf<'arith'>): Lowered {
  const left = evaluate(s, e.left);
  const right = evaluate(s, e.right);
  s.at(e);
  return arith(s, e.op, left, right, e.type, e.at);
}

export function arith(s: State, op: ArithOp, left: Lowered, right: Lowered, type: Type, at: Place): Lowered {
  if (left.kind === 'wide') return wideArith(s, op, left, right, at);
  if (left.kind !== 'scalar' || right.kind !== 'scalar') return s.notYet(`'${op}' on these values`, at);
  const int = intOf(s, type, at);
  if (int.signed && (op === '/' || op === '%')) s.notYet(`'${op}' of signed integers`, at);
  let count = right.value;
  if (count.type !== left.value.type) count = left.value.type === 'i64' ? s.b.zext(count) : s.b.trunc(count);
  const alu = op === '>>' && int.signed ? 'ashr' : OPS[op];
  return scalar(wrapTo(s, s.alu(alu, left.value, count), int, ['+', '-', '*', '<<'].includes(op)));
}

export function negated(s: State, value: Lowered, type: Type, at: Place): Lowered {
  if (value.kind === 'wide') return wideArith(s, '-', { kind: 'wide', high: s.b.i64(0), low: s.b.i64(0) }, value, at);
  if (value.kind !== 'scalar') return s.notYet('this negation', at);
  const zero = value.value.type === 'i64' ? s.b.i64(0) : s.b.i32(0);
  return scalar(wrapTo(s, s.alu('sub', zero, value.value), intOf(s, type, at), true));
}

export function complemented(s: State, value: Lowered, type: Type, at: Place): Lowered {
  const ones = s.b.i64(0xffff_ffff_ffff_ffffn);
  if (value.kind === 'wide') return { kind: 'wide', high: s.alu('xor', value.high, ones), low: s.alu('xor', value.low, ones) };
  if (value.kind !== 'scalar') return s.notYet('this complement', at);
  return scalar(wrapTo(s, s.alu('xor', value.value, value.value.type === 'i64' ? ones : s.b.i32(0xffff_ffff)), intOf(s, type, at), true));
}

/** Modulo 2^bits of the target; sign-extended if the source is signed. */
export function converted(s: State, value: Lowered, from: Type, to: Type, at: Place): Lowered {
  if (from.kind !== 'int' && from.kind !== 'bool') return value;
  if (to.kind !== 'int') return value;
  const signed = from.kind === 'int' && from.signed;
  const fromBits = from.kind === 'int' ? from.bits : 1;
  if (value.kind === 'wide') {
    if (to.bits === 128) return value;
    return scalar(to.bits === 64 ? value.low : wrapTo(s, narrow(s, value.low), to, true));
  }
  if (value.kind !== 'scalar') return s.notYet('this conversion', at);
  if (to.bits >= 64) {
    const low = widen(s, value.value, signed);
    if (to.bits === 64) return scalar(low);
    return { kind: 'wide', high: signed ? s.alu('ashr', low, s.b.i64(63)) : s.b.i64(0), low };
  }
  return scalar(wrapTo(s, narrow(s, value.value), to, fromBits > to.bits || signed));
}

export function widen(s: State, value: Value, signed: boolean): Value {
  if (value.type === 'i64') return value;
  const constant = constOf(value);
  if (constant !== undefined) return s.b.i64(signed ? BigInt.asIntN(32, constant) : constant);
  return signed ? s.b.sext(value) : s.b.zext(value);
}

export function narrow(s: State, value: Value): Value {
  const constant = constOf(value);
  return constant !== undefined && value.type === 'i64' ? s.b.i32(constant) : s.b.trunc(value);
}

function wrapTo(s: State, value: Value, type: IntType, mayOverflow: boolean): Value {
  return type.bits < 32 && mayOverflow ? s.alu('and', value, s.b.i32((1n << BigInt(type.bits)) - 1n)) : value;
}

function intOf(s: State, type: Type, at: Place): IntType {
  return type.kind === 'int' ? type : s.notYet(`arithmetic of type ${type.kind}`, at);
}

function wideArith(s: State, op: ArithOp, left: Wide, right: Lowered, at: Place): Lowered {
  if (op === '<<' || op === '>>') {
    const count = right.kind === 'scalar' ? constOf(right.value) : right.kind === 'wide' ? constOf(right.low) : undefined;
    if (count === undefined) return s.notYet('a shift of 128 bits by a variable', at);
    return shifted(s, op, left, Number(count % 128n));
  }
  if (right.kind !== 'wide') return s.notYet(`'${op}' of 128 bits with fewer`, at);
  switch (op) {
    case '&': case '|': case '^': return { kind: 'wide', high: s.alu(OPS[op], left.high, right.high), low: s.alu(OPS[op], left.low, right.low) };
    case '+': {
      const low = s.alu('add', left.low, right.low);
      return { kind: 'wide', high: s.alu('add', s.alu('add', left.high, right.high), carry(s, low, left.low, at)), low };
    }
    case '-': {
      const low = s.alu('sub', left.low, right.low);
      return { kind: 'wide', high: s.alu('sub', s.alu('sub', left.high, right.high), carry(s, left.low, right.low, at)), low };
    }
    default: return s.notYet(`'${op}' of 128 bits`, at);
  }
}

/** 1 if a is below b. */
function carry(s: State, a: Value, b: Value, at: Place): Value {
  const fork = s.branch('ult', a, b);
  const value = s.settle([
    ...fork.yes.map(path => ({ path, value: one(s, path, 1) })),
    ...fork.no.map(path => ({ path, value: one(s, path, 0) })),
  ], at);
  return value.kind === 'scalar' ? value.value : s.notYet('this sum of 128 bits', at);
}

function one(s: State, path: { readonly block: import('../ir/ir.ts').Block }, value: number): Lowered {
  s.b.enter(path.block);
  return scalar(s.b.i64(value));
}

function shifted(s: State, op: '<<' | '>>', value: Wide, count: number): Lowered {
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
