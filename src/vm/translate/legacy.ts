// Packet access of old (LD_ABS, LD_IND): bytes of the packet in network order to r0; where the packet is too short, the function ends with 0.

import type { Insn } from '../../isa/insn.ts';
import { CONTROL } from '../memory/layout.ts';
import type { Signature } from '../wasm/module.ts';
import { OP } from '../wasm/opcodes.ts';
import type { FunctionWriter } from './function.ts';

/** (offset, size) → the number; CONTROL.short says whether the packet had it. */
export const LEGACY_LOAD_SIGNATURE: Signature = { parameters: ['i32', 'i32'], results: ['i32'] };

export function legacyLoad(f: FunctionWriter, insn: Extract<Insn, { kind: 'load-absolute' | 'load-indirect' }>): void {
  if (insn.kind === 'load-indirect') f.get32(insn.src).i32(insn.imm).op(OP.i32Add);
  else f.code.i32(insn.imm);
  f.code.i32(insn.size).call(f.module.legacyLoad).op(OP.i64ExtendI32U);
  f.set(0);
  f.code.i32(CONTROL.short).memory(OP.i32Load);
  f.code.open(OP.if);
  f.storeFuel();
  f.code.i64(0n).op(OP.return).close();
}
