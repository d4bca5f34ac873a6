// Instructions whose result is known or can be had for less, one instruction at a time with its operands' definitions in view.
// Conditions are conditions.ts, addresses addresses.ts.

import { addressOf } from './addresses.ts';
import { evaluateAlu, mostOf, swapBytes } from '../ir/arithmetic.ts';
import { foldEnd } from './conditions.ts';
import { Replacement } from './rewrite.ts';
import { newInst } from '../ir/build.ts';
import { reversePostorder } from '../ir/dominators.ts';
import { constOf, defInst, endOf, type Func, type Inst, type InstShape, type Type, type Value } from '../ir/ir.ts';

/** Puts an instruction in front of the one at hand and gives its result. */
export type Make = (shape: InstShape, args: Value[], type: Type) => Value;

export function fold(fn: Func): boolean {
  const replaced = new Replacement();
  let changed = false;
  for (const block of reversePostorder(fn)) {
    const insts = block.insts.splice(0);
    for (const inst of insts) {
      replaced.inst(inst);
      const make: Make = (shape, args, type) => {
        const made = newInst(fn, shape, args, type, inst.at);
        block.insts.push(made);
        changed = true;
        return made.result as Value;
      };
      if (addressOf(inst, make)) changed = true;
      const by = inst.result && simpler(inst, make);
      if (by !== undefined && inst.result) replaced.set(inst.result, by);
      block.insts.push(inst);
    }
    const end = endOf(block);
    replaced.end(end);
    const make: Make = (shape, args, type) => {
      const made = newInst(fn, shape, args, type, end.at);
      block.insts.push(made);
      return made.result as Value;
    };
    const better = foldEnd(end, make);
    if (better !== undefined) { block.end = better; changed = true; }
  }
  replaced.apply(fn);
  return changed || replaced.size > 0;
}

/** A value that is the instruction's result. The instruction itself is then dead. */
function simpler(inst: Inst, make: Make): Value | undefined {
  const { result } = inst;
  if (result === undefined) return undefined;
  const [a, b] = inst.args as [Value, Value];
  const constant = (value: bigint): Value => make({ op: 'const', value: BigInt.asUintN(result.type === 'i32' ? 32 : 64, value) }, [], result.type);
  const ca = inst.args.length > 0 ? constOf(a) : undefined;
  switch (inst.op) {
    case 'alu': return simplerAlu(inst, result, a, b, constant, make);
    case 'neg': return ca === undefined ? undefined : constant(-ca);
    case 'zext': return ca === undefined ? undefined : constant(ca);
    case 'sext': return ca === undefined ? mostOf(a) < 0x8000_0000n ? make({ op: 'zext' }, [a], 'i64') : undefined : constant(BigInt.asIntN(32, ca));
    case 'trunc': {
      if (ca !== undefined) return constant(ca);
      const def = defInst(a);
      if (def?.op === 'zext' || def?.op === 'sext') return def.args[0];
      return def?.op === 'alu' ? truncated(def, make) : undefined;
    }
    case 'swap': {
      if (ca !== undefined) return constant(swapBytes(ca, inst.bytes));
      const def = defInst(a);
      if (def?.op === 'alu' && (def.alu === 'or' || def.alu === 'and' || def.alu === 'xor')) return swapParts(inst, def, make);
      if (inst.bytes === 8 && def?.op === 'zext') {
        // Four bytes swapped as part of eight are the four bytes swapped, in the upper half.
        const four = make({ op: 'swap', bytes: 4 }, [def.args[0] as Value], 'i32');
        return make({ op: 'alu', alu: 'shl' }, [make({ op: 'zext' }, [four], 'i64'), constant(32n)], 'i64');
      }
      if (def?.op !== 'swap' || def.bytes !== inst.bytes) return undefined;
      const inner = def.args[0] as Value;
      const mask = (1n << BigInt(8 * inst.bytes)) - 1n;
      return mostOf(inner) <= mask ? inner : make({ op: 'alu', alu: 'and' }, [inner, constant(mask)], result.type);
    }
    case 'offset': return inst.bytes === 0 ? a : undefined;
    case 'index': {
      const by = constOf(b);
      if (by !== undefined && by <= 0x7fffn) return make({ op: 'offset', bytes: Number(by) }, [a], a.type);
      // In a map's value the constant part can come last, where the access takes it.
      const def = defInst(a);
      if (a.type !== 'value' || (def?.op !== 'offset' && def?.op !== 'map-value')) return undefined;
      const bytes = def.op === 'offset' ? def.bytes : def.offset;
      if (bytes === 0) return undefined;
      const base = def.op === 'offset' ? def.args[0] as Value : make({ op: 'map-value', map: def.map, offset: 0 }, [], 'value');
      return make({ op: 'offset', bytes }, [make({ op: 'index' }, [base, b], 'value')], 'value');
    }
    default: return undefined;
  }
}

/** The low half of bits set in the upper half, or taken away there, is the low half of what was there before. */
function truncated(def: Inst & { op: 'alu' }, make: Make): Value | undefined {
  const c = constOf(def.args[1] as Value);
  if (c === undefined) return undefined;
  const low = c & 0xffff_ffffn;
  const same = def.alu === 'and' ? low === 0xffff_ffffn : (def.alu === 'or' || def.alu === 'xor' || def.alu === 'add' || def.alu === 'sub') && low === 0n;
  return same ? make({ op: 'trunc' }, [def.args[0] as Value], 'i32') : undefined;
}

/** swap(a | constant) = swap(a) | swapped constant, where the first swap then meets another one. */
function swapParts(inst: Inst & { op: 'swap' }, def: Inst & { op: 'alu' }, make: Make): Value | undefined {
  const [a, c] = def.args as [Value, Value];
  const cc = constOf(c);
  const inner = defInst(a);
  const meets = inner?.op === 'swap' || (inner?.op === 'zext' && defInst(inner.args[0] as Value)?.op === 'swap');
  if (cc === undefined || !meets) return undefined;
  const swapped = make({ op: 'swap', bytes: inst.bytes }, [a], a.type);
  const constant = make({ op: 'const', value: swapBytes(cc, inst.bytes) }, [], a.type);
  return make({ op: 'alu', alu: def.alu }, [swapped, constant], a.type);
}

const COMMUTES: ReadonlySet<string> = new Set(['add', 'mul', 'and', 'or', 'xor']);

function simplerAlu(inst: Inst & { op: 'alu' }, result: Value, a: Value, b: Value, constant: (v: bigint) => Value, make: Make): Value | undefined {
  const all = result.type === 'i32' ? 0xffff_ffffn : 0xffff_ffff_ffff_ffffn;
  const [ca, cb] = [constOf(a), constOf(b)];
  if (ca !== undefined && cb !== undefined) return constant(evaluateAlu(inst.alu, result.type, ca, cb));
  if (ca !== undefined && COMMUTES.has(inst.alu)) {
    inst.args = [b, a];
    return simplerAlu(inst, result, b, a, constant, make);
  }
  const alu = (op: typeof inst.alu, x: Value, y: Value): Value => make({ op: 'alu', alu: op }, [x, y], result.type);
  if (a === b) {
    if (inst.alu === 'sub' || inst.alu === 'xor') return constant(0n);
    if (inst.alu === 'and' || inst.alu === 'or') return a;
  }
  if (cb === undefined) return undefined;
  const inner = defInst(a);
  const ci = inner?.op === 'alu' ? constOf(inner.args[1] as Value) : undefined;
  const x = inner?.args[0] as Value;
  const same = inner?.op === 'alu' && inner.alu === inst.alu && ci !== undefined;
  const log = cb > 0n && (cb & (cb - 1n)) === 0n ? BigInt(cb.toString(2).length - 1) : undefined;
  switch (inst.alu) {
    case 'add': return cb === 0n ? a : same ? alu('add', x, constant(ci + cb)) : undefined;
    case 'sub': return cb === 0n ? a : alu('add', a, constant(-cb));
    case 'or': case 'xor': return cb === 0n ? a : same ? alu(inst.alu, x, constant(inst.alu === 'or' ? ci | cb : ci ^ cb)) : undefined;
    case 'and': {
      if (cb === 0n) return constant(0n);
      // A mask that keeps every bit that there can be.
      const most = mostOf(a);
      if (cb === all || (most & ~cb) === 0n && (cb & (cb + 1n)) === 0n && most <= cb) return a;
      // The mask itself would be a wide load; a 32-bit move does it.
      if (result.type === 'i64' && cb === 0xffff_ffffn) return make({ op: 'zext' }, [make({ op: 'trunc' }, [a], 'i32')], 'i64');
      return same ? alu('and', x, constant(ci & cb)) : undefined;
    }
    case 'shl': case 'lshr': case 'ashr': return cb === 0n ? a : undefined;
    case 'mul': return cb === 0n ? constant(0n) : cb === 1n ? a : log === undefined ? undefined : alu('shl', a, constant(log));
    case 'udiv': return cb === 0n ? constant(0n) : cb === 1n ? a : log === undefined ? undefined : alu('lshr', a, constant(log));
    case 'umod': return cb === 0n ? a : cb === 1n ? constant(0n) : log === undefined ? undefined : alu('and', a, constant(cb - 1n));
    case 'sdiv': return cb === 0n ? constant(0n) : cb === 1n ? a : undefined;
    case 'smod': return cb === 0n ? a : cb === 1n ? constant(0n) : undefined;
  }
}
