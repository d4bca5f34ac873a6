// Loads, stores and atomics. Programs are single-threaded here, so an atomic is a load, an operation and a store, and acquire and
// release order nothing.
//
// Constant offsets from r10 within the frame are proven here; every other access is checked at run time, if checks are by region.

import type { Insn, Register, Size } from '../../isa/insn.ts';
import { OP } from '../wasm/opcodes.ts';
import type { FunctionWriter } from './function.ts';

type Kind<K extends Insn['kind']> = Extract<Insn, { kind: K }>;

const FRAME_BYTES = 512;
const LOAD = { 1: OP.i64Load8U, 2: OP.i64Load16U, 4: OP.i64Load32U, 8: OP.i64Load } as const;
const LOAD_SIGNED = { 1: OP.i64Load8S, 2: OP.i64Load16S, 4: OP.i64Load32S } as const;
const STORE = { 1: OP.i64Store8, 2: OP.i64Store16, 4: OP.i64Store32, 8: OP.i64Store } as const;

/** Pushes the address as i32; returns what to add as the instruction's own offset. */
function address(f: FunctionWriter, base: Register, offset: number, size: Size, access: 'read' | 'write', slot: number): number {
  const { code } = f;
  if (base === 10 && offset >= -FRAME_BYTES && offset + size <= 0) {
    f.get32(base).i32(offset).op(OP.i32Add);
    return 0;
  }
  if (f.module.checks === 'regions') {
    f.get(base);
    if (offset !== 0) code.i64(BigInt(offset)).op(OP.i64Add);
    code.i32(slot).call(f.module.check(size, access));
    return 0;
  }
  f.get32(base);
  if (offset >= 0) return offset;
  code.i32(offset).op(OP.i32Add);
  return 0;
}

export function load(f: FunctionWriter, insn: Kind<'load'> | Kind<'load-acquire'>, slot: number): void {
  const at = address(f, insn.src, insn.offset, insn.size, 'read', slot);
  f.code.memory(LOAD[insn.size], at);
  f.set(insn.dst);
}

export function loadSigned(f: FunctionWriter, insn: Kind<'load-signed'>, slot: number): void {
  const at = address(f, insn.src, insn.offset, insn.size, 'read', slot);
  f.code.memory(LOAD_SIGNED[insn.size], at);
  f.set(insn.dst);
}

export function store(f: FunctionWriter, insn: Kind<'store'> | Kind<'store-imm'> | Kind<'store-release'>, slot: number): void {
  const at = address(f, insn.dst, insn.offset, insn.size, 'write', slot);
  if (insn.kind === 'store-imm') f.code.i64(BigInt(insn.imm));
  else f.get(insn.src);
  f.code.memory(STORE[insn.size], at);
}

export function atomic(f: FunctionWriter, insn: Kind<'atomic'>, slot: number): void {
  const { code } = f;
  const { size, src } = insn;
  const where = f.temporary('i32');
  const old = f.temporary('i64');
  const at = address(f, insn.dst, insn.offset, size, 'write', slot);
  code.tee(where).memory(LOAD[size], at).set(old);

  if (insn.op === 'cmpxchg') {
    code.get(old);
    f.get(0);
    if (size === 4) code.i64(0xffff_ffffn).op(OP.i64And);
    code.op(OP.i64Eq);
    code.open(OP.if);
    code.get(where);
    f.get(src);
    code.memory(STORE[size], at).close().get(old);
    f.set(0);
    return;
  }
  code.get(where);
  if (insn.op !== 'xchg') code.get(old);
  f.get(src);
  switch (insn.op) {
    case 'add': case 'fetch-add': code.op(OP.i64Add); break;
    case 'or': case 'fetch-or': code.op(OP.i64Or); break;
    case 'and': case 'fetch-and': code.op(OP.i64And); break;
    case 'xor': case 'fetch-xor': code.op(OP.i64Xor); break;
    case 'xchg': break;
  }
  code.memory(STORE[size], at);
  if (insn.op === 'xchg' || insn.op.startsWith('fetch-')) {
    code.get(old);
    f.set(src);
  }
}
