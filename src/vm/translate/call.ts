// Calls: of helper functions through imports, of the program's own functions, and tail calls.

import { HELPERS } from '../calls/table.ts';
import { OP } from '../wasm/opcodes.ts';
import type { Signature } from '../wasm/module.ts';
import type { Parameter, Result } from '../calls/definition.ts';
import type { Register } from '../../isa/insn.ts';
import { FRAME_BYTES, STACK } from '../memory/layout.ts';
import { Code } from '../wasm/code.ts';
import type { Functions } from './1-functions.ts';
import { fuelOf, type FunctionWriter, type Module } from './function.ts';

/** (map handle, index) → 1: the caller ends now, and the engine goes on with another program. */
export const TAIL_CALL_SIGNATURE: Signature = { parameters: ['i32', 'i32'], results: ['i32'] };
/** What that program returned, where the caller was a function. */
export const RESULT_WITHIN_SIGNATURE: Signature = { parameters: [], results: ['i64'] };
const MAX_U32 = 0xffff_ffffn;

export function helperSignature(id: number): Signature {
  const { parameters, result } = HELPERS.get(id)!;
  return { parameters: parameters.map(p => p === 'wide' ? 'i64' : 'i32'), results: [result === 'whole' ? 'f64' : 'i32'] };
}

/** The instruction's slot is left in a global, to be named in a fault of the helper. */
export function callHelper(f: FunctionWriter, id: number, slot: number): void {
  const { parameters, result, callsBack } = HELPERS.get(id)!;
  f.code.i32(slot).setGlobal(f.module.slot);
  if (callsBack) {
    f.storeFuel();
    f.get32(10).setGlobal(f.module.frame);
  }
  for (const [i, parameter] of parameters.entries()) pushArgument(f, (i + 1) as Register, parameter);
  f.code.call(f.module.helper(id));
  f.code.op(RESULT[result]);
  f.set(0);
  if (callsBack) f.loadFuel();
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
  pushTailCall(f, slot);
  f.code.call(f.module.tailCall);
  f.code.open(OP.if);
  f.code.i64(0n).op(OP.return).close();
}

/** In a function the other program runs at once, and returns to the function's caller. */
export function tailCallWithin(f: FunctionWriter, slot: number): void {
  f.storeFuel();
  pushTailCall(f, slot);
  f.code.call(f.module.tailCallWithin);
  f.code.open(OP.if);
  f.code.call(f.module.resultWithin).op(OP.return).close();
}

function pushTailCall(f: FunctionWriter, slot: number): void {
  f.code.i32(slot).setGlobal(f.module.slot);
  pushArgument(f, 2, 'narrow');
  pushArgument(f, 3, 'low');
}

/** From the global, for a callee: calls without loops can be more than anyone waits for, too. */
function burnFuel(f: FunctionWriter, slot: number, instructions: number): void {
  const { fuel, outOfFuel } = f.module, cost = fuelOf(instructions);
  f.code.getGlobal(fuel).i32(cost).op(OP.i32LtU);
  f.code.open(OP.if);
  f.code.i32(slot).call(outOfFuel).op(OP.unreachable).close();
  f.code.getGlobal(fuel).i32(cost).op(OP.i32Sub).setGlobal(fuel);
}

/** The callee has a frame of its own, below. Too deep a chain of calls ends as one that takes too long does. */
export function callLocal(f: FunctionWriter, index: number, slot: number, instructions: number): void {
  f.get(10).i64(BigInt(STACK.low + FRAME_BYTES)).op(OP.i64LeU);
  f.code.open(OP.if);
  f.code.i32(slot).call(f.module.outOfFuel).op(OP.unreachable).close();
  f.storeFuel();
  burnFuel(f, slot, instructions);
  for (const register of [1, 2, 3, 4, 5] as const) f.get(register);
  f.get(10).i64(BigInt(FRAME_BYTES)).op(OP.i64Sub).call(f.module.local(index));
  f.set(0);
  f.loadFuel();
}

/** (slot of the function, r1 … r4) → the low half of r0. */
export const CALLBACK_SIGNATURE: Signature = { parameters: ['i32', 'i32', 'i32', 'i32', 'i32'], results: ['i32'] };

/** What a helper function calls: one of the functions whose address is taken, in a frame below that of the helper's caller. */
export function callbackFunction(functions: Functions, globals: Pick<Module, 'frame' | 'fuel' | 'slot'>, local: (index: number) => number, outOfFuel: number): Code {
  const code = new Code(CALLBACK_SIGNATURE.parameters.length);
  const frame = code.local('i32'), slot = code.local('i32'), result = code.local('i32');
  code.getGlobal(globals.frame).tee(frame).i32(STACK.low + FRAME_BYTES).op(OP.i32LeU).getGlobal(globals.fuel).op(OP.i32Eqz, OP.i32Or);
  code.open(OP.if);
  code.getGlobal(globals.slot).call(outOfFuel).op(OP.unreachable).close();
  code.getGlobal(globals.fuel).i32(1).op(OP.i32Sub).setGlobal(globals.fuel);
  code.getGlobal(globals.slot).set(slot);
  const done = code.open(OP.block);
  for (const taken of functions.taken) {
    code.get(0).i32(taken).op(OP.i32Eq);
    code.open(OP.if);
    for (const register of [1, 2, 3, 4]) code.get(register).op(OP.i64ExtendI32U);
    code.i64(0n).get(frame).i32(FRAME_BYTES).op(OP.i32Sub, OP.i64ExtendI32U).call(local(functions.at.get(taken)!)).op(OP.i32WrapI64).set(result);
    code.branch(OP.br, done);
    code.close();
  }
  code.op(OP.unreachable).close();
  // The next callback of the same call begins where this one did.
  code.get(frame).setGlobal(globals.frame).get(slot).setGlobal(globals.slot);
  return code.get(result);
}
