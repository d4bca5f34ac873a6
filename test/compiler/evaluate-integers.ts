// Integers of the language on bigint: values are what they mean (signed ones negative), and every result is fitted to its type.

import type { ArithOp, IntType } from '../../src/compiler/2-check/tree.ts';

export function fit(type: Pick<IntType, 'bits' | 'signed'>, value: bigint): bigint {
  return type.signed ? BigInt.asIntN(type.bits, value) : BigInt.asUintN(type.bits, value);
}

/** x / 0 is 0, x % 0 is x, shifts count modulo the width, of at least 32 bits. */
export function arithmetic(op: ArithOp, type: IntType, a: bigint, b: bigint): bigint {
  const by = BigInt.asUintN(type.bits, b) % BigInt(Math.max(type.bits, 32));
  switch (op) {
    case '+': return fit(type, a + b);
    case '-': return fit(type, a - b);
    case '*': return fit(type, a * b);
    case '/': return b === 0n ? 0n : fit(type, a / b);
    case '%': return b === 0n ? a : fit(type, a % b);
    case '&': return fit(type, a & b);
    case '|': return fit(type, a | b);
    case '^': return fit(type, a ^ b);
    case '<<': return fit(type, a << by);
    case '>>': return fit(type, a >> by);
  }
}

export function compareInts(op: string, a: bigint, b: bigint): boolean {
  switch (op) {
    case '<': return a < b;
    case '<=': return a <= b;
    case '>': return a > b;
    case '>=': return a >= b;
    default: throw new Error(`no comparison ${op}`);
  }
}
