// Which registers are live where: backward dataflow over bit sets, one bit a register, by the numbers of blocks.

import { defs, endUses, successors, uses, type MachineBlock, type MachineCode, type MachineInst, type Reg } from './machine.ts';

export type BitSet = Uint32Array;

const has = (set: BitSet, reg: Reg): boolean => ((set[reg >> 5] as number) >>> (reg & 31) & 1) !== 0;
const add = (set: BitSet, reg: Reg): void => { set[reg >> 5] = (set[reg >> 5] as number) | 1 << (reg & 31); };
const remove = (set: BitSet, reg: Reg): void => { set[reg >> 5] = (set[reg >> 5] as number) & ~(1 << (reg & 31)); };

export const bits = { has, add, remove };

/** Registers live at the end of each block, what its end reads included. */
export function liveAtEnds(code: MachineCode): ReadonlyMap<MachineBlock, BitSet> {
  const { blocks } = code;
  const words = Math.ceil(code.nextReg / 32);
  const sets = (): Uint32Array[] => blocks.map(() => new Uint32Array(words));
  /** `kills`: what a block writes before it reads it. */
  const [liveIn, liveOut, kills] = [sets(), sets(), sets()] as [BitSet[], BitSet[], BitSet[]];
  const index = new Map<MachineBlock, number>(blocks.map((b, i) => [b, i]));
  const next = blocks.map(b => successors(b.end).map(to => index.get(to) as number));
  const preds = blocks.map((): number[] => []);
  for (const [i, list] of next.entries()) for (const to of list) preds[to]?.push(i);
  for (const [i, block] of blocks.entries()) {
    const [reads, out, kill] = [liveIn[i] as BitSet, liveOut[i] as BitSet, kills[i] as BitSet];
    for (const reg of endUses(block.end)) { add(out, reg); add(reads, reg); }
    for (let k = block.insts.length - 1; k >= 0; k--) {
      const inst = block.insts[k] as MachineInst;
      for (const reg of defs(inst)) { remove(reads, reg); add(kill, reg); }
      for (const reg of uses(inst)) { add(reads, reg); remove(kill, reg); }
    }
  }
  // Last blocks first; those whose successors changed are looked at again.
  const waits = new Uint8Array(blocks.length).fill(1);
  for (let left = blocks.length; left > 0;) {
    for (let i = blocks.length - 1; i >= 0; i--) {
      if (waits[i] === 0) continue;
      waits[i] = 0;
      left--;
      const [into, out, kill] = [liveIn[i] as BitSet, liveOut[i] as BitSet, kills[i] as BitSet];
      let changed = false;
      for (const to of next[i] as number[]) {
        const from = liveIn[to] as BitSet;
        for (let w = 0; w < words; w++) {
          const all = (out[w] as number) | (from[w] as number);
          out[w] = all;
          const before = into[w] as number;
          const now = (before | all & ~(kill[w] as number)) >>> 0;
          if (now !== before) { into[w] = now; changed = true; }
        }
      }
      if (changed) for (const p of preds[i] as number[]) if (waits[p] === 0) { waits[p] = 1; left++; }
    }
  }
  return new Map(blocks.map((b, i) => [b, liveOut[i] as BitSet]));
}
