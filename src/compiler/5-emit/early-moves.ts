// A block that only puts something into registers and goes on does it before the branch to it, where nothing is in those on the
// other way: an instruction more there, and one jump less in all.

import { bits, liveAtEnds, type BitSet } from './liveness.ts';
import { defs, endUses, isMove, successors, uses, type MachineBlock, type MachineCode, type MachineInst } from './machine.ts';

/** Instructions that the other way is made longer by, at most. */
const MOST = 1;

export function moveEarly(code: MachineCode): void {
  const ways = new Map<MachineBlock, number>();
  for (const block of code.blocks) for (const next of successors(block.end)) ways.set(next, (ways.get(next) ?? 0) + 1);
  // What is moved was live nowhere but on its own way, and still is.
  const live = liveAtEnds(code);
  for (const block of code.blocks) {
    const { end } = block;
    if (end.kind !== 'cond' || end.then === end.otherwise) continue;
    for (const [moves, other] of [[end.then, end.otherwise], [end.otherwise, end.then]] as const) {
      if (moves.end.kind !== 'goto' || ways.get(moves) !== 1 || moves.insts.length === 0 || moves.insts.length > MOST || !moves.insts.every(isEasy)) continue;
      const taken = endUses(end);
      const into = liveAtStart(other, live.get(other) as BitSet);
      if (moves.insts.some(inst => defs(inst).some(reg => taken.includes(reg) || bits.has(into, reg)))) continue;
      block.insts.push(...moves.insts.splice(0));
      break;
    }
  }
}

const isEasy = (inst: MachineInst): boolean => isMove(inst) || (inst.kind === 'alu-imm' && inst.op === 'mov');

function liveAtStart(block: MachineBlock, atEnd: BitSet): BitSet {
  const live = new Uint32Array(atEnd);
  for (const inst of block.insts.toReversed()) {
    for (const reg of defs(inst)) bits.remove(live, reg);
    for (const reg of uses(inst)) bits.add(live, reg);
  }
  return live;
}
