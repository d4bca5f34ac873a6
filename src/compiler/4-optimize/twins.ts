// Blocks that do the same and go on alike are one: the same check for each of several protocols, the same answer for two ways.
// Where what they define is used nowhere else, nobody can tell which of them ran.

import { Replacement } from './rewrite.ts';
import { newInst } from '../ir/build.ts';
import { constOf, defInst, endOf, isBlock, operands, targets, type Block, type Func, type Inst, type Target, type Terminator, type Value } from '../ir/ir.ts';

/** Blocks that are longer are hardly ever equal, and dear to compare. */
const MAX_INSTS = 24;

export function twins(fn: Func): boolean {
  const visible = seenOutside(fn);
  const kept = new Map<string, Block>();
  const by = new Map<Block, Block>();
  for (const block of fn.blocks) {
    if (block === fn.entry || block.insts.length > MAX_INSTS || visible.has(block)) continue;
    const key = textOf(block);
    if (key === undefined) continue;
    const first = kept.get(key);
    if (first) by.set(block, first); else kept.set(key, block);
  }
  if (by.size === 0) return false;
  for (const block of new Set(by.values())) withOwnConstants(fn, block);
  for (const block of fn.blocks) for (const t of targets(endOf(block))) t.block = by.get(t.block) ?? t.block;
  fn.blocks = fn.blocks.filter(b => !by.has(b));
  return true;
}

/** What comes without operands from above the block is made in it: above the others, it may not be. */
function withOwnConstants(fn: Func, block: Block): void {
  const own = new Set<Inst>(block.insts);
  const replaced = new Replacement();
  const made: Inst[] = [];
  const see = (v: Value): void => {
    const def = defInst(v);
    if (def === undefined || own.has(def) || (def.op !== 'const' && def.op !== 'map' && def.op !== 'link') || replaced.get(v) !== v) return;
    const { args: _args, result: _result, at, ...shape } = def;
    const inst = newInst(fn, shape, [], v.type, at);
    made.push(inst);
    replaced.set(v, inst.result as Value);
  };
  for (const inst of block.insts) for (const a of inst.args) see(a);
  for (const v of operands(endOf(block))) see(v);
  for (const t of targets(endOf(block))) for (const a of t.args) see(a);
  for (const inst of block.insts) replaced.inst(inst);
  replaced.end(endOf(block));
  block.insts.unshift(...made);
}

/** Blocks that define what others use. */
function seenOutside(fn: Func): Set<Block> {
  const home = new Map<Inst, Block>();
  for (const block of fn.blocks) for (const inst of block.insts) home.set(inst, block);
  const seen = new Set<Block>();
  for (const block of fn.blocks) {
    const see = (v: Value): void => {
      const from = isBlock(v.def) ? v.def : home.get(v.def);
      if (from !== undefined && from !== block) seen.add(from);
    };
    for (const inst of block.insts) for (const a of inst.args) see(a);
    for (const v of operands(endOf(block))) see(v);
    for (const t of targets(endOf(block))) for (const a of t.args) see(a);
  }
  return seen;
}

/** Equal texts: equal blocks. Values of the block are numbered, others are themselves; constants are their value. */
function textOf(block: Block): string | undefined {
  const own = new Map<Value, string>();
  const ref = (v: Value): string => {
    const c = constOf(v);
    if (c !== undefined) return `c${v.type}${c}`;
    const def = defInst(v);
    if (def?.op === 'map') return `m${def.map}`;
    if (def?.op === 'link') return def.name;
    return own.get(v) ?? `v${v.id}`;
  };
  for (const p of block.params) own.set(p, `p${own.size}${p.type}`);
  const lines = [[...own.values()].join()];
  for (const inst of block.insts) {
    if (inst.op === 'slot') return undefined;
    if (inst.op === 'const' || inst.op === 'map' || inst.op === 'link') continue;
    const { args, result, at: _at, ...shape } = inst;
    lines.push(`${Object.entries(shape).map(([name, v]) => `${name}=${v}`).join()} ${result?.type ?? ''} ${args.map(ref).join()}`);
    if (result) own.set(result, `r${own.size}`);
  }
  lines.push(endText(endOf(block), ref));
  return lines.join('\n');
}

function endText(end: Terminator, ref: (v: Value) => string): string {
  const target = (t: Target): string => `${t.block.id}(${t.args.map(ref).join()})`;
  switch (end.op) {
    case 'jump': return `jump ${target(end.to)}`;
    case 'branch': return `${end.condition} ${ref(end.a)} ${ref(end.b)} ${target(end.then)} ${target(end.else)}`;
    case 'bounds': return `bounds ${ref(end.base)} ${end.bytes} ${ref(end.end)} ${target(end.then)} ${target(end.else)}`;
    case 'exit': return `${end.exit} ${end.site} ${end.port ? ref(end.port) : ''}`;
    case 'unreachable': return 'unreachable';
  }
}
