// Arithmetic and conversions of integers. Up to 32 bits live in i32 registers and are wrapped to their width; 128 bits are two i64 (wide.ts).

import type { ArithOp, ExprOf, IntType, Place, Type } from '../2-check/tree.ts';
import { constOf, type AluOp, type Value } from '../ir/ir.ts';
import { evaluate } from './expressions.ts';
import type { State } from './state.ts';
import { scalar, type Lowered } from './value.ts';
import { wideArith } from './wide.ts';

const OPS: Readonly<Record<ArithOp, AluOp>> = { '+': 'add', '-': 'sub', '*': 'mul', '/': 'udiv', '%': 'umod', '&': 'and', '|': 'or', '^': 'xor', '<<': 'shl', '>>': 'lshr' };
const SIGNED: Readonly<Partial<Record<ArithOp, AluOp>>> = { '/': 'sdiv', '%': 'smod', '>>': 'ashr' };

export function lowerArith(s: State, e: ExprOf<'arith'>): Lowered {
  const left = evaluate(s, e.left);
  const right = evaluate(s, e.right);
  s.at(e);
  return arith(s, e.op, left, right, e.type, e.at);
}

export function arith(s: State, op: ArithOp, left: Lowered, right: Lowered, type: Type, at: Place): Lowered {
  if (left.kind === 'wide') return wideArith(s, op, left, right, at);
  if (left.kind !== 'scalar' || right.kind !== 'scalar') return s.bug(`'${op}' on these values`, at);
  const int = intOf(s, type, at);
  let count = right.value;
  if (count.type !== left.value.type) count = left.value.type === 'i64' ? s.b.zext(count) : s.b.trunc(count);
  const alu = (int.signed ? SIGNED[op] : undefined) ?? OPS[op];
  return scalar(wrapTo(s, s.alu(alu, left.value, count), int, ['+', '-', '*', '<<'].includes(op)));
}

export function negated(s: State, value: Lowered, type: Type, at: Place): Lowered {
  if (value.kind === 'wide') return wideArith(s, '-', { kind: 'wide', high: s.b.i64(0), low: s.b.i64(0) }, value, at);
  if (value.kind !== 'scalar') return s.bug('this negation', at);
  const zero = value.value.type === 'i64' ? s.b.i64(0) : s.b.i32(0);
  return scalar(wrapTo(s, s.alu('sub', zero, value.value), intOf(s, type, at), true));
}

export function complemented(s: State, value: Lowered, type: Type, at: Place): Lowered {
  const ones = s.b.i64(0xffff_ffff_ffff_ffffn);
  if (value.kind === 'wide') return { kind: 'wide', high: s.alu('xor', value.high, ones), low: s.alu('xor', value.low, ones) };
  if (value.kind !== 'scalar') return s.bug('this complement', at);
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
  if (value.kind !== 'scalar') return s.bug('this conversion', at);
  if (to.bits >= 64) {
    const low = widen(s, value.value, signed);
    if (to.bits === 64) return scalar(low);
    return { kind: 'wide', high: signed ? s.alu('ashr', low, s.b.i64(63)) : s.b.i64(0), low };
  }
  return scalar(wrapTo(s, narrow(s, value.value), to, fromBits > to.bits || signed));
}

function widen(s: State, value: Value, signed: boolean): Value {
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
  return type.kind === 'int' ? type : s.bug(`arithmetic of type ${type.kind}`, at);
}
