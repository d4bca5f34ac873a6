// Sums of sums: what is added in one place and taken away in another goes. Differences of checksums are made so: two addresses
// that change places leave the sum as it was. Integers wrap, so the order of terms is free.

import { HELPER } from '../3-lower/kernel-functions.ts';
import { newInst } from '../ir/build.ts';
import { constOf, defInst, type Block, type Func, type Inst, type Value } from '../ir/ir.ts';
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
      replaced.set(inst.result as Value, rebuild(fn, block, inst, terms, constant));
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

/** Each term is added where it is made, so that it is not needed any longer. Gives the whole, which is there before the root. */
function rebuild(fn: Func, block: Block, root: Sum, terms: ReadonlyMap<Value, number>, constant: bigint): Value {
  const type = (root.result as Value).type;
  const insts = block.insts;
  const places = new Map(insts.map((inst, i) => [inst.result, i]));
  const ordered = [...terms].map(([value, n]) => ({ value, n, place: places.get(value) ?? -1 })).sort((a, b) => a.place - b.place);
  const made: { readonly place: number; readonly inst: Inst }[] = [];
  const put = (place: number, inst: Inst): Value => { made.push({ place, inst }); return inst.result as Value; };
  const alu = (place: number, op: 'add' | 'sub', a: Value, b: Value): Value => put(place, newInst(fn, { op: 'alu', alu: op }, [a, b], type, root.at));
  const number = (place: number, value: bigint): Value => put(place, newInst(fn, { op: 'const', value: BigInt.asUintN(type === 'i32' ? 32 : 64, value) }, [], type, root.at));
  let sum: Value | undefined;
  let waiting: Value[] = [];
  let last = -1;
  for (const { value, n, place } of ordered) {
    if (n !== 0) last = place;
    for (let i = 0; i < n; i++) sum = sum === undefined ? value : alu(place, 'add', sum, value);
    for (let i = 0; i > n; i--) waiting.push(value);
    if (sum === undefined) continue;
    for (const less of waiting) sum = alu(place, 'sub', sum, less);
    waiting = [];
  }
  if (constant !== 0n || sum === undefined) sum = sum === undefined ? number(last, constant) : alu(last, 'add', sum, number(last, constant));
  for (const less of waiting) sum = alu(last, 'sub', sum, less);
  for (const { place, inst } of made.toReversed()) insts.splice(place + 1, 0, inst);
  return sum;
}
