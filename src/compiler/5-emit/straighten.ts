// After allocation: drops moves that became nothing, follows jumps to jumps, joins blocks that only follow each other, and lets
// equal ends of blocks be one. Changes no meaning and no register.

import { isMove, successors, type MachineBlock, type MachineCode, type MachineEnd, type MachineInst } from './machine.ts';

export function straighten(code: MachineCode): void {
  for (const block of code.blocks) block.insts = block.insts.filter(inst => !(isMove(inst) && inst.dst === inst.src));
  for (let changed = true; changed;) {
    changed = skipEmpty(code);
    prune(code);
    if (shareBlocks(code) || shareEnds(code) || joinBlocks(code)) changed = true;
    prune(code);
  }
}

function prune(code: MachineCode): void {
  const seen = new Set<MachineBlock>([code.entry]);
  for (const block of seen) for (const next of successors(block.end)) seen.add(next);
  code.blocks = code.blocks.filter(b => seen.has(b));
}

/** Where a jump to this block really goes. */
function through(block: MachineBlock): MachineBlock {
  const seen = new Set<MachineBlock>();
  let at = block;
  while (at.insts.length === 0 && at.end.kind === 'goto' && !seen.has(at)) { seen.add(at); at = at.end.to; }
  return at;
}

function skipEmpty(code: MachineCode): boolean {
  let changed = false;
  for (const block of code.blocks) {
    const { end } = block;
    if (end.kind === 'goto') {
      const to = through(end.to);
      if (to !== end.to) { end.to = to; changed = true; }
    } else if (end.kind === 'cond') {
      const [then, otherwise] = [through(end.then), through(end.otherwise)];
      if (then !== end.then || otherwise !== end.otherwise) { end.then = then; end.otherwise = otherwise; changed = true; }
      if (then === otherwise) { block.end = { kind: 'goto', to: then, at: end.at }; changed = true; }
    }
  }
  return changed;
}

function predecessors(code: MachineCode): Map<MachineBlock, MachineBlock[]> {
  const preds = new Map<MachineBlock, MachineBlock[]>(code.blocks.map(b => [b, []]));
  for (const block of code.blocks) for (const next of successors(block.end)) preds.get(next)?.push(block);
  return preds;
}

function joinBlocks(code: MachineCode): boolean {
  const preds = predecessors(code);
  const gone = new Set<MachineBlock>();
  for (const block of code.blocks) {
    if (gone.has(block)) continue;
    for (let end = block.end; end.kind === 'goto'; end = block.end) {
      const next = end.to;
      if (next === block || next === code.entry || preds.get(next)?.length !== 1) break;
      block.insts.push(...next.insts);
      block.end = next.end;
      next.insts = [];
      gone.add(next);
    }
  }
  code.blocks = code.blocks.filter(b => !gone.has(b));
  return gone.size > 0;
}

/** Blocks that are the same from their first instruction on are one. */
function shareBlocks(code: MachineCode): boolean {
  const number = new Map(code.blocks.map((b, i) => [b, i]));
  const first = new Map<string, MachineBlock>();
  const by = new Map<MachineBlock, MachineBlock>();
  for (const block of code.blocks) {
    if (block === code.entry) continue;
    const key = `${block.insts.map(text).join('\n')}\n${endText(block.end, b => number.get(b) ?? -1)}`;
    const known = first.get(key);
    if (known) by.set(block, known); else first.set(key, block);
  }
  if (by.size === 0) return false;
  const to = (b: MachineBlock): MachineBlock => by.get(b) ?? b;
  for (const { end } of code.blocks) {
    if (end.kind === 'goto') end.to = to(end.to);
    else if (end.kind === 'cond') { end.then = to(end.then); end.otherwise = to(end.otherwise); }
  }
  code.blocks = code.blocks.filter(b => !by.has(b));
  return true;
}

/** Blocks that end alike with the same last instructions: one block has these, the others go there. */
function shareEnds(code: MachineCode): boolean {
  const number = new Map(code.blocks.map((b, i) => [b, i]));
  const byEnd = new Map<string, MachineBlock[]>();
  for (const block of code.blocks) {
    const key = endText(block.end, b => number.get(b) ?? -1);
    const list = byEnd.get(key);
    if (list) list.push(block); else byEnd.set(key, [block]);
  }
  let changed = false;
  const touched = new Set<MachineBlock>();
  for (const list of byEnd.values()) {
    const byLast = new Map<string, MachineBlock[]>();
    for (const block of list) {
      const last = block.insts.at(-1);
      if (last === undefined) continue;
      const key = text(last);
      const same = byLast.get(key);
      if (same) same.push(block); else byLast.set(key, [block]);
    }
    for (const same of byLast.values()) {
      const [first, ...others] = same as [MachineBlock, ...MachineBlock[]];
      // What leads to a block that was cut here is looked at in the next sweep.
      if (others.length === 0 || same.some(b => successors(b.end).some(n => touched.has(n)))) continue;
      let count = 1;
      const at = (b: MachineBlock, n: number): string => { const i = b.insts.at(-1 - n); return i === undefined ? '' : text(i); };
      while (at(first, count) !== '' && others.every(o => at(o, count) === at(first, count))) count++;
      // A branch is shared at the price of a jump to it.
      if (first.end.kind === 'cond' && count < 2) continue;
      const shared: MachineBlock = { insts: first.insts.splice(first.insts.length - count), end: first.end, name: first.name };
      code.blocks.push(shared);
      first.end = { kind: 'goto', to: shared, at: first.end.at };
      for (const o of others) {
        o.insts.length -= count;
        o.end = { kind: 'goto', to: shared, at: o.end.at };
      }
      for (const b of same) touched.add(b);
      changed = true;
    }
  }
  return changed;
}

function endText(end: MachineEnd, number: (block: MachineBlock) => number): string {
  switch (end.kind) {
    case 'goto': return `goto ${number(end.to)}`;
    case 'cond': return `${end.op}${end.width} ${end.dst} ${end.src} ${end.imm} ${JSON.stringify(end.reloc)} ${number(end.then)} ${number(end.otherwise)}`;
    case 'leave': return `leave ${end.exit}`;
  }
}

const objects = new WeakMap<object, number>();
let known = 0;

/** Registers have their names by now, so a text stays right. */
const texts = new WeakMap<MachineInst, string>();

/** Equal texts: equal instructions, wherever they come from in the source. */
function text(inst: MachineInst): string {
  let known = texts.get(inst);
  if (known === undefined) { known = written(inst); texts.set(inst, known); }
  return known;
}

function written(inst: MachineInst): string {
  return JSON.stringify(inst, (key, value: unknown) => {
    if (key === 'at') return undefined;
    if (typeof value === 'bigint') return String(value);
    if (key === 'frame' && typeof value === 'object' && value !== null) {
      let id = objects.get(value);
      if (id === undefined) { id = known++; objects.set(value, id); }
      return id;
    }
    return value;
  });
}
