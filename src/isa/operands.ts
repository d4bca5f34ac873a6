// The operands of assembler text: registers, numbers, memory, symbols. Reading only; which mnemonic takes what is assemble.ts.

import type { Register } from './insn.ts';

export interface Operand {
  readonly text: string;
  /** From 1. */
  readonly column: number;
}

export type Operands<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly operand: Operand; readonly message: string };

/** The names that text may use for numbers. */
export type Constants = Readonly<Record<string, number>>;

export const NAME = /^[A-Za-z_.][\w.$-]*$/;

export function readRegister(operand: Operand): Operands<Register> {
  const match = /^%r(\d{1,2})$/.exec(operand.text);
  const n = Number(match?.[1]);
  return match && n <= 10 ? { ok: true, value: n as Register } : bad(operand, `'${operand.text}' is not a register: %r0 … %r10`);
}

/** 32 bits: decimal as signed; hexadecimal also as unsigned, which the same bits are. */
export function readImm32(operand: Operand, constants: Constants): Operands<number> {
  const value = integer(operand.text, constants);
  if (value === undefined) return bad(operand, `'${operand.text}' is not a number`);
  const most = /^-?0x/i.test(operand.text) || NAME.test(operand.text) ? 0xffff_ffffn : 0x7fff_ffffn;
  if (value < -0x8000_0000n || value > most) return bad(operand, `${operand.text} does not fit in 32 bits`);
  return { ok: true, value: Number(BigInt.asIntN(32, value)) };
}

export function readImm64(operand: Operand, constants: Constants): Operands<bigint> {
  const value = integer(operand.text, constants);
  if (value === undefined) return bad(operand, `'${operand.text}' is not a number`);
  if (value < -(1n << 63n) || value >= 1n << 64n) return bad(operand, `${operand.text} does not fit in 64 bits`);
  return { ok: true, value: BigInt.asUintN(64, value) };
}

/** `[%r1]`, `[%r1+4]`, `[%r10-8]`, `[%r1+NAME]`. */
export function readMemory(operand: Operand, constants: Constants): Operands<{ readonly base: Register; readonly offset: number }> {
  const match = /^\[\s*(%\w+)\s*(?:([+-])\s*([\w.$]+)\s*)?\]$/.exec(operand.text);
  if (!match) return bad(operand, `'${operand.text}' is not a place in memory: [%r1+4]`);
  const base = readRegister({ text: match[1]!, column: operand.column + operand.text.indexOf('%') });
  if (!base.ok) return base;
  const size = match[3] === undefined ? 0n : integer(match[3], constants);
  if (size === undefined) return bad(operand, `'${match[3]}' is not a number`);
  const offset = match[2] === '-' ? -size : size;
  if (offset < -0x8000n || offset > 0x7fffn) return bad(operand, `offset ${offset} does not fit in 16 bits`);
  return { ok: true, value: { base: base.value, offset: Number(offset) } };
}

/** `map(learned)`, `value(config)+8`: a form with a name in it; `undefined` where the text is something else. */
export function readSymbol(text: string): { readonly form: string; readonly name: string; readonly offset: number } | undefined {
  const match = /^([a-z_]+)\(\s*([^()\s,]+)\s*\)(?:\s*\+\s*(\d+|0x[0-9a-f]+))?$/i.exec(text);
  return match ? { form: match[1]!, name: match[2]!, offset: Number(match[3] ?? 0) } : undefined;
}

/** `+4`, `-0x2`: a distance in slots; `undefined` where the text is something else. */
export function readDistance(text: string): number | undefined {
  return /^[+-](\d+|0x[0-9a-f]+)$/i.test(text) ? Number(integer(text.replace('+', ''), {})) : undefined;
}

function integer(text: string, constants: Constants): bigint | undefined {
  const match = /^(-?)(\d+|0x[0-9a-f]+)$/i.exec(text);
  if (match) return match[1] === '-' ? -BigInt(match[2]!) : BigInt(match[2]!);
  const named = Object.hasOwn(constants, text) ? constants[text] : undefined;
  return named !== undefined && Number.isInteger(named) ? BigInt(named) : undefined;
}

function bad(operand: Operand, message: string): { ok: false; operand: Operand; message: string } {
  return { ok: false, operand, message };
}
