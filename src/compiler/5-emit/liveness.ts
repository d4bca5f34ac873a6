// Which registers are live where: backward dataflow over bit sets, one bit a register.

import { defs, endUses, successors, uses, type MachineBlock, type MachineCode, type Reg } from './machine.ts';

export type BitSet = Uint32Array;

const has = (set: BitSet, reg: Reg): boolean => ((set[reg >> 5] as number) >>> (reg & 31) & 1) !== 0;
const add = (set: BitSet, reg: Reg): void => { set[reg >> 5] = (set[reg >> 5] as number) | 1 << (reg & 31); };
const remove = (set: BitSet, reg: Reg): void => { set[reg >> 5] = (set[reg >> 5] as number) & ~(1 << (reg & 31)); };

export const bits = { has, add, remove };

export function members(set: BitSet): Reg[] {
  const out: Reg[] = [];
  for (const [i, word] of set.entries()) {
    for (let w = word; w !== 0; w &= w - 1) out.push(i * 32 + 31 - Math.clz32(w & -w));
  }
  return out;
}

/** Registers live at the end of each block, what its end reads included. */
export function liveAtEnds(code: MachineCode): Map<MachineBlock, BitSet> {
  const words = Math.ceil(code.nextReg / 32);
  const liveIn = new Map<MachineBlock, BitSet>();
  const liveOut = new Map<MachineBlock, BitSet>();
  for (const block of code.blocks) { liveIn.set(block, new Uint32Array(words)); liveOut.set(block, new Uint32Array(words)); }
  for (let changed = true; changed;) {
    changed = false;
    for (let i = code.blocks.length - 1; i >= 0; i--) {
      const block = code.blocks[i] as MachineBlock;
      const out = liveOut.get(block) as BitSet;
      for (const next of successors(block.end)) {
        const from = liveIn.get(next) as BitSet;
        for (let w = 0; w < words; w++) out[w] = (out[w] as number) | (from[w] as number);
      }
      for (const reg of endUses(block.end)) add(out, reg);
      const live = out.slice();
      for (let k = block.insts.length - 1; k >= 0; k--) stepBack(block, k, live);
      const before = liveIn.get(block) as BitSet;
      if (live.some((w, n) => w !== before[n])) { liveIn.set(block, live); changed = true; }
    }
  }
  return liveOut;
}

/** From what is live behind instruction `k` to what is live in front of it. */
export function stepBack(block: MachineBlock, k: number, live: BitSet): void {
  const inst = block.insts[k];
  if (inst === undefined) return;
  for (const reg of defs(inst)) remove(live, reg);
  for (const reg of uses(inst)) add(live, reg);
}
