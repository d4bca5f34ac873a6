// Conditions of jumps, as an i32.

import type { JumpOp } from '../../isa/opcodes.ts';
import { MOST_ROUNDS } from '../rounds.ts';
import { OP } from '../wasm/opcodes.ts';
import type { ConditionalJump } from './2-blocks.ts';
import type { FunctionWriter } from './function.ts';

const COMPARE: Record<Exclude<JumpOp, 'jset'>, readonly [op32: number, op64: number]> = {
  jeq: [OP.i32Eq, OP.i64Eq], jne: [OP.i32Ne, OP.i64Ne],
  jgt: [OP.i32GtU, OP.i64GtU], jge: [OP.i32GeU, OP.i64GeU], jlt: [OP.i32LtU, OP.i64LtU], jle: [OP.i32LeU, OP.i64LeU],
  jsgt: [OP.i32GtS, OP.i64GtS], jsge: [OP.i32GeS, OP.i64GeS], jslt: [OP.i32LtS, OP.i64LtS], jsle: [OP.i32LeS, OP.i64LeS],
};
const INVERSE: Record<Exclude<JumpOp, 'jset'>, Exclude<JumpOp, 'jset'>> = {
  jeq: 'jne', jne: 'jeq', jgt: 'jle', jle: 'jgt', jge: 'jlt', jlt: 'jge', jsgt: 'jsle', jsle: 'jsgt', jsge: 'jslt', jslt: 'jsge',
};

/** Pushes whether the jump is taken; with `when` false, whether it is not. */
export function condition(f: FunctionWriter, jump: ConditionalJump, when: boolean): void {
  const { code } = f;
  if (jump.kind === 'label') {
    code.get(f.label(jump.label)).i32(jump.value).op(when ? OP.i32Eq : OP.i32Ne);
    return;
  }
  if (jump.kind === 'may-goto') {
    code.get(f.rounds).i32(1).op(OP.i32Add).tee(f.rounds).i32(MOST_ROUNDS).op(when ? OP.i32GtU : OP.i32LeU);
    return;
  }
  const is32 = jump.width === 32;
  if (is32) f.get32(jump.dst);
  else f.get(jump.dst);
  if (jump.kind === 'jump-imm') {
    if (is32) code.i32(jump.imm);
    else code.i64(BigInt(jump.imm));
  } else if (is32) f.get32(jump.src);
  else f.get(jump.src);
  if (jump.op === 'jset') {
    code.op(is32 ? OP.i32And : OP.i64And, is32 ? OP.i32Eqz : OP.i64Eqz);
    if (when) code.op(OP.i32Eqz);
  } else code.op(COMPARE[when ? jump.op : INVERSE[jump.op]][is32 ? 0 : 1]);
}
