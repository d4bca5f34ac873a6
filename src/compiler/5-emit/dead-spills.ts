// Stores into the frame that nothing reads again go: a spilled register that is worked on in two steps was stored after each.
// Only places that spilling made are looked at, and only whole ones: nobody has their address.

import { FRAME_POINTER, successors, type FrameObject, type MachineBlock, type MachineCode, type MachineInst } from './machine.ts';
import { bits } from './liveness.ts';

export function dropDeadSpills(code: MachineCode): void {
  const index = new Map<FrameObject, number>();
  for (const o of code.frame) if (o.spill) index.set(o, index.size);
  if (index.size === 0) return;
  const words = Math.ceil(index.size / 32);
  const placeOf = (inst: MachineInst): number | undefined => inst.frame && index.get(inst.frame);
  const liveIn = new Map<MachineBlock, Uint32Array>(code.blocks.map(b => [b, new Uint32Array(words)]));
  const back = (block: MachineBlock, keep: ((inst: MachineInst, needed: boolean) => void) | undefined): Uint32Array => {
    const live = new Uint32Array(words);
    for (const next of successors(block.end)) for (const [w, bitsOfNext] of (liveIn.get(next) as Uint32Array).entries()) live[w] = (live[w] as number) | bitsOfNext;
    for (let k = block.insts.length - 1; k >= 0; k--) {
      const inst = block.insts[k] as MachineInst;
      const place = placeOf(inst);
      const stores = place !== undefined && inst.kind === 'store' && inst.dst === FRAME_POINTER;
      keep?.(inst, !stores || bits.has(live, place));
      if (place === undefined) continue;
      if (stores) bits.remove(live, place); else bits.add(live, place);
    }
    return live;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (let i = code.blocks.length - 1; i >= 0; i--) {
      const block = code.blocks[i] as MachineBlock;
      const live = back(block, undefined);
      const before = liveIn.get(block) as Uint32Array;
      if (live.every((w, n) => w === before[n])) continue;
      liveIn.set(block, live);
      changed = true;
    }
  }
  for (const block of code.blocks) {
    const kept: MachineInst[] = [];
    back(block, (inst, needed) => { if (needed) kept.push(inst); });
    block.insts = kept.reverse();
  }
}
