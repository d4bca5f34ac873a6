// Instruction selection: IR to machine code over virtual registers. Constants become immediates, constant offsets go into
// addresses, i32 is done by 32-bit instructions, block arguments become moves. Which register holds what is allocate.ts.

import { emitEnd } from './ends.ts';
import { Operands } from './operands.ts';
import { FIRST_VIRTUAL, type MachineBlock, type MachineCode } from './machine.ts';
import { constOf, defInst, endOf, operands, targets, type AluOp, type Block, type Func, type Inst, type Value } from '../ir/ir.ts';
import { reversePostorder } from '../ir/dominators.ts';
import type { AluOp as MachineAlu } from '../../isa/opcodes.ts';

export function select(fn: Func): MachineCode {
  const order = reversePostorder(fn);
  const blocks = new Map<Block, MachineBlock>(order.map(b => [b, { insts: [], end: { kind: 'leave', exit: 'drop', operand: false, at: endOf(b).at }, name: b.name }]));
  const entry = blocks.get(fn.entry) as MachineBlock;
  const code: MachineCode = { entry, blocks: [...blocks.values()], nextReg: FIRST_VIRTUAL, ctx: FIRST_VIRTUAL, frame: [] };
  const ops = new Operands(code, entry, countUses(order));
  const ctx = fn.entry.params[0] as Value;
  for (const block of order) for (const p of block.params) ops.define(p);
  code.ctx = ops.reg(ctx);
  ops.move(code.ctx, 1);
  for (const block of order) {
    ops.block = blocks.get(block) as MachineBlock;
    for (const inst of block.insts) {
      ops.at = inst.at;
      selectInst(inst, ops);
    }
    ops.at = endOf(block).at;
    emitEnd(endOf(block), ctx, b => blocks.get(b) as MachineBlock, ops);
  }
  return code;
}

/** Users of each value; a terminator counts as a user with no instruction. */
function countUses(order: readonly Block[]): Map<Value, (Inst | undefined)[]> {
  const users = new Map<Value, (Inst | undefined)[]>();
  const add = (v: Value, user: Inst | undefined): void => {
    const list = users.get(v);
    if (list) list.push(user); else users.set(v, [user]);
  };
  for (const block of order) {
    for (const inst of block.insts) for (const a of inst.args) add(a, inst);
    const end = endOf(block);
    for (const v of [...operands(end), ...targets(end).flatMap(t => t.args)]) add(v, undefined);
  }
  return users;
}

const ALU: Readonly<Record<AluOp, MachineAlu>> = {
  add: 'add', sub: 'sub', mul: 'mul', udiv: 'div', umod: 'mod', sdiv: 'sdiv', smod: 'smod', and: 'and', or: 'or', xor: 'xor',
  shl: 'lsh', lshr: 'rsh', ashr: 'arsh',
};
const COMMUTES: ReadonlySet<AluOp> = new Set(['add', 'mul', 'and', 'or', 'xor']);
const SHIFTS: ReadonlySet<AluOp> = new Set(['shl', 'lshr', 'ashr']);

function selectInst(inst: Inst, ops: Operands): void {
  const { result } = inst;
  const width = result?.type === 'i32' ? 32 : 64;
  const [a, b, c] = inst.args as [Value, Value, Value];
  const context = a?.type === 'ctx' && { context: true as const };
  switch (inst.op) {
    // Made where they are used.
    case 'const': case 'slot': case 'map': case 'offset': case 'link': return;
    case 'zext':
      // Of what the linker knows: made where it is used, too.
      if (defInst(a)?.op !== 'link') ops.alias(result as Value, a);
      return;
    case 'trunc':
      if (ops.onlyLowHalf(result as Value)) { ops.alias(result as Value, a); return; }
      ops.emit({ kind: 'alu', op: 'mov', width: 32, dst: ops.define(result as Value), src: ops.reg(a) });
      return;
    case 'sext': {
      const dst = ops.copy(result as Value, a);
      ops.emit({ kind: 'alu-imm', op: 'lsh', width: 64, dst, imm: 32 });
      ops.emit({ kind: 'alu-imm', op: 'arsh', width: 64, dst, imm: 32 });
      return;
    }
    case 'neg': ops.emit({ kind: 'neg', width, dst: ops.copy(result as Value, a) }); return;
    case 'swap': ops.emit({ kind: 'endian', order: 'be', bits: inst.bytes * 8 as 16 | 32 | 64, dst: ops.copy(result as Value, a) }); return;
    case 'alu': selectAlu(inst.alu, width, result as Value, a, b, ops); return;
    case 'index': {
      const imm = ops.immediate(b);
      const dst = ops.copy(result as Value, a);
      if (imm !== undefined) ops.emit({ kind: 'alu-imm', op: 'add', width: 64, dst, imm });
      else ops.emit({ kind: 'alu', op: 'add', width: 64, dst, src: ops.reg(b) });
      return;
    }
    case 'load': {
      const { reg, offset, frame } = ops.address(a, inst.offset);
      ops.emit({ kind: 'load', size: inst.bytes, dst: ops.define(result as Value), src: reg, offset, ...frame, ...context, ...(result?.type === 'end' && { repeats: true }) });
      return;
    }
    case 'store': {
      const to = ops.address(a, inst.offset);
      // Kernels before 6.3 let no constant be stored to ctx.
      const stored = a.type === 'ctx' ? undefined : ops.storeImmediate(b, inst.bytes);
      if (stored) ops.emit({ kind: 'store-imm', size: inst.bytes, dst: to.reg, offset: to.offset, ...to.frame, ...stored });
      else ops.emit({ kind: 'store', size: inst.bytes, dst: to.reg, offset: to.offset, src: ops.reg(b), ...to.frame, ...context });
      return;
    }
    case 'atomic': {
      const to = ops.address(a, inst.offset);
      const at = { kind: 'atomic', size: inst.bytes, dst: to.reg, offset: to.offset, ...to.frame } as const;
      if (inst.atomic === 'cmpxchg') {
        const src = ops.reg(c);
        ops.set(0, b);
        ops.emit({ ...at, op: 'cmpxchg', src });
        ops.move(ops.define(result as Value), 0);
      } else if (result === undefined || !ops.isUsed(result)) {
        ops.emit({ ...at, op: inst.atomic === 'xchg' ? 'xchg' : inst.atomic, src: inst.atomic === 'xchg' ? ops.fresh(b) : ops.reg(b) });
      } else {
        const src = ops.copy(result, b);
        ops.emit({ ...at, op: inst.atomic === 'xchg' ? 'xchg' : `fetch-${inst.atomic}`, src });
      }
      return;
    }
    case 'call':
      for (const [i, arg] of inst.args.entries()) ops.set(i + 1, arg);
      ops.emit({ kind: 'call', id: inst.helper, args: inst.args.length, ...(inst.effect && { reloc: { kind: 'call', call: inst.effect } }) });
      if (result && ops.isUsed(result)) ops.move(ops.define(result), 0);
      return;
    case 'map-value': {
      const dst = ops.define(result as Value);
      ops.emit({ kind: 'wide-value', dst, map: 0, offset: inst.offset, reloc: { kind: 'map-value', map: inst.map, offset: inst.offset } });
      return;
    }
  }
}

function selectAlu(alu: AluOp, width: 32 | 64, result: Value, a: Value, b: Value, ops: Operands): void {
  const swap = COMMUTES.has(alu) && (constOf(a) !== undefined || (constOf(b) === undefined && !ops.diesHere(a) && ops.diesHere(b)));
  const [x, y] = swap ? [b, a] : [a, b];
  let imm = ops.immediate(y);
  const linked = ops.linkImmediate(y);
  if (linked !== undefined && !SHIFTS.has(alu)) {
    ops.emit({ kind: 'alu-imm', op: ALU[alu], width, dst: ops.copy(result, x), imm: 0, reloc: linked });
    return;
  }
  if (imm !== undefined && SHIFTS.has(alu)) imm &= width - 1;
  const op = ALU[alu];
  if (imm === 0 && (op === 'div' || op === 'mod')) {
    // The verifier refuses these; what they mean is 0 and the dividend.
    if (op === 'div') ops.emit({ kind: 'alu-imm', op: 'mov', width: 64, dst: ops.define(result), imm: 0 });
    else ops.emit({ kind: 'alu', op: 'mov', width, dst: ops.define(result), src: ops.reg(x) });
    return;
  }
  const src = imm === undefined ? ops.reg(y) : undefined;
  const dst = ops.copy(result, x);
  if (src === undefined) ops.emit({ kind: 'alu-imm', op, width, dst, imm: imm as number });
  else ops.emit({ kind: 'alu', op, width, dst, src });
}

