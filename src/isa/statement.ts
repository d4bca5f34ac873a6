// One statement of assembler text to one instruction: what each mnemonic takes. Labels are left to assemble.ts.

import { helperNamed } from './helper-functions.ts';
import type { Insn, Register, Size } from './insn.ts';
import { ALU_NAMES, ATOMIC_NAMES, JUMP_NAMES, SIZE_SUFFIX } from './opcodes.ts';
import { NAME, readDistance, readImm32, readImm64, readMemory, readRegister, readSymbol, type Constants, type Operand, type Operands } from './operands.ts';

/** A label to be found, and the bits of the distance to it. */
export interface Target {
  readonly operand: Operand;
  readonly bits: 16 | 32;
}

interface Statement {
  readonly insn: Insn;
  readonly target?: Target;
  readonly relocation?: { readonly kind: 'map' | 'map-value' | 'constant' | 'exit' | 'call'; readonly name: string; readonly offset: number };
}

/** Operands that were not what a mnemonic takes end the reading of a statement; readStatement makes them values. */
class Mistake extends Error {
  readonly operand: Operand;
  constructor(message: string, operand: Operand) {
    super(message);
    this.operand = operand;
  }
}

type Reader = (args: Args) => Statement;

/** `words[0]` is the mnemonic, with `lock`, `lock fetch`, `call local` before it. */
export function readStatement(words: readonly Operand[], constants: Constants): Operands<Statement> {
  const mnemonic = words[0]!;
  const form = FORMS.get(mnemonic.text);
  if (!form) return { ok: false, operand: mnemonic, message: /^lock\b/.test(mnemonic.text) ? `lock takes [fetch] and an operation: add or and xor, xchg cmpxchg, each with 32 behind it for 4 bytes` : `no instruction is called '${mnemonic.text}'` };
  const count = words.length - 1;
  if (!form.counts.includes(count)) return { ok: false, operand: mnemonic, message: `${mnemonic.text} takes ${form.counts.join(' or ')} operands, not ${count}` };
  try {
    return { ok: true, value: form.read(new Args(words, constants)) };
  } catch (error) {
    if (error instanceof Mistake) return { ok: false, operand: error.operand, message: error.message };
    throw error;
  }
}

/** The operands of one statement, by number from 1. */
class Args {
  readonly words: readonly Operand[];
  readonly constants: Constants;
  constructor(words: readonly Operand[], constants: Constants) {
    this.words = words;
    this.constants = constants;
  }

  get count(): number { return this.words.length - 1; }
  at(n: number): Operand { return this.words[n]!; }
  isRegister(n: number): boolean { return this.at(n).text.startsWith('%'); }
  register(n: number): Register { return this.take(readRegister(this.at(n))); }
  imm64(n: number): bigint { return this.take(readImm64(this.at(n), this.constants)); }
  memory(n: number): { readonly base: Register; readonly offset: number } { return this.take(readMemory(this.at(n), this.constants)); }
  number(n: number): number { return this.take(readImm32(this.at(n), this.constants)); }

  /** A 32-bit immediate, or `const(NAME)`. */
  imm(n: number): { readonly imm: number; readonly relocation?: NonNullable<Statement['relocation']> } {
    const symbol = readSymbol(this.at(n).text);
    if (symbol === undefined) return { imm: this.number(n) };
    if (symbol.form !== 'const' || symbol.offset !== 0) throw new Mistake(`an immediate is a number or const(NAME)`, this.at(n));
    return { imm: 0, relocation: { kind: 'constant', name: symbol.name, offset: 0 } };
  }

  /** A label or a distance. */
  target(n: number, bits: 16 | 32): { readonly offset: number; readonly target?: Target } {
    const operand = this.at(n);
    const distance = readDistance(operand.text);
    if (distance !== undefined) {
      const limit = 2 ** (bits - 1);
      if (distance < -limit || distance >= limit) throw new Mistake(`${operand.text} does not fit in ${bits} bits`, operand);
      return { offset: distance };
    }
    if (!NAME.test(operand.text)) throw new Mistake(`'${operand.text}' is not a label and not a distance such as +2`, operand);
    return { offset: 0, target: { operand, bits } };
  }

  private take<T>(read: Operands<T>): T {
    if (!read.ok) throw new Mistake(read.message, read.operand);
    return read.value;
  }
}

const FORMS: ReadonlyMap<string, { readonly counts: readonly number[]; readonly read: Reader }> = new Map([...alu(), ...memory(), ...atomics(), ...jumps(), ...calls(), ...wides()]
  .map(([name, counts, read]) => [name, { counts, read }] as const));

type Form = [name: string, counts: number[], read: Reader];

function* alu(): Generator<Form> {
  for (const width of [64, 32] as const) {
    const suffix = width === 32 ? '32' : '';
    for (const op of ALU_NAMES) {
      yield [op + suffix, [2], args => {
        const dst = args.register(1);
        if (args.isRegister(2)) return { insn: { kind: 'alu', op, width, dst, src: args.register(2) } };
        const { imm, ...rest } = args.imm(2);
        return { insn: { kind: 'alu-imm', op, width, dst, imm }, ...rest };
      }];
    }
    yield [`neg${suffix}`, [1], args => ({ insn: { kind: 'neg', width, dst: args.register(1) } })];
    for (const from of width === 64 ? [8, 16, 32] as const : [8, 16] as const) {
      yield [`movsx${from}${width}`, [2], args => ({ insn: { kind: 'mov-signed', from, width, dst: args.register(1), src: args.register(2) } })];
    }
  }
  for (const bits of [16, 32, 64] as const) {
    for (const [name, order] of [['le', 'le'], ['be', 'be'], ['swap', 'swap'], ['bswap', 'swap']] as const) {
      yield [`${name}${bits}`, [1], args => ({ insn: { kind: 'endian', order, bits, dst: args.register(1) } })];
    }
  }
}

function* memory(): Generator<Form> {
  for (const [bytes, suffix] of Object.entries(SIZE_SUFFIX)) {
    const size = Number(bytes) as Size;
    const load = (kind: 'load' | 'load-acquire'): Reader => args => {
      const dst = args.register(1);
      const { base, offset } = args.memory(2);
      return { insn: { kind, size, dst, src: base, offset } };
    };
    const store = (kind: 'store' | 'store-release'): Reader => args => {
      const { base, offset } = args.memory(1);
      return { insn: { kind, size, dst: base, offset, src: args.register(2) } };
    };
    yield [`ldx${suffix}`, [2], load('load')];
    yield [`ldacq${suffix}`, [2], load('load-acquire')];
    yield [`stx${suffix}`, [2], store('store')];
    yield [`strel${suffix}`, [2], store('store-release')];
    yield [`st${suffix}`, [2], args => {
      const { base, offset } = args.memory(1);
      const { imm, ...rest } = args.imm(2);
      return { insn: { kind: 'store-imm', size, dst: base, offset, imm }, ...rest };
    }];
    if (size === 8) continue;
    yield [`ldxs${suffix}`, [2], args => {
      const dst = args.register(1);
      const { base, offset } = args.memory(2);
      return { insn: { kind: 'load-signed', size, dst, src: base, offset } };
    }];
    yield [`ldabs${suffix}`, [1], args => ({ insn: { kind: 'load-absolute', size, imm: args.number(1) } })];
    yield [`ldind${suffix}`, [2], args => ({ insn: { kind: 'load-indirect', size, src: args.register(1), imm: args.number(2) } })];
  }
}

function* atomics(): Generator<Form> {
  for (const op of ATOMIC_NAMES) {
    for (const size of [8, 4] as const) {
      yield [`lock ${op.replace('-', ' ')}${size === 4 ? '32' : ''}`, [2], args => {
        const { base, offset } = args.memory(1);
        return { insn: { kind: 'atomic', op, size, dst: base, offset, src: args.register(2) } };
      }];
    }
  }
}

function* jumps(): Generator<Form> {
  for (const op of JUMP_NAMES) {
    for (const width of [64, 32] as const) {
      yield [op + (width === 32 ? '32' : ''), [3], args => {
        const dst = args.register(1);
        if (args.isRegister(2)) {
          const src = args.register(2);
          const { offset, ...rest } = args.target(3, 16);
          return { insn: { kind: 'jump', op, width, dst, src, offset }, ...rest };
        }
        const { imm, ...relocation } = args.imm(2);
        const { offset, ...rest } = args.target(3, 16);
        return { insn: { kind: 'jump-imm', op, width, dst, imm, offset }, ...relocation, ...rest };
      }];
    }
  }
  yield ['ja', [1], args => {
    const symbol = readSymbol(args.at(1).text);
    if (symbol?.form === 'exit' && symbol.offset === 0) return { insn: { kind: 'ja', reach: 16, offset: 0 }, relocation: { kind: 'exit', name: symbol.name, offset: 0 } };
    const { offset, ...rest } = args.target(1, 16);
    return { insn: { kind: 'ja', reach: 16, offset }, ...rest };
  }];
  yield ['ja32', [1], args => {
    const { offset, ...rest } = args.target(1, 32);
    return { insn: { kind: 'ja', reach: 32, offset }, ...rest };
  }];
  yield ['may_goto', [1], args => {
    const { offset, ...rest } = args.target(1, 16);
    return { insn: { kind: 'may-goto', offset }, ...rest };
  }];
  yield ['exit', [0], () => ({ insn: { kind: 'exit' } })];
}

function* calls(): Generator<Form> {
  yield ['call', [1], args => {
    if (args.isRegister(1)) return { insn: { kind: 'call-register', dst: args.register(1) } };
    const { text } = args.at(1);
    const helper = helperNamed(text);
    if (helper) return { insn: { kind: 'call', id: helper.id } };
    if (NAME.test(text) && !Object.hasOwn(args.constants, text)) throw new Mistake(`no helper function is called '${text}'`, args.at(1));
    return { insn: { kind: 'call', id: args.number(1) } };
  }];
  yield ['call local', [1], args => {
    const symbol = readSymbol(args.at(1).text);
    if (symbol?.form === 'joint' && symbol.offset === 0) return { insn: { kind: 'call-local', offset: -1 }, relocation: { kind: 'call', name: symbol.name, offset: 0 } };
    const { offset, ...rest } = args.target(1, 32);
    return { insn: { kind: 'call-local', offset }, ...rest };
  }];
  yield ['call kfunc', [1, 2], args => {
    const module = args.count === 2 ? args.number(2) : 0;
    if (module < -0x8000 || module > 0x7fff) throw new Mistake(`${module} does not fit in 16 bits`, args.at(2));
    return { insn: { kind: 'call-kfunc', btf: args.number(1), module } };
  }];
}

function* wides(): Generator<Form> {
  yield ['lddw', [2], args => {
    const dst = args.register(1);
    const operand = args.at(2);
    const symbol = readSymbol(operand.text);
    if (!symbol) return { insn: { kind: 'wide', dst, value: args.imm64(2) } };
    const { form, name, offset } = symbol;
    if (offset > 0xffff_ffff) throw new Mistake(`offset ${offset} does not fit`, operand);
    if (form === 'value') return { insn: { kind: 'wide-value', dst, map: 0, offset: offset | 0 }, relocation: { kind: 'map-value', name, offset } };
    const number = (): number => {
      const read = readImm32({ text: name, column: operand.column + form.length + 1 }, args.constants);
      if (!read.ok) throw new Mistake(read.message, read.operand);
      return read.value;
    };
    if (form === 'value_fd') return { insn: { kind: 'wide-value', dst, map: number(), offset: offset | 0 } };
    if (form === 'value_index') return { insn: { kind: 'wide-value-index', dst, map: number(), offset: offset | 0 } };
    if (form === 'btf') return { insn: { kind: 'wide-btf', dst, btf: number(), module: offset | 0 } };
    if (offset !== 0) throw new Mistake(`${form}() takes no offset`, operand);
    switch (form) {
      case 'map': return { insn: { kind: 'wide-map', dst, map: 0 }, relocation: { kind: 'map', name, offset: 0 } };
      case 'map_fd': return { insn: { kind: 'wide-map', dst, map: number() } };
      case 'map_index': return { insn: { kind: 'wide-map-index', dst, map: number() } };
      case 'func': {
        const inner = new Args([args.at(0), { text: name, column: operand.column + 5 }], args.constants);
        const { offset: distance, ...rest } = inner.target(1, 32);
        return { insn: { kind: 'wide-function', dst, offset: distance }, ...rest };
      }
      default: throw new Mistake(`lddw takes a number, map(), value(), func(), map_fd(), value_fd(), map_index(), value_index() or btf(), not ${form}()`, operand);
    }
  }];
}
