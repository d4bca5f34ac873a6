// Value numbering over the dominator tree: an instruction that was already computed where this one can see it is not computed
// again. Pure instructions only; memory is forward.ts. Also branches that a branch above has already decided.

import { bitsKey, implied } from './implied.ts';
import { Replacement } from './rewrite.ts';
import { dominators } from '../ir/dominators.ts';
import { endOf, type Block, type Func, type Inst, type Value } from '../ir/ir.ts';

export function numberValues(fn: Func): boolean {
  const dom = dominators(fn);
  const children = new Map<Block, Block[]>();
  for (const block of dom.order) {
    if (block === fn.entry) continue;
    const parent = dom.idom.get(block) ?? fn.entry;
    const list = children.get(parent);
    if (list) list.push(block); else children.set(parent, [block]);
  }
  const replaced = new Replacement();
  let changed = false;
  /** What has been computed above the block at hand; a block takes its own out again when it is left. */
  const known = new Map<string, Value>();
  const open: { readonly own: readonly string[]; readonly below: Block[] }[] = [];
  const enter = (block: Block): void => {
    const own: string[] = [];
    for (const inst of block.insts) {
      replaced.inst(inst);
      const key = keyOf(inst);
      if (key === undefined || inst.result === undefined) continue;
      const first = known.get(key);
      if (first) replaced.set(inst.result, first);
      else { known.set(key, inst.result); own.push(key); }
    }
    replaced.end(endOf(block));
    open.push({ own, below: [...(children.get(block) ?? [])].reverse() });
  };
  enter(fn.entry);
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const next = top.below.pop();
    if (next !== undefined) { enter(next); continue; }
    for (const key of top.own) known.delete(key);
    open.pop();
  }
  // Loops pass values back to blocks that were already walked.
  replaced.apply(fn);
  for (const block of dom.order) {
    const end = endOf(block);
    if (end.op !== 'branch') continue;
    const goes = implied(block, end, dom);
    if (goes === undefined) continue;
    // Less edges: what dominated still does.
    block.end = { op: 'jump', to: goes ? end.then : end.else, at: end.at };
    changed = true;
  }
  return changed || replaced.size > 0;
}

function keyOf(inst: Inst): string | undefined {
  const args = inst.args.map(a => a.id).join();
  const type = inst.result?.type;
  switch (inst.op) {
    case 'const': return `const ${type} ${inst.value}`;
    case 'alu': return `${inst.alu} ${bitsKey(inst)}`;
    case 'neg': case 'zext': case 'sext': case 'trunc': case 'index': return `${inst.op} ${type} ${args}`;
    case 'swap': return `swap ${inst.bytes} ${args}`;
    case 'offset': return `offset ${args} ${inst.bytes}`;
    case 'map': return `map ${inst.map}`;
    case 'map-value': return `map-value ${inst.map} ${inst.offset}`;
    case 'link': return `link ${inst.name}`;
    case 'load': case 'store': case 'atomic': case 'slot': case 'call': return undefined;
  }
}
