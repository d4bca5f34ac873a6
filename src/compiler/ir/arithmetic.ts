// Arithmetic of constants as eBPF does it, and upper bounds of values from how they are made.

import { constOf, defInst, type AluOp, type Condition, type Type, type Value } from './ir.ts';

const bitsOf = (type: Type): 32 | 64 => type === 'i32' ? 32 : 64;

export function evaluateAlu(op: AluOp, type: Type, a: bigint, b: bigint): bigint {
  const bits = bitsOf(type);
  const shift = b & BigInt(bits - 1);
  const [sa, sb] = [BigInt.asIntN(bits, a), BigInt.asIntN(bits, b)];
  const wrap = (v: bigint): bigint => BigInt.asUintN(bits, v);
  switch (op) {
    case 'add': return wrap(a + b);
    case 'sub': return wrap(a - b);
    case 'mul': return wrap(a * b);
    case 'udiv': return b === 0n ? 0n : a / b;
    case 'umod': return b === 0n ? a : a % b;
    case 'sdiv': return b === 0n ? 0n : wrap(sa / sb);
    case 'smod': return b === 0n ? a : wrap(sa % sb);
    case 'and': return a & b;
    case 'or': return a | b;
    case 'xor': return a ^ b;
    case 'shl': return wrap(a << shift);
    case 'lshr': return a >> shift;
    case 'ashr': return wrap(sa >> shift);
  }
}

export function evaluateCondition(op: Condition, type: Type, a: bigint, b: bigint): boolean {
  const bits = bitsOf(type);
  const [sa, sb] = [BigInt.asIntN(bits, a), BigInt.asIntN(bits, b)];
  switch (op) {
    case 'eq': return a === b;
    case 'ne': return a !== b;
    case 'ult': return a < b;
    case 'ule': return a <= b;
    case 'ugt': return a > b;
    case 'uge': return a >= b;
    case 'slt': return sa < sb;
    case 'sle': return sa <= sb;
    case 'sgt': return sa > sb;
    case 'sge': return sa >= sb;
    case 'test': return (a & b) !== 0n;
  }
}

/** Reverses the lowest bytes; what is above is lost. */
export function swapBytes(value: bigint, bytes: number): bigint {
  let out = 0n;
  for (let i = 0; i < bytes; i++) out = out << 8n | (value >> BigInt(8 * i) & 0xffn);
  return out;
}

/** All ones over the highest bit. */
function maskOver(value: bigint): bigint {
  return value === 0n ? 0n : (1n << BigInt(value.toString(2).length)) - 1n;
}

/** A bound that the value never exceeds, as unsigned. */
export function mostOf(value: Value, depth = 4): bigint {
  const all = value.type === 'i32' ? 0xffff_ffffn : 0xffff_ffff_ffff_ffffn;
  const def = defInst(value);
  if (def === undefined || depth === 0) return all;
  const of = (i: number): bigint => mostOf(def.args[i] as Value, depth - 1);
  const least = (...bounds: bigint[]): bigint => bounds.reduce((a, b) => a < b ? a : b, all);
  switch (def.op) {
    case 'const': return def.value;
    case 'load': return (1n << BigInt(8 * def.bytes)) - 1n;
    case 'swap': return (1n << BigInt(8 * def.bytes)) - 1n;
    case 'zext': return of(0);
    case 'trunc': return least(of(0) <= 0xffff_ffffn ? of(0) : all);
    case 'alu': {
      const c = constOf(def.args[1] as Value);
      switch (def.alu) {
        case 'and': return least(of(0), of(1));
        case 'or': case 'xor': return maskOver(of(0) | of(1));
        case 'add': return of(0) + of(1) <= all ? of(0) + of(1) : all;
        case 'mul': return of(0) * of(1) <= all ? of(0) * of(1) : all;
        case 'lshr': return c === undefined ? of(0) : of(0) >> (c & BigInt(bitsOf(value.type) - 1));
        case 'shl': {
          const most = c === undefined ? all + 1n : of(0) << (c & BigInt(bitsOf(value.type) - 1));
          return most <= all ? most : all;
        }
        case 'udiv': return of(0);
        case 'umod': return c === undefined || c === 0n ? of(0) : least(c - 1n, of(0));
        default: return all;
      }
    }
    default: return all;
  }
}
