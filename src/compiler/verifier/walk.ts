// How many instructions the kernel's verifier will look at: its walk over all ways of a program, done here with less knowledge. It goes
// every way of every branch that it cannot decide, and stops where it was before with a state that covers this one. It decides no
// legality: that a pointer is checked is ir/verify.ts. Modelled on kernel/bpf/verifier.c (is_state_visited, regsafe) as of 6.1 to 6.18;
// integers have bounds only, and which of them count is told for the whole program at once (code.ts), not for each way.

import { SKB, XDP } from '../../image/abi.ts';
import type { Program } from '../../image/image.ts';
import type { Insn } from '../../isa/insn.ts';
import { decided, learned, turned } from './branches.ts';
import { codeOf, liveness, precision, slotOf, type Code, type Sets } from './code.ts';
import { between, covers, CTX, END, exactly, isConstant, MAP, MOST, NONE, unknown, type Pairs, type Register, type Scalar } from './registers.ts';

export interface Walk {
  readonly steps: number;
  /** It was given up: at so many steps, or with so many branches whose other way waited. */
  readonly cut: 'steps' | 'waiting' | undefined;
  /** Steps by instruction; slots of them. */
  readonly visits: Uint32Array;
  readonly starts: readonly number[];
}

/** Joints that the linker appends: what one more way out costs, and what all cost once. */
const STEPS_OF_EXIT = 1, STEPS_OF_JOINTS = 10;
/** BPF_COMPLEXITY_LIMIT_JMP_SEQ. */
export const MOST_WAITING = 8192;
/** Which integers count is learned on the way, and the walk done again. */
const MOST_ROUNDS = 3;

export function walk(program: Program, mostSteps: number): Walk | undefined {
  const code = codeOf(program);
  if (code === undefined) return undefined;
  const live = liveness(code);
  const known = new Set<number>();
  for (let round = 0; ; round++) {
    const before = known.size;
    const walker = new Walker(code, live, precision(code, known), known, mostSteps, program.stackBytes);
    walker.run();
    if (walker.cut !== undefined || known.size === before || round === MOST_ROUNDS) return { steps: walker.steps + STEPS_OF_JOINTS, cut: walker.cut, visits: walker.visits, starts: code.starts };
  }
}

/** Where the verifier was before; `open`: ways from here that are not at their end yet. */
interface Checkpoint { readonly registers: readonly Register[]; readonly stack: readonly (Register | undefined)[]; readonly parent: Checkpoint | undefined; open: number; hits: number; misses: number }
interface Waiting { readonly at: number; readonly registers: Register[]; readonly stack: (Register | undefined)[]; readonly parent: Checkpoint | undefined }

const FRAME = 10;

class Walker {
  readonly #code: Code;
  readonly #live: Sets;
  readonly #precise: Sets;
  readonly #known: Set<number>;
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
  #stack: (Register | undefined)[] = [];
  #parent: Checkpoint | undefined;
  readonly #pairs: Pairs = [];
  readonly #waiting: Waiting[] = [];

  constructor(code: Code, live: Sets, precise: Sets, known: Set<number>, most: number, stackBytes: number) {
    this.#code = code;
    this.#live = live;
    this.#precise = precise;
    this.#known = known;
    this.#most = most;
    this.#slots = Math.ceil(stackBytes / 8);
    this.visits = new Uint32Array(code.insns.length);
    this.#seen = code.insns.map(() => []);
  }

  run(): void {
    const registers = new Array<Register>(11).fill(NONE);
    registers[1] = CTX;
    registers[FRAME] = { kind: 'frame', offset: 0 };
    this.#waiting.push({ at: 0, registers, stack: new Array<undefined>(this.#slots).fill(undefined), parent: undefined });
    for (;;) {
      const next = this.#waiting.pop();
      if (next === undefined) return;
      this.#registers = next.registers;
      this.#stack = next.stack;
      this.#parent = next.parent;
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
      if (old.open === 0 && this.#covered(old, at)) { old.hits++; return true; }
      // In a loop, the rounds before are open: few are worth remembering.
      if (old.open > 0 && jumps < 20 && steps < 100) isNew = false;
      if (isNew) old.misses++;
      if (old.misses > old.hits * 3 + 3) seen.splice(i, 1);
    }
    if (!isNew) return false;
    this.#lastJumps = this.#jumps;
    this.#lastSteps = this.steps;
    const checkpoint: Checkpoint = { registers: this.#registers.slice(), stack: this.#stack.slice(), parent: this.#parent, open: 1, hits: 0, misses: 0 };
    seen.push(checkpoint);
    this.#parent = checkpoint;
    return false;
  }

  #covered(old: Checkpoint, at: number): boolean {
    const pairs = this.#pairs;
    pairs.length = 0;
    const live = this.#live.regs[at] as number;
    const counts = this.#precise.regs[at] as number;
    for (let r = 0; r < FRAME; r++) {
      if ((live >> r & 1) !== 0 && !covers(old.registers[r] as Register, this.#registers[r] as Register, (counts >> r & 1) !== 0, pairs)) return false;
    }
    for (let n = 0; n < this.#slots; n++) {
      const was = old.stack[n];
      const is = this.#stack[n];
      if (was === is || was === undefined || !has(this.#live, at, n)) continue;
      const slotCounts = has(this.#precise, at, n);
      if (is === undefined ? was.kind !== 'scalar' || slotCounts : !covers(was, is, slotCounts, pairs)) return false;
    }
    return true;
  }

  /** Where it goes on; -1: the way is at its end. */
  #step(at: number): number {
    const insn = this.#code.insns[at] as Insn;
    if (this.#code.isLeaf[at] === 1) { this.#jumps++; this.steps += STEPS_OF_EXIT; return -1; }
    const regs = this.#registers;
    switch (insn.kind) {
      case 'ja': this.#jumps++; return this.#code.targets[at] as number;
      case 'jump': case 'jump-imm': this.#jumps++; return this.#branch(at, insn);
      case 'alu': this.#alu(at, insn.op, insn.width, insn.dst, regs[insn.src] as Register); break;
      case 'alu-imm': this.#alu(at, insn.op, insn.width, insn.dst, insn.imm >= 0 ? exactly(insn.imm) : insn.width === 32 ? exactly(insn.imm + 2 ** 32) : between(MOST + insn.imm, MOST + insn.imm), insn.imm); break;
      case 'load': regs[insn.dst] = this.#load(insn.src, insn.offset, insn.size); break;
      case 'store': if (insn.dst === FRAME) this.#stack[slotOf(insn.offset)] = insn.size === 8 ? regs[insn.src] : undefined; break;
      case 'store-imm': if (insn.dst === FRAME) this.#stack[slotOf(insn.offset)] = insn.size === 8 && insn.imm >= 0 ? exactly(insn.imm) : undefined; break;
      case 'wide': regs[insn.dst] = insn.value <= 0x1f_ffff_ffff_ffffn ? exactly(Number(insn.value)) : unknown(); break;
      case 'wide-value': regs[insn.dst] = { kind: 'value', id: 0, offset: insn.offset, high: 0 }; break;
      case 'wide-map': regs[insn.dst] = MAP; break;
      case 'call': this.#jumps++; this.#call(insn.id); break;
      case 'call-local': this.#jumps++; this.#call(0, true); break;
      case 'endian': regs[insn.dst] = unknown(insn.bits / 8); break;
      case 'neg': regs[insn.dst] = insn.width === 32 ? unknown(4) : unknown(); break;
      case 'mov-signed': case 'load-signed': case 'load-acquire': regs[insn.dst] = unknown(); break;
      case 'atomic': if (insn.op === 'cmpxchg') regs[0] = unknown(insn.size); else if (insn.op === 'xchg' || insn.op.startsWith('fetch')) regs[insn.src] = unknown(insn.size); break;
      default: break;
    }
    return at + 1;
  }

  #load(from: number, offset: number, size: 1 | 2 | 4 | 8): Register {
    const base = this.#registers[from] as Register;
    if (base.kind === 'frame') { const slot = this.#stack[slotOf(base.offset + offset)]; return size === 8 ? slot ?? unknown() : unknown(size); }
    if (base.kind !== 'ctx') return unknown(size);
    const places = this.#code.hook === 'tc' ? SKB : XDP;
    if (offset === places.data) return { kind: 'packet', id: 0, offset: 0, range: 0 };
    return offset === places.data_end ? END : unknown(size);
  }

  #call(helper: number, moves = MOVES_PACKET.has(helper)): void {
    const regs = this.#registers;
    for (let r = 0; r <= 5; r++) regs[r] = NONE;
    regs[0] = LOOKS_UP.has(helper) ? { kind: 'value-or-null', id: ++this.#names, offset: 0, high: 0 } : unknown();
    if (moves) this.#replace(r => r.kind === 'packet' || r.kind === 'end' ? NONE : r);
  }

  #alu(at: number, op: string, width: 32 | 64, dst: number, b: Register, imm?: number): void {
    const regs = this.#registers;
    const a = regs[dst] as Register;
    if (op === 'mov') { regs[dst] = width === 64 || (b.kind === 'scalar' && b.high < 2 ** 32) ? b : unknown(4); return; }
    if (a.kind !== 'scalar' && a.kind !== 'none') { regs[dst] = width === 64 && (op === 'add' || op === 'sub') ? this.#moved(at, a, b, op === 'sub' ? -1 : 1, imm) : unknown(); return; }
    if (b.kind !== 'scalar' && b.kind !== 'none') { regs[dst] = op === 'add' ? this.#moved(at, b, a, 1) : unknown(); return; }
    const x = a.kind === 'scalar' ? a : unknown();
    const y = b.kind === 'scalar' ? b : unknown();
    const most = width === 32 ? 2 ** 32 - 1 : MOST;
    const result = x.high > most || y.high > most ? undefined : computed(op, x, y, imm, width);
    regs[dst] = result && result.low >= 0 && result.high <= most && (result.high < 2 ** 53 || result.low < result.high) ? between(result.low, result.high, result.ones, result.zeros) : between(0, most, result?.ones, result?.zeros);
  }

  /** A pointer and an integer. */
  #moved(at: number, pointer: Register, by: Register, sign: 1 | -1, imm?: number): Register {
    const constant = imm ?? (isConstant(by) && by.low < 2 ** 31 ? by.low : undefined);
    if (imm === undefined) this.#known.add(at);
    switch (pointer.kind) {
      case 'frame': return { kind: 'frame', offset: pointer.offset + sign * (constant ?? 0) };
      case 'packet': return constant === undefined ? { kind: 'packet', id: ++this.#names, offset: 0, range: 0 } : { ...pointer, offset: pointer.offset + sign * constant };
      case 'value': return constant === undefined ? { ...pointer, high: pointer.high + (by.kind === 'scalar' ? by.high : MOST) } : { ...pointer, offset: pointer.offset + sign * constant };
      default: return unknown();
    }
  }

  #branch(at: number, insn: Insn & { kind: 'jump' | 'jump-imm' }): number {
    const a = this.#registers[insn.dst] as Register;
    const b = insn.kind === 'jump' ? this.#registers[insn.src] as Register : exactly(insn.imm >= 0 ? insn.imm : insn.width === 32 ? insn.imm + 2 ** 32 : MOST + insn.imm);
    const target = this.#code.targets[at] as number;
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
    if (way !== undefined) { this.#known.add(at); return way ? target : at + 1; }
    const [yes, no] = [this.#learning(insn, a, b, true), this.#learning(insn, a, b, false)];
    return this.#fork(at + 1, target, no, yes);
  }

  #learning(insn: Insn & { kind: 'jump' | 'jump-imm' }, a: Scalar, b: Scalar, holds: boolean): (r: Register) => Register {
    if (isConstant(a) && !isConstant(b) && insn.kind === 'jump') {
      const other = learned(turned(insn.op), insn.width, b, a.low, holds);
      return other === b ? same : r => r === b ? other : r;
    }
    if (!isConstant(b)) return same;
    const next = learned(insn.op, insn.width, a, b.low, holds);
    return next === a ? same : r => r === a ? next : r;
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
    const stack = there === same ? this.#stack.slice() : this.#stack.map(r => r && there(r));
    this.#waiting.push({ at: target, registers, stack, parent: this.#parent });
    if (here !== same) this.#replace(here);
    return next;
  }

  #replace(by: (r: Register) => Register): void {
    for (let r = 0; r < FRAME; r++) this.#registers[r] = by(this.#registers[r] as Register);
    for (let n = 0; n < this.#slots; n++) { const slot = this.#stack[n]; if (slot !== undefined) this.#stack[n] = by(slot); }
  }
}

const has = (set: Sets, at: number, slot: number): boolean => ((slot < 32 ? (set.low[at] as number) >> slot : (set.high[at] as number) >> slot - 32) & 1) !== 0;
const same = (r: Register): Register => r;

/** map_lookup_elem, ringbuf_reserve, map_lookup_percpu_elem. */
const LOOKS_UP: ReadonlySet<number> = new Set([1, 131, 195]);
/** bpf_helper_changes_pkt_data. */
const MOVES_PACKET: ReadonlySet<number> = new Set([9, 10, 11, 13, 18, 19, 31, 38, 39, 43, 44, 50, 54, 65]);

interface Result { readonly low: number; readonly high: number; readonly ones?: number; readonly zeros?: number }
const BITS = 0x7fff_ffff;

function computed(op: string, a: Scalar, b: Scalar, imm: number | undefined, width: 32 | 64): Result | undefined {
  const c = b.low === b.high ? b.low : undefined;
  const by = c === undefined ? 0 : c % width;
  switch (op) {
    case 'add': return { ...(imm !== undefined && imm < 0 ? { low: a.low + imm, high: a.high + imm } : { low: a.low + b.low, high: a.high + b.high }), ...sum(a, imm !== undefined && imm < 0 ? exactly(imm & BITS) : b) };
    case 'sub': return { low: a.low - b.high, high: a.high - b.low, ...difference(a, b) };
    case 'mul': return { low: a.low * b.low, high: a.high * b.high };
    case 'and': {
      const [ones, zeros] = [a.ones & b.ones, a.zeros | b.zeros];
      return { low: 0, high: Math.min(a.high, b.high, a.high <= BITS || b.high <= BITS ? ~zeros & BITS : MOST), ones, zeros };
    }
    case 'or': return { low: Math.max(a.low, b.low), high: over(a, b), ones: a.ones | b.ones, zeros: a.zeros & b.zeros };
    case 'xor': return { low: 0, high: over(a, b), ones: a.ones & b.zeros | a.zeros & b.ones, zeros: a.ones & b.ones | a.zeros & b.zeros };
    case 'lsh': return c === undefined ? undefined : { low: a.low * 2 ** by, high: a.high * 2 ** by, ones: by > 30 ? 0 : a.ones << by & BITS, zeros: by > 30 ? BITS : (a.zeros << by | (1 << by) - 1) & BITS };
    case 'rsh': return c === undefined ? undefined : { low: Math.floor(a.low / 2 ** by), high: Math.floor(a.high / 2 ** by), ...(a.high <= BITS && by < 31 && { ones: a.ones >> by, zeros: (a.zeros >> by | ~(BITS >> by)) & BITS }) };
    default: return undefined;
  }
}

/** Known bits of a sum and of a difference (tnum_add, tnum_sub). */
function sum(a: Scalar, b: Scalar): { ones: number; zeros: number } {
  const [x, y] = [open(a), open(b)];
  const least = a.ones + b.ones & BITS;
  return known(least, (least + (x + y)) ^ least | x | y);
}
function difference(a: Scalar, b: Scalar): { ones: number; zeros: number } {
  const [x, y] = [open(a), open(b)];
  const apart = a.ones - b.ones & BITS;
  return known(apart, (apart + x) ^ (apart - y) | x | y);
}
const open = ({ ones, zeros }: Scalar): number => BITS & ~(ones | zeros);
const known = (value: number, unsure: number): { ones: number; zeros: number } => ({ ones: value & ~unsure & BITS, zeros: ~value & ~unsure & BITS });

const over = (a: Scalar, b: Scalar): number => 2 ** Math.ceil(Math.log2(Math.max(a.high, b.high) + 1)) - 1;
