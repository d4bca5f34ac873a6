// The order of blocks: each block is followed by one that it goes to, where possible; what only drops comes last.

import { successors, type MachineBlock, type MachineCode } from './machine.ts';

export function layOutBlocks(code: MachineCode): MachineBlock[] {
  return withLessJumps(inOrder(code));
}

function inOrder(code: MachineCode): MachineBlock[] {
  const cold = coldBlocks(code);
  const left = new Map<MachineBlock, number>(code.blocks.map(b => [b, 0]));
  for (const block of code.blocks) for (const next of successors(block.end)) left.set(next, (left.get(next) ?? 0) + 1);
  const placed = new Set<MachineBlock>();
  const order: MachineBlock[] = [];
  const waiting: MachineBlock[] = [code.entry];
  const place = (block: MachineBlock): void => {
    placed.add(block);
    order.push(block);
    for (const next of successors(block.end)) left.set(next, (left.get(next) ?? 1) - 1);
  };
  for (;;) {
    const last = order.at(-1);
    const following = last === undefined ? [] : fallsTo(last).filter(b => !placed.has(b));
    // Warm before cold, and one that waits for no other way in before one that does.
    const next = following.find(b => !cold.has(b) && left.get(b) === 0) ?? following.find(b => cold.has(b) && last !== undefined && cold.has(last))
      ?? pick(waiting, b => !placed.has(b) && !cold.has(b) && left.get(b) === 0)
      ?? following.find(b => !cold.has(b)) ?? pick(waiting, b => !placed.has(b) && !cold.has(b)) ?? pick(waiting, b => !placed.has(b));
    if (next === undefined) return order;
    place(next);
    for (const b of fallsTo(next)) if (!placed.has(b)) waiting.push(b);
  }
}

/** A run of blocks that nothing falls into goes behind a block that jumps to its first. Each move is one jump less. */
function withLessJumps(order: MachineBlock[]): MachineBlock[] {
  const ways = new Map<MachineBlock, MachineBlock[]>();
  for (const block of order) for (const next of successors(block.end)) ways.set(next, [...ways.get(next) ?? [], block]);
  let places = new Map(order.map((block, k) => [block, k]));
  const falls = (k: number): boolean => { const next = order[k + 1]; return next !== undefined && successors((order[k] as MachineBlock).end).includes(next); };
  for (let from = 1; from < order.length; from++) {
    if (falls(from - 1)) continue;
    let to = from + 1;
    while (to < order.length && falls(to - 1)) to++;
    const behind = (ways.get(order[from] as MachineBlock) ?? []).map(block => places.get(block) ?? from).find(k => (k < from || k >= to) && !falls(k));
    if (behind === undefined) continue;
    const run = order.splice(from, to - from);
    order.splice((behind < from ? behind : behind - run.length) + 1, 0, ...run);
    places = new Map(order.map((block, k) => [block, k]));
    from = 0;
  }
  return order;
}

/** Blocks that may come next, the best first. */
function fallsTo(block: MachineBlock): MachineBlock[] {
  const { end } = block;
  switch (end.kind) {
    case 'goto': return [end.to];
    case 'cond': return [end.otherwise, end.then];
    case 'leave': return [];
  }
}

/** The latest that fits: what was opened last is nearest. */
function pick(waiting: MachineBlock[], fits: (b: MachineBlock) => boolean): MachineBlock | undefined {
  for (let i = waiting.length - 1; i >= 0; i--) {
    const block = waiting[i] as MachineBlock;
    if (fits(block)) { waiting.splice(i, 1); return block; }
  }
  return undefined;
}

function coldBlocks(code: MachineCode): Set<MachineBlock> {
  const cold = new Set<MachineBlock>();
  for (const b of code.blocks) if (b.end.kind === 'leave' && (b.end.exit === 'drop' || b.end.exit === 'punt')) cold.add(b);
  for (let changed = true; changed;) {
    changed = false;
    for (const b of code.blocks) {
      const next = successors(b.end);
      if (!cold.has(b) && next.length > 0 && next.every(n => cold.has(n))) { cold.add(b); changed = true; }
    }
  }
  return cold;
}
