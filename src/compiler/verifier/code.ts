// A program as the walk sees it: instructions by index, with where jumps lead, and for each what registers and stack slots it reads and
// writes. From that, backwards: what is live, and of which integers the verifier has to know the value (its "precise" marks).

import type { Program } from '../../image/image.ts';
import { decode } from '../../isa/decode.ts';
import { slotStarts, type Insn } from '../../isa/insn.ts';

export interface Code {
  readonly insns: readonly Insn[];
  /** Slot of each. */
  readonly starts: readonly number[];
  /** Where a jump leads; -1 behind the module's own code. */
  readonly targets: Int32Array;
  readonly isLeaf: Uint8Array;
  /** Where the verifier looks for a state that it has seen. */
  readonly isPrunePoint: Uint8Array;
  /** Of what loads a map's handle: the map, by its number in the image. */
  readonly maps: ReadonlyMap<number, number>;
  readonly hook: Program['hook'];
}

/** Registers 0 to 9 in the low bits of `regs`; stack slots of 8 bytes below r10 in `low` (the first 32) and `high`. */
export interface Sets { readonly regs: Int32Array; readonly low: Int32Array; readonly high: Int32Array }

export function codeOf(program: Program): Code | undefined {
  const decoded = decode(program.code);
  if (!decoded.ok) return undefined;
  const { insns } = decoded;
  const starts = slotStarts(insns);
  const indexes = new Map(starts.map((slot, i) => [slot, i]));
  const exits = new Set(program.relocations.filter(r => r.kind === 'exit').map(r => r.slot));
  const targets = new Int32Array(insns.length).fill(-1);
  const isLeaf = new Uint8Array(insns.length);
  const isPrunePoint = new Uint8Array(insns.length);
  for (const [i, insn] of insns.entries()) {
    if (insn.kind === 'exit' || exits.has(starts[i] as number)) { isLeaf[i] = 1; continue; }
    // Behind a call, too.
    if (insn.kind === 'call' || insn.kind === 'call-local') isPrunePoint[i + 1] = 1;
    if (insn.kind !== 'jump' && insn.kind !== 'jump-imm' && insn.kind !== 'ja') continue;
    const target = indexes.get((starts[i] as number) + 1 + insn.offset) ?? -1;
    targets[i] = target;
    if (target >= 0) isPrunePoint[target] = 1;
    if (insn.kind !== 'ja') isPrunePoint[i] = 1;
  }
  const maps = new Map(program.relocations.flatMap(r => r.kind === 'map' ? [[indexes.get(r.slot) ?? -1, r.map] as const] : []));
  return { insns, starts, targets, isLeaf, isPrunePoint, maps, hook: program.hook };
}

/** Slot of 8 bytes that a place below r10 is in; 63 is the farthest. */
export const slotOf = (offset: number): number => (-offset - 1) >> 3;

const FRAME = 10;
/** Parameters of helpers that have not five. */
const PARAMETERS: Readonly<Record<number, number>> = {
  1: 2, 2: 4, 3: 2, 5: 0, 7: 0, 8: 0, 13: 3, 18: 3, 19: 1, 31: 3, 38: 3, 39: 2, 43: 3, 44: 2, 50: 4, 65: 2, 118: 0, 130: 4, 131: 3, 132: 2, 133: 2, 160: 0, 188: 1, 195: 3, 26: 4,
};
/** Parameters of helpers that are memory, each with the one that is its size. */
export const SIZED: Readonly<Record<number, readonly (readonly [memory: number, size: number])[]>> = { 28: [[1, 2], [3, 4]], 130: [[2, 3]], 25: [[4, 5]], 26: [[3, 4]], 9: [[3, 4]], 20: [[2, 3]], 21: [[2, 3]], 69: [[2, 3]], 152: [[2, 3]] };

/** Which words of the frame calls read: by instruction. A walk finds out. */
export type Reads = Map<number, { low: number; high: number }>;

/** What is read behind each instruction, itself included. */
export function liveness(code: Code, reads: Reads): Sets {
  return backwards(code, (i, now) => {
    const insn = code.insns[i] as Insn;
    if (insn.kind === 'call') {
      now.regs &= ~0x3f;
      for (let r = 1; r <= (PARAMETERS[insn.id] ?? 5); r++) now.regs |= 1 << r;
      const words = reads.get(i);
      if (words) { now.low |= words.low; now.high |= words.high; }
      return;
    }
    if (insn.kind === 'call-local') { now.regs = now.regs & ~0x3f | 0x3e; return; }
    const to = written(insn);
    if (to !== undefined) now.regs &= ~(1 << to);
    if ((insn.kind === 'store' || insn.kind === 'store-imm') && insn.dst === FRAME && insn.size === 8) removeSlot(now, slotOf(insn.offset));
    if (insn.kind === 'load' && insn.src === FRAME) addSlot(now, slotOf(insn.offset));
    for (const r of readBy(insn)) if (r !== FRAME) now.regs |= 1 << r;
  });
}

/** Of which integers the value counts: a size, or an operand of what is in `known`: branches that went one way only, sums of a pointer and an index, zeros that became part of a word. */
export function precision(code: Code, known: ReadonlySet<number>): Sets {
  return backwards(code, (i, now) => {
    const insn = code.insns[i] as Insn;
    switch (insn.kind) {
      case 'call': case 'call-local':
        now.regs &= ~0x3f;
        if (insn.kind === 'call') for (const [, size] of SIZED[insn.id] ?? []) now.regs |= 1 << size;
        return;
      // A comparison of two registers makes both count if one does.
      case 'jump': if (known.has(i) || (now.regs & (1 << insn.dst | 1 << insn.src)) !== 0) now.regs |= 1 << insn.dst | 1 << insn.src; return;
      case 'jump-imm': if (known.has(i)) now.regs |= 1 << insn.dst; return;
      case 'alu':
        if (insn.op === 'mov') { if (takes(now, insn.dst)) now.regs |= 1 << insn.src; return; }
        if ((now.regs >> insn.dst & 1) !== 0 || known.has(i)) now.regs |= 1 << insn.src;
        return;
      case 'alu-imm': if (insn.op === 'mov') takes(now, insn.dst); return;
      case 'load': {
        const needed = takes(now, insn.dst);
        if (needed && insn.src === FRAME) addSlot(now, slotOf(insn.offset));
        return;
      }
      case 'store':
        if (insn.dst !== FRAME) return;
        if (removeSlot(now, slotOf(insn.offset)) || known.has(i)) now.regs |= 1 << insn.src;
        return;
      default: {
        const to = written(insn);
        if (to !== undefined && insn.kind !== 'neg' && insn.kind !== 'endian') takes(now, to);
      }
    }
  });
}

interface Now { regs: number; low: number; high: number }
function takes(now: Now, register: number): boolean {
  const had = (now.regs >> register & 1) !== 0;
  now.regs &= ~(1 << register);
  return had;
}
export function addSlot(now: { low: number; high: number }, slot: number): void {
  if (slot < 0) return;
  if (slot < 32) now.low |= 1 << slot; else now.high |= 1 << slot - 32;
}
function removeSlot(now: Now, slot: number): boolean {
  const had = (slot < 32 ? now.low >> slot : now.high >> slot - 32) & 1;
  if (slot < 32) now.low &= ~(1 << slot); else now.high &= ~(1 << slot - 32);
  return had !== 0;
}

/** Sets before each instruction, until nothing changes any more. */
function backwards(code: Code, step: (i: number, now: Now) => void): Sets {
  const count = code.insns.length;
  const sets = { regs: new Int32Array(count + 1), low: new Int32Array(count + 1), high: new Int32Array(count + 1) };
  for (let changed = true; changed;) {
    changed = false;
    for (let i = count - 1; i >= 0; i--) {
      const now: Now = { regs: 0, low: 0, high: 0 };
      const kind = (code.insns[i] as Insn).kind;
      const add = (j: number): void => { now.regs |= sets.regs[j] as number; now.low |= sets.low[j] as number; now.high |= sets.high[j] as number; };
      if (code.isLeaf[i] !== 1 && kind !== 'ja') add(i + 1);
      if ((code.targets[i] as number) >= 0) add(code.targets[i] as number);
      step(i, now);
      if (now.regs === sets.regs[i] && now.low === sets.low[i] && now.high === sets.high[i]) continue;
      sets.regs[i] = now.regs; sets.low[i] = now.low; sets.high[i] = now.high;
      changed = true;
    }
  }
  return sets;
}

function written(insn: Insn): number | undefined {
  switch (insn.kind) {
    case 'alu': case 'alu-imm': case 'neg': case 'mov-signed': case 'endian': case 'load': case 'load-signed': case 'load-acquire': return insn.dst;
    case 'wide': case 'wide-map': case 'wide-value': case 'wide-btf': case 'wide-function': case 'wide-map-index': case 'wide-value-index': return insn.dst;
    case 'atomic': return insn.op === 'cmpxchg' ? 0 : insn.op === 'xchg' || insn.op.startsWith('fetch') ? insn.src : undefined;
    default: return undefined;
  }
}

function readBy(insn: Insn): readonly number[] {
  switch (insn.kind) {
    case 'alu': return insn.op === 'mov' ? [insn.src] : [insn.dst, insn.src];
    case 'alu-imm': return insn.op === 'mov' ? [] : [insn.dst];
    case 'neg': case 'endian': return [insn.dst];
    case 'mov-signed': case 'load': case 'load-signed': case 'load-acquire': return [insn.src];
    case 'store': case 'store-release': return [insn.dst, insn.src];
    case 'store-imm': return [insn.dst];
    case 'atomic': return insn.op === 'cmpxchg' ? [0, insn.dst, insn.src] : [insn.dst, insn.src];
    case 'jump': return [insn.dst, insn.src];
    case 'jump-imm': return [insn.dst];
    case 'exit': return [0];
    default: return [];
  }
}
