// Ends of blocks whose outcome is known, or that can ask the same for less. A compare stays a compare of the value itself: the
// verifier learns bounds of what is compared.

import { evaluateCondition, mostOf, swapBytes } from '../ir/arithmetic.ts';
import type { Make } from './fold.ts';
import { constOf, defInst, type Condition, type Terminator, type Value } from '../ir/ir.ts';

type Branch = Terminator & { op: 'branch' };

const FLIPPED: Readonly<Record<Condition, Condition>> = {
  eq: 'eq', ne: 'ne', ult: 'ugt', ule: 'uge', ugt: 'ult', uge: 'ule', slt: 'sgt', sle: 'sge', sgt: 'slt', sge: 'sle', test: 'test',
};

export function foldEnd(end: Terminator, make: Make): Terminator | undefined {
  if (end.op !== 'branch') return undefined;
  const known = outcome(end);
  if (known !== undefined) return { op: 'jump', to: known ? end.then : end.else, at: end.at };
  if (constOf(end.a) !== undefined && constOf(end.b) === undefined) return { ...end, condition: FLIPPED[end.condition], a: end.b, b: end.a };
  return withoutSwaps(end, make) ?? narrower(end, make) ?? bitTest(end);
}

/** How a branch goes, where that is known from its operands. */
export function outcome(end: Branch): boolean | undefined {
  const { condition, a, b } = end;
  const [ca, cb] = [constOf(a), constOf(b)];
  if (ca !== undefined && cb !== undefined) return evaluateCondition(condition, a.type, ca, cb);
  if (a === b && condition !== 'test') return ['eq', 'ule', 'uge', 'sle', 'sge'].includes(condition);
  if (a.type === 'value') return defInst(a)?.op === 'map-value' ? condition === 'ne' : undefined;
  if (cb === undefined) return undefined;
  const most = mostOf(a);
  switch (condition) {
    case 'eq': return most < cb ? false : undefined;
    case 'ne': return most < cb ? true : undefined;
    case 'ult': return cb === 0n ? false : most < cb ? true : undefined;
    case 'ule': return most <= cb ? true : undefined;
    case 'ugt': return most <= cb ? false : undefined;
    case 'uge': return cb === 0n ? true : most < cb ? false : undefined;
    case 'test': return cb === 0n ? false : undefined;
    default: return undefined;
  }
}

/** Equality and bit tests of swapped bytes: the constant is swapped instead. */
function withoutSwaps(end: Branch, make: Make): Branch | undefined {
  if (end.condition !== 'eq' && end.condition !== 'ne' && end.condition !== 'test') return undefined;
  const a = defInst(end.a);
  const constant = (value: bigint): Value => make({ op: 'const', value }, [], end.a.type);
  const cb = constOf(end.b);
  if (a?.op === 'swap') {
    const from = a.args[0] as Value;
    const mask = (1n << BigInt(8 * a.bytes)) - 1n;
    if (mostOf(from) > mask) return undefined;
    if (cb !== undefined) return cb > mask ? undefined : { ...end, a: from, b: constant(swapBytes(cb, a.bytes)) };
    const b = defInst(end.b);
    if (b?.op !== 'swap' || b.bytes !== a.bytes || mostOf(b.args[0] as Value) > mask) return undefined;
    return { ...end, a: from, b: b.args[0] as Value };
  }
  // (swap(x) & m) == c
  if (a?.op !== 'alu' || a.alu !== 'and' || cb === undefined || end.condition === 'test') return undefined;
  const m = constOf(a.args[1] as Value);
  const swapped = defInst(a.args[0] as Value);
  if (m === undefined || swapped?.op !== 'swap') return undefined;
  const from = swapped.args[0] as Value;
  const mask = (1n << BigInt(8 * swapped.bytes)) - 1n;
  if (mostOf(from) > mask || cb > mask) return undefined;
  const masked = make({ op: 'alu', alu: 'and' }, [from, constant(swapBytes(m & mask, swapped.bytes))], end.a.type);
  return { ...end, a: masked, b: constant(swapBytes(cb, swapped.bytes)) };
}

const UNSIGNED: ReadonlySet<Condition> = new Set(['eq', 'ne', 'ult', 'ule', 'ugt', 'uge', 'test']);

/** Compares of widened values are compares of the values. */
function narrower(end: Branch, make: Make): Branch | undefined {
  const a = defInst(end.a);
  if (a?.op !== 'zext' || !UNSIGNED.has(end.condition)) return undefined;
  const b = defInst(end.b);
  const narrow = a.args[0] as Value;
  if (b?.op === 'zext') return { ...end, a: narrow, b: b.args[0] as Value };
  const cb = constOf(end.b);
  return cb === undefined || cb > 0xffff_ffffn ? undefined : { ...end, a: narrow, b: make({ op: 'const', value: cb }, [], 'i32') };
}

/** (x & m) == 0 is one instruction. */
function bitTest(end: Branch): Branch | undefined {
  if ((end.condition !== 'eq' && end.condition !== 'ne') || constOf(end.b) !== 0n) return undefined;
  const a = defInst(end.a);
  if (a?.op !== 'alu' || a.alu !== 'and') return undefined;
  const [x, m] = a.args as [Value, Value];
  if (constOf(m) === undefined) return undefined;
  const [then, otherwise] = end.condition === 'ne' ? [end.then, end.else] : [end.else, end.then];
  return { ...end, condition: 'test', a: x, b: m, then, else: otherwise };
}
