// The order of blocks: each block is followed by one that it goes to, where possible; what only drops comes last.

import { successors, type MachineBlock, type MachineCode } from './machine.ts';

export function layOutBlocks(code: MachineCode): MachineBlock[] {
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
