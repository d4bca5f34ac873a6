// Removes instructions whose results nobody needs, and stores to slots that nobody reads.

import { defInst, endOf, operands, targets, type Func, type Inst, type Value } from '../ir/ir.ts';
import { rootOf } from '../ir/pointers.ts';
import { hasEffect } from './rewrite.ts';

export function dead(fn: Func): boolean {
  const unread = unreadSlots(fn);
  const deadStore = (inst: Inst): boolean => inst.op === 'store' && unread.has(rootOf(inst.args[0] as Value).root);
  const needed = new Set<Inst>();
  const work: Inst[] = [];
  const need = (v: Value): void => {
    const def = defInst(v);
    if (def !== undefined && !needed.has(def)) { needed.add(def); work.push(def); }
  };
  for (const block of fn.blocks) {
    for (const inst of block.insts) if (hasEffect(inst) && !deadStore(inst)) { needed.add(inst); work.push(inst); }
    const end = endOf(block);
    for (const v of operands(end)) need(v);
    for (const t of targets(end)) for (const a of t.args) need(a);
  }
  for (let inst = work.pop(); inst !== undefined; inst = work.pop()) for (const a of inst.args) need(a);
  let changed = false;
  for (const block of fn.blocks) {
    const kept = block.insts.filter(i => needed.has(i));
    if (kept.length === block.insts.length) continue;
    block.insts.splice(0, block.insts.length, ...kept);
    changed = true;
  }
  return changed;
}

/** Slots whose address goes nowhere but into stores to them. */
function unreadSlots(fn: Func): Set<Value> {
  const slots = new Set<Value>();
  const read = new Set<Value>();
  for (const block of fn.blocks) {
    for (const inst of block.insts) {
      if (inst.op === 'slot' && inst.result) slots.add(inst.result);
      for (const [i, a] of inst.args.entries()) {
        if (a.type !== 'stack' || (inst.op === 'store' && i === 0) || inst.op === 'offset') continue;
        read.add(rootOf(a).root);
      }
    }
    for (const t of targets(endOf(block))) for (const a of t.args) if (a.type === 'stack') read.add(rootOf(a).root);
  }
  for (const v of read) slots.delete(v);
  return slots;
}
