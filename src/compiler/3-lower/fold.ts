// Arithmetic with what is known while lowering: enough that constant conditions leave no branch and loops unroll.
// Everything else is the optimiser's.

import type { Builder } from '../ir/build.ts';
import { constOf, defInst, type AluOp, type Condition, type Value } from '../ir/ir.ts';
import type { Fork } from './path.ts';
import type { State } from './state.ts';

export function fold(b: Builder, op: AluOp, left: Value, right: Value): Value {
  const x = constOf(left);
  const y = constOf(right);
  const bits = left.type === 'i32' ? 32 : 64;
  const make = (value: bigint): Value => bits === 32 ? b.i32(value) : b.i64(value);
  if (x !== undefined && y !== undefined) {
    const value = evaluate(op, x, y, bits);
    if (value !== undefined) return make(value);
  }
  if (y === 0n && ['add', 'sub', 'or', 'xor', 'shl', 'lshr', 'ashr'].includes(op)) return left;
  if (x === 0n && ['add', 'or', 'xor'].includes(op)) return right;
  if (y === 0n && ['and', 'mul'].includes(op)) return make(0n);
  if (y === 1n && ['mul', 'udiv'].includes(op)) return left;
  return b.alu(op, left, right);
}

function evaluate(op: AluOp, x: bigint, y: bigint, bits: 32 | 64): bigint | undefined {
  const count = y % BigInt(bits);
  const value = (() => {
    switch (op) {
      case 'add': return x + y;
      case 'sub': return x - y;
      case 'mul': return x * y;
      case 'and': return x & y;
      case 'or': return x | y;
      case 'xor': return x ^ y;
      case 'shl': return x << count;
      case 'lshr': return x >> count;
      case 'ashr': return BigInt.asIntN(bits, x) >> count;
      case 'udiv': return y === 0n ? 0n : x / y;
      case 'umod': return y === 0n ? x : x % y;
      case 'sdiv': case 'smod': return undefined;
    }
  })();
  return value === undefined ? undefined : BigInt.asUintN(bits, value);
}

/** Big-endian to host order or back. Twice is nothing. */
export function swap(b: Builder, value: Value, bytes: 2 | 4 | 8): Value {
  const constant = constOf(value);
  if (constant !== undefined) return value.type === 'i32' ? b.i32(reversed(constant, bytes)) : b.i64(reversed(constant, bytes));
  const def = defInst(value);
  if (def?.op === 'swap' && def.bytes === bytes) {
    const inner = def.args[0] as Value;
    const load = defInst(inner);
    if (load?.op === 'load' && load.bytes <= bytes) return inner;
  }
  return b.swap(value, bytes);
}

function reversed(value: bigint, bytes: number): bigint {
  let out = 0n;
  for (let i = 0; i < bytes; i++) out = out << 8n | (value >> BigInt(8 * i) & 0xffn);
  return out;
}

/** Forks the current path by a comparison; one way only where it is known. */
export function compare(s: State, condition: Condition, left: Value, right: Value): Fork {
  const x = constOf(left);
  const y = constOf(right);
  if (x !== undefined && y !== undefined) return holds(condition, x, y, left.type === 'i32' ? 32 : 64) ? { yes: [s.take()], no: [] } : { yes: [], no: [s.take()] };
  const [a, b] = y === undefined ? [left, right] : unswapped(s, condition, left, right, y);
  const then = s.b.block('yes');
  const otherwise = s.b.block('no');
  s.b.branch(condition, a, b, { block: then, args: [] }, { block: otherwise, args: [] });
  const here = { values: s.values, packet: s.packet, live: s.live };
  return { yes: [{ ...here, block: then }], no: [{ ...here, block: otherwise }] };
}

/** A field in network order is compared with the constant turned round, not the field. */
function unswapped(s: State, condition: Condition, left: Value, right: Value, y: bigint): [Value, Value] {
  const def = defInst(left);
  if ((condition !== 'eq' && condition !== 'ne') || def?.op !== 'swap') return [left, right];
  const inner = def.args[0] as Value;
  const load = defInst(inner);
  if (load?.op !== 'load' || load.bytes !== def.bytes || y >> BigInt(8 * def.bytes) !== 0n) return [left, right];
  const turned = reversed(y, def.bytes);
  return [inner, inner.type === 'i32' ? s.b.i32(turned) : s.b.i64(turned)];
}

function holds(condition: Condition, x: bigint, y: bigint, bits: 32 | 64): boolean {
  const sx = BigInt.asIntN(bits, x);
  const sy = BigInt.asIntN(bits, y);
  switch (condition) {
    case 'eq': return x === y;
    case 'ne': return x !== y;
    case 'ult': return x < y;
    case 'ule': return x <= y;
    case 'ugt': return x > y;
    case 'uge': return x >= y;
    case 'slt': return sx < sy;
    case 'sle': return sx <= sy;
    case 'sgt': return sx > sy;
    case 'sge': return sx >= sy;
    case 'test': return (x & y) !== 0n;
  }
}
