// A program as the walk sees it: instructions by index, with where jumps lead, and for each what registers and stack slots it reads and
// writes. From that, backwards: what is live.

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

/** What the linker appends for a way out: the verdict, in packet cases; a path's are some instructions more. */
const JOINT: readonly Insn[] = [{ kind: 'alu-imm', op: 'mov', width: 32, dst: 0, imm: 0 }, { kind: 'alu', op: 'or', width: 32, dst: 0, src: 2 }, { kind: 'exit' }];

export function codeOf(program: Program): Code | undefined {
  const decoded = decode(program.code);
  if (!decoded.ok) return undefined;
  const own = decoded.insns;
  const exits = new Map(program.relocations.flatMap(r => r.kind === 'exit' ? [[r.slot, r.exit] as const] : []));
  const joints = [...new Set(exits.values())];
  const insns = [...own, ...joints.flatMap(() => JOINT)];
  const starts = slotStarts(insns);
  const indexes = new Map(starts.map((slot, i) => [slot, i]));
  const targets = new Int32Array(insns.length).fill(-1);
  const isLeaf = new Uint8Array(insns.length);
  const isPrunePoint = new Uint8Array(insns.length);
  for (const [i, insn] of insns.entries()) {
    if (insn.kind === 'exit') { isLeaf[i] = 1; continue; }
    // Behind a call, too.
    if (insn.kind === 'call' || insn.kind === 'call-local') isPrunePoint[i + 1] = 1;
    if (insn.kind !== 'jump' && insn.kind !== 'jump-imm' && insn.kind !== 'ja') continue;
    const exit = exits.get(starts[i] as number);
    const target = exit !== undefined ? own.length + JOINT.length * joints.indexOf(exit) : indexes.get((starts[i] as number) + 1 + insn.offset) ?? -1;
    targets[i] = target;
    if (target >= 0) isPrunePoint[target] = 1;
    if (insn.kind !== 'ja') isPrunePoint[i] = 1;
  }
  const maps = new Map(program.relocations.flatMap(r => r.kind === 'map' ? [[indexes.get(r.slot) ?? -1, r.map] as const] : []));
  return { insns, starts, targets, isLeaf, isPrunePoint, maps, hook: program.hook };
}

/** Slot of 8 bytes that a place below r10 is in; 63 is the farthest. */
export const slotOf = (offset: number): number => (-offset - 1) >> 3;

export const FRAME = 10;
/** Parameters of helpers that have not five. */
const PARAMETERS: Readonly<Record<number, number>> = {
  1: 2, 2: 4, 3: 2, 5: 0, 7: 0, 8: 0, 13: 3, 18: 3, 19: 1, 31: 3, 38: 3, 39: 2, 43: 3, 44: 2, 50: 4, 65: 2, 118: 0, 130: 4, 131: 3, 132: 2, 133: 2, 160: 0, 188: 1, 195: 3, 26: 4,
};
/** Parameters of helpers that are memory, each with the one that is its size. */
export const SIZED: Readonly<Record<number, readonly (readonly [memory: number, size: number])[]>> = { 28: [[1, 2], [3, 4]], 130: [[2, 3]], 25: [[4, 5]], 26: [[3, 4]], 9: [[3, 4]], 20: [[2, 3]], 21: [[2, 3]], 69: [[2, 3]], 152: [[2, 3]] };

/** What is read behind each instruction, itself included; what helpers read of the frame is told by and by. */
export class Liveness {
  readonly regs: Int32Array;
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly #code: Code;
  readonly #before: readonly number[][];

  constructor(code: Code) {
    const count = code.insns.length;
    this.#code = code;
    [this.regs, this.low, this.high] = [new Int32Array(count), new Int32Array(count), new Int32Array(count)];
    this.#before = code.insns.map(() => []);
    for (let i = 0; i < count; i++) {
      if (code.isLeaf[i] !== 1 && (code.insns[i] as Insn).kind !== 'ja') this.#before[i + 1]?.push(i);
      const target = code.targets[i] as number;
      if (target >= 0) this.#before[target]?.push(i);
    }
    for (let i = count - 1; i >= 0; i--) {
      const insn = code.insns[i] as Insn;
      const word = insn.kind === 'load' && insn.src === FRAME ? wordBit(slotOf(insn.offset)) : NOWHERE;
      this.add(i, readSet(insn), word.low, word.high);
    }
  }

  has(at: number, slot: number): boolean { return ((slot < 32 ? (this.low[at] as number) >> slot : (this.high[at] as number) >> slot - 32) & 1) !== 0; }

  /** These are read at `at`, too. */
  add(at: number, regs: number, low: number, high: number): void {
    const work = [at, regs, low, high];
    while (work.length > 0) {
      const [h, l, r, i] = [work.pop(), work.pop(), work.pop(), work.pop()] as [number, number, number, number];
      const [newRegs, newLow, newHigh] = [r & ~(this.regs[i] as number), l & ~(this.low[i] as number), h & ~(this.high[i] as number)];
      if ((newRegs | newLow | newHigh) === 0) continue;
      this.regs[i] = (this.regs[i] as number) | newRegs;
      this.low[i] = (this.low[i] as number) | newLow;
      this.high[i] = (this.high[i] as number) | newHigh;
      for (const p of this.#before[i] as number[]) {
        const insn = this.#code.insns[p] as Insn;
        const word = (insn.kind === 'store' || insn.kind === 'store-imm') && insn.dst === FRAME && insn.size === 8 ? wordBit(slotOf(insn.offset)) : NOWHERE;
        work.push(p, newRegs & ~writtenSet(insn), newLow & ~word.low, newHigh & ~word.high);
      }
    }
  }
}

const NOWHERE = { low: 0, high: 0 };
export const wordBit = (slot: number): { low: number; high: number } => slot < 0 || slot > 63 ? NOWHERE : slot < 32 ? { low: 1 << slot, high: 0 } : { low: 0, high: 1 << slot - 32 };

function writtenSet(insn: Insn): number {
  if (insn.kind === 'call' || insn.kind === 'call-local') return 0x3f;
  const to = written(insn);
  return to === undefined ? 0 : 1 << to;
}

function readSet(insn: Insn): number {
  if (insn.kind === 'call') return (1 << (PARAMETERS[insn.id] ?? 5) + 1) - 2;
  if (insn.kind === 'call-local') return 0x3e;
  let set = 0;
  for (const r of readBy(insn)) if (r !== FRAME) set |= 1 << r;
  return set;
}

export function written(insn: Insn): number | undefined {
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
