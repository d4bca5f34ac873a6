// Moves a set of registers (copies of one another) into the frame: a store behind every definition, a load before every use.
// What a constant instruction made is made again instead. Always 8 bytes, aligned: the verifier follows pointers in there.

import { defs, endUses, FRAME_POINTER, newReg, rename, renameEnd, uses, type FrameObject, type MachineCode, type MachineInst, type Reg } from './machine.ts';
import type { Position } from '../ir/ir.ts';

export function spill(code: MachineCode, regs: ReadonlySet<Reg>, short: Set<Reg>): void {
  const again = rematerial(code, regs);
  const frame: FrameObject = { bytes: 8, align: 8, at: 0 };
  if (again === undefined) code.frame.push(frame);
  const reload = (dst: Reg, at: Position): MachineInst => again !== undefined
    ? { ...again, dst, at } as MachineInst
    : { kind: 'load', size: 8, dst, src: FRAME_POINTER, offset: 0, frame, at };
  for (const block of code.blocks) {
    const insts: MachineInst[] = [];
    for (const inst of block.insts) {
      const read = uses(inst).some(r => regs.has(r));
      const written = defs(inst).some(r => regs.has(r));
      if (!read && !written) { insts.push(inst); continue; }
      if (written && again !== undefined) continue;
      const t = newReg(code);
      short.add(t);
      if (read) insts.push(reload(t, inst.at));
      rename(inst, r => regs.has(r) ? t : r);
      insts.push(inst);
      if (written) insts.push({ kind: 'store', size: 8, dst: FRAME_POINTER, src: t, offset: 0, frame, at: inst.at });
    }
    if (endUses(block.end).some(r => regs.has(r))) {
      const t = newReg(code);
      short.add(t);
      insts.push(reload(t, block.end.at));
      renameEnd(block.end, r => regs.has(r) ? t : r);
    }
    block.insts = insts;
  }
}

/** The one instruction that defines all of these registers, if it reads nothing. */
function rematerial(code: MachineCode, regs: ReadonlySet<Reg>): MachineInst | undefined {
  let found: MachineInst | undefined;
  for (const block of code.blocks) {
    for (const inst of block.insts) {
      if (!defs(inst).some(r => regs.has(r))) continue;
      if (found !== undefined) return undefined;
      if (uses(inst).length > 0 || !['wide', 'wide-map', 'wide-value', 'alu-imm', 'frame-address'].includes(inst.kind)) return undefined;
      found = inst;
    }
  }
  return found;
}
