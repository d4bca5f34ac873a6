// Which objects of the frame are needed at the same time: from an object's first touch to its last, on every way. Addresses are
// followed through registers and through the frame itself. Nothing is known of what is not written yet: its bytes are free.

import { defs, FRAME_POINTER, successors, type FrameObject, type MachineBlock, type MachineCode, type MachineInst } from './machine.ts';

/** A set of objects, one bit each. */
type Objects = bigint;
/** What registers, and objects that hold addresses, may point to. */
interface Pointing { readonly regs: Objects[]; readonly held: Objects[]; touched: Objects }

/** What an instruction reads, writes or shows to a helper, and what was touched up to it; bit n: object n of the frame. */
interface Need { readonly need: Objects; readonly touched: Objects }

/** Of each instruction, by block. */
export function frameNeeds(code: MachineCode): Map<MachineBlock, Need[]> {
  const index = new Map(code.frame.map((o, i) => [o, i]));
  const bit = bitOf(index);
  const starts = pointings(code, index, bit);
  return new Map(code.blocks.map(block => {
    const state = copy(starts.get(block) ?? empty(code));
    return [block, block.insts.map(inst => {
      const need = needed(inst, state, bit);
      step(inst, state, index, bit);
      return { need, touched: state.touched };
    })];
  }));
}

const bitOf = (index: ReadonlyMap<FrameObject, number>) => (o: FrameObject | undefined): Objects => o === undefined ? 0n : 1n << BigInt(index.get(o) as number);

export function overlaps(code: MachineCode): (a: FrameObject, b: FrameObject) => boolean {
  const index = new Map(code.frame.map((o, i) => [o, i]));
  const bit = bitOf(index);
  const needs = frameNeeds(code);

  const liveIn = new Map<MachineBlock, Objects>(code.blocks.map(b => [b, 0n]));
  const together = new Array<Objects>(code.frame.length).fill(0n);
  let last: Objects = 0n;
  const meet = (live: Objects): void => {
    if (live === last) return;
    last = live;
    for (let rest = live, i = 0; rest !== 0n; rest >>= 1n, i++) if (rest & 1n) together[i] = (together[i] as Objects) | live;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (let i = code.blocks.length - 1; i >= 0; i--) {
      const block = code.blocks[i] as MachineBlock;
      let live = successors(block.end).reduce((all, next) => all | (liveIn.get(next) ?? 0n), 0n);
      const steps = needs.get(block) ?? [];
      for (let k = steps.length - 1; k >= 0; k--) {
        const { need, touched } = steps[k] as Need;
        meet((live | need) & touched);
        live = live & ~whole(block.insts[k] as MachineInst, bit) | need;
      }
      if (live !== liveIn.get(block)) { liveIn.set(block, live); changed = true; }
    }
  }
  return (a, b) => ((together[index.get(a) as number] as Objects) & bit(b)) !== 0n;
}

function needed(inst: MachineInst, state: Pointing, bit: (o: FrameObject | undefined) => Objects): Objects {
  switch (inst.kind) {
    case 'load': return inst.src === FRAME_POINTER ? bit(inst.frame) : state.regs[inst.src] ?? 0n;
    case 'store': case 'store-imm': case 'atomic': return inst.dst === FRAME_POINTER ? bit(inst.frame) : state.regs[inst.dst] ?? 0n;
    case 'call': return [1, 2, 3, 4, 5].slice(0, inst.args).reduce((all, r) => all | (state.regs[r] ?? 0n), 0n);
    case 'frame-address': return bit(inst.frame);
    default: return 0n;
  }
}

/** What is written whole here, so that nothing in it was needed before. */
function whole(inst: MachineInst, bit: (o: FrameObject | undefined) => Objects): Objects {
  const writes = (inst.kind === 'store' || inst.kind === 'store-imm') && inst.dst === FRAME_POINTER && inst.frame?.bytes === inst.size;
  return writes ? bit(inst.frame) : 0n;
}

function step(inst: MachineInst, state: Pointing, index: ReadonlyMap<FrameObject, number>, bit: (o: FrameObject | undefined) => Objects): void {
  state.touched |= needed(inst, state, bit);
  switch (inst.kind) {
    case 'frame-address': state.regs[inst.dst] = bit(inst.frame); return;
    case 'alu': {
      const from = state.regs[inst.src] ?? 0n;
      state.regs[inst.dst] = inst.op === 'mov' ? from : (state.regs[inst.dst] ?? 0n) | from;
      return;
    }
    case 'alu-imm': if (inst.op === 'mov') state.regs[inst.dst] = 0n; return;
    case 'store':
      if (inst.frame) { const i = index.get(inst.frame) as number; state.held[i] = (state.held[i] ?? 0n) | (state.regs[inst.src] ?? 0n); }
      return;
    case 'load': state.regs[inst.dst] = inst.frame ? state.held[index.get(inst.frame) as number] ?? 0n : 0n; return;
    default: for (const r of defs(inst)) state.regs[r] = 0n;
  }
}

const REGISTERS = 11;
const empty = (code: MachineCode): Pointing => ({ regs: new Array<Objects>(REGISTERS).fill(0n), held: new Array<Objects>(code.frame.length).fill(0n), touched: 0n });
const copy = (p: Pointing): Pointing => ({ regs: [...p.regs], held: [...p.held], touched: p.touched });

/** At the start of each block: what may point where, and what has been touched on some way. */
function pointings(code: MachineCode, index: ReadonlyMap<FrameObject, number>, bit: (o: FrameObject | undefined) => Objects): Map<MachineBlock, Pointing> {
  const starts = new Map<MachineBlock, Pointing>([[code.entry, empty(code)]]);
  const work: MachineBlock[] = [code.entry];
  for (let block = work.pop(); block !== undefined; block = work.pop()) {
    const state = copy(starts.get(block) as Pointing);
    for (const inst of block.insts) step(inst, state, index, bit);
    for (const next of successors(block.end)) {
      const before = starts.get(next);
      if (before === undefined) { starts.set(next, copy(state)); work.push(next); continue; }
      const grown = grow(before.regs, state.regs) || grow(before.held, state.held) || (state.touched & ~before.touched) !== 0n;
      if (!grown) continue;
      merge(before.regs, state.regs);
      merge(before.held, state.held);
      before.touched |= state.touched;
      work.push(next);
    }
  }
  return starts;
}

const grow = (into: readonly Objects[], from: readonly Objects[]): boolean => from.some((f, i) => (f & ~(into[i] as Objects)) !== 0n);
function merge(into: Objects[], from: readonly Objects[]): void { for (const [i, f] of from.entries()) into[i] = (into[i] as Objects) | f; }
