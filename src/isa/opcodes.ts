// The numbers of the encoding, shared by encoder, decoder, assembler, compiler and engines. No semantics.
//
//     opcode of arithmetic and jumps   op << 4 | source (0 immediate, 8 register) | class
//     opcode of loads and stores       mode << 5 | size << 3 | class

export const CLASS = { ld: 0, ldx: 1, st: 2, stx: 3, alu: 4, jmp: 5, jmp32: 6, alu64: 7 } as const;
export const MODE = { imm: 0x00, abs: 0x20, ind: 0x40, mem: 0x60, memsx: 0x80, atomic: 0xc0 } as const;
export const SOURCE_REGISTER = 0x08;

/** Size bits by bytes. */
export const SIZE_BITS = { 1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18 } as const;
export const SIZE_SUFFIX = { 1: 'b', 2: 'h', 4: 'w', 8: 'dw' } as const;

/** Arithmetic with two operands: code, and the signed forms' 1 in the offset field. */
export const ALU_OPS = {
  add: { code: 0x00, offset: 0 }, sub: { code: 0x10, offset: 0 }, mul: { code: 0x20, offset: 0 }, div: { code: 0x30, offset: 0 },
  sdiv: { code: 0x30, offset: 1 }, or: { code: 0x40, offset: 0 }, and: { code: 0x50, offset: 0 }, lsh: { code: 0x60, offset: 0 },
  rsh: { code: 0x70, offset: 0 }, mod: { code: 0x90, offset: 0 }, smod: { code: 0x90, offset: 1 }, xor: { code: 0xa0, offset: 0 },
  mov: { code: 0xb0, offset: 0 }, arsh: { code: 0xc0, offset: 0 },
} as const;
export type AluOp = keyof typeof ALU_OPS;
export const NEG = 0x80;
export const END = 0xd0;

export const JUMP_OPS = {
  jeq: 0x10, jgt: 0x20, jge: 0x30, jset: 0x40, jne: 0x50, jsgt: 0x60, jsge: 0x70, jlt: 0xa0, jle: 0xb0, jslt: 0xc0, jsle: 0xd0,
} as const;
export type JumpOp = keyof typeof JUMP_OPS;
export const JA = 0x00;
export const CALL = 0x80;
export const EXIT = 0x90;
export const JCOND = 0xe0;

/** The immediate of atomic instructions. */
export const ATOMIC_OPS = {
  add: 0x00, or: 0x40, and: 0x50, xor: 0xa0,
  'fetch-add': 0x01, 'fetch-or': 0x41, 'fetch-and': 0x51, 'fetch-xor': 0xa1, xchg: 0xe1, cmpxchg: 0xf1,
} as const;
export type AtomicOp = keyof typeof ATOMIC_OPS;
export const LOAD_ACQUIRE = 0x100;
export const STORE_RELEASE = 0x110;

/** The source field of wide loads (BPF_PSEUDO_*). */
export const WIDE = { value: 0, mapFd: 1, mapValue: 2, btfId: 3, func: 4, mapIndex: 5, mapIndexValue: 6 } as const;
/** The source field of calls. */
export const CALL_KIND = { helper: 0, local: 1, kfunc: 2 } as const;

export const ALU_NAMES = Object.keys(ALU_OPS) as AluOp[];
export const JUMP_NAMES = Object.keys(JUMP_OPS) as JumpOp[];
export const ATOMIC_NAMES = Object.keys(ATOMIC_OPS) as AtomicOp[];
