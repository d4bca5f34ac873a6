// What was spilled is not loaded again into the register that still has it. Only whole places that spilling made, of which nobody
// has the address. A load is not made a move from another register: ends of blocks would no longer be equal.

import { defs, FRAME_POINTER, successors, type FrameObject, type MachineBlock, type MachineCode, type MachineInst, type Reg } from './machine.ts';

/** Registers that hold what is in a place. */
type Held = Map<Reg, FrameObject>;

export function dropReloads(code: MachineCode): void {
  const preds = new Map<MachineBlock, MachineBlock[]>(code.blocks.map(block => [block, []]));
  for (const block of code.blocks) for (const next of successors(block.end)) preds.get(next)?.push(block);
  const ends = new Map<MachineBlock, Held>();
  for (const block of inOrder(code)) {
    const held = atStart((preds.get(block) ?? []).map(pred => ends.get(pred)));
    const kept: MachineInst[] = [];
    for (const inst of block.insts) {
      const now = reloaded(inst, held);
      if (now !== undefined) kept.push(now);
      follow(inst, held);
    }
    block.insts = kept;
    ends.set(block, held);
  }
}

/** Blocks behind those that lead to them, but for loops. */
function inOrder(code: MachineCode): MachineBlock[] {
  const seen = new Set<MachineBlock>([code.entry]);
  const order: MachineBlock[] = [];
  const work: { readonly block: MachineBlock; readonly left: MachineBlock[] }[] = [{ block: code.entry, left: successors(code.entry.end) }];
  for (let top = work.at(-1); top !== undefined; top = work.at(-1)) {
    const next = top.left.pop();
    if (next === undefined) { order.push(top.block); work.pop(); continue; }
    if (seen.has(next)) continue;
    seen.add(next);
    work.push({ block: next, left: successors(next.end) });
  }
  return order.reverse();
}

/** What holds on all ways; nothing where one of them has not been seen. */
function atStart(ways: readonly (Held | undefined)[]): Held {
  const [first, ...others] = ways;
  const held: Held = new Map(first);
  for (const [reg, place] of held) if (others.some(other => other?.get(reg) !== place)) held.delete(reg);
  return held;
}

const placeOf = (inst: MachineInst): FrameObject | undefined => inst.frame?.spill === true ? inst.frame : undefined;

/** What is left of an instruction. */
function reloaded(inst: MachineInst, held: Held): MachineInst | undefined {
  const place = placeOf(inst);
  if (place === undefined || inst.kind !== 'load' || inst.src !== FRAME_POINTER) return inst;
  return held.get(inst.dst) === place ? undefined : inst;
}

function follow(inst: MachineInst, held: Held): void {
  const place = placeOf(inst);
  const stores = inst.kind === 'store' && inst.dst === FRAME_POINTER && place !== undefined;
  if (stores) for (const [reg, other] of held) if (other === place) held.delete(reg);
  for (const reg of defs(inst)) held.delete(reg);
  if (stores) held.set(inst.src, place);
  else if (place !== undefined && inst.kind === 'load') held.set(inst.dst, place);
}
