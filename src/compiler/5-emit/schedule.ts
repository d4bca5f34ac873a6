// Loads go down to where they are needed: within their block, past what does not touch their memory, and into the one block
// behind it that needs them. Values then live across fewer calls, of which only four registers come out alive. IR to IR.

import { dominators } from '../ir/dominators.ts';
import { endOf, operands, targets, type Block, type Func, type Inst, type Value } from '../ir/ir.ts';

export function schedule(fn: Func): void {
  const dom = dominators(fn);
  const usedIn = usingBlocks(fn);
  for (const block of dom.order) {
    const left = sinkWithin(block);
    const end = endOf(block);
    for (const inst of left) {
      const result = inst.result as Value;
      const users = usedIn.get(result) ?? new Set<Block>();
      const next = users.has(block) ? undefined : targets(end).map(t => t.block)
        .find(s => dom.preds.get(s)?.length === 1 && [...users].every(u => dom.dominates(s, u)));
      if (next === undefined) { block.insts.push(inst); continue; }
      next.insts.unshift(inst);
      // What it needs is now needed there.
      for (const a of inst.args) usedIn.get(a)?.add(next);
    }
  }
}

/** Takes loads out and puts them back in front of their first users. What nobody in the block needs is returned, in order. */
function sinkWithin(block: Block): Inst[] {
  const waiting = new Map<Value, Inst>();
  const insts: Inst[] = [];
  const need = (v: Value): void => {
    const inst = waiting.get(v);
    if (inst === undefined) return;
    waiting.delete(v);
    for (const a of inst.args) need(a);
    insts.push(inst);
  };
  for (const inst of block.insts) {
    if (inst.op === 'load' && inst.result && (inst.result.type === 'i32' || inst.result.type === 'i64')) {
      waiting.set(inst.result, inst);
      continue;
    }
    for (const a of inst.args) need(a);
    for (const [v, load] of [...waiting]) if (touches(inst, load)) need(v);
    insts.push(inst);
  }
  const end = endOf(block);
  for (const v of [...operands(end), ...targets(end).flatMap(t => t.args)]) need(v);
  block.insts.splice(0, block.insts.length, ...insts);
  return [...waiting.values()];
}

/** Whether an instruction may change what a load reads, or make its pointer useless. */
function touches(inst: Inst, load: Inst): boolean {
  const memory = load.args[0]?.type;
  if (inst.op === 'store' || inst.op === 'atomic') return inst.args[0]?.type === memory;
  if (inst.op !== 'call') return false;
  // A helper may change maps and the stack that it is shown; what it does to the packet it says.
  return memory === 'value' || memory === 'stack' || inst.movesPacket;
}

function usingBlocks(fn: Func): Map<Value, Set<Block>> {
  const used = new Map<Value, Set<Block>>();
  for (const block of fn.blocks) {
    const see = (v: Value): void => {
      const set = used.get(v);
      if (set) set.add(block); else used.set(v, new Set([block]));
    };
    for (const inst of block.insts) for (const a of inst.args) see(a);
    const end = endOf(block);
    for (const v of operands(end)) see(v);
    for (const t of targets(end)) for (const a of t.args) see(a);
  }
  return used;
}
