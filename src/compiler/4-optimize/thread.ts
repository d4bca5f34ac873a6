// Jump threading: a way that passes a constant to a block which branches on it goes straight to where the branch would go,
// through a copy of the block. Flags and optional values of the source language dissolve by this.

import { evaluateAlu } from '../ir/arithmetic.ts';
import { outcome } from './conditions.ts';
import { incoming, type Edge } from './parameters.ts';
import { repair } from './repair.ts';
import { newBlock, newInst } from '../ir/build.ts';
import { reversePostorder } from '../ir/dominators.ts';
import { fact, factsOnEdge, pointerFacts, type Facts } from '../ir/pointers.ts';
import { constOf, endOf, targets, type Block, type Func, type Inst, type Target, type Value } from '../ir/ir.ts';

/** Instructions that a copied block may have: beyond, size costs more than the branch. */
const MAX_COPIED = 6;
/** Copies in one run; the optimiser's rounds bound the whole. */
const MAX_THREADED = 64;

export function thread(fn: Func): boolean {
  let count = 0;
  let edges: Map<Block, Edge[]> | undefined;
  const order = reversePostorder(fn);
  const loops = loopHeads(order);
  const facts = order.some(b => b.params.some(p => p.type === 'value')) ? pointerFacts(fn) : new Map<Block, Facts>();
  for (const block of order) {
    const end = endOf(block);
    if (block === fn.entry || loops.has(block) || end.op !== 'branch' || block.insts.length > MAX_COPIED) continue;
    if (block.insts.some(i => i.op === 'slot' || i.op === 'call')) continue;
    if (block.params.length === 0) continue;
    edges ??= incoming(fn);
    for (const { from, target } of [...(edges.get(block) ?? [])]) {
      if (target.block !== block || count >= MAX_THREADED) continue;
      const known = goes(block, target) ?? goesByPointer(block, from, target, facts);
      if (known === undefined) continue;
      const made = redirect(fn, block, target, known ? end.then : end.else);
      edges.get(made.target.block)?.push(made);
      count++;
    }
  }
  return count > 0;
}

/** Blocks that a way leads back to. Copying one would unroll its loop, round by round. */
function loopHeads(order: readonly Block[]): Set<Block> {
  const index = new Map(order.map((b, i) => [b, i]));
  const heads = new Set<Block>();
  for (const [i, block] of order.entries()) {
    for (const t of targets(endOf(block))) if ((index.get(t.block) ?? 0) <= i) heads.add(t.block);
  }
  return heads;
}

/** How the block's branch goes for these arguments. */
function goes(block: Block, target: Target): boolean | undefined {
  const end = endOf(block);
  if (end.op !== 'branch') return undefined;
  const constants = new Map<Value, bigint>();
  for (const [i, p] of block.params.entries()) {
    const c = constOf(target.args[i] as Value);
    if (c !== undefined) constants.set(p, c);
  }
  if (constants.size === 0) return undefined;
  const known = (v: Value): bigint | undefined => constants.get(v) ?? constOf(v);
  for (const inst of block.insts) {
    if (inst.result === undefined) continue;
    const [a, b] = inst.args.map(known);
    if (inst.op === 'alu' && a !== undefined && b !== undefined) constants.set(inst.result, evaluateAlu(inst.alu, inst.result.type, a, b));
    if (inst.op === 'zext' && a !== undefined) constants.set(inst.result, a);
  }
  const [a, b] = [known(end.a), known(end.b)];
  if (a === undefined || b === undefined || (!constants.has(end.a) && !constants.has(end.b))) return undefined;
  const fake = (value: bigint, like: Value): Value => {
    const inst = { op: 'const', value, args: [], at: end.at, result: undefined } as Inst;
    return { id: -1, type: like.type, def: inst };
  };
  return outcome({ ...end, a: fake(a, end.a), b: fake(b, end.b) });
}

/** How the block's null check goes for a pointer that has been checked, or cannot be null, on the way to it. */
function goesByPointer(block: Block, from: Block, target: Target, facts: ReadonlyMap<Block, Facts>): boolean | undefined {
  const end = endOf(block);
  const start = facts.get(from);
  if (end.op !== 'branch' || end.a.type !== 'value' || start === undefined) return undefined;
  const i = block.params.indexOf(end.a);
  const arg = target.args[i];
  const which = targets(endOf(from)).indexOf(target);
  return arg !== undefined && fact(factsOnEdge(from, which, start), arg) === 1 ? end.condition === 'ne' : undefined;
}

/** Sends one edge through a copy of the block to where it goes on. */
function redirect(fn: Func, block: Block, edge: Target, goal: Target): Edge {
  const copy = newBlock(fn, block.name);
  const now = new Map<Value, Value>();
  for (const [i, p] of block.params.entries()) now.set(p, edge.args[i] as Value);
  for (const inst of block.insts) {
    const { args, result, at, ...shape } = inst;
    const made = newInst(fn, shape, args.map(a => now.get(a) ?? a), result?.type, at);
    copy.insts.push(made);
    if (result && made.result) now.set(result, made.result);
  }
  const target: Target = { block: goal.block, args: goal.args.map(a => now.get(a) ?? a) };
  copy.end = { op: 'jump', to: target, at: endOf(block).at };
  edge.block = copy;
  edge.args = [];
  for (const [before, copied] of now) repair(fn, before, block, copied, copy);
  return { from: copy, target };
}
