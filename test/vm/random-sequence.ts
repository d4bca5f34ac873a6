// Random eBPF that the kernel's verifier mostly accepts, from a tape of numbers: equal tapes, equal sequences, shorter tapes, shorter ones.
// Everything it computes is in scalars, and ends in a map, a packet or r0; no pointer's value does, for those differ between engines.
//
// Roles: r6 the context, r7 the packet (checked for PACKET_BYTES), r8 a map value, r9 counts rounds or is a scalar; r0 … r5 are scalars
// between statements. In functions r6 … r9 are scalars too.

import { helperNamed } from '../../src/isa/helper-functions.ts';
import { slots, type Insn, type Register, type Size } from '../../src/isa/insn.ts';
import { ALU_NAMES, ATOMIC_NAMES, JUMP_NAMES } from '../../src/isa/opcodes.ts';
import { MAP, MAP_SPECS } from './maps.ts';
import { tapeReader } from './tape.ts';

export interface Sequence {
  readonly hook: 'tc' | 'xdp';
  /** The first is run; tail calls lead to all: index 0 of the prog array is the last, 1 the first, 2 none. Maps by index in MAP_SPECS. */
  readonly programs: readonly (readonly Insn[])[];
  readonly frame: Uint8Array;
}

const PACKET_BYTES = 32;
const FRAME_BYTES = 64;
/** Of the stack, set before anything is read. */
const STACK_BYTES = 64;
const MOST_STATEMENTS = 24;
const CB = 48;

type Random = (below: number) => number;
interface Place { readonly base: Register; readonly from: number; readonly to: number; readonly aligned: boolean; readonly atomic: boolean }

class Writer {
  private readonly next: Random;
  private readonly hook: Sequence['hook'];
  /** Number of functions that may be called; 0 in functions. */
  private readonly callees: number;
  private readonly isEntry: boolean;
  /** Rounds are being counted in r9. */
  private inLoop = false;
  private depth = 0;

  constructor(next: Random, hook: Sequence['hook'], callees: number, isEntry: boolean) {
    this.next = next;
    this.hook = hook;
    this.callees = callees;
    this.isEntry = isEntry;
  }

  statements(most: number): Insn[] {
    const count = this.next(most) + 1;
    return Array.from({ length: count }, () => this.statement()).flat();
  }

  statement(): Insn[] {
    const kinds: (() => Insn[])[] = [
      () => [this.alu()], () => [this.alu()], () => [this.alu()], () => [this.unary()], () => [this.unary()], () => this.access(), () => this.access(), () => this.access(),
      () => this.atomic(), () => this.pointer(), () => this.branch(), () => this.branch(), () => this.loop(), () => this.call(),
    ];
    if (this.isEntry) kinds.push(() => this.mapCall(), () => this.mapCall(), () => this.tailCall(), () => this.context(), () => this.packetAgain());
    return kinds[this.next(kinds.length)]!();
  }

  /** Any that holds a scalar. */
  private scalar(): Register {
    const all: Register[] = this.isEntry ? [0, 1, 2, 3, 4, 5, 9] : [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    return all[this.next(all.length)]!;
  }
  /** Any that may be written. */
  private target(): Register {
    for (;;) {
      const register = this.scalar();
      if (register !== 9 || !this.inLoop) return register;
      if (this.next(2) === 0) return 0;
    }
  }

  imm(): number {
    switch (this.next(6)) {
      case 0: return [0, 1, -1, 0x7fffffff, -0x80000000, 31, 32, 63, 64, 255, 256, 65535, 65536, -2][this.next(14)]!;
      case 1: case 2: return this.next(64) - 16;
      default: return this.next(65536) << 16 ^ this.next(65536);
    }
  }

  private width(): 32 | 64 { return this.next(2) === 0 ? 32 : 64; }
  private size(): Size { return ([1, 2, 4, 8] as const)[this.next(4)]!; }

  alu(): Insn {
    const op = ALU_NAMES[this.next(ALU_NAMES.length)]!, width = this.width(), dst = this.target();
    if (this.next(2) === 0) return { kind: 'alu', op, width, dst, src: this.scalar() };
    const isShift = op === 'lsh' || op === 'rsh' || op === 'arsh';
    const imm = isShift ? this.next(width) : this.imm();
    return { kind: 'alu-imm', op, width, dst, imm: imm === 0 && /div|mod/.test(op) ? 7 : imm };
  }

  unary(): Insn {
    const dst = this.target();
    switch (this.next(5)) {
      case 0: return { kind: 'neg', width: this.width(), dst };
      case 1: return { kind: 'endian', order: (['le', 'be', 'swap'] as const)[this.next(3)]!, bits: ([16, 32, 64] as const)[this.next(3)]!, dst };
      case 2: return { kind: 'mov-signed', from: ([8, 16] as const)[this.next(2)]!, width: this.width(), dst, src: this.scalar() };
      case 3: return { kind: 'mov-signed', from: 32, width: 64, dst, src: this.scalar() };
      default: return { kind: 'wide', dst, value: BigInt.asUintN(64, BigInt(this.imm()) << 32n ^ BigInt(this.imm())) };
    }
  }

  private place(): Place {
    const stack: Place = { base: 10, from: -STACK_BYTES, to: 0, aligned: true, atomic: true };
    if (!this.isEntry) return stack;
    return [stack, { base: 7, from: 0, to: PACKET_BYTES, aligned: false, atomic: false } as const,
      { base: 8, from: 0, to: MAP_SPECS[MAP.value]!.valueBytes, aligned: false, atomic: true } as const][this.next(3)]!;
  }

  private offset(place: Place, size: Size, aligned: boolean): number {
    return aligned ? place.from + this.next((place.to - place.from) / size) * size : place.from + this.next(place.to - place.from - size + 1);
  }

  private at(place: Place): Insn {
    const size = this.size(), offset = this.offset(place, size, place.aligned);
    const narrow = size === 8 ? 4 : size;
    const within = place.aligned ? offset : Math.min(offset, place.to - size);
    switch (this.next(6)) {
      case 0: return { kind: 'load-signed', size: narrow, dst: this.target(), src: place.base, offset: within };
      case 1: case 2: return { kind: 'load', size, dst: this.target(), src: place.base, offset: within };
      case 3: return { kind: 'store-imm', size, dst: place.base, offset: within, imm: this.imm() };
      default: return { kind: 'store', size, dst: place.base, offset: within, src: this.scalar() };
    }
  }

  access(): Insn[] { return [this.at(this.place())]; }

  atomic(): Insn[] {
    let place = this.place();
    if (!place.atomic) place = { base: 10, from: -STACK_BYTES, to: 0, aligned: true, atomic: true };
    if (this.next(5) === 0) {
      const size = this.size(), offset = this.offset(place, size, true);
      return [this.next(2) === 0 ? { kind: 'load-acquire', size, dst: this.target(), src: place.base, offset } : { kind: 'store-release', size, dst: place.base, offset, src: this.scalar() }];
    }
    const size = this.next(2) === 0 ? 4 : 8;
    const offset = this.offset(place, size, true);
    const op = ATOMIC_NAMES[this.next(ATOMIC_NAMES.length)]!;
    return [{ kind: 'atomic', op, size, dst: place.base, offset, src: this.target() }];
  }

  /** Through a copy of a pointer, moved by a constant or by a bounded scalar, or kept on the stack meanwhile. */
  pointer(): Insn[] {
    const place = this.place(), dst = ([1, 2, 3, 4, 5] as const)[this.next(5)]!;
    const copy: Insn = { kind: 'alu', op: 'mov', width: 64, dst, src: place.base };
    const after: Insn = { kind: 'alu-imm', op: 'mov', width: this.width(), dst, imm: this.imm() };
    const moved = (by: number, span: number): Insn[] => {
      const inner: Place = { ...place, base: dst, from: place.from - by, to: place.to - by - span };
      const one = this.at(inner);
      // The pointer itself is neither overwritten nor stored.
      const clean = ('src' in one && one.kind === 'store' && one.src === dst) ? { ...one, src: 0 as Register } : one;
      return [clean];
    };
    switch (this.next(place.base === 10 ? 2 : 4)) {
      case 0: {
        const by = place.aligned ? -8 * this.next(5) : this.next(9);
        return [copy, { kind: 'alu-imm', op: by < 0 ? 'add' : 'add', width: 64, dst, imm: by }, ...moved(by, 0), after];
      }
      case 1: return [{ kind: 'store', size: 8, dst: 10, offset: -8, src: place.base }, { kind: 'load', size: 8, dst, src: 10, offset: -8 }, { kind: 'store-imm', size: 8, dst: 10, offset: -8, imm: this.imm() }, ...moved(0, 0), after];
      default: {
        if (place.base === 7) return this.checkedPacket();
        const index = ([0, 1, 2, 3, 4, 5] as const).filter(r => r !== dst)[this.next(5)]!;
        const mask = ([1, 3, 7] as const)[this.next(3)]!;
        return [copy, { kind: 'alu-imm', op: 'and', width: 64, dst: index, imm: mask }, { kind: 'alu', op: 'add', width: 64, dst, src: index }, ...moved(0, mask), after];
      }
    }
  }

  /** A packet pointer that a scalar moved is to be checked again. */
  private checkedPacket(): Insn[] {
    const [dst, end, sum, index] = [1, 2, 3, 4] as const;
    const bytes = 8 + this.next(24);
    const one = this.at({ base: dst, from: 0, to: bytes, aligned: false, atomic: false });
    const clean = one.kind === 'store' && one.src <= sum ? { ...one, src: index } : one;
    return [
      { kind: 'load', size: 4, dst: end, src: 6, offset: endOf(this.hook) },
      { kind: 'alu', op: 'mov', width: 64, dst, src: 7 }, { kind: 'alu-imm', op: 'and', width: 64, dst: index, imm: 63 }, { kind: 'alu', op: 'add', width: 64, dst, src: index },
      { kind: 'alu', op: 'mov', width: 64, dst: sum, src: dst }, { kind: 'alu-imm', op: 'add', width: 64, dst: sum, imm: bytes },
      { kind: 'jump', op: 'jgt', width: 64, dst: sum, src: end, offset: 1 }, clean,
      ...([dst, end, sum] as const).map((r): Insn => ({ kind: 'alu-imm', op: 'mov', width: 64, dst: r, imm: this.imm() })),
    ];
  }

  branch(): Insn[] {
    if (this.depth >= 3) return [this.alu()];
    this.depth++;
    const body = this.statements(4);
    const otherwise = this.next(3) === 0 ? this.statements(3) : [];
    this.depth--;
    if (otherwise.length > 0) body.push({ kind: 'ja', reach: this.next(2) === 0 ? 16 : 32, offset: length(otherwise) });
    const op = JUMP_NAMES[this.next(JUMP_NAMES.length)]!, width = this.width(), dst = this.scalar(), offset = length(body);
    const jump: Insn = this.next(2) === 0 ? { kind: 'jump', op, width, dst, src: this.scalar(), offset } : { kind: 'jump-imm', op, width, dst, imm: this.imm(), offset };
    return [jump, ...body, ...otherwise];
  }

  loop(): Insn[] {
    if (this.inLoop || this.depth >= 2) return [this.unary()];
    this.inLoop = true;
    this.depth += 2;
    const body = this.statements(4);
    this.depth -= 2;
    this.inLoop = false;
    return [
      { kind: 'alu-imm', op: 'mov', width: 64, dst: 9, imm: this.next(7) + 1 }, ...body,
      { kind: 'alu-imm', op: 'sub', width: 64, dst: 9, imm: 1 }, { kind: 'jump-imm', op: 'jne', width: 64, dst: 9, imm: 0, offset: -length(body) - 2 },
    ];
  }

  /** r1 … r5 hold nothing after a call. */
  private again(): Insn[] {
    return ([1, 2, 3, 4, 5] as const).map(dst => this.next(3) === 0
      ? { kind: 'alu', op: 'mov', width: 64, dst, src: 0 }
      : { kind: 'alu-imm', op: 'mov', width: this.width(), dst, imm: this.imm() });
  }

  /** The offset is the number of the function until all are laid out. */
  call(): Insn[] {
    return this.callees === 0 ? [this.alu()] : [{ kind: 'call-local', offset: this.next(this.callees) }, ...this.again()];
  }

  mapCall(): Insn[] {
    const isArray = this.next(2) === 0;
    const map = isArray ? MAP.array : MAP.hash;
    const key: Insn[] = this.next(2) === 0
      ? [{ kind: 'store-imm', size: 4, dst: 10, offset: -4, imm: this.next(isArray ? 5 : 12) }]
      : [{ kind: 'alu-imm', op: 'and', width: 64, dst: 5, imm: 7 }, { kind: 'store', size: 4, dst: 10, offset: -4, src: 5 }];
    const first: Insn[] = [...key, { kind: 'wide-map', dst: 1, map }, { kind: 'alu', op: 'mov', width: 64, dst: 2, src: 10 }, { kind: 'alu-imm', op: 'add', width: 64, dst: 2, imm: -4 }];
    switch (this.next(3)) {
      case 0: {
        const value: Place = { base: 0, from: 0, to: MAP_SPECS[map]!.valueBytes, aligned: false, atomic: true };
        const uses = Array.from({ length: this.next(3) + 1 }, () => this.at(value)).map(one => 'dst' in one && one.kind.startsWith('load') ? { ...one, dst: ([1, 2, 3, 4, 5] as const)[this.next(5)]! } as Insn
          : one.kind === 'store' && one.src === 0 ? { ...one, src: 1 as Register } : one);
        return [...first, { kind: 'call', id: helper('map_lookup_elem') }, ...([1, 2, 3, 4, 5] as const).map((dst): Insn => ({ kind: 'alu-imm', op: 'mov', width: 64, dst, imm: this.imm() })),
          { kind: 'jump-imm', op: 'jeq', width: 64, dst: 0, imm: 0, offset: length(uses) }, ...uses, { kind: 'alu-imm', op: 'mov', width: 64, dst: 0, imm: this.imm() }];
      }
      case 1: return [...first, { kind: 'alu', op: 'mov', width: 64, dst: 3, src: 10 }, { kind: 'alu-imm', op: 'add', width: 64, dst: 3, imm: -STACK_BYTES }, { kind: 'alu-imm', op: 'mov', width: 64, dst: 4, imm: this.next(4) },
        { kind: 'call', id: helper('map_update_elem') }, ...this.again()];
      default: return [...first, { kind: 'call', id: helper('map_delete_elem') }, ...this.again()];
    }
  }

  tailCall(): Insn[] {
    const index: Insn[] = this.next(2) === 0 ? [{ kind: 'alu-imm', op: 'mov', width: 64, dst: 3, imm: this.next(4) }] : [{ kind: 'alu-imm', op: 'and', width: 64, dst: 3, imm: 3 }];
    return [...index, { kind: 'alu', op: 'mov', width: 64, dst: 1, src: 6 }, { kind: 'wide-map', dst: 2, map: MAP.programs }, { kind: 'call', id: helper('tail_call') },
      // What it left in r0 is not told, where it falls through.
      { kind: 'alu-imm', op: 'mov', width: 64, dst: 0, imm: this.imm() }, ...this.again()];
  }

  context(): Insn[] {
    if (this.hook === 'xdp') return [this.alu()];
    const offset = CB + 4 * this.next(5);
    return [this.next(2) === 0 ? { kind: 'load', size: 4, dst: this.target(), src: 6, offset } : { kind: 'store', size: 4, dst: 6, offset, src: this.scalar() }];
  }

  /** The ends of the packet once more, and a check that has to hold. */
  packetAgain(): Insn[] { return this.inLoop ? [this.alu()] : packet(this.hook); }
}

function length(insns: readonly Insn[]): number {
  return insns.reduce((sum, insn) => sum + slots(insn), 0);
}

function helper(name: string): number {
  return helperNamed(name)!.id;
}

/** Offset of data_end in the context; data is before it. */
function endOf(hook: Sequence['hook']): number {
  return hook === 'xdp' ? 4 : 80;
}

/** r7 is the packet, from here on. */
function packet(hook: Sequence['hook']): Insn[] {
  const data = endOf(hook) - 4, end = endOf(hook);
  return [
    { kind: 'load', size: 4, dst: 7, src: 6, offset: data }, { kind: 'load', size: 4, dst: 3, src: 6, offset: end },
    { kind: 'alu', op: 'mov', width: 64, dst: 2, src: 7 }, { kind: 'alu-imm', op: 'add', width: 64, dst: 2, imm: PACKET_BYTES },
    { kind: 'jump', op: 'jle', width: 64, dst: 2, src: 3, offset: 2 }, { kind: 'alu-imm', op: 'mov', width: 64, dst: 0, imm: 1 }, { kind: 'exit' },
    { kind: 'alu-imm', op: 'mov', width: 64, dst: 2, imm: 5 }, { kind: 'alu-imm', op: 'mov', width: 64, dst: 3, imm: -9 },
  ];
}

/** All of the stack and all scalars hold something. */
function filled(writer: Writer, registers: readonly Register[]): Insn[] {
  return [
    ...Array.from({ length: STACK_BYTES / 8 }, (_, i): Insn => ({ kind: 'store-imm', size: 8, dst: 10, offset: -8 * (i + 1), imm: writer.imm() })),
    ...registers.map((dst): Insn => ({ kind: 'wide', dst, value: BigInt.asUintN(64, BigInt(writer.imm()) * 0x1_0000_0001n ^ BigInt(writer.imm())) })),
  ];
}

function program(next: Random, hook: Sequence['hook']): Insn[] {
  const callees = next(3);
  const entry = new Writer(next, hook, callees, true);
  const parts: Insn[][] = [[
    { kind: 'alu', op: 'mov', width: 64, dst: 6, src: 1 },
    ...filled(entry, [0, 1, 2, 3, 4, 5, 9]),
    { kind: 'wide-value', dst: 8, map: MAP.value, offset: 0 },
    ...packet(hook),
    ...entry.statements(MOST_STATEMENTS),
    // All 64 bits of r0 … r5 and r9, which a verdict has not.
    { kind: 'wide-value', dst: 8, map: MAP.result, offset: 0 },
    ...([0, 1, 2, 3, 4, 5, 9] as const).map((src, i): Insn => ({ kind: 'store', size: 8, dst: 8, offset: 8 * i, src })),
    ...(hook === 'tc' ? [{ kind: 'alu-imm', op: 'and', width: 64, dst: 0, imm: 1 } as const] : []),
    { kind: 'exit' },
  ]];
  // The verifier takes no function that nobody calls.
  const called = [...new Set(parts[0]!.flatMap(insn => insn.kind === 'call-local' ? [insn.offset] : []))];
  for (let i = 0; i < called.length; i++) {
    const writer = new Writer(next, hook, 0, false);
    parts.push([...filled(writer, [0, 6, 7, 8, 9]), ...writer.statements(8), { kind: 'exit' }]);
  }
  const starts: number[] = [];
  let at = 0;
  for (const part of parts) { starts.push(at); at += length(part); }
  let slot = 0;
  return parts.flat().map((insn): Insn => {
    const here = slot;
    slot += slots(insn);
    return insn.kind === 'call-local' ? { ...insn, offset: starts[called.indexOf(insn.offset) + 1]! - here - 1 } : insn;
  });
}

export function randomSequence(tape: readonly number[]): Sequence {
  const next = tapeReader(tape);
  const hook = next(3) === 0 ? 'tc' : 'xdp';
  const programs = [program(next, hook), ...(next(3) === 0 ? [program(next, hook)] : [])];
  const frame = Uint8Array.from({ length: FRAME_BYTES }, (_, i) => i * 37 ^ next(256));
  // A type of no protocol (IEEE 802, local experiments): PROG_TEST_RUN looks into IP packets.
  frame.set([0x88, 0xb5], 12);
  return { hook, programs, frame };
}
