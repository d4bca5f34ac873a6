// Moves a set of registers (copies of one another) into the frame: a store behind every definition, a load before uses.
// What was loaded or stored stays at hand in a register up to the next call, and into blocks that have one way in; where even that
// is too much, each use has a load of its own. What an instruction can make again is made again instead.
// Always 8 bytes, aligned: the verifier follows pointers in there.

import {
  defs, endUses, FRAME_POINTER, newReg, rename, renameEnd, successors, uses, type FrameObject, type MachineBlock, type MachineCode, type MachineInst, type Reg,
} from './machine.ts';
import type { Position } from '../ir/ir.ts';

/** How far registers are from being spilled for the first time: 0 not yet, 1 at hand between calls, 2 around one use. */
export type Levels = Map<Reg, { readonly level: 1 | 2; readonly home: FrameObject | undefined }>;

/** `named`: the blocks that name one of the registers; the others only keep what is at hand, or lose it to a call. */
export function spill(code: MachineCode, regs: ReadonlySet<Reg>, levels: Levels, named: ReadonlySet<MachineBlock>, ways: Ways): void {
  const again = rematerial(code, regs, named);
  const home = homeOf(regs, levels);
  const frame: FrameObject = home ?? { bytes: 8, align: 8, at: 0, spill: true };
  if (again === undefined && home === undefined) code.frame.push(frame);
  const level = [...regs].some(r => levels.has(r)) ? 2 : 1;
  const heldAtEnd = new Map<MachineBlock, Reg | undefined>();
  const fresh = (): Reg => {
    const reg = newReg(code);
    levels.set(reg, { level, home: again === undefined ? frame : undefined });
    return reg;
  };
  const reload = (dst: Reg, at: Position): MachineInst => again !== undefined
    ? { ...again, dst, at } as MachineInst
    : { kind: 'load', size: 8, dst, src: FRAME_POINTER, offset: 0, frame, at };
  for (const block of code.blocks) {
    const insts: MachineInst[] = [];
    const from = ways.preds.get(block);
    let held = level === 1 && from !== undefined ? heldAtEnd.get(from) : undefined;
    if (!named.has(block)) {
      heldAtEnd.set(block, level === 2 || ways.calling.has(block) ? undefined : held);
      continue;
    }
    const take = (at: Position): Reg => {
      if (held !== undefined) return held;
      held = fresh();
      insts.push(reload(held, at));
      return held;
    };
    for (const inst of block.insts) {
      // It is there already: what comes from its place, or goes there once more.
      if (again === undefined && isHome(inst, frame) && (inst.kind === 'load' ? regs.has(inst.dst) : inst.kind === 'store' && regs.has(inst.src))) continue;
      const read = uses(inst).some(r => regs.has(r));
      const written = defs(inst).some(r => regs.has(r));
      if (written && again !== undefined) { held = undefined; continue; }
      if (read || written) {
        const t = read ? take(inst.at) : fresh();
        rename(inst, r => regs.has(r) ? t : r);
        insts.push(inst);
        if (written) { insts.push({ kind: 'store', size: 8, dst: FRAME_POINTER, src: t, offset: 0, frame, at: inst.at }); held = t; }
      } else insts.push(inst);
      if (level === 2 || inst.kind === 'call') held = undefined;
    }
    if (endUses(block.end).some(r => regs.has(r))) {
      const t = take(block.end.at);
      renameEnd(block.end, r => regs.has(r) ? t : r);
    }
    block.insts = insts;
    heldAtEnd.set(block, held);
  }
}

/** The place in the frame that all of these registers were at hand for, if there is one. */
function homeOf(regs: ReadonlySet<Reg>, levels: Levels): FrameObject | undefined {
  const homes = new Set([...regs].map(r => levels.get(r)?.home));
  return homes.size === 1 ? [...homes][0] : undefined;
}

const isHome = (inst: MachineInst, home: FrameObject): boolean =>
  (inst.kind === 'load' && inst.src === FRAME_POINTER || inst.kind === 'store' && inst.dst === FRAME_POINTER) && inst.frame === home;

/** What spilling does not change: blocks with one way in, and where it comes from; blocks that call. */
interface Ways { readonly preds: ReadonlyMap<MachineBlock, MachineBlock>; readonly calling: ReadonlySet<MachineBlock> }

export function waysOf(code: MachineCode): Ways {
  return { preds: onlyPredecessors(code), calling: new Set(code.blocks.filter(b => b.insts.some(i => i.kind === 'call'))) };
}

function onlyPredecessors(code: MachineCode): Map<MachineBlock, MachineBlock> {
  const only = new Map<MachineBlock, MachineBlock>();
  const many = new Set<MachineBlock>([code.entry]);
  for (const block of code.blocks) {
    for (const next of successors(block.end)) {
      if (only.has(next) || many.has(next)) { only.delete(next); many.add(next); } else only.set(next, block);
    }
  }
  return only;
}

/** The one instruction that defines all of these registers, if it can be done again anywhere. */
function rematerial(code: MachineCode, regs: ReadonlySet<Reg>, named: ReadonlySet<MachineBlock>): MachineInst | undefined {
  let found: MachineInst | undefined;
  for (const block of named) {
    for (const inst of block.insts) {
      if (!defs(inst).some(r => regs.has(r))) continue;
      if (found !== undefined || !canRepeat(inst, code)) return undefined;
      found = inst;
    }
  }
  return found && { ...found };
}

function canRepeat(inst: MachineInst, code: MachineCode): boolean {
  switch (inst.kind) {
    case 'wide': case 'wide-map': case 'wide-value': case 'frame-address': return true;
    case 'alu-imm': return inst.op === 'mov';
    // The end of the packet stays in ctx for as long as the value may be used; so does what a spill stored, until the next store.
    case 'load': return inst.repeats === true && inst.src === code.ctx || inst.src === FRAME_POINTER && inst.frame?.spill === true;
    default: return false;
  }
}
