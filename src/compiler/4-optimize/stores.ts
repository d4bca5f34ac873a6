// Stores to stack slots within a block: those that later ones cover before anybody looks go, and neighbours that make an aligned
// whole become one. Keys are zeroed, filled and padded by lowering without a thought; here the thought is given.

import { mostOf } from '../ir/arithmetic.ts';
import { newInst } from '../ir/build.ts';
import { constOf, defInst, type Block, type Func, type Inst, type MemBytes, type Value } from '../ir/ir.ts';
import { rootOf } from '../ir/pointers.ts';

export function stores(fn: Func): boolean {
  let changed = false;
  for (const block of fn.blocks) if (split(fn, block)) changed = true;
  for (const block of fn.blocks) {
    if (covered(block)) changed = true;
    while (joined(fn, block)) changed = true;
  }
  return changed;
}

interface Place { readonly slot: Value; readonly from: number; readonly bytes: number }

function placeOf(inst: Inst): Place | undefined {
  if (inst.op !== 'store' && inst.op !== 'load') return undefined;
  const { root, offset } = rootOf(inst.args[0] as Value);
  return defInst(root)?.op === 'slot' ? { slot: root, from: offset + inst.offset, bytes: inst.bytes } : undefined;
}

/** Slots that an instruction may read or write; `all`: any of them. */
function touched(inst: Inst): 'all' | Set<Value> {
  const roots = new Set<Value>();
  for (const a of inst.args) {
    if (a.type !== 'stack') continue;
    const { root } = rootOf(a);
    if (defInst(root)?.op !== 'slot') return 'all';
    roots.add(root);
  }
  return roots;
}

function covered(block: Block): boolean {
  /** Bytes that will be written before they are read, seen from the end. */
  const later = new Map<Value, Set<number>>();
  const kept: Inst[] = [];
  for (let i = block.insts.length - 1; i >= 0; i--) {
    const inst = block.insts[i] as Inst;
    const place = placeOf(inst);
    if (inst.op === 'store' && place) {
      const will = later.get(place.slot) ?? new Set<number>();
      later.set(place.slot, will);
      const bytes = Array.from({ length: place.bytes }, (_, k) => place.from + k);
      if (bytes.every(b => will.has(b))) continue;
      for (const b of bytes) will.add(b);
    } else if (inst.op !== 'offset' && inst.op !== 'slot') {
      const roots = touched(inst);
      if (roots === 'all') later.clear();
      else for (const root of roots) later.delete(root);
    }
    kept.push(inst);
  }
  if (kept.length === block.insts.length) return false;
  block.insts.splice(0, block.insts.length, ...kept.reverse());
  return true;
}

/** Two halves that are put together to be stored are stored one by one; not in maps, where others look. */
function split(fn: Func, block: Block): boolean {
  let changed = false;
  for (let k = block.insts.length - 1; k >= 0; k--) {
    const inst = block.insts[k] as Inst;
    if (inst.op !== 'store' || inst.bytes !== 8 || inst.args[0]?.type === 'value') continue;
    const or = defInst(inst.args[1] as Value);
    if (or?.op !== 'alu' || or.alu !== 'or') continue;
    const [a, b] = or.args as [Value, Value];
    const high = shifted(a) ?? shifted(b);
    const low = shifted(a) === undefined ? a : b;
    if (high === undefined || mostOf(low) > 0xffff_ffffn) continue;
    const slot = defInst(rootOf(inst.args[0] as Value).root);
    if (slot?.op === 'slot' && slot.align < 4) continue;
    const made: Inst[] = [];
    const store = (value: Value, offset: number): void => {
      const cut = newInst(fn, { op: 'trunc' }, [value], 'i32', inst.at);
      made.push(cut, newInst(fn, { op: 'store', bytes: 4, offset }, [inst.args[0] as Value, cut.result as Value], undefined, inst.at));
    };
    store(low, inst.offset);
    store(high, inst.offset + 4);
    block.insts.splice(k, 1, ...made);
    changed = true;
  }
  return changed;
}

/** x of `x << 32`. */
function shifted(value: Value): Value | undefined {
  const def = defInst(value);
  return def?.op === 'alu' && def.alu === 'shl' && constOf(def.args[1] as Value) === 32n ? def.args[0] : undefined;
}

/** Joins one pair of stores, the earlier into the later's place. */
function joined(fn: Func, block: Block): boolean {
  for (const [i, first] of block.insts.entries()) {
    const a = placeOf(first);
    if (first.op !== 'store' || !a || a.bytes === 8) continue;
    for (let k = i + 1; k < block.insts.length; k++) {
      const second = block.insts[k] as Inst;
      const b = placeOf(second);
      if (second.op === 'store' && b && b.slot === a.slot && b.bytes === a.bytes) {
        const [low, high] = a.from < b.from ? [first, second] : [second, first];
        const from = Math.min(a.from, b.from);
        const slot = defInst(a.slot);
        if (Math.abs(a.from - b.from) === a.bytes && from % (2 * a.bytes) === 0 && slot?.op === 'slot' && slot.align >= 2 * a.bytes) {
          const value = whole(fn, low.args[1] as Value, high.args[1] as Value, a.bytes as 1 | 2 | 4);
          if (value !== undefined) {
            const store = newInst(fn, { op: 'store', bytes: 2 * a.bytes as MemBytes, offset: from }, [a.slot, value.value], undefined, second.at);
            block.insts.splice(k, 1, ...value.made, store);
            block.insts.splice(i, 1);
            return true;
          }
        }
      }
      // The earlier store may move down to here only past what does not look at its slot.
      if (second.op === 'offset' || second.op === 'slot' || (second.op === 'store' && b && b.slot === a.slot && (b.from >= a.from + a.bytes || b.from + b.bytes <= a.from))) continue;
      const roots = touched(second);
      if (roots === 'all' || roots.has(a.slot)) break;
    }
  }
  return false;
}

/** The two halves as one value: constants, or a low half with nothing above it and zero. */
function whole(fn: Func, low: Value, high: Value, bytes: 1 | 2 | 4): { value: Value; made: Inst[] } | undefined {
  const mask = (1n << BigInt(8 * bytes)) - 1n;
  const type = bytes === 4 ? 'i64' : 'i32';
  const [l, h] = [constOf(low), constOf(high)];
  const at = defInst(high)?.at ?? { file: 0, line: 0, column: 0 };
  if (l !== undefined && h !== undefined) {
    const value = (h & mask) << BigInt(8 * bytes) | l & mask;
    // Eight bytes are stored from an immediate only where its sign extends right.
    if (bytes === 4 && BigInt.asUintN(64, BigInt.asIntN(32, value)) !== value) return undefined;
    const inst = newInst(fn, { op: 'const', value }, [], type, at);
    return { value: inst.result as Value, made: [inst] };
  }
  if (h === undefined || (h & mask) !== 0n || mostOf(low) > mask) return undefined;
  if (type === low.type || type === 'i32') return { value: low, made: [] };
  const inst = newInst(fn, { op: 'zext' }, [low], 'i64', at);
  return { value: inst.result as Value, made: [inst] };
}
