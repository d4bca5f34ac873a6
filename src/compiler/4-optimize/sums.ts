// Sums of sums: what is added in one place and taken away in another goes. Differences of checksums are made so: two addresses
// that change places leave the sum as it was. Integers wrap, so the order of terms is free.

import { HELPER } from '../3-lower/kernel-functions.ts';
import { newInst } from '../ir/build.ts';
import { constOf, defInst, type Func, type Inst, type Value } from '../ir/ir.ts';
import { Replacement, useCounts } from './rewrite.ts';

type Sum = Inst & { op: 'alu' };

const isSum = (inst: Inst | undefined): inst is Sum => inst?.op === 'alu' && (inst.alu === 'add' || inst.alu === 'sub');

/** Terms that one sum may have: beyond, nothing is gained that a person would miss. */
const MAX_TERMS = 64;

export function sums(fn: Func): boolean {
  let counts: ReadonlyMap<Value, number> | undefined;
  const replaced = new Replacement();
  for (const block of fn.blocks) {
    const inside = new Set<Inst>();
    for (let k = block.insts.length - 1; k >= 0; k--) {
      const inst = block.insts[k] as Inst;
      if (!isSum(inst) || inside.has(inst) || !inst.args.some(a => isSum(defInst(a)))) continue;
      counts ??= useCounts(fn);
      const terms = new Map<Value, number>();
      const constant = collect(inst, counts, inside, terms);
      if (constant === undefined || ![...terms.values()].includes(0)) continue;
      const made: Inst[] = [];
      const value = rebuild(fn, inst, terms, constant, made);
      block.insts.splice(k, 0, ...made);
      replaced.set(inst.result as Value, value);
    }
  }
  replaced.apply(fn);
  return updatesOfNothing(fn) || replaced.size > 0;
}

/** A checksum that changes by nothing, in ones' complement, stays as it is. */
function updatesOfNothing(fn: Func): boolean {
  const isNothing = (inst: Inst): boolean => {
    if (inst.op !== 'call' || inst.helper !== HELPER.l4_csum_replace || constOf(inst.args[2] as Value) !== 0n) return false;
    const by = constOf(inst.args[3] as Value);
    return by !== undefined && by < 1n << 32n && by % 0xffffn === 0n;
  };
  const calls = fn.blocks.filter(block => block.insts.some(isNothing));
  if (calls.length === 0) return false;
  const counts = useCounts(fn);
  let changed = false;
  for (const block of calls) {
    const kept = block.insts.filter(inst => !isNothing(inst) || (inst.result !== undefined && (counts.get(inst.result) ?? 0) > 0));
    changed ||= kept.length < block.insts.length;
    block.insts.splice(0, block.insts.length, ...kept);
  }
  return changed;
}

/** How often each value is added, less how often it is taken away; returns the constant part. */
function collect(root: Sum, counts: ReadonlyMap<Value, number>, inside: Set<Inst>, terms: Map<Value, number>): bigint | undefined {
  let constant = 0n;
  const work: { inst: Sum; sign: 1 | -1 }[] = [{ inst: root, sign: 1 }];
  for (let top = work.pop(); top !== undefined; top = work.pop()) {
    for (const [i, arg] of top.inst.args.entries()) {
      const sign = i === 1 && top.inst.alu === 'sub' ? -top.sign as 1 | -1 : top.sign;
      const def = defInst(arg);
      const c = constOf(arg);
      if (c !== undefined) constant += BigInt(sign) * c;
      else if (isSum(def) && counts.get(arg) === 1) { inside.add(def); work.push({ inst: def, sign }); }
      else terms.set(arg, (terms.get(arg) ?? 0) + sign);
    }
    if (terms.size > MAX_TERMS) return undefined;
  }
  return constant;
}

function rebuild(fn: Func, root: Sum, terms: ReadonlyMap<Value, number>, constant: bigint, made: Inst[]): Value {
  const type = (root.result as Value).type;
  const put = (inst: Inst): Value => { made.push(inst); return inst.result as Value; };
  const constantOf = (value: bigint): Value => put(newInst(fn, { op: 'const', value: BigInt.asUintN(type === 'i32' ? 32 : 64, value) }, [], type, root.at));
  const alu = (op: 'add' | 'sub', a: Value, b: Value): Value => put(newInst(fn, { op: 'alu', alu: op }, [a, b], type, root.at));
  let sum: Value | undefined;
  for (const [value, n] of terms) for (let i = 0; i < n; i++) sum = sum === undefined ? value : alu('add', sum, value);
  if (constant !== 0n || sum === undefined) {
    const c = constantOf(constant);
    sum = sum === undefined ? c : alu('add', sum, c);
  }
  for (const [value, n] of terms) for (let i = 0; i > n; i--) sum = alu('sub', sum, value);
  return sum;
}
