// A parameter to which every way gives the same operation of something is that operation of a parameter: what turns bytes round
// or widens is there once, behind the ways, where it often meets its opposite. And the other way about: a parameter that is only
// turned round is turned round on its ways, if it meets its opposite on one of them.

import { swapBytes } from '../ir/arithmetic.ts';
import { incoming, type Edge } from './parameters.ts';
import { Replacement, useCounts } from './rewrite.ts';
import { newInst } from '../ir/build.ts';
import { reversePostorder } from '../ir/dominators.ts';
import { constOf, defInst, endOf, type Block, type Func, type Inst, type Type, type Value } from '../ir/ir.ts';

/** An operation of one value that is not a constant. `undo`: the constant of which it gives this one. */
interface Operation { readonly key: string; readonly from: Type; readonly make: (arg: Value) => Inst[]; readonly undo: (constant: bigint) => bigint | undefined }

interface Param { readonly block: Block; readonly into: readonly Edge[]; readonly args: readonly Value[] }

export function sink(fn: Func): boolean {
  const params = forwardParams(fn);
  const operations = candidates(fn, params);
  for (let changed = true; changed;) {
    changed = false;
    const uses = passed(params, operations);
    const counts = useCounts(fn);
    for (const [param, operation] of operations) {
      const fits = params.get(param)?.args.every(arg => {
        const constant = constOf(arg);
        if (constant !== undefined) return operation.undo(constant) !== undefined;
        if (defInst(arg) === undefined) return operations.get(arg)?.key === operation.key;
        // What is needed for something else too would be kept twice.
        return operationOf(fn, arg, param.type)?.key === operation.key && counts.get(arg) === uses.get(arg);
      });
      if (fits !== true) { operations.delete(param); changed = true; }
    }
  }
  if (operations.size > 0) sinkAll(fn, params, operations);
  return operations.size > 0 || raise(fn, params);
}

function raise(fn: Func, params: ReadonlyMap<Value, Param>): boolean {
  const counts = useCounts(fn);
  const swaps = new Map<Value, (Inst & { op: 'swap' })[]>();
  for (const block of fn.blocks) {
    for (const inst of block.insts) if (inst.op === 'swap') swaps.set(inst.args[0] as Value, [...swaps.get(inst.args[0] as Value) ?? [], inst]);
  }
  const replaced = new Replacement();
  for (const [param, { block, into, args }] of params) {
    const all = swaps.get(param) ?? [];
    const [first] = all;
    if (first === undefined || all.length !== counts.get(param) || all.some(user => user.bytes !== first.bytes)) continue;
    if (!args.every(arg => meets(arg, first.bytes)) || !args.some(arg => { const def = defInst(arg); return def?.op === 'swap' && def.bytes === first.bytes; })) continue;
    const i = block.params.indexOf(param);
    const now: Value = { id: fn.nextId++, type: param.type, def: block };
    for (const { from, target } of into) {
      const turned = newInst(fn, { op: 'swap', bytes: first.bytes }, [target.args[i] as Value], param.type, first.at);
      from.insts.push(turned);
      target.args[i] = turned.result as Value;
    }
    block.params[i] = now;
    replaced.set(param, now);
    for (const user of all) if (user.result) replaced.set(user.result, now);
  }
  replaced.apply(fn);
  return replaced.size > 0;
}

/** What turned round once more is no more work than it was. */
function meets(value: Value, bytes: number): boolean {
  if (constOf(value) !== undefined) return true;
  const def = defInst(value);
  const part = def?.op === 'alu' && (def.alu === 'or' || def.alu === 'and' || def.alu === 'xor') && constOf(def.args[1] as Value) !== undefined ? defInst(def.args[0] as Value) : def;
  return part?.op === 'swap' ? part.bytes === bytes : part?.op === 'zext' && defInst(part.args[0] as Value)?.op === 'swap';
}

/** Integer parameters of blocks that no way leads back to, in order. */
function forwardParams(fn: Func): Map<Value, Param> {
  const order = reversePostorder(fn);
  const place = new Map(order.map((block, i) => [block, i]));
  const edges = incoming(fn);
  const params = new Map<Value, Param>();
  for (const [k, block] of order.entries()) {
    const into = edges.get(block) ?? [];
    if (into.length < 2 || into.some(({ from }) => (place.get(from) ?? k) >= k)) continue;
    for (const [i, param] of block.params.entries()) {
      if (param.type === 'i32' || param.type === 'i64') params.set(param, { block, into, args: into.map(({ target }) => target.args[i] as Value) });
    }
  }
  return params;
}

/** For each parameter the operation that it would have to be of. */
function candidates(fn: Func, params: ReadonlyMap<Value, Param>): Map<Value, Operation> {
  const operations = new Map<Value, Operation>();
  for (const [param, { args }] of params) {
    for (const arg of args) {
      const operation = operations.get(arg) ?? operationOf(fn, arg, param.type);
      if (operation !== undefined) { operations.set(param, operation); break; }
    }
  }
  return operations;
}

/** How often each value is passed to a parameter that is to change. */
function passed(params: ReadonlyMap<Value, Param>, operations: ReadonlyMap<Value, Operation>): Map<Value, number> {
  const uses = new Map<Value, number>();
  for (const param of operations.keys()) for (const arg of params.get(param)?.args ?? []) uses.set(arg, (uses.get(arg) ?? 0) + 1);
  return uses;
}

function sinkAll(fn: Func, params: ReadonlyMap<Value, Param>, operations: ReadonlyMap<Value, Operation>): void {
  const replaced = new Replacement();
  const before = new Map<Value, Value>();
  for (const [param, { from }] of operations) before.set(param, { id: fn.nextId++, type: from, def: param.def });
  for (const [param, operation] of operations) {
    const { block, into, args } = params.get(param) as Param;
    const i = block.params.indexOf(param);
    for (const [k, { from, target }] of into.entries()) {
      const arg = args[k] as Value;
      const constant = constOf(arg);
      if (constant === undefined) { target.args[i] = before.get(arg) ?? defInst(arg)?.args[0] as Value; continue; }
      const inst = newInst(fn, { op: 'const', value: operation.undo(constant) ?? 0n }, [], operation.from, endOf(from).at);
      from.insts.push(inst);
      target.args[i] = inst.result as Value;
    }
    const now = before.get(param) as Value;
    block.params[i] = now;
    const made = operation.make(now);
    block.insts.unshift(...made);
    replaced.set(param, made.at(-1)?.result as Value);
  }
  replaced.apply(fn);
}

function operationOf(fn: Func, value: Value, type: Type): Operation | undefined {
  const inst = defInst(value);
  if (inst === undefined) return undefined;
  const one = (shape: Parameters<typeof newInst>[1]) => (arg: Value): Inst[] => [newInst(fn, shape, [arg], type, inst.at)];
  switch (inst.op) {
    case 'swap': {
      const most = 1n << BigInt(8 * inst.bytes);
      return { key: `swap${inst.bytes}`, from: type, make: one({ op: 'swap', bytes: inst.bytes }), undo: c => c < most ? swapBytes(c, inst.bytes) : undefined };
    }
    case 'zext': return { key: 'zext', from: 'i32', make: one({ op: 'zext' }), undo: c => c < 1n << 32n ? c : undefined };
    case 'alu': {
      const mask = constOf(inst.args[1] as Value);
      if (mask === undefined || (inst.alu !== 'or' && inst.alu !== 'and')) return undefined;
      const make = (arg: Value): Inst[] => {
        const constant = newInst(fn, { op: 'const', value: mask }, [], type, inst.at);
        return [constant, newInst(fn, { op: 'alu', alu: inst.alu }, [arg, constant.result as Value], type, inst.at)];
      };
      return { key: `${inst.alu}${mask}`, from: type, make, undo: c => inst.alu === 'or' ? (c & mask) === mask ? c & ~mask : undefined : (c & ~mask) === 0n ? c : undefined };
    }
    default: return undefined;
  }
}
