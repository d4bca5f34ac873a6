// Which registers are live where: backward dataflow over bit sets, one bit a register.

import { defs, endUses, successors, uses, type MachineBlock, type MachineCode, type MachineInst, type Reg } from './machine.ts';

export type BitSet = Uint32Array;

const has = (set: BitSet, reg: Reg): boolean => ((set[reg >> 5] as number) >>> (reg & 31) & 1) !== 0;
const add = (set: BitSet, reg: Reg): void => { set[reg >> 5] = (set[reg >> 5] as number) | 1 << (reg & 31); };
const remove = (set: BitSet, reg: Reg): void => { set[reg >> 5] = (set[reg >> 5] as number) & ~(1 << (reg & 31)); };

export const bits = { has, add, remove };

/** Registers live at the end of each block, what its end reads included. */
export function liveAtEnds(code: MachineCode): Map<MachineBlock, BitSet> {
  const words = Math.ceil(code.nextReg / 32);
  const liveIn = new Map<MachineBlock, BitSet>();
  const liveOut = new Map<MachineBlock, BitSet>();
  /** Registers that a block writes before it reads them. */
  const kills = new Map<MachineBlock, BitSet>();
  for (const block of code.blocks) {
    const [reads, kill] = [new Uint32Array(words), new Uint32Array(words)];
    const out = new Uint32Array(words);
    for (const reg of endUses(block.end)) { add(out, reg); add(reads, reg); }
    for (let k = block.insts.length - 1; k >= 0; k--) {
      const inst = block.insts[k] as MachineInst;
      for (const reg of defs(inst)) { remove(reads, reg); add(kill, reg); }
      for (const reg of uses(inst)) { add(reads, reg); remove(kill, reg); }
    }
    liveIn.set(block, reads);
    liveOut.set(block, out);
    kills.set(block, kill);
  }
  for (let changed = true; changed;) {
    changed = false;
    for (let i = code.blocks.length - 1; i >= 0; i--) {
      const block = code.blocks[i] as MachineBlock;
      const [into, out, kill] = [liveIn.get(block) as BitSet, liveOut.get(block) as BitSet, kills.get(block) as BitSet];
      for (const next of successors(block.end)) {
        const from = liveIn.get(next) as BitSet;
        for (let w = 0; w < words; w++) {
          const all = ((out[w] as number) | (from[w] as number)) >>> 0;
          out[w] = all;
          const before = into[w] as number;
          const now = (before | all & ~(kill[w] as number)) >>> 0;
          if (now !== before) { into[w] = now; changed = true; }
        }
      }
    }
  }
  return liveOut;
}
