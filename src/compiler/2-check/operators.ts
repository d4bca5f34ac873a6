// Arithmetic and comparisons. Both operands of a node have one type; constants are folded.
//
// The type of arithmetic: u8, u16 and u32 compute as u32 and wrap there; with an i32, as i32; u64 and u128 as the wider of the two.

import type { Expression, Span } from '../1-parse/syntax.ts';
import { placeOf, report, unsupported, type Context } from './context.ts';
import { not } from './conditions.ts';
import { common, constInt, convert, cureForWidth } from './convert.ts';
import { condition } from './conditions.ts';
import { OPERATORS_ELSEWHERE } from './elsewhere.ts';
import { expr, number } from './expressions.ts';
import { intervalOf } from './interval.ts';
import { BOOL, I32, I64, isWide, optional, rangeOf, sameType, show, U128, U32, U64, wrapTo } from './kinds.ts';
import type { ArithOp, CompareOp, Expr, IntType, Type } from './tree.ts';

export function arith(c: Context, op: ArithOp, left: Expr, right: Expr, node: Expression): Expr | undefined {
  for (const side of [left, right]) {
    const place = node.type !== 'BinaryExpression' ? node : side === left ? node.left : node.right;
    if (side.type.kind === 'optional') return report(c, 'IOV2009', place, { type: show(side.type) });
    if (side.type.kind !== 'int') return report(c, 'IOV2010', node, { op, type: show(side.type), works: 'integers' });
  }
  [left, right] = onesAlike(left, right);
  const a = left.type as IntType;
  const b = right.type as IntType;
  if (isWide(a) !== isWide(b)) return report(c, 'IOV2008', node, { left: show(a), right: show(b), cure: isWide(a) ? cureForWidth(right, b, a) : cureForWidth(left, a, b) });
  if (left.kind === 'const' && right.kind === 'const' && op !== '<<' && op !== '>>') return foldOnes(c, op, left, right, node) ?? fold(c, op, BigInt(left.value), BigInt(right.value), isWide(a), node);
  if (right.kind === 'const' && right.value === 0n && (op === '/' || op === '%')) return report(c, 'IOV2029', node);
  const bits = BigInt(left.kind === 'const' && isWide(a) ? 128 : resultBits(a));
  if ((op === '<<' || op === '>>') && right.kind === 'const' && (BigInt(right.value) < 0n || BigInt(right.value) >= bits)) {
    return report(c, 'IOV2005', node.type === 'BinaryExpression' ? node.right : node, { value: BigInt(right.value), type: `a shift of ${bits} bits`, low: 0n, high: bits - 1n, cure: 'Shift by less, or convert to a wider type first.' });
  }
  if ((op === '+' || op === '-') && mixesClocks(c, left, right)) return report(c, 'IOV2023', node);

  const shift = op === '<<' || op === '>>';
  if (shift && left.kind === 'const' && right.kind === 'const') return fold(c, op, BigInt(left.value), BigInt(right.value), isWide(a), node);
  const type = resultType(c, a, b, left, right, shift, node);
  const l = type && convert(c, left, type, node);
  const r = type && convert(c, right, type, node);
  if (r && type.bits === 128 && (op === '/' || op === '%') && !dividesWide(c, r)) return report(c, 'IOV2033', node, { op });
  return l && r && { kind: 'arith', at: placeOf(c, node), type, op, left: l, right: r };
}

/** 128 bits are divided digit by digit of 32, or shifted. */
function dividesWide(c: Context, by: Expr): boolean {
  if (by.kind === 'const' && typeof by.value === 'bigint' && (by.value & by.value - 1n) === 0n) return true;
  return intervalOf(c.shared, c.facts, by).high <= 0xffff_ffffn;
}

/** A complement has ones above, as many as what it meets is wide: `x & ~5n` keeps the high half of a u128. */
export function onesAlike(left: Expr, right: Expr): [Expr, Expr] {
  const met = (e: Expr, other: Expr): Expr => {
    if (e.kind === 'complement' && sameType(e.type, U64) && sameType(other.type, U128)) return { ...e, type: U128, value: { kind: 'convert', at: e.at, type: U128, value: e.value } };
    if (e.kind !== 'const' || !e.ones || e.type.kind !== 'int' || other.kind === 'const' || other.type.kind !== 'int' || isWide(e.type) !== isWide(other.type)) return e;
    const type = isWide(other.type) ? other.type : other.type.signed ? I32 : U32;
    return { ...e, type, value: wrapTo(type, BigInt.asIntN(e.type.bits, BigInt(e.value))) };
  };
  return [met(left, right), met(right, left)];
}

/** `~1n & ~2n` and the like, of which the result has ones above, too. */
function foldOnes(c: Context, op: ArithOp, left: Expr & { kind: 'const' }, right: Expr & { kind: 'const' }, node: Expression): Expr | undefined {
  if ((!left.ones && !right.ones) || (op !== '&' && op !== '|' && op !== '^')) return undefined;
  const meant = (e: Expr & { kind: 'const' }): bigint => e.ones && e.type.kind === 'int' ? BigInt.asIntN(e.type.bits, BigInt(e.value)) : BigInt(e.value);
  const [a, b] = [meant(left), meant(right)];
  const v = op === '&' ? a & b : op === '|' ? a | b : a ^ b;
  if (v >= 0n || left.type.kind !== 'int') return undefined;
  const type = isWide(left.type) ? U64 : U32;
  return { ...constInt(placeOf(c, node), type, wrapTo(type, v)), ones: true };
}

function resultBits(a: IntType): number { return Math.max(32, a.bits); }

function resultType(c: Context, a: IntType, b: IntType, left: Expr, right: Expr, shift: boolean, node: Span): IntType | undefined {
  if (isWide(a)) {
    if (shift) return a;
    if (a.signed !== b.signed) return signedPair(c, a, b, left, right, I64, node);
    return a.signed ? I64 : a.bits === 128 || b.bits === 128 ? U128 : U64;
  }
  if (shift) return a.signed ? I32 : U32;
  return a.signed || b.signed ? signedPair(c, a, b, left, right, I32, node) : U32;
}

/** One side is signed: the other must fit. */
function signedPair(c: Context, a: IntType, b: IntType, left: Expr, right: Expr, type: IntType, node: Span): IntType | undefined {
  const { low, high } = rangeOf(type);
  for (const side of [left, right]) {
    const range = intervalOf(c.shared, c.facts, side);
    if (range.low < low || range.high > high) return report(c, 'IOV2007', node, { from: show(side.type), to: show(side === left ? b : a) });
  }
  return type;
}

function fold(c: Context, op: ArithOp, a: bigint, b: bigint, wide: boolean, node: Expression): Expr | undefined {
  let v: bigint;
  switch (op) {
    case '+': v = a + b; break;
    case '-': v = a - b; break;
    case '*': v = a * b; break;
    case '/': case '%':
      if (b === 0n) return report(c, 'IOV2029', node);
      v = op === '/' ? a / b : a % b; break;
    case '&': v = a & b; break;
    case '|': v = a | b; break;
    case '^': v = a ^ b; break;
    case '<<': case '>>':
      v = op === '<<' ? wrapTo(wide ? U128 : U32, a << b) : a >> b; break;
  }
  return number(c, node, v, undefined, wide ? [U64, U128, I64] : [U32, I32]);
}

export function unaryOf(c: Context, node: Expression & { type: 'UnaryExpression' }, want: Type | undefined): Expr | undefined {
  const at = placeOf(c, node);
  if (node.operator === '!') {
    const e = condition(c, node.argument);
    return e && not(e, at);
  }
  if (node.operator !== '-' && node.operator !== '~' && node.operator !== '+') {
    return unsupported(c, node, `'${node.operator}'`, 'The operators are + - * / % & | ^ ~ ! << >> and comparisons.', OPERATORS_ELSEWHERE[node.operator] ?? 'Write it with these.');
  }
  const e = expr(c, node.argument, node.operator === '-' ? undefined : want);
  if (!e) return undefined;
  if (e.type.kind !== 'int') return report(c, 'IOV2010', node, { op: node.operator, type: show(e.type), works: 'integers' });
  if (node.operator === '+') return e;
  const wide = isWide(e.type);
  if (e.kind === 'const' && typeof e.value === 'bigint') {
    if (node.operator === '-') return number(c, node, -e.value, want, wide ? [U64, I64] : [U32, I32]);
    return { ...constInt(at, e.type, wrapTo(e.type, ~e.value)), ...(!e.ones && e.value >= 0n && { ones: true }) };
  }
  const type = e.type.bits >= 32 ? e.type : U32;
  const value = convert(c, e, type, node);
  return value && { kind: node.operator === '-' ? 'negate' : 'complement', at, type, value };
}

const OPS: Readonly<Record<string, CompareOp>> = { '===': '==', '!==': '!=', '<': '<', '<=': '<=', '>': '>', '>=': '>=' };

export function compareOf(c: Context, operator: string, leftNode: Expression, rightNode: Expression, node: Expression): Expr | undefined {
  const at = placeOf(c, node);
  const op = OPS[operator] ?? '==';
  let left = expr(c, leftNode);
  let right = expr(c, rightNode);
  if (!left || !right) return undefined;
  const equality = op === '==' || op === '!=';

  if (equality && (left.type.kind === 'undefined' || right.type.kind === 'undefined')) {
    const other = left.type.kind === 'undefined' ? right : left;
    if (other.type.kind !== 'optional') return { kind: 'const', at, type: BOOL, value: (op === '!=') === (other.type.kind !== 'undefined') };
    const present: Expr = { kind: 'present', at, type: BOOL, value: other };
    return op === '!=' ? present : not(present, at);
  }
  const inner = (e: Expr): Type => e.type.kind === 'optional' ? e.type.of : e.type;
  for (const side of [left, right]) {
    const type = inner(side);
    if (type.kind === 'struct' || type.kind === 'array' || type.kind === 'bytes') return report(c, 'IOV2012', node, { op: operator });
    if (type.kind !== 'int' && !(equality && (type.kind === 'bool' || type.kind === 'mac'))) {
      return report(c, 'IOV2010', node, { op: operator, type: show(type), works: equality ? 'integers, booleans and addresses' : 'integers' });
    }
  }
  if (!equality && (left.type.kind === 'optional' || right.type.kind === 'optional')) {
    return report(c, 'IOV2009', left.type.kind === 'optional' ? leftNode : rightNode, { type: show(left.type.kind === 'optional' ? left.type : right.type) });
  }
  if (mixesClocks(c, left, right)) return report(c, 'IOV2023', node);
  [left, right] = onesAlike(left, right);
  const type = operandType(c, left, right, inner, leftNode, rightNode);
  if (!type) return undefined;

  if (left.type.kind === 'optional' || right.type.kind === 'optional') {
    const l = convert(c, left, optional(type), leftNode);
    const r = convert(c, right, optional(type), rightNode);
    return l && r && { kind: 'compare-optional', at, type: BOOL, op: op as '==' | '!=', left: l, right: r };
  }
  const l = convert(c, left, type, leftNode);
  const r = convert(c, right, type, rightNode);
  if (!l || !r) return undefined;
  if (l.kind === 'const' && r.kind === 'const') return { kind: 'const', at, type: BOOL, value: holds(op, BigInt(l.value), BigInt(r.value)) };
  return { kind: 'compare', at, type: BOOL, op, left: l, right: r };
}

function operandType(c: Context, left: Expr, right: Expr, inner: (e: Expr) => Type, leftNode: Expression, rightNode: Expression): Type | undefined {
  const a = inner(left);
  const b = inner(right);
  for (const [literal, other, node] of [[left, b, leftNode], [right, a, rightNode]] as const) {
    if (literal.kind !== 'const' || typeof literal.value !== 'bigint' || other.kind !== 'int' || left.kind === right.kind) continue;
    const { low, high } = rangeOf(other);
    if (isWide(other) === (inner(literal) as IntType).bits > 32 && (literal.value < low || literal.value > high)) {
      return report(c, 'IOV2005', node, { value: literal.value, type: show(other), low, high });
    }
  }
  const type = common({ ...left, type: a }, { ...right, type: b });
  if (type) return type;
  if (a.kind === 'int' && b.kind === 'int') {
    if (isWide(a) !== isWide(b)) return report(c, 'IOV2008', { start: leftNode.start, end: rightNode.end }, { left: show(a), right: show(b), cure: isWide(a) ? cureForWidth(right, b, a) : cureForWidth(left, a, b) });
    return signedPair(c, a, b, left, right, isWide(a) ? I64 : I32, { start: leftNode.start, end: rightNode.end });
  }
  return report(c, 'IOV2004', rightNode, { from: show(b), to: show(a) });
}

function holds(op: CompareOp, a: bigint, b: bigint): boolean {
  switch (op) {
    case '==': return a === b;
    case '!=': return a !== b;
    case '<': return a < b;
    case '<=': return a <= b;
    case '>': return a > b;
    case '>=': return a >= b;
  }
}

function mixesClocks(c: Context, a: Expr, b: Expr): boolean {
  const x = clockOf(c, a);
  const y = clockOf(c, b);
  return x !== undefined && y !== undefined && x !== y;
}

/** The clock that a value was read from. */
function clockOf(c: Context, e: Expr): 'now' | 'seconds' | undefined {
  switch (e.kind) {
    case 'now': case 'seconds': return e.kind;
    case 'convert': return clockOf(c, e.value);
    case 'arith': return e.op === '+' || e.op === '-' ? clockOf(c, e.left) ?? clockOf(c, e.right) : undefined;
    case 'local': { const first = c.shared.initials.get(e.local); return first && clockOf(c, first); }
    default: return undefined;
  }
}
