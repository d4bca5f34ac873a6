// Order and dominance of blocks (Cooper, Harvey, Kennedy 2001). Computed when asked; nothing keeps it up to date.

import { endOf, targets, type Block, type Func } from './ir.ts';

export interface Dominators {
  /** Reachable blocks in reverse postorder, entry first. */
  readonly order: readonly Block[];
  readonly preds: ReadonlyMap<Block, readonly Block[]>;
  readonly idom: ReadonlyMap<Block, Block>;
  dominates(a: Block, b: Block): boolean;
}

export function reversePostorder(fn: Func): Block[] {
  const seen = new Set<Block>([fn.entry]);
  const postorder: Block[] = [];
  const stack: { block: Block; next: number; to: Block[] }[] = [{ block: fn.entry, next: 0, to: targets(endOf(fn.entry)).map(t => t.block) }];
  for (;;) {
    const top = stack.at(-1);
    if (top === undefined) break;
    // Last successor first, so that the first one follows its block in reverse.
    const block = top.to[top.to.length - 1 - top.next];
    top.next++;
    if (block === undefined) { postorder.push(top.block); stack.pop(); continue; }
    if (seen.has(block)) continue;
    seen.add(block);
    stack.push({ block, next: 0, to: targets(endOf(block)).map(t => t.block) });
  }
  return postorder.reverse();
}

export function dominators(fn: Func): Dominators {
  const order = reversePostorder(fn);
  const index = new Map(order.map((b, i) => [b, i]));
  const preds = new Map<Block, Block[]>(order.map(b => [b, []]));
  for (const b of order) for (const t of targets(endOf(b))) preds.get(t.block)?.push(b);
  const idom = new Map<Block, Block>([[fn.entry, fn.entry]]);
  const at = (b: Block): number => index.get(b) ?? -1;
  const meet = (a: Block, b: Block): Block => {
    while (a !== b) {
      while (at(a) > at(b)) a = idom.get(a) ?? fn.entry;
      while (at(b) > at(a)) b = idom.get(b) ?? fn.entry;
    }
    return a;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (const b of order) {
      if (b === fn.entry) continue;
      let dom: Block | undefined;
      for (const p of preds.get(b) ?? []) if (idom.has(p)) dom = dom === undefined ? p : meet(p, dom);
      if (dom !== undefined && idom.get(b) !== dom) { idom.set(b, dom); changed = true; }
    }
  }
  const dominates = (a: Block, b: Block): boolean => {
    for (let x = b; ; x = idom.get(x) ?? fn.entry) {
      if (x === a) return true;
      if (x === fn.entry) return false;
    }
  };
  return { order, preds, idom, dominates };
}
