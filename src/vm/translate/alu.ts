// Arithmetic, moves and byte order (RFC 9669 section 4.1-4.3): /0 is 0, %0 is the dividend, shifts are masked, all wraps.

import type { Insn } from '../../isa/insn.ts';
import type { AluOp } from '../../isa/opcodes.ts';
import { OP } from '../wasm/opcodes.ts';
import type { FunctionWriter } from './function.ts';

type Kind<K extends Insn['kind']> = Extract<Insn, { kind: K }>;
type Alu = Kind<'alu'> | Kind<'alu-imm'>;

const PLAIN: Partial<Record<AluOp, readonly [op32: number, op64: number]>> = {
  add: [OP.i32Add, OP.i64Add], sub: [OP.i32Sub, OP.i64Sub], mul: [OP.i32Mul, OP.i64Mul],
  or: [OP.i32Or, OP.i64Or], and: [OP.i32And, OP.i64And], xor: [OP.i32Xor, OP.i64Xor],
  lsh: [OP.i32Shl, OP.i64Shl], rsh: [OP.i32ShrU, OP.i64ShrU], arsh: [OP.i32ShrS, OP.i64ShrS],
};

export function alu(f: FunctionWriter, insn: Alu): void {
  if (insn.op === 'div' || insn.op === 'mod' || insn.op === 'sdiv' || insn.op === 'smod') {
    division(f, insn, insn.op);
    return;
  }
  if (insn.op !== 'mov') destination(f, insn);
  source(f, insn);
  const plain = PLAIN[insn.op];
  if (plain !== undefined) f.code.op(insn.width === 32 ? plain[0] : plain[1]);
  result(f, insn);
}

function destination(f: FunctionWriter, insn: Alu): void {
  if (insn.width === 32) f.get32(insn.dst);
  else f.get(insn.dst);
}

function source(f: FunctionWriter, insn: Alu): void {
  if (insn.kind === 'alu-imm') {
    if (insn.width === 32) f.code.i32(insn.imm);
    else f.code.i64(BigInt(insn.imm));
  } else if (insn.width === 32) f.get32(insn.src);
  else f.get(insn.src);
}

function result(f: FunctionWriter, insn: { readonly width: 32 | 64; readonly dst: Alu['dst'] }): void {
  if (insn.width === 32) f.set32(insn.dst);
  else f.set(insn.dst);
}

/** WebAssembly traps on a divisor of 0, and on the smallest number / -1: both are branched around. */
function division(f: FunctionWriter, insn: Alu, op: 'div' | 'mod' | 'sdiv' | 'smod'): void {
  const { code } = f;
  const is32 = insn.width === 32;
  const divisor = f.temporary(is32 ? 'i32' : 'i64');
  source(f, insn);
  code.tee(divisor).op(is32 ? OP.i32Eqz : OP.i64Eqz);
  code.open(OP.if);
  if (op === 'div' || op === 'sdiv') code.i64(0n);
  else if (is32) f.get32(insn.dst).op(OP.i64ExtendI32U);
  else f.get(insn.dst);
  f.set(insn.dst);
  code.op(OP.else);
  if (op === 'sdiv') {
    code.get(divisor);
    if (is32) code.i32(-1).op(OP.i32Eq);
    else code.i64(-1n).op(OP.i64Eq);
    code.open(OP.if);
    negate(f, insn);
    code.op(OP.else);
  }
  destination(f, insn);
  code.get(divisor);
  const ops = { div: [OP.i32DivU, OP.i64DivU], mod: [OP.i32RemU, OP.i64RemU], sdiv: [OP.i32DivS, OP.i64DivS], smod: [OP.i32RemS, OP.i64RemS] } as const;
  code.op(ops[op][is32 ? 0 : 1]);
  result(f, insn);
  if (op === 'sdiv') code.close();
  code.close();
}

export function negate(f: FunctionWriter, insn: { readonly width: 32 | 64; readonly dst: Alu['dst'] }): void {
  if (insn.width === 32) {
    f.code.i32(0);
    f.get32(insn.dst).op(OP.i32Sub);
  } else {
    f.code.i64(0n);
    f.get(insn.dst).op(OP.i64Sub);
  }
  result(f, insn);
}

export function movSigned(f: FunctionWriter, insn: Kind<'mov-signed'>): void {
  if (insn.width === 32) f.get32(insn.src).op(insn.from === 8 ? OP.i32Extend8S : OP.i32Extend16S);
  else f.get(insn.src).op(insn.from === 8 ? OP.i64Extend8S : insn.from === 16 ? OP.i64Extend16S : OP.i64Extend32S);
  result(f, insn);
}

/** The engine is little-endian: `le` only truncates. */
export function endian(f: FunctionWriter, insn: Kind<'endian'>): void {
  if (insn.order === 'le') {
    if (insn.bits === 64) return;
    f.get(insn.dst).i64(insn.bits === 16 ? 0xffffn : 0xffff_ffffn).op(OP.i64And);
  } else if (insn.bits === 16) {
    f.get(insn.dst).i64(0xffn).op(OP.i64And).i64(8n).op(OP.i64Shl);
    f.get(insn.dst).i64(8n).op(OP.i64ShrU).i64(0xffn).op(OP.i64And, OP.i64Or);
  } else if (insn.bits === 32) {
    f.get32(insn.dst).i32(8).op(OP.i32Rotl).i32(0x00ff_00ff).op(OP.i32And);
    f.get32(insn.dst).i32(24).op(OP.i32Rotl).i32(0xff00_ff00).op(OP.i32And, OP.i32Or, OP.i64ExtendI32U);
  } else {
    swapLanes(f, insn.dst, 0x00ff_00ff_00ff_00ffn, 8n);
    swapLanes(f, insn.dst, 0x0000_ffff_0000_ffffn, 16n);
    f.get(insn.dst).i64(32n).op(OP.i64Rotl);
  }
  f.set(insn.dst);
}

/** Exchanges neighbours of `bits` bits each. */
function swapLanes(f: FunctionWriter, register: Alu['dst'], mask: bigint, bits: bigint): void {
  f.get(register).i64(mask).op(OP.i64And).i64(bits).op(OP.i64Shl);
  f.get(register).i64(bits).op(OP.i64ShrU).i64(mask).op(OP.i64And, OP.i64Or);
  f.set(register);
}
