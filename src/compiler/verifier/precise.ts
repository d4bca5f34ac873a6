// Of which integers the verifier has to know the value (its "precise" marks): an operand of a branch that went one way only, an index of a pointer, a size.
// They are marked in the states that lie behind, back along the way that was gone to where they came from (backtrack_insn in kernel/bpf).

import { FRAME, slotOf, wordBit, written, type Code } from './code.ts';
import type { Register, Word } from './registers.ts';
import type { Insn } from '../../isa/insn.ts';

/** Registers by a bit each; words of the frame, the 32 next to r10 and those behind. */
export interface Marks { regs: number; low: number; high: number }

/** The way since the checkpoint before: instructions by index; below zero: what was alike at the branch behind it, -1 for the first of `Alike`. */
export type Way = number[];
type Alike = readonly Marks[];

export interface Behind {
  readonly registers: readonly Register[];
  readonly stack: readonly Word[];
  readonly parent: Behind | undefined;
  readonly way: Way;
  readonly precise: Marks;
}

/** Instructions that a mark does not pass as it was. */
export function movesMarks(insn: Insn): boolean {
  switch (insn.kind) {
    case 'jump': case 'call': case 'call-local': return true;
    case 'store': case 'store-imm': return insn.dst === FRAME;
    case 'alu-imm': return insn.op === 'mov';
    case 'neg': case 'endian': return false;
    default: return written(insn) !== undefined;
  }
}

/** `marks` count at the end of `way`, which began at `parent`. */
export function markBack(code: Code, way: Way, parent: Behind | undefined, alike: Alike, marks: Marks): void {
  for (let [steps, to] = [way, parent]; ; [steps, to] = [to.way, to.parent]) {
    for (let k = steps.length - 1; k >= 0; k--) {
      const step = steps[k] as number;
      if (step >= 0) back(code.insns[step] as Insn, marks);
      else {
        const { regs, low, high } = alike[-step - 1] as Marks;
        if ((marks.regs & regs | marks.low & low | marks.high & high) !== 0) { marks.regs |= regs; marks.low |= low; marks.high |= high; }
      }
      if ((marks.regs | marks.low | marks.high) === 0) return;
    }
    if (to === undefined) return;
    for (let r = 0; marks.regs >> r !== 0; r++) if (to.registers[r]?.kind !== 'scalar') marks.regs &= ~(1 << r);
    for (const [n, word] of to.stack.entries()) {
      if (word?.kind === 'scalar' || (word?.kind === 'parts' && word.spill > 0)) continue;
      const { low, high } = wordBit(n);
      marks.low &= ~low;
      marks.high &= ~high;
    }
    const { precise } = to;
    marks.regs &= ~precise.regs;
    marks.low &= ~precise.low;
    marks.high &= ~precise.high;
    if ((marks.regs | marks.low | marks.high) === 0) return;
    precise.regs |= marks.regs;
    precise.low |= marks.low;
    precise.high |= marks.high;
  }
}

function back(insn: Insn, now: Marks): void {
  switch (insn.kind) {
    // A comparison of two registers makes both count if one does.
    case 'jump': if ((now.regs & (1 << insn.dst | 1 << insn.src)) !== 0) now.regs |= 1 << insn.dst | 1 << insn.src; return;
    case 'call': case 'call-local': now.regs &= ~0x3f; return;
    case 'store': case 'store-imm': {
      const { low, high } = wordBit(slotOf(insn.offset));
      const had = (now.low & low | now.high & high) !== 0;
      now.low &= ~low;
      now.high &= ~high;
      if (had && insn.kind === 'store') now.regs |= 1 << insn.src;
      return;
    }
    case 'alu': if (insn.op !== 'mov') { if ((now.regs >> insn.dst & 1) !== 0) now.regs |= 1 << insn.src; return; } break;
    default: break;
  }
  const to = written(insn) as number;
  if ((now.regs >> to & 1) === 0) return;
  now.regs &= ~(1 << to);
  if (insn.kind === 'alu') now.regs |= 1 << insn.src;
  if (insn.kind === 'load' && insn.src === FRAME) { const { low, high } = wordBit(slotOf(insn.offset)); now.low |= low; now.high |= high; }
}
