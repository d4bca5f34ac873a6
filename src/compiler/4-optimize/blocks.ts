// Control flow made simple: no block that cannot be reached, none that only jumps on, none that only follows one other;
// branches with one outcome become jumps, equal exits become one block.

import { reversePostorder } from '../ir/dominators.ts';
import { newInst } from '../ir/build.ts';
import { constOf, defInst, endOf, isBlock, targets, type Block, type Func, type Inst, type Target, type Terminator, type Value } from '../ir/ir.ts';
import { edgeCounts, Replacement } from './rewrite.ts';

export function blocks(fn: Func): boolean {
  let changed = false;
  for (let again = true; again;) {
    // Chains are joined where all is reached: round a loop that nothing leads into, values would stand for each other.
    again = [skipEmpty, sameTargets, joinExits, prune, joinChains].map(step => step(fn)).includes(true);
    changed ||= again;
  }
  return changed;
}

function prune(fn: Func): boolean {
  const order = reversePostorder(fn);
  if (order.length === fn.blocks.length) return false;
  fn.blocks = order;
  return true;
}

/** Edges into a block that only jumps on, perhaps with constants, go where it goes. */
function skipEmpty(fn: Func): boolean {
  let changed = false;
  let read: Set<Block> | undefined;
  for (const block of fn.blocks) {
    for (const t of targets(endOf(block))) {
      const via = t.block;
      const end = endOf(via);
      if (end.op !== 'jump' || end.to.block === via || via === fn.entry || !via.insts.every(inst => inst.op === 'const')) continue;
      // What it defines must be used only for passing on: with no other instruction, any other use is in a block behind it.
      if (via.params.length + via.insts.length > 0) {
        read ??= readElsewhere(fn);
        if (read.has(via)) continue;
      }
      t.args = end.to.args.map(a => {
        const i = via.params.indexOf(a);
        const def = defInst(a);
        if (def === undefined || !via.insts.includes(def)) return i < 0 ? a : t.args[i] ?? a;
        const made = newInst(fn, { op: 'const', value: constOf(a) ?? 0n }, [], a.type, def.at);
        block.insts.push(made);
        return made.result as Value;
      });
      t.block = end.to.block;
      changed = true;
    }
  }
  return changed;
}

/** Blocks whose parameters or constants others read. */
function readElsewhere(fn: Func): Set<Block> {
  const read = new Set<Block>();
  const home = new Map<Inst, Block>();
  for (const block of fn.blocks) for (const inst of block.insts) if (inst.op === 'const') home.set(inst, block);
  for (const block of fn.blocks) {
    const see = (v: Value): void => {
      const from = isBlock(v.def) ? v.def : home.get(v.def);
      if (from !== undefined && from !== block) read.add(from);
    };
    for (const inst of block.insts) for (const a of inst.args) see(a);
    for (const v of endValues(endOf(block))) see(v);
  }
  return read;
}

function* endValues(end: Terminator): Iterable<Value> {
  if (end.op === 'branch') { yield end.a; yield end.b; }
  if (end.op === 'bounds') { yield end.base; yield end.end; }
  if (end.op === 'exit' && end.port) yield end.port;
  for (const t of targets(end)) yield* t.args;
}

const same = (a: Target, b: Target): boolean => a.block === b.block && a.args.every((v, i) => v === b.args[i]);

function sameTargets(fn: Func): boolean {
  let changed = false;
  for (const block of fn.blocks) {
    const end = endOf(block);
    if (end.op === 'branch' && same(end.then, end.else)) { block.end = { op: 'jump', to: end.then, at: end.at }; changed = true; }
  }
  return changed;
}

/** One block for each way out that needs no value. */
function joinExits(fn: Func): boolean {
  const kept = new Map<string, Block>();
  const by = new Map<Block, Block>();
  for (const block of fn.blocks) {
    const end = endOf(block);
    if (end.op !== 'exit' || end.port || block.insts.length > 0 || block.params.length > 0 || block === fn.entry) continue;
    const key = `${end.exit} ${end.site}`;
    const first = kept.get(key);
    if (first) by.set(block, first); else kept.set(key, block);
  }
  if (by.size === 0) return false;
  for (const block of fn.blocks) for (const t of targets(endOf(block))) t.block = by.get(t.block) ?? t.block;
  prune(fn);
  return true;
}

/** A block and the only one that follows it, where nothing else leads to that one. */
function joinChains(fn: Func): boolean {
  const counts = edgeCounts(fn);
  const replaced = new Replacement();
  const gone = new Set<Block>();
  for (const block of fn.blocks) {
    if (gone.has(block)) continue;
    for (let end = endOf(block); end.op === 'jump'; end = endOf(block)) {
      const next = end.to.block;
      if (next === block || next === fn.entry || counts.get(next) !== 1) break;
      for (const [i, p] of next.params.entries()) replaced.set(p, end.to.args[i] ?? p);
      block.insts.push(...next.insts);
      block.end = endOf(next);
      next.insts.length = 0;
      gone.add(next);
    }
  }
  if (gone.size === 0) return false;
  fn.blocks = fn.blocks.filter(b => !gone.has(b));
  replaced.apply(fn);
  return true;
}
