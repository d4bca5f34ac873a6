// What is known of the result of an operation on two integers: bounds as kernels have them (scalar*_min_max_*), and known bits (kernel/bpf/tnum.c).
// Where signs would count, or more than 53 bits, less is known here.

import { between, BITS, exactly, isConstant, MOST, unknown, type Scalar } from './registers.ts';

interface Result { readonly low: number; readonly high: number; readonly ones?: number; readonly zeros?: number }

/** `imm`: the second operand as the instruction has it. */
export function computed(op: string, width: 32 | 64, x: Scalar, y: Scalar, imm: number | undefined): Scalar {
  const most = width === 32 ? 2 ** 32 - 1 : MOST;
  const [a, b] = width === 32 ? [lowHalf(x), lowHalf(y)] : [x, y];
  if (isConstant(a) && isConstant(b)) {
    const exact = width === 32 ? ofWords(op, a.low, b.low) : ofConstants(op, a.low, b.low);
    if (exact !== undefined) return exactly(exact);
  }
  const result = resultOf(op, a, b, imm, width);
  return result && result.low >= 0 && result.high <= most && (result.high < 2 ** 53 || result.low < result.high) ? between(result.low, result.high, result.ones, result.zeros) : between(0, most, result?.ones, result?.zeros);
}

/** Its lower 32 bits. */
export const lowHalf = (a: Scalar): Scalar => a.high < 2 ** 32 ? a : between(0, 2 ** 32 - 1, a.ones, a.zeros);

export function swapped(a: Scalar, order: 'le' | 'be' | 'swap', bits: 16 | 32 | 64): Scalar {
  if (order === 'le') return bits === 64 || a.high < 2 ** bits ? a : bits === 32 ? lowHalf(a) : between(0, 0xffff, a.ones & 0xffff, a.zeros | ~0xffff & BITS);
  if (bits === 64) return unknown();
  if (bits === 16) return between(0, 0xffff, swap(a.ones) >>> 16, swap(a.zeros) >>> 16 | ~0xffff & BITS);
  if (a.low === a.high && a.high < 2 ** 32) return exactly(swap(a.low));
  return between(0, 2 ** 32 - 1, swap(a.ones) & BITS, swap(a.high <= BITS ? a.zeros | 1 << 31 : a.zeros) & BITS);
}

const swap = (n: number): number => ((n & 0xff) << 24 | (n & 0xff00) << 8 | n >>> 8 & 0xff00 | n >>> 24) >>> 0;

function ofWords(op: string, a: number, b: number): number | undefined {
  switch (op) {
    case 'add': return a + b >>> 0;
    case 'sub': return a - b >>> 0;
    case 'mul': return Math.imul(a, b) >>> 0;
    case 'and': return (a & b) >>> 0;
    case 'or': return (a | b) >>> 0;
    case 'xor': return (a ^ b) >>> 0;
    case 'lsh': return b > 31 ? undefined : a << b >>> 0;
    case 'rsh': return b > 31 ? undefined : a >>> b;
    case 'arsh': return b > 31 ? undefined : a >> b >>> 0;
    default: return undefined;
  }
}

/** Bit by bit; the rest needs no second look. */
function ofConstants(op: string, a: number, b: number): number | undefined {
  if ((a <= BITS && b <= BITS) || a >= 2 ** 53 || b >= 2 ** 53) return undefined;
  switch (op) {
    case 'and': return Number(BigInt(a) & BigInt(b));
    case 'or': return Number(BigInt(a) | BigInt(b));
    case 'xor': return Number(BigInt(a) ^ BigInt(b));
    default: return undefined;
  }
}

function resultOf(op: string, a: Scalar, b: Scalar, imm: number | undefined, width: 32 | 64): Result | undefined {
  const c = b.low === b.high ? b.low : undefined;
  const by = c === undefined ? 0 : c % width;
  switch (op) {
    case 'add': return { ...(imm !== undefined && imm < 0 ? { low: a.low + imm, high: a.high + imm } : { low: a.low + b.low, high: a.high + b.high }), ...sum(a, imm !== undefined && imm < 0 ? exactly(imm & BITS) : b) };
    case 'sub': return { low: a.low - b.high, high: a.high - b.low, ...difference(a, b) };
    case 'mul': return { low: a.low * b.low, high: a.high * b.high };
    case 'and': {
      const [ones, zeros] = [a.ones & b.ones, a.zeros | b.zeros];
      return { low: 0, high: Math.min(a.high, b.high, a.high <= BITS || b.high <= BITS ? ~zeros & BITS : MOST), ones, zeros };
    }
    case 'or': return { low: Math.max(a.low, b.low), high: over(a, b), ones: a.ones | b.ones, zeros: a.zeros & b.zeros };
    case 'xor': return { low: 0, high: over(a, b), ones: a.ones & b.zeros | a.zeros & b.ones, zeros: a.ones & b.ones | a.zeros & b.zeros };
    case 'lsh': return c === undefined ? undefined : { low: a.low * 2 ** by, high: a.high * 2 ** by, ones: by > 30 ? 0 : a.ones << by & BITS, zeros: by > 30 ? BITS : (a.zeros << by | (1 << by) - 1) & BITS };
    case 'rsh': case 'arsh': return c === undefined || (op === 'arsh' && a.high >= 2 ** (width - 1)) ? undefined : { low: Math.floor(a.low / 2 ** by), high: Math.floor(a.high / 2 ** by), ...(a.high <= BITS && by < 31 && { ones: a.ones >> by, zeros: (a.zeros >> by | ~(BITS >> by)) & BITS }) };
    default: return undefined;
  }
}

/** Known bits of a sum and of a difference (tnum_add, tnum_sub). */
function sum(a: Scalar, b: Scalar): { ones: number; zeros: number } {
  const [x, y] = [open(a), open(b)];
  const least = a.ones + b.ones & BITS;
  return known(least, (least + (x + y)) ^ least | x | y);
}
function difference(a: Scalar, b: Scalar): { ones: number; zeros: number } {
  const [x, y] = [open(a), open(b)];
  const apart = a.ones - b.ones & BITS;
  return known(apart, (apart + x) ^ (apart - y) | x | y);
}
const open = ({ ones, zeros }: Scalar): number => BITS & ~(ones | zeros);
const known = (value: number, unsure: number): { ones: number; zeros: number } => ({ ones: value & ~unsure & BITS, zeros: ~value & ~unsure & BITS });

const over = (a: Scalar, b: Scalar): number => 2 ** Math.ceil(Math.log2(Math.max(a.high, b.high) + 1)) - 1;
