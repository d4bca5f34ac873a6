// The compiler's middle form: SSA, blocks with parameters. These are its types; building is build.ts, rules are verify.ts.
// It knows eBPF's kinds of pointers, because the kernel's verifier does, but neither registers nor instructions.
//
// Integers are what registers hold: i32 (upper half of the register always zero) and i64. Narrower types live in memory only:
// loads of 1 and 2 bytes zero-extend, stores truncate, wrapping to 8 or 16 bits is an `and`. Signedness is in the operations.

import type { Effect, Exit } from '../../image/image.ts';

/**
 * i32 i64     integers
 * ctx         the program's context; never an operand of arithmetic
 * packet      somewhere in the packet; a base is loaded from ctx, or base plus a variable
 * end         end of the packet
 * stack       in a stack slot
 * value       in the value of a map; null until checked where a helper gave it
 * map         handle of a map, for helpers only
 */
export type Type = 'i32' | 'i64' | 'ctx' | 'packet' | 'end' | 'stack' | 'value' | 'map';

/** Where an instruction comes from: index into the image's files; lines and columns count from 1. */
export interface Position { readonly file: number; readonly line: number; readonly column: number }

/** What an instruction or a block parameter defines, once. */
export interface Value { readonly id: number; readonly type: Type; def: Inst | Block }

/** Division by zero gives 0, remainder by zero the dividend, shift counts wrap: as eBPF does. */
export type AluOp = 'add' | 'sub' | 'mul' | 'udiv' | 'sdiv' | 'umod' | 'smod' | 'and' | 'or' | 'xor' | 'shl' | 'lshr' | 'ashr';

/** `test`: a & b has a bit set. */
export type Condition = 'eq' | 'ne' | 'ult' | 'ule' | 'ugt' | 'uge' | 'slt' | 'sle' | 'sgt' | 'sge' | 'test';

export type MemBytes = 1 | 2 | 4 | 8;
export type AtomicOp = 'add' | 'or' | 'and' | 'xor' | 'xchg' | 'cmpxchg';

export type Inst = Base & (
  /** i32: 0 … 2^32-1; i64: 0 … 2^64-1; value: 0, which is null. */
  | { op: 'const'; value: bigint }
  /** [a, b] of one integer type, the result's. */
  | { op: 'alu'; alu: AluOp }
  | { op: 'neg' }
  /** zext, sext: i32 → i64. trunc: i64 → i32. */
  | { op: 'zext' | 'sext' | 'trunc' }
  /** Reverses the lowest 2, 4 or 8 bytes; what is above becomes zero. The result has the operand's type; 8 needs i64. */
  | { op: 'swap'; bytes: 2 | 4 | 8 }
  /** Pointer plus constant: same base to the kernel. [pointer] */
  | { op: 'offset'; bytes: number }
  /** Pointer plus i64: a packet pointer becomes a base of its own, with checks of its own. [pointer, i64] */
  | { op: 'index' }
  /** [pointer]. Of ctx also `packet` and `end`, 4 bytes. */
  | { op: 'load'; bytes: MemBytes; offset: number }
  /** [pointer, integer] */
  | { op: 'store'; bytes: MemBytes; offset: number }
  /** [pointer, operand], cmpxchg [pointer, expected, new]. With a result: the old value. 4 bytes: i32, 8 bytes: i64. */
  | { op: 'atomic'; atomic: AtomicOp; bytes: 4 | 8; offset: number }
  /** Memory of the frame, not initialised. Each instruction is one object, live from its first store on. */
  | { op: 'slot'; bytes: number; align: 1 | 2 | 4 | 8 }
  /** A kernel helper, at most five arguments; or, with `effect`, what the linker puts there (helper 0). */
  | { op: 'call'; helper: number; nullable: boolean; movesPacket: boolean; effect?: Effect }
  | { op: 'map'; map: number }
  /** Address of byte `offset` in entry 0 of an array map; never null. */
  | { op: 'map-value'; map: number; offset: number }
  /** i32 that the linker fills in. */
  | { op: 'link'; name: 'element' | 'hz' }
);

interface Base { args: Value[]; result: Value | undefined; readonly at: Position }

export interface Target { block: Block; args: Value[] }

export type Terminator = { readonly at: Position } & (
  | { op: 'jump'; to: Target }
  /** Both of one type, or a `value` and the i64 constant 0. */
  | { op: 'branch'; condition: Condition; a: Value; b: Value; then: Target; else: Target }
  /** Are `bytes` at `base` (a packet pointer) before `end`? The only way to compare packet pointers. */
  | { op: 'bounds'; base: Value; bytes: number; end: Value; then: Target; else: Target }
  /** Leaves the module. `port` (i32): to. `site`: drop and punt. */
  | { op: 'exit'; exit: Exit; port: Value | undefined; site: number | undefined }
  /** Promised by lowering never to be reached; the optimiser removes what leads only here. */
  | { op: 'unreachable' }
);

export interface Block {
  readonly id: number;
  /** Of use to readers only. */
  readonly name: string;
  readonly params: Value[];
  readonly insts: Inst[];
  /** Absent only while the block is being built. */
  end: Terminator | undefined;
}

/** A program. The entry block has one parameter, ctx, and no predecessors. */
export interface Func {
  readonly name: string;
  readonly entry: Block;
  /** All blocks, entry first, in any order. */
  blocks: Block[];
  nextId: number;
}

/** Everything about an instruction but its operands, result and place. */
export type InstShape = Inst extends infer I ? I extends Inst ? Omit<I, 'args' | 'result' | 'at'> : never : never;

export const isBlock = (def: Inst | Block): def is Block => 'insts' in def;

/** The instruction that defines a value, or undefined for block parameters. */
export function defInst(value: Value): Inst | undefined {
  return isBlock(value.def) ? undefined : value.def;
}

/** The constant that a value is, or undefined. */
export function constOf(value: Value): bigint | undefined {
  const def = defInst(value);
  return def?.op === 'const' ? def.value : undefined;
}

export function targets(end: Terminator): Target[] {
  switch (end.op) {
    case 'jump': return [end.to];
    case 'branch': case 'bounds': return [end.then, end.else];
    case 'exit': case 'unreachable': return [];
  }
}

/** Operands of a terminator itself, without block arguments. */
export function operands(end: Terminator): Value[] {
  switch (end.op) {
    case 'branch': return [end.a, end.b];
    case 'bounds': return [end.base, end.end];
    case 'exit': return end.port ? [end.port] : [];
    case 'jump': case 'unreachable': return [];
  }
}

/** Our bug, with what was being worked on. */
export class CompilerBug extends Error {
  constructor(message: string, context = '') {
    super(context === '' ? message : `${message}\n${context}`);
    this.name = 'CompilerBug';
  }
}

export function endOf(block: Block): Terminator {
  if (block.end === undefined) throw new CompilerBug(`block ${block.name} has no end`);
  return block.end;
}
