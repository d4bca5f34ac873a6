// Calls: of helper functions through imports, of the program's own functions, and tail calls.

import { HELPERS } from '../calls/table.ts';
import { OP } from '../wasm/opcodes.ts';
import type { Signature } from '../wasm/module.ts';
import type { Parameter, Result } from '../calls/definition.ts';
import type { Register } from '../../isa/insn.ts';
import { FRAME_BYTES, STACK } from '../memory/layout.ts';
import type { FunctionWriter } from './function.ts';

/** (map handle, index) → 1: the caller ends now, and the engine goes on with another program. */
export const TAIL_CALL_SIGNATURE: Signature = { parameters: ['i32', 'i32'], results: ['i32'] };
const MAX_U32 = 0xffff_ffffn;

export function helperSignature(id: number): Signature {
  const { parameters, result } = HELPERS.get(id)!;
  return { parameters: parameters.map(p => p === 'wide' ? 'i64' : 'i32'), results: [result === 'whole' ? 'f64' : 'i32'] };
}

/** The instruction's slot is left in a global, to be named in a fault of the helper. */
export function callHelper(f: FunctionWriter, id: number, slot: number): void {
  const { parameters, result } = HELPERS.get(id)!;
  f.code.i32(slot).setGlobal(f.module.slot);
  for (const [i, parameter] of parameters.entries()) pushArgument(f, (i + 1) as Register, parameter);
  f.code.call(f.module.helper(id));
  f.code.op(RESULT[result]);
  f.set(0);
}

const RESULT: Readonly<Record<Result, number>> = { error: OP.i64ExtendI32S, unsigned: OP.i64ExtendI32U, whole: OP.i64TruncF64S };

function pushArgument(f: FunctionWriter, register: Register, parameter: Parameter): void {
  f.get(register);
  if (parameter === 'wide') return;
  if (parameter === 'narrow') {
    f.code.i64(MAX_U32);
    f.get(register).i64(MAX_U32).op(OP.i64LeU, OP.select);
  }
  f.code.op(OP.i32WrapI64);
}

export const CALL_BY_NUMBER_SIGNATURE: Signature = { parameters: ['i64', 'i64', 'i64', 'i64', 'i64', 'i64'], results: ['i64'] };

export function callByNumber(f: FunctionWriter, register: Register, slot: number): void {
  f.code.i32(slot).setGlobal(f.module.slot);
  for (const argument of [register, 1, 2, 3, 4, 5] as const) f.get(argument);
  f.code.call(f.module.callByNumber);
  f.set(0);
}

/** Falls through where there is no such program, or after too many. */
export function tailCall(f: FunctionWriter, slot: number): void {
  f.code.i32(slot).setGlobal(f.module.slot);
  pushArgument(f, 2, 'narrow');
  pushArgument(f, 3, 'low');
  f.code.call(f.module.tailCall);
  f.code.open(OP.if);
  f.code.i64(0n).op(OP.return).close();
}

/** The callee has a frame of its own, below. Too deep a chain of calls ends as one that takes too long does. */
export function callLocal(f: FunctionWriter, index: number, slot: number): void {
  f.get(10).i64(BigInt(STACK.low + FRAME_BYTES)).op(OP.i64LeU);
  f.code.open(OP.if);
  f.code.i32(slot).call(f.module.outOfFuel).op(OP.unreachable).close();
  f.storeFuel();
  for (const register of [1, 2, 3, 4, 5] as const) f.get(register);
  f.get(10).i64(BigInt(FRAME_BYTES)).op(OP.i64Sub).call(f.module.local(index));
  f.set(0);
  f.loadFuel();
}
