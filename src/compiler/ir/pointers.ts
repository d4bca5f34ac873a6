// The kernel's rules of pointers, proved on IR as its verifier will prove them on code: packet memory only behind a check of the
// same base, no packet pointer across a call that moves the packet, no use of a map's value before its null check.
// One forward pass over facts; block parameters inherit what all their arguments have.

import { reversePostorder, type Dominators } from './dominators.ts';
import { constOf, defInst, endOf, targets, type Block, type Func, type Inst, type Terminator, type Value } from './ir.ts';

/** packet: bytes known to be there, counted from the base; -1: the pointer is dead. value: 1 is not null, 0 is unknown. */
export type Facts = Map<Value, number>;

/** The value whose checks count for this pointer, and the distance from it. */
export function rootOf(pointer: Value): { root: Value; offset: number } {
  let root = pointer;
  let offset = 0;
  for (let def = defInst(root); def?.op === 'offset'; def = defInst(root)) {
    offset += def.bytes;
    root = def.args[0] as Value;
  }
  return { root, offset };
}

const isPacket = (v: Value): boolean => v.type === 'packet' || v.type === 'end';
const isTracked = (v: Value): boolean => isPacket(v) || v.type === 'value';

/** Why a rule is broken, or undefined. */
export function checkPointers(fn: Func, dom: Dominators): string | undefined {
  const entries = pointerFacts(fn);
  for (const block of dom.order) {
    const facts: Facts = new Map(entries.get(block));
    for (const inst of block.insts) {
      const why = broken(inst, facts);
      if (why !== undefined) return `${block.name}: ${inst.op}: ${why}`;
      transfer(inst, facts);
    }
    const end = endOf(block);
    if (end.op === 'bounds' && (fact(facts, end.base) < 0 || fact(facts, end.end) < 0)) return `${block.name}: bounds: a packet pointer of before the packet moved`;
  }
  return undefined;
}

/** What is known at the start of each block that can be reached. */
export function pointerFacts(fn: Func): ReadonlyMap<Block, Facts> {
  const entries = new Map<Block, Facts>([[fn.entry, new Map()]]);
  const order = reversePostorder(fn);
  const dirty = new Set<Block>([fn.entry]);
  while (dirty.size > 0) {
    for (const block of order) {
      if (!dirty.delete(block)) continue;
      const facts: Facts = new Map(entries.get(block));
      for (const inst of block.insts) transfer(inst, facts);
      const end = endOf(block);
      for (const [i, target] of targets(end).entries()) {
        const out = edge(end, i, facts);
        for (const [k, param] of target.block.params.entries()) if (isTracked(param)) out.set(param, fact(out, target.args[k] as Value));
        const before = entries.get(target.block);
        if (before === undefined) { entries.set(target.block, out); dirty.add(target.block); continue; }
        for (const [v, n] of before) {
          const m = out.get(v);
          if (m === undefined) before.delete(v); else if (m < n) before.set(v, m); else continue;
          dirty.add(target.block);
        }
      }
    }
  }
  return entries;
}

/** What is known on the way from a block to its `which`-th target; `start`: at the start of the block. */
export function factsOnEdge(block: Block, which: number, start: Facts): Facts {
  const facts: Facts = new Map(start);
  for (const inst of block.insts) transfer(inst, facts);
  return edge(endOf(block), which, facts);
}

/** What is known of a pointer, counted from the pointer itself. */
export function fact(facts: Facts, pointer: Value): number {
  const { root, offset } = rootOf(pointer);
  const n = facts.get(root) ?? -1;
  return pointer.type === 'packet' && n >= 0 ? Math.max(n - offset, 0) : n;
}

export function transfer(inst: Inst, facts: Facts): void {
  if (inst.op === 'call' && inst.movesPacket) for (const v of [...facts.keys()]) if (isPacket(v)) facts.set(v, -1);
  const { result } = inst;
  if (result === undefined || !isTracked(result) || inst.op === 'offset') return;
  if (inst.op === 'index') {
    const known = fact(facts, inst.args[0] as Value);
    facts.set(result, result.type === 'packet' ? Math.min(known, 0) : known);
  } else facts.set(result, inst.op === 'map-value' ? 1 : 0);
}

function edge(end: Terminator, which: number, before: Facts): Facts {
  const facts: Facts = new Map(before);
  if (end.op === 'bounds' && which === 0) {
    const { root, offset } = rootOf(end.base);
    facts.set(root, Math.max(facts.get(root) ?? 0, offset + end.bytes));
  }
  if (end.op === 'branch' && end.a.type === 'value' && constOf(end.b) === 0n && which === (end.condition === 'ne' ? 0 : 1)) {
    facts.set(rootOf(end.a).root, 1);
  }
  return facts;
}

function broken(inst: Inst, facts: Facts): string | undefined {
  const pointer = inst.args[0];
  if (inst.op === 'load' || inst.op === 'store' || inst.op === 'atomic') {
    if (pointer === undefined) return 'no pointer';
    const known = fact(facts, pointer);
    if (pointer.type === 'packet') {
      if (known < 0) return 'a packet pointer of before the packet moved';
      if (inst.op === 'atomic') return 'atomics do not work on packets';
      if (inst.offset < 0 && -inst.offset > rootOf(pointer).offset) return 'in front of its base';
      if (inst.offset + inst.bytes > known) return `${inst.offset + inst.bytes} bytes from the base, of which ${known} are checked`;
    }
    if (pointer.type === 'value' && known !== 1) return 'the value may be null';
    if (pointer.type === 'stack' || pointer.type === 'ctx') {
      const { offset } = rootOf(pointer);
      if ((offset + inst.offset) % inst.bytes !== 0) return `${inst.bytes} bytes at offset ${offset + inst.offset} of ${pointer.type} are not aligned`;
    }
    if (inst.op === 'store' && pointer.type === 'stack') return slotError(pointer, inst.offset, inst.bytes);
    if (inst.op === 'load' && pointer.type === 'stack') return slotError(pointer, inst.offset, inst.bytes);
  }
  if (inst.op === 'index' && pointer?.type === 'value' && fact(facts, pointer) !== 1) return 'the value may be null';
  if (inst.op === 'call') {
    for (const a of inst.args) {
      if (a.type === 'value' && fact(facts, a) !== 1) return 'an argument may be null';
      if (isPacket(a) && fact(facts, a) < 0) return 'an argument is a packet pointer of before the packet moved';
    }
  }
  return undefined;
}

function slotError(pointer: Value, offset: number, bytes: number): string | undefined {
  const at = rootOf(pointer);
  const slot = defInst(at.root);
  if (slot?.op !== 'slot') return undefined;
  const from = at.offset + offset;
  if (from < 0 || from + bytes > slot.bytes) return `bytes ${from} to ${from + bytes} of a slot of ${slot.bytes}`;
  return slot.align < bytes ? `${bytes} bytes in a slot aligned to ${slot.align}` : undefined;
}
