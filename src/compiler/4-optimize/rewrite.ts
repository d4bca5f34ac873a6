// What passes share: replacing values, and what instructions do beyond giving a result.

import { operands, targets, type Block, type Func, type Inst, type Terminator, type Value } from '../ir/ir.ts';

/** Replaces uses of values by others; chains are followed. */
export class Replacement {
  readonly #by = new Map<Value, Value>();

  get size(): number { return this.#by.size; }
  set(value: Value, by: Value): void { if (value !== by) this.#by.set(value, by); }

  get(value: Value): Value {
    let v = value;
    for (let next = this.#by.get(v); next !== undefined; next = this.#by.get(v)) v = next;
    return v;
  }

  inst(inst: Inst): void { for (const [i, a] of inst.args.entries()) inst.args[i] = this.get(a); }

  end(end: Terminator): void {
    switch (end.op) {
      case 'branch': end.a = this.get(end.a); end.b = this.get(end.b); break;
      case 'bounds': end.base = this.get(end.base); end.end = this.get(end.end); break;
      case 'exit': if (end.port) end.port = this.get(end.port); break;
      case 'jump': case 'unreachable': break;
    }
    for (const t of targets(end)) for (const [i, a] of t.args.entries()) t.args[i] = this.get(a);
  }

  apply(fn: Func): void {
    if (this.size === 0) return;
    for (const block of fn.blocks) {
      for (const inst of block.insts) this.inst(inst);
      if (block.end) this.end(block.end);
    }
  }
}

/** Must stay though nobody uses its result. */
export function hasEffect(inst: Inst): boolean {
  return inst.op === 'store' || inst.op === 'call' || inst.op === 'atomic';
}

export function eachUse(fn: Func, see: (value: Value) => void): void {
  for (const block of fn.blocks) {
    for (const inst of block.insts) for (const a of inst.args) see(a);
    if (!block.end) continue;
    for (const v of operands(block.end)) see(v);
    for (const t of targets(block.end)) for (const a of t.args) see(a);
  }
}

/** How often each value is used. */
export function useCounts(fn: Func): Map<Value, number> {
  const counts = new Map<Value, number>();
  eachUse(fn, v => counts.set(v, (counts.get(v) ?? 0) + 1));
  return counts;
}

/** Blocks by how many edges lead to them. */
export function edgeCounts(fn: Func): Map<Block, number> {
  const counts = new Map<Block, number>();
  for (const block of fn.blocks) if (block.end) for (const t of targets(block.end)) counts.set(t.block, (counts.get(t.block) ?? 0) + 1);
  return counts;
}
