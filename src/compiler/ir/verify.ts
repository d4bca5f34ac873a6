// What must hold of IR between all passes: structure, types, definitions before uses. The rules of pointers are pointers.ts.
// A violation is our bug, never the author's, so it throws, with the whole function printed.

import { dominators, type Dominators } from './dominators.ts';
import { CompilerBug, endOf, isBlock, operands, targets, type Block, type Func, type Inst, type Terminator, type Value } from './ir.ts';
import { checkPointers } from './pointers.ts';
import { print } from './print.ts';

/** `after`: the pass that ran last. */
export function verify(fn: Func, after: string): void {
  const fail = (why: string): never => {
    let text: string;
    try { text = print(fn); } catch (error) { text = String(error); }
    throw new CompilerBug(`IR of ${fn.name} after ${after}: ${why}`, text);
  };
  const known = new Set(fn.blocks);
  if (fn.blocks[0] !== fn.entry) fail('the entry is not first');
  if (fn.entry.params.length !== 1 || fn.entry.params[0]?.type !== 'ctx') fail('the entry must take ctx alone');
  for (const block of fn.blocks) {
    if (block.end === undefined) fail(`block ${block.name} has no end`);
    for (const t of targets(endOf(block))) {
      if (!known.has(t.block)) fail(`${block.name} goes to ${t.block.name}, which is not in the function`);
      if (t.block === fn.entry) fail('a jump to the entry');
      const want = t.block.params.map(p => p.type).join();
      const got = t.args.map(a => a.type).join();
      if (want !== got) fail(`${block.name} gives (${got}) to ${t.block.name}, which takes (${want})`);
    }
    for (const inst of block.insts) {
      const why = typeError(inst);
      if (why !== undefined) fail(`${block.name}: ${inst.op}: ${why}`);
    }
    const why = endError(endOf(block));
    if (why !== undefined) fail(`${block.name}: ${endOf(block).op}: ${why}`);
  }
  const dom = dominators(fn);
  const why = definitions(dom) ?? checkPointers(fn, dom);
  if (why !== undefined) fail(why);
}

function definitions(dom: Dominators): string | undefined {
  const where = new Map<Value, { block: Block; index: number }>();
  for (const block of dom.order) {
    for (const p of block.params) {
      if (where.has(p) || p.def !== block) return `parameter v${p.id} of ${block.name} is defined twice or elsewhere`;
      where.set(p, { block, index: -1 });
    }
    for (const [index, inst] of block.insts.entries()) {
      if (inst.result === undefined) continue;
      if (where.has(inst.result) || inst.result.def !== inst) return `result of ${inst.op} in ${block.name} is defined twice or elsewhere`;
      where.set(inst.result, { block, index });
    }
  }
  for (const block of dom.order) {
    const used = (v: Value, index: number): boolean => {
      const def = where.get(v);
      return def !== undefined && (def.block === block ? def.index < index : dom.dominates(def.block, block));
    };
    for (const [index, inst] of block.insts.entries()) {
      for (const a of inst.args) if (!used(a, index)) return `${block.name}: ${inst.op} uses a ${a.type} (of ${origin(a)}) that is not defined on every way here`;
    }
    const end = endOf(block);
    for (const a of [...operands(end), ...targets(end).flatMap(t => t.args)]) {
      if (!used(a, Infinity)) return `${block.name}: ${end.op} uses a ${a.type} (of ${origin(a)}) that is not defined on every way here`;
    }
  }
  return undefined;
}

const origin = (v: Value): string => isBlock(v.def) ? `block ${v.def.name}` : v.def.op;
const isInt = (v: Value | undefined): boolean => v?.type === 'i32' || v?.type === 'i64';
const hasMemory = (v: Value | undefined): boolean => v !== undefined && ['ctx', 'packet', 'stack', 'value'].includes(v.type);

function typeError(inst: Inst): string | undefined {
  const [a, b, c] = inst.args;
  const result = inst.result?.type;
  const arity = (n: number): string | undefined => inst.args.length === n ? undefined : `${inst.args.length} operands instead of ${n}`;
  const when = (wrong: boolean, why: string): string | undefined => wrong ? why : undefined;
  switch (inst.op) {
    case 'const':
      return arity(0) ?? when(result === 'value' && inst.value !== 0n, 'of pointers only null is constant')
        ?? when(result !== 'i32' && result !== 'i64' && result !== 'value', 'must be an integer or null')
        ?? when(BigInt.asUintN(result === 'i32' ? 32 : 64, inst.value) !== inst.value, `${inst.value} is not in the range of ${result}`);
    case 'alu': return arity(2) ?? when(!isInt(a) || a?.type !== b?.type || a?.type !== result, `${inst.alu} ${a?.type}, ${b?.type} to ${result}`);
    case 'neg': return arity(1) ?? when(!isInt(a) || a?.type !== result, `${a?.type} to ${result}`);
    case 'swap': return arity(1) ?? when(!isInt(a) || a?.type !== result || (inst.bytes === 8 && result !== 'i64'), `${inst.bytes} bytes of ${a?.type}`);
    case 'zext': case 'sext': return arity(1) ?? when(a?.type !== 'i32' || result !== 'i64', `${a?.type} to ${result}`);
    case 'trunc': return arity(1) ?? when(a?.type !== 'i64' || result !== 'i32', `${a?.type} to ${result}`);
    case 'offset': return arity(1) ?? when(!['packet', 'stack', 'value'].includes(a?.type ?? '') || a?.type !== result, `of ${a?.type}`);
    case 'index': return arity(2) ?? when(!['packet', 'stack', 'value'].includes(a?.type ?? '') || a?.type !== result || b?.type !== 'i64', `${a?.type}, ${b?.type}`);
    case 'load':
      if (a?.type === 'ctx' && (result === 'packet' || result === 'end')) return when(inst.bytes !== 4, 'packet pointers are 4 bytes in ctx');
      return arity(1) ?? when(!hasMemory(a) || !(result === 'i32' || result === 'i64') || (inst.bytes === 8) !== (result === 'i64'), `${inst.bytes} bytes of ${a?.type} to ${result}`);
    case 'store': return arity(2) ?? when(!hasMemory(a) || !isInt(b) || result !== undefined || (inst.bytes === 8 && b?.type !== 'i64'), `${b?.type} in ${inst.bytes} bytes of ${a?.type}`);
    case 'atomic': {
      const type = inst.bytes === 8 ? 'i64' : 'i32';
      return arity(inst.atomic === 'cmpxchg' ? 3 : 2)
        ?? when(!hasMemory(a) || b?.type !== type || (c !== undefined && c.type !== type) || (result !== undefined && result !== type), `of ${a?.type}, ${b?.type}`)
        ?? when(result === undefined && (inst.atomic === 'cmpxchg' || inst.atomic === 'xchg'), 'has a result');
    }
    case 'slot': return arity(0) ?? when(result !== 'stack' || inst.bytes < 1 || inst.bytes > 512, `${inst.bytes} bytes`);
    case 'call': return when(inst.args.length > 5, 'more than five arguments') ?? when(inst.nullable !== (result === 'value'), 'exactly maps\' values are nullable')
      ?? when((inst.effect !== undefined) !== (inst.helper === 0), 'an effect is no helper');
    case 'map': return arity(0) ?? when(result !== 'map', 'must be a map');
    case 'map-value': return arity(0) ?? when(result !== 'value', 'must be a value');
    case 'link': return arity(0) ?? when(result !== 'i32', 'must be i32');
  }
}

function endError(end: Terminator): string | undefined {
  switch (end.op) {
    case 'branch': {
      const isNull = end.a.type === 'value' && !isBlock(end.b.def) && end.b.def.op === 'const' && end.b.def.value === 0n;
      if (isNull) return end.condition === 'eq' || end.condition === 'ne' ? undefined : 'null is compared by eq and ne only';
      return !isInt(end.a) || end.a.type !== end.b.type ? `compares ${end.a.type} with ${end.b.type}` : undefined;
    }
    case 'bounds': return end.base.type !== 'packet' || end.end.type !== 'end' || end.bytes < 1 ? `${end.bytes} of ${end.base.type}, ${end.end.type}` : undefined;
    case 'exit':
      if ((end.exit === 'to') !== (end.port?.type === 'i32')) return 'to, and only to, takes a port (i32)';
      return (end.exit === 'drop' || end.exit === 'punt') !== (end.site !== undefined) ? 'drop and punt, and only they, take a site' : undefined;
    case 'jump': case 'unreachable': return undefined;
  }
}
