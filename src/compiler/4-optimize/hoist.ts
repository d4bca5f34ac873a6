// What both ways of a branch begin with is done before it: the key that one of them looks up and the other one writes.

import { edgeCounts, Replacement } from './rewrite.ts';
import { defInst, endOf, type Func, type Inst, type Value } from '../ir/ir.ts';

export function hoist(fn: Func): boolean {
  const counts = edgeCounts(fn);
  const replaced = new Replacement();
  let changed = false;
  for (const block of fn.blocks) {
    const end = endOf(block);
    // What is behind a null check may need it.
    if (end.op !== 'branch' || end.a.type === 'value') continue;
    const [then, otherwise] = [end.then.block, end.else.block];
    if (then === otherwise || counts.get(then) !== 1 || counts.get(otherwise) !== 1) continue;
    const pairs = sameHead(then.insts, otherwise.insts);
    if (pairs.length === 0) continue;
    changed = true;
    const moved = new Set<Inst>();
    for (const [first] of pairs) {
      for (const arg of first.args) {
        const def = defInst(arg);
        if (def !== undefined && isNullary(def) && then.insts.includes(def)) moved.add(def);
      }
      moved.add(first);
    }
    block.insts.push(...moved);
    const gone = new Set(pairs.map(([, second]) => second));
    then.insts.splice(0, then.insts.length, ...then.insts.filter(inst => !moved.has(inst)));
    otherwise.insts.splice(0, otherwise.insts.length, ...otherwise.insts.filter(inst => !gone.has(inst)));
    for (const [first, second] of pairs) if (first.result && second.result) replaced.set(second.result, first.result);
  }
  replaced.apply(fn);
  return changed;
}

/** Made where it is used: it stands anywhere. */
const isNullary = (inst: Inst): boolean => inst.op === 'const' || inst.op === 'map' || inst.op === 'link' || inst.op === 'map-value';

/** The instructions that both begin with, in pairs. A slot of the one stands for one of the other. */
function sameHead(then: readonly Inst[], otherwise: readonly Inst[]): [Inst, Inst][] {
  const by = new Map<Value, Value>();
  const same = (a: Value, b: Value): boolean => {
    const [x, y] = [defInst(a), defInst(b)];
    return a === (by.get(b) ?? b) || (a.type === b.type && x !== undefined && y !== undefined && isNullary(x) && shapeOf(x) === shapeOf(y));
  };
  const pairs: [Inst, Inst][] = [];
  const others = otherwise.filter(inst => !isNullary(inst));
  for (const [i, a] of then.filter(inst => !isNullary(inst)).entries()) {
    const b = others[i];
    if (b === undefined || shapeOf(a) !== shapeOf(b) || a.result?.type !== b.result?.type || !a.args.every((arg, k) => same(arg, b.args[k] as Value))) break;
    pairs.push([a, b]);
    if (a.result && b.result) by.set(b.result, a.result);
  }
  return pairs;
}

function shapeOf(inst: Inst): string {
  const { args: _args, result: _result, at: _at, ...shape } = inst;
  return Object.entries(shape).map(([name, value]) => `${name}=${value}`).join();
}
