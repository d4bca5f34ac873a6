// Offsets that a loop carries lose their lower bound at its end: `off & 0x7ff`, which changes nothing, for they were checked to be
// at most that. To the verifier each round then begins like every other with the same count, and it walks a loop of n rounds n
// times instead of once for every way in which the rounds before can have gone. IR to IR, after the optimiser.

import { newInst } from '../ir/build.ts';
import { dominators } from '../ir/dominators.ts';
import { constOf, defInst, endOf, targets, type Block, type Func, type Inst, type Target, type Value } from '../ir/ir.ts';
import { Ranges } from '../ir/ranges.ts';

/** Masks over what packets can be long are of no use to the verifier. */
const MAX_MASK = 0xffffn;

interface BackEdge { readonly from: Block; readonly target: Target }

export function widenLoops(fn: Func): void {
  const dom = dominators(fn);
  const loops = new Map<Block, BackEdge[]>();
  for (const from of dom.order) {
    for (const target of targets(endOf(from))) {
      if (!dom.dominates(target.block, from)) continue;
      const list = loops.get(target.block);
      if (list) list.push({ from, target }); else loops.set(target.block, [{ from, target }]);
    }
  }
  if (loops.size === 0) return;
  const indexes = reachIndexes(fn);
  const ranges = new Ranges(dom);
  for (const [head, back] of loops) {
    const steps = head.params.map((p, i) => back.every(({ target }) => isStep(target.args[i] as Value, p)));
    // What counts the rounds must stay exact, and there must be such a thing.
    if (!steps.includes(true)) continue;
    for (const [i, p] of head.params.entries()) {
      if (steps[i] === true || !indexes.has(p)) continue;
      for (const { from, target } of back) {
        const arg = target.args[i] as Value;
        const most = ranges.mostOnEdge(arg, from, target.block, 'verifier');
        const mask = most > MAX_MASK ? undefined : (1n << BigInt(most.toString(2).length)) - 1n;
        if (mask === undefined || arg === p || constOf(arg) !== undefined || endOf(from).op !== 'jump') continue;
        const at = endOf(from).at;
        const constant = newInst(fn, { op: 'const', value: mask }, [], arg.type, at);
        const masked = newInst(fn, { op: 'alu', alu: 'and' }, [arg, constant.result as Value], arg.type, at);
        from.insts.push(constant, masked);
        target.args[i] = masked.result as Value;
      }
    }
  }
}

/** p plus a constant. */
function isStep(arg: Value, p: Value): boolean {
  const def = defInst(arg);
  return def?.op === 'alu' && def.alu === 'add' && def.args[0] === p && constOf(def.args[1] as Value) !== undefined;
}

/** Values that become part of an offset into the packet. */
function reachIndexes(fn: Func): Set<Value> {
  const into = new Map<Value, Value[]>();
  const add = (p: Value, arg: Value): void => { const list = into.get(p); if (list) list.push(arg); else into.set(p, [arg]); };
  const found = new Set<Value>();
  const work: Value[] = [];
  const see = (v: Value): void => { if (!found.has(v)) { found.add(v); work.push(v); } };
  for (const block of fn.blocks) {
    for (const t of targets(endOf(block))) for (const [i, p] of t.block.params.entries()) add(p, t.args[i] as Value);
    for (const inst of block.insts) if (inst.op === 'index' && inst.result?.type === 'packet') see(inst.args[1] as Value);
  }
  for (let v = work.pop(); v !== undefined; v = work.pop()) {
    const def: Inst | undefined = defInst(v);
    if (def?.op === 'alu' || def?.op === 'zext' || def?.op === 'trunc') for (const a of def.args) see(a);
    for (const a of into.get(v) ?? []) see(a);
  }
  return found;
}
