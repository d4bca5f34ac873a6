// Between phases 2 and 3: loops with several entries get one. WebAssembly nests loops, each with one head, so where control enters a loop
// in two places, a dispatcher is put before both: whoever goes to an entry says in a label which one it is, and goes to the dispatcher.
// No code is copied, so the program does not grow with its tangles.

import { successors, type Block, type Terminator } from './2-blocks.ts';

/** The same program with loops of one entry each; the same blocks where they all have. */
export function reducible(blocks: readonly Block[]): readonly Block[] {
  const out = [...blocks];
  let labels = 0;
  /** Sets of blocks whose loops are still to be looked at. */
  const dead = unreachable(blocks);
  const regions: (readonly number[])[] = [[...out.keys()].filter(block => !dead.has(block))];
  for (let region = regions.pop(); region !== undefined; region = regions.pop()) {
    for (const loop of loopsWithin(out, region)) {
      const inside = new Set(loop);
      const entries = entriesOf(out, inside, dead);
      if (entries.length > 1) {
        regions.push([...loop, ...dispatch(out, inside, entries, labels++)]);
      } else regions.push(loop.filter(block => block !== entries[0]));
    }
  }
  return labels === 0 ? blocks : out;
}

function unreachable(blocks: readonly Block[]): ReadonlySet<number> {
  const dead = new Set(blocks.keys());
  dead.delete(0);
  const work = [0];
  for (let block = work.pop(); block !== undefined; block = work.pop()) {
    for (const to of successors(blocks[block]!.end)) if (dead.delete(to)) work.push(to);
  }
  return dead;
}

function entriesOf(blocks: readonly Block[], inside: ReadonlySet<number>, dead: ReadonlySet<number>): number[] {
  const entries = new Set<number>();
  if (inside.has(0)) entries.add(0);
  for (const [from, { end }] of blocks.entries()) {
    if (inside.has(from) || dead.has(from)) continue;
    for (const to of successors(end)) if (inside.has(to)) entries.add(to);
  }
  return [...entries].sort((a, b) => a - b);
}

/** Puts a dispatcher before the entries; the new blocks inside of the loop, but for the dispatcher's head, which is its one entry now. */
function dispatch(blocks: Block[], inside: ReadonlySet<number>, entries: readonly number[], label: number): number[] {
  const count = blocks.length;
  const tests = entries.slice(0, -1);
  for (const [i, entry] of tests.entries()) {
    const next = i === tests.length - 1 ? entries[i + 1]! : count + i + 1;
    blocks.push({ slot: blocks[entry]!.slot, body: [], end: { kind: 'if', jump: { kind: 'label', label, value: i }, taken: entry, next } });
  }
  /** Who comes from outside goes over blocks that are not in the loop, or those would be its entries. */
  const stubs = (): Map<number, number> => new Map(entries.map((entry, i) =>
    [entry, blocks.push({ slot: blocks[entry]!.slot, body: [], sets: { label, value: i }, end: { kind: 'goto', to: count } }) - 1]));
  const fromOutside = stubs();
  const fromInside = stubs();
  for (let i = 0; i < count; i++) {
    const by = inside.has(i) ? fromInside : fromOutside;
    blocks[i] = { ...blocks[i]!, end: mapped(blocks[i]!.end, to => by.get(to) ?? to) };
  }
  return [...tests.slice(1).map((_, i) => count + 1 + i), ...fromInside.values()];
}

function mapped(end: Terminator, to: (block: number) => number): Terminator {
  switch (end.kind) {
    case 'exit': return end;
    case 'goto': return { ...end, to: to(end.to) };
    case 'if': return { ...end, taken: to(end.taken), next: to(end.next) };
  }
}

/** Strongly connected components of a part of the graph that are loops (Tarjan 1972, without recursion). */
function loopsWithin(blocks: readonly Block[], region: readonly number[]): number[][] {
  const inside = new Set(region);
  const index = new Map<number, number>(), low = new Map<number, number>();
  const path: number[] = [];
  const onPath = new Set<number>();
  const found: number[][] = [];
  for (const root of region) {
    if (index.has(root)) continue;
    const work = [{ block: root, next: 0 }];
    for (let top = work.at(-1); top !== undefined; top = work.at(-1)) {
      const { block } = top;
      if (top.next === 0) {
        index.set(block, index.size);
        low.set(block, index.get(block)!);
        path.push(block);
        onPath.add(block);
      }
      const to = successors(blocks[block]!.end)[top.next++];
      if (to !== undefined) {
        if (!inside.has(to)) continue;
        if (!index.has(to)) work.push({ block: to, next: 0 });
        else if (onPath.has(to)) low.set(block, Math.min(low.get(block)!, index.get(to)!));
        continue;
      }
      work.pop();
      const parent = work.at(-1);
      if (parent) low.set(parent.block, Math.min(low.get(parent.block)!, low.get(block)!));
      if (low.get(block) !== index.get(block)) continue;
      const component = path.splice(path.indexOf(block));
      for (const member of component) onPath.delete(member);
      if (component.length > 1 || successors(blocks[block]!.end).includes(block)) found.push(component);
    }
  }
  return found;
}
