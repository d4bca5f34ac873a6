// How many instructions the kernel's verifier will look at: its walk over all ways of a program, done here with less knowledge. It goes
// every way of every branch that it cannot decide, and stops where it was before with a state that covers this one. It decides no
// legality: that a pointer is checked is ir/verify.ts. Modelled on kernel/bpf/verifier.c (is_state_visited, regsafe) as of 6.1 to 6.18;
// integers have unsigned bounds and 31 known bits only.

import { SKB, XDP } from '../../image/abi.ts';
import type { Program } from '../../image/image.ts';
import type { Insn } from '../../isa/insn.ts';
import { computed, lowHalf, swapped } from './arithmetic.ts';
import { decided, learned, turned } from './branches.ts';
import { codeOf, FRAME, Liveness, SIZED, slotOf, wordBit, type Code } from './code.ts';
import { markBack, movesMarks, type Behind, type Marks, type Way } from './precise.ts';
import { covers, coversWord, CTX, END, exactly, isConstant, isZero, loaded, MOST, NONE, stored, unknown, ZERO, type Pairs, type Register, type Scalar, type Word } from './registers.ts';

export interface Walk {
  readonly steps: number;
  /** It was given up: at so many steps, or with so many branches whose other way waited. */
  readonly cut: 'steps' | 'waiting' | undefined;
  /** Steps by instruction; slots of them. */
  readonly visits: Uint32Array;
  readonly starts: readonly number[];
}

/** A function that the linker appends, more or less. */
const STEPS_OF_FUNCTION = 20;
/** BPF_COMPLEXITY_LIMIT_JMP_SEQ. */
export const MOST_WAITING = 8192;

/** Maps, by the numbers that the program's relocations have. */
export type Maps = readonly { readonly keyBytes: number; readonly valueBytes: number }[];

export function walk(program: Program, maps: Maps, mostSteps: number): Walk | undefined {
  const code = codeOf(program);
  if (code === undefined) return undefined;
  const walker = new Walker(code, maps, mostSteps, program.stackBytes);
  walker.run();
  return { steps: walker.steps, cut: walker.cut, visits: walker.visits, starts: code.starts };
}

/** Where the verifier was before; `open`: ways from here that are not at their end yet. */
interface Checkpoint extends Behind { readonly parent: Checkpoint | undefined; open: number; hits: number; misses: number }
interface Waiting { readonly at: number; readonly registers: Register[]; readonly stack: Word[]; readonly parent: Checkpoint | undefined; readonly way: Way }

class Walker {
  readonly #code: Code;
  readonly #live: Liveness;
  readonly #maps: Maps;
  readonly #most: number;
  readonly #seen: Checkpoint[][];
  /** Of 8 bytes, in the frame. */
  readonly #slots: number;
  readonly visits: Uint32Array;
  steps = 0;
  cut: Walk['cut'];
  #jumps = 0;
  #lastSteps = 0;
  #lastJumps = 0;
  #names = 0;
  #registers: Register[] = [];
  #stack: Word[] = [];
  #parent: Checkpoint | undefined;
  #way: Way = [];
  readonly #alike: Marks[] = [];
  readonly #moves: Uint8Array;
  readonly #pairs: Pairs = { names: [], copies: [] };
  readonly #waiting: Waiting[] = [];

  constructor(code: Code, maps: Maps, most: number, stackBytes: number) {
    this.#code = code;
    this.#live = new Liveness(code);
    this.#moves = Uint8Array.from(code.insns, insn => movesMarks(insn) ? 1 : 0);
    this.#maps = maps;
    this.#most = most;
    this.#slots = Math.ceil(stackBytes / 8);
    this.visits = new Uint32Array(code.insns.length);
    this.#seen = code.insns.map(() => []);
  }

  run(): void {
    const registers = new Array<Register>(11).fill(NONE);
    registers[1] = CTX;
    registers[FRAME] = { kind: 'frame', offset: 0 };
    this.#waiting.push({ at: 0, registers, stack: new Array<undefined>(this.#slots).fill(undefined), parent: undefined, way: [] });
    for (;;) {
      const next = this.#waiting.pop();
      if (next === undefined) return;
      this.#registers = next.registers;
      this.#stack = next.stack;
      this.#parent = next.parent;
      this.#way = next.way;
      for (let at = next.at; at >= 0;) {
        if (++this.steps > this.#most) { this.cut = 'steps'; return; }
        this.visits[at]!++;
        if (this.#code.isPrunePoint[at] === 1 && this.#wasHere(at)) break;
        at = this.#step(at);
        if (this.#waiting.length > MOST_WAITING) { this.cut = 'waiting'; return; }
      }
      for (let c = this.#parent; c !== undefined && --c.open === 0; c = c.parent) ;
    }
  }

  /** Looks for a state that covers this one; else remembers this one, as often as the kernel does. */
  #wasHere(at: number): boolean {
    const seen = this.#seen[at] as Checkpoint[];
    const [jumps, steps] = [this.#jumps - this.#lastJumps, this.steps - this.#lastSteps];
    let isNew = jumps >= 2 && steps >= 8;
    for (let i = seen.length - 1; i >= 0; i--) {
      const old = seen[i] as Checkpoint;
      if (old.open === 0 && this.#covered(old, at)) { old.hits++; this.#counts(old.precise.regs & (this.#live.regs[at] as number), old.precise.low, old.precise.high); return true; }
      // In a loop, the rounds before are open: few are worth remembering.
      if (old.open > 0 && jumps < 20 && steps < 100) isNew = false;
      if (isNew) old.misses++;
      if (old.misses > old.hits * 3 + 3) seen.splice(i, 1);
    }
    if (!isNew) return false;
    this.#lastJumps = this.#jumps;
    this.#lastSteps = this.steps;
    const checkpoint: Checkpoint = { registers: this.#registers.slice(), stack: this.#stack.slice(), parent: this.#parent, way: this.#way, precise: { regs: 0, low: 0, high: 0 }, open: 1, hits: 0, misses: 0 };
    seen.push(checkpoint);
    this.#parent = checkpoint;
    this.#way = [];
    return false;
  }

  #covered(old: Checkpoint, at: number): boolean {
    const pairs = this.#pairs;
    pairs.names.length = 0;
    pairs.copies.length = 0;
    const live = this.#live.regs[at] as number;
    const counts = old.precise.regs;
    for (let r = 0; r < FRAME; r++) {
      if ((live >> r & 1) !== 0 && !covers(old.registers[r] as Register, this.#registers[r] as Register, (counts >> r & 1) !== 0, pairs)) return false;
    }
    for (let n = 0; n < this.#slots; n++) {
      const was = old.stack[n];
      if (was !== undefined && this.#live.has(at, n) && !coversWord(was, this.#stack[n], isMarked(old.precise, n), pairs)) return false;
    }
    return true;
  }

  /** Where it goes on; -1: the way is at its end. */
  #step(at: number): number {
    const insn = this.#code.insns[at] as Insn;
    if (this.#code.isLeaf[at] === 1) { this.#jumps++; return -1; }
    const regs = this.#registers;
    switch (insn.kind) {
      case 'ja': this.#jumps++; return this.#code.targets[at] as number;
      case 'jump': case 'jump-imm': this.#jumps++; return this.#branch(at, insn);
      case 'alu': this.#alu(insn.op, insn.width, insn.dst, regs[insn.src] as Register, insn.src); break;
      case 'alu-imm': this.#alu(insn.op, insn.width, insn.dst, immediate(insn.imm, insn.width), undefined, insn.imm); break;
      case 'load': regs[insn.dst] = this.#load(insn.src, insn.offset, insn.size); break;
      case 'store': if (insn.dst === FRAME) this.#keep(insn.src, insn.offset, insn.size, regs[insn.src] as Register); break;
      case 'store-imm': if (insn.dst === FRAME) this.#keep(undefined, insn.offset, insn.size, immediate(insn.imm, 64)); break;
      case 'wide': regs[insn.dst] = insn.value <= 0x1f_ffff_ffff_ffffn ? exactly(Number(insn.value)) : unknown(); break;
      case 'wide-value': regs[insn.dst] = { kind: 'value', id: 0, offset: insn.offset, part: ZERO }; break;
      case 'wide-map': regs[insn.dst] = { kind: 'map', map: this.#code.maps.get(at) ?? -1 }; break;
      case 'call': this.#jumps++; this.#call(at, insn.id); break;
      case 'call-local': this.#jumps++; this.steps += STEPS_OF_FUNCTION; this.#call(at, 0, true); break;
      case 'endian': regs[insn.dst] = swapped(integer(regs[insn.dst] as Register), insn.order, insn.bits); break;
      case 'neg': regs[insn.dst] = insn.width === 32 ? unknown(4) : unknown(); break;
      case 'mov-signed': case 'load-signed': case 'load-acquire': regs[insn.dst] = unknown(); break;
      case 'atomic': if (insn.op === 'cmpxchg') regs[0] = unknown(insn.size); else if (insn.op === 'xchg' || insn.op.startsWith('fetch')) regs[insn.src] = unknown(insn.size); break;
      default: break;
    }
    this.#gone(at);
    return at + 1;
  }

  #gone(at: number): void { if (this.#moves[at] === 1) this.#way.push(at); }

  /** Where else the value is: what a branch teaches of one is learned of all, so all count if one does. */
  #like(value: Scalar): void {
    if (isConstant(value)) return;
    const marks = { regs: 0, low: 0, high: 0 };
    let places = 0;
    for (let r = 0; r < FRAME; r++) if (this.#registers[r] === value) { marks.regs |= 1 << r; places++; }
    for (let n = 0; n < this.#slots; n++) if (this.#stack[n] === value) { const { low, high } = wordBit(n); marks.low |= low; marks.high |= high; places++; }
    if (places > 1) this.#way.push(-this.#alike.push(marks));
  }

  #keep(source: number | undefined, offset: number, size: number, value: Register): void {
    const slot = slotOf(offset);
    // That it is a zero counts, in the middle of a word.
    if (source !== undefined && (offset & 7) !== 0 && isZero(value)) this.#counts(1 << source);
    this.#stack[slot] = stored(this.#stack[slot], offset, size, value);
  }

  #load(from: number, offset: number, size: 1 | 2 | 4 | 8): Register {
    const base = this.#registers[from] as Register;
    if (base.kind === 'frame') return loaded(this.#stack[slotOf(base.offset + offset)], base.offset + offset, size);
    if (base.kind !== 'ctx') return unknown(size);
    const places = this.#code.hook === 'tc' ? SKB : XDP;
    if (offset === places.data) return { kind: 'packet', id: 0, offset: 0, part: ZERO, range: 0 };
    return offset === places.data_end ? END : unknown(size);
  }

  /** The values of these are asked for. */
  #counts(regs: number, low = 0, high = 0): void {
    if ((regs | low | high) !== 0) markBack(this.#code, this.#way, this.#parent, this.#alike, { regs, low, high });
  }

  /** The words of the frame that a helper is given. */
  #given(at: number, helper: number): void {
    const regs = this.#registers;
    const map = regs[1]?.kind === 'map' ? this.#maps[regs[1].map] : undefined;
    for (let r = 1; r <= 5; r++) {
      const pointer = regs[r] as Register;
      if (pointer.kind !== 'frame') continue;
      const size = SIZED[helper]?.find(([memory]) => memory === r)?.[1];
      const bytes = size !== undefined ? regs[size] : undefined;
      if (size !== undefined) this.#counts(1 << size);
      const most = bytes?.kind === 'scalar' ? bytes.high : map === undefined ? MOST_GIVEN : r === 2 && KEYED.has(helper) ? map.keyBytes : map.valueBytes;
      for (let offset = pointer.offset & ~7; offset < Math.min(0, pointer.offset + most); offset += 8) { const { low, high } = wordBit(slotOf(offset)); this.#live.add(at, 0, low, high); }
    }
  }

  #call(at: number, helper: number, moves = MOVES_PACKET.has(helper)): void {
    const regs = this.#registers;
    this.#given(at, helper);
    for (let r = 0; r <= 5; r++) regs[r] = NONE;
    regs[0] = LOOKS_UP.has(helper) ? { kind: 'value-or-null', id: ++this.#names, offset: 0, part: ZERO } : unknown();
    if (moves) this.#replace(r => r.kind === 'packet' || r.kind === 'end' ? NONE : r);
  }

  #alu(op: string, width: 32 | 64, dst: number, b: Register, src: number | undefined, imm?: number): void {
    const regs = this.#registers;
    const a = regs[dst] as Register;
    if (op === 'mov') { regs[dst] = width === 64 ? b : lowHalf(integer(b)); return; }
    if (a.kind !== 'scalar' && a.kind !== 'none') { regs[dst] = width === 64 && (op === 'add' || op === 'sub') ? this.#moved(a, b, op === 'sub' ? -1 : 1, src, imm) : unknown(); return; }
    if (b.kind !== 'scalar' && b.kind !== 'none') { regs[dst] = op === 'add' ? this.#moved(b, a, 1, dst) : unknown(); return; }
    regs[dst] = computed(op, width, integer(a), integer(b), imm);
  }

  /** A pointer and an integer, which is in the register `index`. */
  #moved(pointer: Register, by: Register, sign: 1 | -1, index: number | undefined, imm?: number): Register {
    const constant = imm ?? (isConstant(by) && by.low < 2 ** 31 ? by.low : undefined);
    if (index !== undefined) this.#counts(1 << index);
    switch (pointer.kind) {
      case 'frame': return { kind: 'frame', offset: pointer.offset + sign * (constant ?? 0) };
      case 'packet': return constant === undefined ? { ...pointer, id: ++this.#names, part: computed('add', 64, pointer.part, integer(by), undefined), range: 0 } : { ...pointer, offset: pointer.offset + sign * constant };
      case 'value': return constant === undefined ? { ...pointer, part: computed('add', 64, pointer.part, integer(by), undefined) } : { ...pointer, offset: pointer.offset + sign * constant };
      default: return unknown();
    }
  }

  #branch(at: number, insn: Insn & { kind: 'jump' | 'jump-imm' }): number {
    const a = this.#registers[insn.dst] as Register;
    const b = insn.kind === 'jump' ? this.#registers[insn.src] as Register : immediate(insn.imm, insn.width);
    const target = this.#code.targets[at] as number;
    if (a.kind !== 'scalar' || b.kind !== 'scalar') this.#gone(at);
    if (a.kind === 'packet' && b.kind === 'end') return this.#bounds(at, target, a, insn.op === 'jgt' || insn.op === 'jge');
    if (a.kind === 'end' && b.kind === 'packet') return this.#bounds(at, target, b, insn.op === 'jlt' || insn.op === 'jle');
    if (a.kind === 'value-or-null' && (insn.op === 'jeq' || insn.op === 'jne')) {
      const there = (r: Register): Register => r.kind === 'value-or-null' && r.id === a.id ? { ...r, kind: 'value', id: 0 } : r;
      const missing = (r: Register): Register => r.kind === 'value-or-null' && r.id === a.id ? exactly(0) : r;
      return this.#fork(at + 1, target, insn.op === 'jeq' ? there : missing, insn.op === 'jeq' ? missing : there);
    }
    if (a.kind !== 'scalar') return a.kind === 'none' || insn.kind === 'jump' ? this.#fork(at + 1, target, same, same) : insn.op === 'jne' ? target : at + 1;
    if (b.kind !== 'scalar') return this.#fork(at + 1, target, same, same);
    const way = decided(insn.op, insn.width, a, b);
    if (way !== undefined) {
      this.#counts(1 << insn.dst | (insn.kind === 'jump' ? 1 << insn.src : 0));
      this.#gone(at);
      return way ? target : at + 1;
    }
    this.#gone(at);
    this.#like(a);
    if (insn.kind === 'jump') this.#like(b);
    const [yes, no] = [this.#learning(insn, a, b, true), this.#learning(insn, a, b, false)];
    return this.#fork(at + 1, target, no, yes);
  }

  #learning(insn: Insn & { kind: 'jump' | 'jump-imm' }, a: Scalar, b: Scalar, holds: boolean): (r: Register) => Register {
    const mine = learned(insn.op, insn.width, a, b, holds);
    const other = insn.kind === 'jump' ? learned(turned(insn.op), insn.width, b, a, holds) : b;
    return mine === a && other === b ? same : r => r === a ? mine : r === b ? other : r;
  }

  /** `jumpsOut`: it jumps where the packet is too short. */
  #bounds(at: number, target: number, pointer: Register & { kind: 'packet' }, jumpsOut: boolean): number {
    const inside = (r: Register): Register => r.kind === 'packet' && r.id === pointer.id && r.range < pointer.offset ? { ...r, range: pointer.offset } : r;
    return jumpsOut ? this.#fork(at + 1, target, inside, same) : this.#fork(at + 1, target, same, inside);
  }

  /** Goes on at `next`; `target` waits. */
  #fork(next: number, target: number, here: (r: Register) => Register, there: (r: Register) => Register): number {
    if (this.#parent) this.#parent.open++;
    const registers = there === same ? this.#registers.slice() : this.#registers.map(there);
    const stack = there === same ? this.#stack.slice() : this.#stack.map(w => inWord(w, there));
    this.#waiting.push({ at: target, registers, stack, parent: this.#parent, way: this.#way.slice() });
    if (here !== same) this.#replace(here);
    return next;
  }

  #replace(by: (r: Register) => Register): void {
    for (let r = 0; r < FRAME; r++) this.#registers[r] = by(this.#registers[r] as Register);
    for (let n = 0; n < this.#slots; n++) this.#stack[n] = inWord(this.#stack[n], by);
  }
}

const isMarked = ({ low, high }: Marks, slot: number): boolean => ((slot < 32 ? low >> slot : high >> slot - 32) & 1) !== 0;
const same = (r: Register): Register => r;
const inWord = (w: Word, by: (r: Register) => Register): Word => w === undefined || w.kind === 'parts' ? w : by(w);
const immediate = (imm: number, width: 32 | 64): Scalar => exactly(imm >= 0 ? imm : width === 32 ? imm + 2 ** 32 : MOST + imm);
const integer = (r: Register): Scalar => r.kind === 'scalar' ? r : unknown();

/** map_lookup_elem, map_update_elem, map_delete_elem, map_lookup_percpu_elem: they are given a key. */
const KEYED: ReadonlySet<number> = new Set([1, 2, 3, 195]);
/** Bytes of what we know nothing of. */
const MOST_GIVEN = 128;
/** map_lookup_elem, ringbuf_reserve, map_lookup_percpu_elem. */
const LOOKS_UP: ReadonlySet<number> = new Set([1, 131, 195]);
/** bpf_helper_changes_pkt_data. */
const MOVES_PACKET: ReadonlySet<number> = new Set([9, 10, 11, 13, 18, 19, 31, 38, 39, 43, 44, 50, 54, 65]);
