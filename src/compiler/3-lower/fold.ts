// Arithmetic with what is known while lowering: enough that constant conditions leave no branch and loops unroll.
// Everything else is the optimiser's.

import { evaluateAlu, evaluateCondition, swapBytes } from '../ir/arithmetic.ts';
import type { Builder } from '../ir/build.ts';
import { constOf, defInst, type AluOp, type Condition, type Value } from '../ir/ir.ts';
import type { Fork } from './path.ts';
import type { State } from './state.ts';

export function fold(b: Builder, op: AluOp, left: Value, right: Value): Value {
  const x = constOf(left);
  const y = constOf(right);
  const bits = left.type === 'i32' ? 32 : 64;
  const make = (value: bigint): Value => bits === 32 ? b.i32(value) : b.i64(value);
  if (x !== undefined && y !== undefined) return make(evaluateAlu(op, left.type, x, y));
  if (y === 0n && ['add', 'sub', 'or', 'xor', 'shl', 'lshr', 'ashr'].includes(op)) return left;
  if (x === 0n && ['add', 'or', 'xor'].includes(op)) return right;
  if (y === 0n && ['and', 'mul'].includes(op)) return make(0n);
  if (y === 1n && ['mul', 'udiv', 'sdiv'].includes(op)) return left;
  return b.alu(op, left, right);
}

/** Big-endian to host order or back. Twice is nothing. */
export function swap(b: Builder, value: Value, bytes: 2 | 4 | 8): Value {
  const constant = constOf(value);
  if (constant !== undefined) return value.type === 'i32' ? b.i32(swapBytes(constant, bytes)) : b.i64(swapBytes(constant, bytes));
  const def = defInst(value);
  if (def?.op === 'swap' && def.bytes === bytes) {
    const inner = def.args[0] as Value;
    const load = defInst(inner);
    if (load?.op === 'load' && load.bytes <= bytes) return inner;
  }
  return b.swap(value, bytes);
}

/** Forks the current path by a comparison; one way only where it is known. */
export function compare(s: State, condition: Condition, left: Value, right: Value): Fork {
  const x = constOf(left);
  const y = constOf(right);
  if (x !== undefined && y !== undefined) return evaluateCondition(condition, left.type, x, y) ? { yes: [s.take()], no: [] } : { yes: [], no: [s.take()] };
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
  const turned = swapBytes(y, def.bytes);
  return [inner, inner.type === 'i32' ? s.b.i32(turned) : s.b.i64(turned)];
}
