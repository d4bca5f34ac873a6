// One eBPF instruction as data, every form through v4 and the later load-acquire, store-release and may_goto (RFC 9669,
// kernel Documentation/bpf/standardization/instruction-set.rst). Shapes only: what an instruction does is said by the engines.
//
// Offsets of jumps and calls count slots of 8 bytes from the next slot, as they are encoded. Immediates are signed 32 bits.

import type { AluOp, AtomicOp, JumpOp } from './opcodes.ts';

export type Register = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;
/** Bytes of a memory access. */
export type Size = 1 | 2 | 4 | 8;
/** Bits of an operation. 32: the upper half of the destination becomes 0. */
export type Width = 32 | 64;

export type Insn =
  | { readonly kind: 'alu'; readonly op: AluOp; readonly width: Width; readonly dst: Register; readonly src: Register }
  | { readonly kind: 'alu-imm'; readonly op: AluOp; readonly width: Width; readonly dst: Register; readonly imm: number }
  | { readonly kind: 'neg'; readonly width: Width; readonly dst: Register }
  /** movsx: the low `from` bits of src, sign-extended to `width`. */
  | { readonly kind: 'mov-signed'; readonly from: 8 | 16 | 32; readonly width: Width; readonly dst: Register; readonly src: Register }
  | { readonly kind: 'endian'; readonly order: 'le' | 'be' | 'swap'; readonly bits: 16 | 32 | 64; readonly dst: Register }
  | { readonly kind: 'load'; readonly size: Size; readonly dst: Register; readonly src: Register; readonly offset: number }
  | { readonly kind: 'load-signed'; readonly size: 1 | 2 | 4; readonly dst: Register; readonly src: Register; readonly offset: number }
  | { readonly kind: 'store'; readonly size: Size; readonly dst: Register; readonly offset: number; readonly src: Register }
  | { readonly kind: 'store-imm'; readonly size: Size; readonly dst: Register; readonly offset: number; readonly imm: number }
  /** On [dst + offset]; forms with `fetch`, and xchg, give the old value in src, cmpxchg in r0. */
  | { readonly kind: 'atomic'; readonly op: AtomicOp; readonly size: 4 | 8; readonly dst: Register; readonly offset: number; readonly src: Register }
  | { readonly kind: 'load-acquire'; readonly size: Size; readonly dst: Register; readonly src: Register; readonly offset: number }
  | { readonly kind: 'store-release'; readonly size: Size; readonly dst: Register; readonly offset: number; readonly src: Register }
  | Wide
  | { readonly kind: 'jump'; readonly op: JumpOp; readonly width: Width; readonly dst: Register; readonly src: Register; readonly offset: number }
  | { readonly kind: 'jump-imm'; readonly op: JumpOp; readonly width: Width; readonly dst: Register; readonly imm: number; readonly offset: number }
  /** `reach` bits of offset: 16 is ja, 32 is gotol. */
  | { readonly kind: 'ja'; readonly reach: 16 | 32; readonly offset: number }
  | { readonly kind: 'may-goto'; readonly offset: number }
  /** Of a helper function by id: helper-functions.ts. */
  | { readonly kind: 'call'; readonly id: number }
  | { readonly kind: 'call-local'; readonly offset: number }
  /** Of a kernel function by BTF id; `module` is an index in fd_array, 0 for vmlinux. */
  | { readonly kind: 'call-kfunc'; readonly btf: number; readonly module: number }
  | { readonly kind: 'call-register'; readonly dst: Register }
  | { readonly kind: 'exit' }
  /** Legacy packet access: network order, ends the program when out of bounds. */
  | { readonly kind: 'load-absolute'; readonly size: 1 | 2 | 4; readonly imm: number }
  | { readonly kind: 'load-indirect'; readonly size: 1 | 2 | 4; readonly src: Register; readonly imm: number };

/** The two-slot forms: a 64-bit immediate, or a pseudo value that the loader replaces. */
type Wide =
  | { readonly kind: 'wide'; readonly dst: Register; /** Unsigned 64 bits. */ readonly value: bigint }
  | { readonly kind: 'wide-map'; readonly dst: Register; /** File descriptor; in the vm, a handle. */ readonly map: number }
  | { readonly kind: 'wide-value'; readonly dst: Register; readonly map: number; readonly offset: number }
  | { readonly kind: 'wide-btf'; readonly dst: Register; readonly btf: number; readonly module: number }
  | { readonly kind: 'wide-function'; readonly dst: Register; readonly offset: number }
  /** By index in fd_array. */
  | { readonly kind: 'wide-map-index'; readonly dst: Register; readonly map: number }
  | { readonly kind: 'wide-value-index'; readonly dst: Register; readonly map: number; readonly offset: number };

/** Slots of 8 bytes that it takes. */
export function slots(insn: Insn): 1 | 2 {
  return insn.kind.startsWith('wide') ? 2 : 1;
}

/** First slot of each instruction, then the number of all slots. */
export function slotStarts(insns: readonly Insn[]): number[] {
  const out = [0];
  for (const insn of insns) out.push(out.at(-1)! + slots(insn));
  return out;
}
