// Block parameters that all ways give the same value are that value; unused ones go.

import { eachUse, Replacement } from './rewrite.ts';
import { newInst } from '../ir/build.ts';
import { dominators } from '../ir/dominators.ts';
import { constOf, defInst, endOf, targets, type Block, type Func, type Target, type Value } from '../ir/ir.ts';

export function parameters(fn: Func): boolean {
  let changed = false;
  while (same(fn) || unused(fn)) changed = true;
  return changed;
}

function incoming(fn: Func): Map<Block, Target[]> {
  const edges = new Map<Block, Target[]>();
  for (const block of fn.blocks) {
    for (const t of targets(endOf(block))) {
      const list = edges.get(t.block);
      if (list) list.push(t); else edges.set(t.block, [t]);
    }
  }
  return edges;
}

function same(fn: Func): boolean {
  const dom = dominators(fn);
  const edges = incoming(fn);
  const replaced = new Replacement();
  for (const block of dom.order) {
    const into = edges.get(block) ?? [];
    if (block === fn.entry || into.length === 0) continue;
    for (let i = block.params.length - 1; i >= 0; i--) {
      const param = block.params[i] as Value;
      const others = new Set(into.map(t => replaced.get(t.args[i] as Value)));
      others.delete(param);
      const value = [...others][0];
      if (value === undefined) continue;
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
      for (const t of into) t.args.splice(i, 1);
    }
  }
  replaced.apply(fn);
  return replaced.size > 0;
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
      for (const t of edges.get(v.def) ?? []) need(t.args[i] as Value);
    }
  }
  let changed = false;
  for (const block of fn.blocks) {
    if (block === fn.entry) continue;
    for (let i = block.params.length - 1; i >= 0; i--) {
      if (needed.has(block.params[i] as Value)) continue;
      block.params.splice(i, 1);
      for (const t of edges.get(block) ?? []) t.args.splice(i, 1);
      changed = true;
    }
  }
  return changed;
}
