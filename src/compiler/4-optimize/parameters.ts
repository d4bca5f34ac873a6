// Block parameters that all ways give the same value are that value; unused ones go.

import { eachUse, Replacement } from './rewrite.ts';
import { newInst } from '../ir/build.ts';
import { reversePostorder } from '../ir/dominators.ts';
import { constOf, defInst, endOf, targets, type Block, type Func, type Target, type Value } from '../ir/ir.ts';

export function parameters(fn: Func): boolean {
  let changed = false;
  while (same(fn) || unused(fn)) changed = true;
  return changed;
}

export interface Edge { readonly from: Block; readonly target: Target }

/** The edges into each block. */
export function incoming(fn: Func): Map<Block, Edge[]> {
  const edges = new Map<Block, Edge[]>();
  for (const from of fn.blocks) {
    for (const target of targets(endOf(from))) {
      const list = edges.get(target.block);
      if (list) list.push({ from, target }); else edges.set(target.block, [{ from, target }]);
    }
  }
  return edges;
}

function same(fn: Func): boolean {
  const edges = incoming(fn);
  const replaced = new Replacement();
  for (const block of reversePostorder(fn)) {
    const into = edges.get(block) ?? [];
    if (block === fn.entry || into.length === 0) continue;
    for (let i = block.params.length - 1; i >= 0; i--) {
      const param = block.params[i] as Value;
      const others = new Set(into.map(({ target }) => replaced.get(target.args[i] as Value)));
      others.delete(param);
      const value = [...others][0];
      if (value === undefined) continue;
      const guarded = others.size > 1 || constOf(value) !== undefined ? asGuarded(into, i, param, edges) : undefined;
      if (guarded !== undefined) {
        replaced.set(param, guarded);
        block.params.splice(i, 1);
        for (const { target } of into) target.args.splice(i, 1);
        continue;
      }
      const constant = constOf(value);
      if (others.size === 1) {
        // All ways come from where it is defined, so it dominates the block; only constants need care elsewhere.
        replaced.set(param, value);
      } else if (constant !== undefined && [...others].every(o => o.type === value.type && constOf(o) === constant)) {
        const made = newInst(fn, { op: 'const', value: constant }, [], value.type, defInst(value)?.at ?? { file: 0, line: 0, column: 0 });
        block.insts.unshift(made);
        replaced.set(param, made.result as Value);
      } else continue;
      block.params.splice(i, 1);
      for (const { target } of into) target.args.splice(i, 1);
    }
  }
  replaced.apply(fn);
  return replaced.size > 0;
}

/**
 * Where x was found equal to a constant and the constant is passed on, x could be passed. A value that can be passed on every way
 * is what the parameter stands for: `switch (x) { case 6: case 17: y = x }` needs no register for y.
 */
function asGuarded(into: readonly Edge[], i: number, param: Value, edges: ReadonlyMap<Block, readonly Edge[]>): Value | undefined {
  let candidates: Set<Value> | undefined;
  for (const { from, target } of into) {
    const arg = target.args[i] as Value;
    if (arg === param) continue;
    const here = new Set<Value>([arg]);
    const constant = constOf(arg);
    if (constant !== undefined) {
      here.delete(arg);
      const guard = guardOf(from, target, edges);
      if (guard && guard.x.type === arg.type && guard.constant === constant) here.add(guard.x);
    }
    candidates = candidates === undefined ? here : new Set([...candidates].filter(v => here.has(v)));
    if (candidates.size === 0) return undefined;
  }
  return candidates && [...candidates].find(v => constOf(v) === undefined);
}

/** The equality that holds on this way, if its last branch tested for one. */
function guardOf(from: Block, target: Target, edges: ReadonlyMap<Block, readonly Edge[]>): { x: Value; constant: bigint } | undefined {
  const own = equality(from, target);
  if (own) return own;
  const into = edges.get(from);
  return into?.length === 1 && into[0] ? equality(into[0].from, into[0].target) : undefined;
}

function equality(block: Block, way: Target): { x: Value; constant: bigint } | undefined {
  const end = endOf(block);
  if (end.op !== 'branch' || (end.condition !== 'eq' && end.condition !== 'ne')) return undefined;
  const constant = constOf(end.b);
  if (constant === undefined || (end.condition === 'eq' ? end.then : end.else) !== way) return undefined;
  return { x: end.a, constant };
}

function unused(fn: Func): boolean {
  // A parameter that is only passed to parameters that are not needed is not needed.
  const needed = new Set<Value>();
  const work: Value[] = [];
  const need = (v: Value): void => { if (!needed.has(v)) { needed.add(v); work.push(v); } };
  const edges = incoming(fn);
  const own = new Map<Value, number>();
  eachUse(fn, v => own.set(v, (own.get(v) ?? 0) + 1));
  const asArg = new Map<Value, number>();
  for (const block of fn.blocks) for (const t of targets(endOf(block))) for (const a of t.args) asArg.set(a, (asArg.get(a) ?? 0) + 1);
  for (const [v, n] of own) if (n > (asArg.get(v) ?? 0)) need(v);
  for (let v = work.pop(); v !== undefined; v = work.pop()) {
    if ('insts' in v.def) {
      const i = v.def.params.indexOf(v);
      for (const { target } of edges.get(v.def) ?? []) need(target.args[i] as Value);
    }
  }
  let changed = false;
  for (const block of fn.blocks) {
    if (block === fn.entry) continue;
    for (let i = block.params.length - 1; i >= 0; i--) {
      if (needed.has(block.params[i] as Value)) continue;
      block.params.splice(i, 1);
      for (const { target } of edges.get(block) ?? []) target.args.splice(i, 1);
      changed = true;
    }
  }
  return changed;
}
