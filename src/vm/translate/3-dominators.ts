// Phase 3: order, dominators, loops and merges of a function's blocks (Cooper, Harvey, Kennedy: A Simple, Fast Dominance Algorithm, 2001).

import { successors, type Block } from './2-blocks.ts';

export interface Shape {
  /** Place of a block in reverse postorder; -1: nothing reaches it. */
  readonly order: readonly number[];
  /** Blocks that a block immediately dominates, by order. */
  readonly children: readonly (readonly number[])[];
  /** Targets of back edges. */
  readonly loops: ReadonlySet<number>;
  /** Blocks with two or more forward edges into them. */
  readonly merges: ReadonlySet<number>;
}

/** Of blocks whose loops have one entry each. */
export function shapeOf(blocks: readonly Block[]): Shape {
  const sequence = reversePostorder(blocks);
  const order = blocks.map(() => -1);
  for (const [place, block] of sequence.entries()) order[block] = place;
  const predecessors: number[][] = blocks.map(() => []);
  for (const block of sequence) for (const to of successors(blocks[block]!.end)) predecessors[to]!.push(block);

  const dominator = dominators(sequence, order, predecessors);
  const dominates = (a: number, b: number): boolean => {
    while (order[b]! > order[a]!) b = dominator[b]!;
    return a === b;
  };
  const loops = new Set<number>();
  const merges = new Set<number>();
  for (const block of sequence) {
    let forward = 0;
    for (const from of predecessors[block]!) {
      if (order[from]! < order[block]!) forward++;
      else if (dominates(block, from)) loops.add(block);
      else throw new Error(`a loop with two entries at slot ${blocks[block]!.slot}`);
    }
    if (forward > 1) merges.add(block);
  }
  const children: number[][] = blocks.map(() => []);
  for (const block of sequence) if (block !== 0) children[dominator[block]!]!.push(block);
  return { order, children, loops, merges };
}

function reversePostorder(blocks: readonly Block[]): number[] {
  const out: number[] = [];
  const seen = new Set([0]);
  const stack = [{ block: 0, next: 0 }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const to = successors(blocks[top.block]!.end)[top.next++];
    if (to === undefined) {
      out.push(top.block);
      stack.pop();
    } else if (!seen.has(to)) {
      seen.add(to);
      stack.push({ block: to, next: 0 });
    }
  }
  return out.reverse();
}

function dominators(sequence: readonly number[], order: readonly number[], predecessors: readonly (readonly number[])[]): number[] {
  const dominator: number[] = order.map(() => -1);
  dominator[0] = 0;
  for (let changed = true; changed;) {
    changed = false;
    for (const block of sequence.slice(1)) {
      let found = -1;
      for (let from of predecessors[block]!) {
        if (dominator[from] === -1) continue;
        if (found === -1) { found = from; continue; }
        while (from !== found) {
          while (order[from]! > order[found]!) from = dominator[from]!;
          while (order[found]! > order[from]!) found = dominator[found]!;
        }
      }
      if (found !== dominator[block]) {
        dominator[block] = found;
        changed = true;
      }
    }
  }
  return dominator;
}
