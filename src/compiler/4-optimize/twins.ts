// Blocks that do the same and go on alike are one: the same check for each of several protocols, the same answer for two ways.
// Where what they define is used nowhere else, nobody can tell which of them ran. Constants that they pass on may differ.

import { Replacement } from './rewrite.ts';
import { addParam, newInst } from '../ir/build.ts';
import { constOf, defInst, endOf, isBlock, operands, targets, type Block, type Func, type Inst, type Target, type Terminator, type Value } from '../ir/ir.ts';

/** Blocks that are longer are hardly ever equal, and dear to compare. */
const MAX_INSTS = 24;

export function twins(fn: Func): boolean {
  const visible = seenOutside(fn);
  const alike = new Map<string, Twin[]>();
  for (const block of fn.blocks) {
    if (block === fn.entry || block.insts.length > MAX_INSTS || visible.has(block)) continue;
    const twin = twinOf(block);
    if (twin === undefined) continue;
    const list = alike.get(twin.text);
    if (list) list.push(twin); else alike.set(twin.text, [twin]);
  }
  const by = new Map<Block, Block>();
  const passed = new Map<Block, readonly Value[]>();
  for (const list of alike.values()) {
    if (list.length < 2) continue;
    const differing = (list[0] as Twin).holes.flatMap((hole, i) => list.every(({ holes }) => constOf((holes[i] as Hole).value) === constOf(hole.value)) ? [] : [i]);
    // Each constant more is as much as one instruction.
    if (differing.length === 0 || differing.length + 1 < weightOf((list[0] as Twin).block)) { join(fn, list, differing, by, passed); continue; }
    const same = new Map<string, Twin[]>();
    for (const twin of list) {
      const key = differing.map(i => constOf((twin.holes[i] as Hole).value)).join();
      same.set(key, [...same.get(key) ?? [], twin]);
    }
    for (const equal of same.values()) if (equal.length > 1) join(fn, equal, [], by, passed);
  }
  if (by.size === 0) return false;
  for (const block of new Set(by.values())) withOwnConstants(fn, block);
  for (const block of fn.blocks) {
    for (const t of targets(endOf(block))) {
      for (const like of passed.get(t.block) ?? []) {
        const made = newInst(fn, { op: 'const', value: constOf(like) ?? 0n }, [], like.type, endOf(block).at);
        block.insts.push(made);
        t.args.push(made.result as Value);
      }
      t.block = by.get(t.block) ?? t.block;
    }
  }
  fn.blocks = fn.blocks.filter(b => !by.has(b));
  return true;
}

/** A constant that is passed on. */
interface Hole { readonly target: Target; readonly index: number; readonly value: Value }
interface Twin { readonly block: Block; readonly text: string; readonly holes: readonly Hole[] }

/** All become the first. What they pass on differently is passed to it: `passed` has what each is given more. */
function join(fn: Func, list: readonly Twin[], differing: readonly number[], by: Map<Block, Block>, passed: Map<Block, readonly Value[]>): void {
  const [first, ...others] = list as [Twin, ...Twin[]];
  for (const { block } of others) by.set(block, first.block);
  if (differing.length === 0) return;
  for (const { block, holes } of list) passed.set(block, differing.map(i => (holes[i] as Hole).value));
  for (const i of differing) {
    const { target, index, value } = first.holes[i] as Hole;
    target.args[index] = addParam(fn, first.block, value.type);
  }
}

/** Slots, about. */
function weightOf(block: Block): number {
  const end = endOf(block).op;
  return block.insts.filter(inst => inst.op !== 'const' && inst.op !== 'map' && inst.op !== 'link').length + (end === 'bounds' ? 3 : end === 'branch' ? 1 : 0);
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

/** Equal texts: equal blocks, but for constants that are passed on. Values of the block are numbered, others are themselves. */
function twinOf(block: Block): Twin | undefined {
  const own = new Map<Value, string>();
  const holes: Hole[] = [];
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
  const passedOn = (target: Target) => (value: Value, index: number): string => {
    if (constOf(value) === undefined || value.type === 'value') return ref(value);
    holes.push({ target, index, value });
    return `c${value.type}`;
  };
  lines.push(endText(endOf(block), ref, passedOn));
  return { block, text: lines.join('\n'), holes };
}

function endText(end: Terminator, ref: (v: Value) => string, passedOn: (target: Target) => (value: Value, index: number) => string): string {
  const target = (t: Target): string => `${t.block.id}(${t.args.map(passedOn(t)).join()})`;
  switch (end.op) {
    case 'jump': return `jump ${target(end.to)}`;
    case 'branch': return `${end.condition} ${ref(end.a)} ${ref(end.b)} ${target(end.then)} ${target(end.else)}`;
    case 'bounds': return `bounds ${ref(end.base)} ${end.bytes} ${ref(end.end)} ${target(end.then)} ${target(end.else)}`;
    case 'exit': return `${end.exit} ${end.site} ${end.port ? ref(end.port) : ''}`;
    case 'unreachable': return 'unreachable';
  }
}
