// Machine code while registers are still being chosen: eBPF instructions over any number of virtual registers, in blocks.
// Between selection and allocation; the final form is isa's.

import type { Exit, Relocation } from '../../image/image.ts';
import type { Insn } from '../../isa/insn.ts';
import type { JumpOp } from '../../isa/opcodes.ts';
import type { Position } from '../ir/ir.ts';

/** 0 … 10: eBPF's own; from FIRST_VIRTUAL: to be allocated. */
export type Reg = number;
export const FRAME_POINTER: Reg = 10;
export const FIRST_VIRTUAL: Reg = 16;
/** Registers that a value can be given: r0 … r9. */
export const COLORS = 10;

type Over<I> = { -readonly [K in keyof I]: K extends 'dst' | 'src' ? Reg : I[K] };
type Plain = Insn extends infer I
  ? I extends { kind: 'alu' | 'alu-imm' | 'neg' | 'endian' | 'load' | 'store' | 'store-imm' | 'atomic' | 'wide' | 'wide-map' | 'wide-value' } ? Over<I> : never
  : never;

export type MachineInst = {
  readonly at: Position;
  /** What the linker fills in, but for the slot. */
  readonly reloc?: RelocationShape;
  /** The memory operand counts from this object of the frame; its register is the frame pointer. */
  readonly frame?: FrameObject;
  /** A load from ctx that gives the same wherever its result may be used. */
  readonly repeats?: true;
  /** The memory is ctx: verifiers refuse an instruction that is reached with ctx on one way and other memory on another, so it is equal to none of these. */
  readonly context?: true;
} & (
  | Plain
  | { readonly kind: 'call'; /** 0: a function that the linker appends. */ readonly id: number; readonly args: number }
  /** dst = address of byte `offset` in the frame object; two instructions in the end. */
  | { readonly kind: 'frame-address'; dst: Reg; readonly frame: FrameObject; readonly offset: number }
);

export type RelocationShape = Relocation extends infer R ? R extends Relocation ? Omit<R, 'slot'> : never : never;

/** A piece of the stack; `at`, negative from the frame pointer, comes when the frame is laid out. */
export interface FrameObject {
  readonly bytes: number;
  readonly align: number;
  at: number;
  readonly spill?: true;
  /** Where the source asks for it. */
  readonly from?: Position;
}

export type MachineEnd = { readonly at: Position } & (
  | { readonly kind: 'goto'; to: MachineBlock }
  | {
    readonly kind: 'cond'; readonly op: JumpOp; readonly width: 32 | 64; dst: Reg; src: Reg | undefined; readonly imm: number;
    readonly reloc?: RelocationShape; then: MachineBlock; otherwise: MachineBlock;
  }
  /** r1 is ctx; r2 the port or site, if `operand`. */
  | { readonly kind: 'leave'; readonly exit: Exit; readonly operand: boolean }
);

export interface MachineBlock { insts: MachineInst[]; end: MachineEnd; readonly name: string }

export interface MachineCode {
  readonly entry: MachineBlock;
  /** Entry first. */
  blocks: MachineBlock[];
  nextReg: Reg;
  /** Where ctx lives. */
  ctx: Reg;
  /** Objects of the frame, spills included. */
  readonly frame: FrameObject[];
}

export function defs(inst: MachineInst): Reg[] {
  switch (inst.kind) {
    case 'alu': case 'alu-imm': case 'neg': case 'endian': case 'load': case 'wide': case 'wide-map': case 'wide-value': case 'frame-address': return [inst.dst];
    case 'store': case 'store-imm': return [];
    case 'atomic': return inst.op === 'cmpxchg' ? [0] : inst.op.startsWith('fetch') || inst.op === 'xchg' ? [inst.src] : [];
    case 'call': return [0, 1, 2, 3, 4, 5];
  }
}

export function uses(inst: MachineInst): Reg[] {
  switch (inst.kind) {
    case 'alu': return inst.op === 'mov' ? [inst.src] : [inst.dst, inst.src];
    case 'alu-imm': return inst.op === 'mov' ? [] : [inst.dst];
    case 'neg': case 'endian': return [inst.dst];
    case 'load': return real([inst.src]);
    case 'store': return real([inst.dst, inst.src]);
    case 'store-imm': return real([inst.dst]);
    case 'atomic': return real(inst.op === 'cmpxchg' ? [inst.dst, inst.src, 0] : [inst.dst, inst.src]);
    case 'call': return [1, 2, 3, 4, 5].slice(0, inst.args);
    case 'wide': case 'wide-map': case 'wide-value': case 'frame-address': return [];
  }
}

export function endUses(end: MachineEnd): Reg[] {
  switch (end.kind) {
    case 'goto': return [];
    case 'cond': return end.src === undefined ? [end.dst] : [end.dst, end.src];
    case 'leave': return end.operand ? [1, 2] : [1];
  }
}

export function successors(end: MachineEnd): MachineBlock[] {
  switch (end.kind) {
    case 'goto': return [end.to];
    case 'cond': return [end.then, end.otherwise];
    case 'leave': return [];
  }
}

/** A whole copy from register to register. */
export function isMove(inst: MachineInst): inst is MachineInst & { kind: 'alu'; op: 'mov'; width: 64 } {
  return inst.kind === 'alu' && inst.op === 'mov' && inst.width === 64;
}

const real = (regs: Reg[]): Reg[] => regs.filter(r => r !== FRAME_POINTER);

/** Gives every register of the instruction another name. */
export function rename(inst: MachineInst, to: (reg: Reg) => Reg): void {
  if ('dst' in inst) inst.dst = to(inst.dst);
  if ('src' in inst) inst.src = to(inst.src);
}

export function renameEnd(end: MachineEnd, to: (reg: Reg) => Reg): void {
  if (end.kind !== 'cond') return;
  end.dst = to(end.dst);
  if (end.src !== undefined) end.src = to(end.src);
}

export function newReg(code: MachineCode): Reg { return code.nextReg++; }
