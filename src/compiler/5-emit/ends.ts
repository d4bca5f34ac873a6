// Ends of blocks: conditions, the moves that pass block arguments, and the ways out of the module.

import { newReg, type MachineBlock, type MachineEnd } from './machine.ts';
import type { Operands } from './operands.ts';
import { CompilerBug, constOf, type Block, type Condition, type Target, type Terminator, type Value } from '../ir/ir.ts';
import type { JumpOp } from '../../isa/opcodes.ts';
import type { Exit } from '../../image/image.ts';

const JUMP: Readonly<Record<Condition, JumpOp>> = {
  eq: 'jeq', ne: 'jne', ult: 'jlt', ule: 'jle', ugt: 'jgt', uge: 'jge', slt: 'jslt', sle: 'jsle', sgt: 'jsgt', sge: 'jsge', test: 'jset',
};
/** The condition with its operands exchanged. */
const FLIPPED: Readonly<Record<Condition, Condition>> = {
  eq: 'eq', ne: 'ne', ult: 'ugt', ule: 'uge', ugt: 'ult', uge: 'ule', slt: 'sgt', sle: 'sge', sgt: 'slt', sge: 'sle', test: 'test',
};
const EITHER_WIDTH: ReadonlySet<Condition> = new Set(['eq', 'ne', 'ult', 'ule', 'ugt', 'uge']);

export function emitEnd(end: Terminator, ctx: Value, blockOf: (b: Block) => MachineBlock, ops: Operands): void {
  const { block, at } = ops;
  const set = (e: MachineEnd): void => { block.end = e; };
  switch (end.op) {
    case 'jump':
      passArguments(end.to, ops);
      set({ kind: 'goto', to: blockOf(end.to.block), at });
      return;
    case 'bounds': {
      const { reg, offset } = ops.address(end.base, end.bytes);
      const limit = newReg(ops.code);
      ops.move(limit, reg);
      ops.emit({ kind: 'alu-imm', op: 'add', width: 64, dst: limit, imm: offset });
      const src = ops.reg(end.end);
      set({ kind: 'cond', op: 'jgt', width: 64, dst: limit, src, imm: 0, then: edge(end.else, blockOf, ops), otherwise: edge(end.then, blockOf, ops), at });
      return;
    }
    case 'branch': {
      const flip = constOf(end.a) !== undefined && constOf(end.b) === undefined;
      const [a, b] = flip ? [end.b, end.a] : [end.a, end.b];
      const op = JUMP[flip ? FLIPPED[end.condition] : end.condition];
      const dst = ops.reg(a);
      const imm = ops.immediate(b);
      const src = imm === undefined ? ops.reg(b) : undefined;
      // Words are zero above. Verifiers before 6.10 learn nothing of the whole register from a compare of its lower half.
      const width = a.type === 'i32' && (imm === undefined || imm < 0 || !EITHER_WIDTH.has(end.condition)) ? 32 : 64;
      set({ kind: 'cond', op, width, dst, src, imm: imm ?? 0, then: edge(end.then, blockOf, ops), otherwise: edge(end.else, blockOf, ops), at });
      return;
    }
    case 'exit': {
      const operand = end.port !== undefined || end.site !== undefined;
      if (end.port) ops.set(2, end.port);
      else if (end.site !== undefined) ops.emit({ kind: 'alu-imm', op: 'mov', width: 64, dst: 2, imm: end.site });
      set({ kind: 'goto', to: tail(end.exit, operand, ctx, ops), at });
      return;
    }
    case 'unreachable': throw new CompilerBug('the end of a block that cannot be reached was not removed');
  }
}

/** The block that a branch goes to: the target, or a new one that passes its arguments. */
function edge(target: Target, blockOf: (b: Block) => MachineBlock, ops: Operands): MachineBlock {
  const to = blockOf(target.block);
  if (target.args.length === 0) return to;
  const from = ops.block;
  const block: MachineBlock = { insts: [], end: { kind: 'goto', to, at: ops.at }, name: 'edge' };
  ops.code.blocks.push(block);
  ops.block = block;
  passArguments(target, ops);
  ops.block = from;
  return block;
}

/** All at once in meaning: a parameter may be another's argument. */
function passArguments(target: Target, ops: Operands): void {
  const pending = new Map<number, number>();
  const later: [number, Value][] = [];
  for (const [i, arg] of target.args.entries()) {
    const param = ops.define(target.block.params[i] as Value);
    if (ops.isMade(arg)) later.push([param, arg]);
    else {
      const src = ops.reg(arg);
      if (src !== param) pending.set(param, src);
    }
  }
  while (pending.size > 0) {
    const sources = new Set(pending.values());
    const free = [...pending.keys()].find(dst => !sources.has(dst));
    if (free !== undefined) {
      ops.move(free, pending.get(free) as number);
      pending.delete(free);
      continue;
    }
    // Only cycles are left: one of them goes through a register more.
    const [dst, src] = [...pending][0] as [number, number];
    const spare = newReg(ops.code);
    ops.move(spare, src);
    pending.set(dst, spare);
  }
  for (const [param, arg] of later) ops.set(param, arg);
}

/** All exits of a kind share their last instructions. */
function tail(exit: Exit, operand: boolean, ctx: Value, ops: Operands): MachineBlock {
  let block = ops.tails.get(exit);
  if (block === undefined) {
    const from = ops.block;
    block = { insts: [], end: { kind: 'leave', exit, operand, at: ops.at }, name: exit };
    ops.code.blocks.push(block);
    ops.tails.set(exit, block);
    ops.block = block;
    ops.move(1, ops.reg(ctx));
    ops.block = from;
  }
  return block;
}
