// Branches on integers: which way they go, if that is known, and what is known of the operand behind them.

import type { JumpOp } from '../../isa/opcodes.ts';
import { between, isConstant, MOST, type Scalar } from './registers.ts';

const SIGNED: Readonly<Partial<Record<JumpOp, JumpOp>>> = { jsgt: 'jgt', jsge: 'jge', jslt: 'jlt', jsle: 'jle' };

/** An unsigned comparison that is the same, or undefined: it would take signs. */
function unsigned(op: JumpOp, a: Scalar, b: Scalar, bits: 32 | 64): JumpOp | undefined {
  const half = 2 ** (bits - 1);
  const plain = SIGNED[op];
  return plain === undefined ? op : a.high < half && b.high < half ? plain : undefined;
}

/** The same comparison, its operands the other way round. */
export const turned = (op: JumpOp): JumpOp => TURNED[op] ?? op;
const TURNED: Readonly<Partial<Record<JumpOp, JumpOp>>> = { jgt: 'jlt', jlt: 'jgt', jge: 'jle', jle: 'jge', jsgt: 'jslt', jslt: 'jsgt', jsge: 'jsle', jsle: 'jsge' };

/** By their bounds, or by a bit (kernels since 6.18). */
const apartIn = (a: Scalar, b: Scalar): boolean => a.high < b.low || b.high < a.low || (a.ones & b.zeros | a.zeros & b.ones) !== 0;

/** True: it jumps; undefined: it may or may not. */
export function decided(op: JumpOp, bits: 32 | 64, a: Scalar, b: Scalar): boolean | undefined {
  if (bits === 32 && (a.high >= 2 ** 32 || b.high >= 2 ** 32)) return undefined;
  switch (unsigned(op, a, b, bits)) {
    case 'jeq': return a.low === a.high && b.low === b.high && a.low === b.low && a.low < 2 ** 53 ? true : apartIn(a, b) ? false : undefined;
    case 'jne': return a.low === a.high && b.low === b.high && a.low === b.low && a.low < 2 ** 53 ? false : apartIn(a, b) ? true : undefined;
    case 'jgt': return a.low > b.high ? true : a.high <= b.low ? false : undefined;
    case 'jge': return a.low >= b.high ? true : a.high < b.low ? false : undefined;
    case 'jlt': return a.high < b.low ? true : a.low >= b.high ? false : undefined;
    case 'jle': return a.high <= b.low ? true : a.low > b.high ? false : undefined;
    case 'jset':
      if (b.low !== b.high || b.high >= 2 ** 31) return undefined;
      return (a.ones & b.low) !== 0 ? true : (~a.zeros & b.low) === 0 ? false : undefined;
    default: return undefined;
  }
}

/** What `a` is on the way where the comparison with `b` holds, or does not. The same object: no more is known. */
export function learned(op: JumpOp, bits: 32 | 64, a: Scalar, b: Scalar, holds: boolean): Scalar {
  if (bits === 32 && (a.high >= 2 ** 32 || b.high >= 2 ** 32)) return a;
  const cut = (low: number, high: number): Scalar => (low <= a.low && high >= a.high) || low > high ? a : between(Math.max(low, a.low), Math.min(high, a.high), a.ones, a.zeros);
  switch (unsigned(op, a, b, bits)) {
    case 'jeq': return holds ? cut(b.low, b.high) : apart(a, b);
    case 'jne': return holds ? apart(a, b) : cut(b.low, b.high);
    case 'jgt': return holds ? cut(b.low + 1, MOST) : cut(0, b.high);
    case 'jge': return holds ? cut(b.low, MOST) : cut(0, b.high - 1);
    case 'jlt': return holds ? cut(0, b.high - 1) : cut(b.low, MOST);
    case 'jle': return holds ? cut(0, b.high) : cut(b.low + 1, MOST);
    case 'jset':
      if (!isConstant(b) || b.low >= 2 ** 31) return a;
      if (!holds) return between(a.low, a.high, a.ones, a.zeros | b.low);
      return (b.low & b.low - 1) === 0 ? between(Math.max(a.low, b.low), a.high, a.ones | b.low, a.zeros) : a;
    default: return a;
  }
}

function apart(a: Scalar, b: Scalar): Scalar {
  if (!isConstant(b)) return a;
  if (a.low === b.low) return between(b.low + 1, a.high, a.ones, a.zeros);
  return a.high === b.low ? between(a.low, b.low - 1, a.ones, a.zeros) : a;
}
