// Memory: a load of what was just stored or loaded takes that value; a store of what is there already goes; a bounds check that
// a check on every way here has already made goes. One forward pass over what is known of memory at the start of each block.

import { mostOf } from '../ir/arithmetic.ts';
import { Replacement } from './rewrite.ts';
import { newInst } from '../ir/build.ts';
import { reversePostorder } from '../ir/dominators.ts';
import { constOf, defInst, endOf, targets, type Block, type Func, type Inst, type Type, type Value } from '../ir/ir.ts';
import { pointerFacts, rootOf, fact, transfer } from '../ir/pointers.ts';

/** What is in memory, by place: root, offset and bytes. */
interface Known { readonly root: Value; readonly offset: number; readonly bytes: number; readonly type: Type; readonly value: Value }
type Memory = Map<number, Known>;

export function forward(fn: Func): boolean {
  const order = reversePostorder(fn);
  const starts = new Map<Block, Memory>([[fn.entry, new Map()]]);
  const dirty = new Set<Block>([fn.entry]);
  while (dirty.size > 0) {
    for (const block of order) {
      const start = starts.get(block);
      if (start === undefined || !dirty.delete(block)) continue;
      const memory: Memory = new Map(start);
      for (const inst of block.insts) after(inst, memory);
      for (const t of targets(endOf(block))) {
        const there = starts.get(t.block);
        if (there === undefined) { starts.set(t.block, new Map(memory)); dirty.add(t.block); continue; }
        for (const [key, known] of there) if (memory.get(key)?.value !== known.value) { there.delete(key); dirty.add(t.block); }
      }
    }
  }
  const replaced = new Replacement();
  let removed = false;
  for (const block of order) {
    const memory: Memory = new Map(starts.get(block));
    const kept: Inst[] = [];
    for (const inst of block.insts) {
      if (inst.op === 'load' && inst.result) {
        const known = memory.get(keyOf(inst, inst.result.type));
        if (known !== undefined && known.value !== inst.result && loads(known.value, inst)) { replaced.set(inst.result, known.value); continue; }
      }
      if (inst.op === 'store') {
        const known = memory.get(keyOf(inst, (inst.args[1] as Value).type));
        if (known !== undefined && known.value === inst.args[1]) { removed = true; continue; }
      }
      const narrow = narrowed(fn, inst, memory);
      if (narrow !== undefined) {
        const known = memory.get(keyOf(narrow.load, 'i32'));
        const half = known !== undefined && loads(known.value, narrow.load) ? known.value : narrow.load.result as Value;
        if (half === narrow.load.result) { kept.push(narrow.load); after(narrow.load, memory); }
        if (narrow.widen === undefined) replaced.set(inst.result as Value, half);
        else { narrow.widen.args[0] = half; kept.push(narrow.widen); replaced.set(inst.result as Value, narrow.widen.result as Value); }
        continue;
      }
      after(inst, memory);
      kept.push(inst);
    }
    block.insts.splice(0, block.insts.length, ...kept);
  }
  replaced.apply(fn);
  return checks(fn) || removed || replaced.size > 0;
}

/** Half of eight bytes that are still where they were loaded from: a load of four. */
function narrowed(fn: Func, inst: Inst, memory: Memory): { load: Inst & { op: 'load' }; widen: Inst | undefined } | undefined {
  const upper = inst.op === 'alu' && inst.alu === 'lshr' && constOf(inst.args[1] as Value) === 32n;
  if (!upper && inst.op !== 'trunc') return undefined;
  const whole = defInst(inst.args[0] as Value);
  if (whole?.op !== 'load' || whole.bytes !== 8 || whole.result === undefined) return undefined;
  // A map's value may change between two loads.
  if (whole.args[0]?.type === 'value' || memory.get(keyOf(whole, 'i64'))?.value !== whole.result) return undefined;
  const load = newInst(fn, { op: 'load', bytes: 4, offset: whole.offset + (upper ? 4 : 0) }, [...whole.args], 'i32', inst.at) as Inst & { op: 'load' };
  return { load, widen: upper ? newInst(fn, { op: 'zext' }, [load.result as Value], 'i64', inst.at) : undefined };
}

function keyOf(inst: Inst & { op: 'load' | 'store' }, type: Type): number {
  const { root, offset } = rootOf(inst.args[0] as Value);
  return ((root.id * 0x2_0000 + offset + inst.offset + 0x1_0000) * 16 + inst.bytes) * 8 + TYPES.indexOf(type);
}
const TYPES: readonly Type[] = ['i32', 'i64', 'packet', 'end', 'ctx', 'stack', 'value', 'map'];

/** Whether loading gives exactly this value: a narrow store cuts what it stores. */
function loads(value: Value, inst: Inst & { op: 'load' }): boolean {
  const { result } = inst;
  return value.type === result?.type && (value.type === 'packet' || value.type === 'end' || mostOf(value) < 1n << BigInt(8 * inst.bytes));
}

function after(inst: Inst, memory: Memory): void {
  switch (inst.op) {
    case 'load': if (inst.result) learn(inst, inst.result, memory); return;
    case 'store': {
      clobber(inst.args[0] as Value, inst.offset, inst.bytes, memory);
      learn(inst, inst.args[1] as Value, memory);
      return;
    }
    case 'atomic': clobber(inst.args[0] as Value, inst.offset, inst.bytes, memory); return;
    case 'call':
      // A helper writes what it is given the address of, maps, and, if it says so, the packet and what ctx says of it.
      for (const a of inst.args) if (a.type === 'stack') forget(memory, k => k.root === rootOf(a).root || isWild(k.root) || isWild(rootOf(a).root) && k.root.type === 'stack');
      forget(memory, k => k.root.type === 'value' || (inst.movesPacket && (k.root.type === 'packet' || k.root.type === 'ctx')));
      return;
    default: return;
  }
}

function learn(inst: Inst & { op: 'load' | 'store' }, value: Value, memory: Memory): void {
  const { root, offset } = rootOf(inst.args[0] as Value);
  memory.set(keyOf(inst, value.type), { root, offset: offset + inst.offset, bytes: inst.bytes, type: value.type, value });
}

function forget(memory: Memory, which: (known: Known) => boolean): void {
  for (const [key, known] of memory) if (which(known)) memory.delete(key);
}

/** A stack pointer of which it is not known where in which slot it points. */
const isWild = (root: Value): boolean => root.type === 'stack' && defInst(root)?.op !== 'slot';

function clobber(pointer: Value, extra: number, bytes: number, memory: Memory): void {
  const { root, offset } = rootOf(pointer);
  const from = offset + extra;
  forget(memory, k => {
    if (k.root.type !== root.type) return false;
    if (k.root === root) return k.offset < from + bytes && from < k.offset + k.bytes;
    // Two slots are two places; other pointers of one kind may meet.
    return root.type === 'stack' ? isWild(root) || isWild(k.root) : root.type !== 'ctx';
  });
}

/** Bounds checks that cannot fail here. */
function checks(fn: Func): boolean {
  const entries = pointerFacts(fn);
  let changed = false;
  for (const block of fn.blocks) {
    const end = endOf(block);
    const facts = entries.get(block);
    if (end.op !== 'bounds' || facts === undefined) continue;
    const now = new Map(facts);
    for (const inst of block.insts) transfer(inst, now);
    if (fact(now, end.base) < end.bytes) continue;
    block.end = { op: 'jump', to: end.then, at: end.at };
    changed = true;
  }
  return changed;
}
