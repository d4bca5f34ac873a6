// Verifiers follow the frame by words of 8 bytes, and take one as needed until all of it is written by one store: a key of 4 bytes lives from
// the program's start on, for them, and what was in it on each way makes states that cover none of the others. So where nothing in a word is
// needed the first store into it takes the whole word: it is made wider, or, in loops, a zero is stored before it. Below 7.x; later kernels know half words.

import { frameNeeds } from './frame-lifetimes.ts';
import { FRAME_POINTER, successors, type MachineBlock, type MachineCode, type MachineInst } from './machine.ts';

/** Bytes of the frame, one bit each: bit 0 is the one right below r10. */
type Bytes = bigint;
const bytesOf = (at: number, bytes: number): Bytes => (1n << BigInt(bytes)) - 1n << BigInt(-at - bytes);
const wordAt = (at: number): number => Math.floor(at / 8) * 8;

type FrameStore = MachineInst & { kind: 'store' | 'store-imm' };
const placeOf = (inst: MachineInst): number => (inst.frame?.at ?? 0) + ('offset' in inst ? inst.offset : 0);
const isFrameStore = (inst: MachineInst): inst is FrameStore => (inst.kind === 'store' || inst.kind === 'store-imm') && inst.dst === FRAME_POINTER && inst.frame !== undefined;
const isPart = (inst: MachineInst): inst is FrameStore => isFrameStore(inst) && inst.size < 8;

/** Objects have their places. */
export function writeWholeWords(code: MachineCode): void {
  if (!code.blocks.some(block => block.insts.some(isPart))) return;
  const needs = frameNeeds(code);
  const objects = code.frame.map(o => bytesOf(o.at, o.bytes));
  const all = (set: bigint): Bytes => objects.reduce((sum, bytes, i) => (set >> BigInt(i) & 1n) === 0n ? sum : sum | bytes, 0n);
  /** What it reads: what it may read, but for what is surely written. */
  const reads = (inst: MachineInst, need: bigint): Bytes => need === 0n || isFrameStore(inst) || inst.kind === 'frame-address' ? 0n
    : inst.kind === 'load' && inst.src === FRAME_POINTER ? bytesOf(placeOf(inst), inst.size) : all(need);

  const live = liveIn(code, block => {
    let [read, written] = [0n, 0n];
    for (let k = block.insts.length - 1; k >= 0; k--) {
      const inst = block.insts[k] as MachineInst;
      if (isFrameStore(inst)) { const bytes = bytesOf(placeOf(inst), inst.size); read &= ~bytes; written |= bytes; }
      else read |= reads(inst, needs.get(block)?.[k]?.need ?? 0n);
    }
    return { read, written };
  });
  for (const block of code.blocks) {
    if (!block.insts.some(isPart)) continue;
    let now = successors(block.end).reduce((sum, next) => sum | (live.get(next) ?? 0n), 0n);
    const insts: MachineInst[] = [];
    for (let k = block.insts.length - 1; k >= 0; k--) {
      const inst = block.insts[k] as MachineInst;
      const before = isFrameStore(inst) ? now & ~bytesOf(placeOf(inst), inst.size) : now | reads(inst, needs.get(block)?.[k]?.need ?? 0n);
      now = before;
      insts.push(inst);
      if (!isPart(inst)) continue;
      const word = wordAt(placeOf(inst));
      if ((before & bytesOf(word, 8)) !== 0n) continue;
      if (word === placeOf(inst)) insts[insts.length - 1] = { ...inst, size: 8 };
      else if (isInLoop(block)) insts.push({ kind: 'store-imm', size: 8, dst: FRAME_POINTER, offset: word - inst.frame!.at, imm: 0, frame: inst.frame!, at: inst.at });
    }
    block.insts = insts.reverse();
  }
}

/** What is needed at the start of each block. */
function liveIn(code: MachineCode, effects: (block: MachineBlock) => { read: Bytes; written: Bytes }): Map<MachineBlock, Bytes> {
  const live = new Map<MachineBlock, Bytes>();
  const of = new Map(code.blocks.map(block => [block, effects(block)]));
  for (let changed = true; changed;) {
    changed = false;
    for (let i = code.blocks.length - 1; i >= 0; i--) {
      const block = code.blocks[i] as MachineBlock;
      const { read, written } = of.get(block) as { read: Bytes; written: Bytes };
      const now = successors(block.end).reduce((sum, next) => sum | (live.get(next) ?? 0n), 0n) & ~written | read;
      if (now === (live.get(block) ?? 0n)) continue;
      live.set(block, now);
      changed = true;
    }
  }
  return live;
}

function isInLoop(block: MachineBlock): boolean {
  const seen = new Set<MachineBlock>();
  const work = [...successors(block.end)];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    if (next === block) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    work.push(...successors(next.end));
  }
  return false;
}
