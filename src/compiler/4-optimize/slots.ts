// Stack slots that are given the same contents and then only read are one slot: the same key for two maps is built once.
// Also where reading is all that helpers do with what they are given.

import { Replacement } from './rewrite.ts';
import { dominators, type Dominators } from '../ir/dominators.ts';
import { constOf, defInst, endOf, targets, type Block, type Func, type Inst, type Value } from '../ir/ir.ts';
import { rootOf } from '../ir/pointers.ts';

interface Use { readonly inst: Inst; readonly block: Block; readonly index: number }
interface Slot { readonly value: Value; readonly bytes: number; readonly align: number; readonly stores: Use[]; readonly reads: Use[] }

/** map_lookup_elem, map_update_elem, map_delete_elem: they read keys and values. */
const ONLY_READ: ReadonlySet<number> = new Set([1, 2, 3]);

export function slots(fn: Func): boolean {
  const dom = dominators(fn);
  const groups = new Map<string, Slot[]>();
  for (const slot of candidates(fn)) {
    const key = contents(slot);
    const list = groups.get(key);
    if (list) list.push(slot); else groups.set(key, [slot]);
  }
  const replaced = new Replacement();
  for (const same of groups.values()) {
    for (const second of same) {
      const first = same.find(f => f !== second && replaced.get(f.value) === f.value && serves(f, second, dom));
      if (first === undefined || replaced.get(second.value) !== second.value) continue;
      replaced.set(second.value, first.value);
      for (const { inst, block } of second.stores) block.insts.splice(block.insts.indexOf(inst), 1);
      // Indexes of what follows in the block have changed: the next round finds the rest.
      break;
    }
  }
  replaced.apply(fn);
  return replaced.size > 0;
}

/** Slots that are filled in one block and then only read, each byte stored once. */
function candidates(fn: Func): Slot[] {
  const found = new Map<Value, Slot>();
  const refused = new Set<Value>();
  for (const block of fn.blocks) {
    for (const inst of block.insts) if (inst.op === 'slot' && inst.result) found.set(inst.result, { value: inst.result, bytes: inst.bytes, align: inst.align, stores: [], reads: [] });
  }
  for (const block of fn.blocks) {
    for (const [index, inst] of block.insts.entries()) {
      if (inst.op === 'offset') continue;
      for (const [i, a] of inst.args.entries()) {
        if (a.type !== 'stack') continue;
        const { root } = rootOf(a);
        const slot = found.get(root);
        if (slot === undefined) continue;
        if (inst.op === 'store' && i === 0) slot.stores.push({ inst, block, index });
        else if (inst.op === 'load' || (inst.op === 'call' && ONLY_READ.has(inst.helper))) slot.reads.push({ inst, block, index });
        else refused.add(root);
      }
    }
    for (const t of targets(endOf(block))) for (const a of t.args) if (a.type === 'stack') refused.add(rootOf(a).root);
  }
  return [...found.values()].filter(slot => {
    const [first] = slot.stores;
    if (first === undefined || refused.has(slot.value) || slot.stores.some(s => s.block !== first.block)) return false;
    const places = slot.stores.map(s => place(s.inst)).sort((a, b) => a.from - b.from);
    if (places.some((p, i) => i > 0 && p.from < (places[i - 1]?.to ?? 0))) return false;
    const last = Math.max(...slot.stores.map(s => s.index));
    return slot.reads.every(r => r.block !== first.block || r.index > last);
  });
}

function place(inst: Inst): { from: number; to: number } {
  const from = rootOf(inst.args[0] as Value).offset + ('offset' in inst ? inst.offset : 0);
  return { from, to: from + ('bytes' in inst ? inst.bytes : 0) };
}

function contents(slot: Slot): string {
  const parts = slot.stores.map(({ inst }) => {
    const { from, to } = place(inst);
    const value = inst.args[1] as Value;
    const constant = constOf(value);
    const known = constant !== undefined ? `c${constant}` : defInst(value)?.op === 'link' ? `l${(defInst(value) as Inst & { op: 'link' }).name}` : `v${value.id}`;
    return `${String(from).padStart(3, '0')}-${to} ${known}`;
  });
  return `${slot.bytes} ${parts.sort().join(' ')}`;
}

/** Whether what `first` holds is there, and whole, wherever `second` is read. */
function serves(first: Slot, second: Slot, dom: Dominators): boolean {
  if (first.align < second.align) return false;
  const [a, b] = [first.stores[0] as Use, second.stores[0] as Use];
  if (a.block === b.block) return Math.max(...first.stores.map(s => s.index)) < Math.min(...second.stores.map(s => s.index));
  return dom.dominates(a.block, b.block);
}
