// The numbers of ELF64 relocatable objects and of EM_BPF (System V gABI; llvm include/llvm/BinaryFormat/ELF.h), and the records' shapes.
//
//     header (64)    magic class data … | type machine version entry phoff shoff(40) flags ehsize phentsize phnum shentsize shnum(60) shstrndx(62)
//     section (64)   name 0  type 4  flags 8  addr 16  offset 24  size 32  link 40  info 44  align 48  entry size 56
//     symbol (24)    name 0  info 4 (binding << 4 | kind)  other 5  section 6  value 8  size 16
//     rel (16)       offset 0  info 8 (symbol << 32 | type)

export const ELF_HEADER_BYTES = 64;
export const SECTION_HEADER_BYTES = 64;
export const SYMBOL_BYTES = 24;
export const REL_BYTES = 16;
export const ET_REL = 1;
export const EM_BPF = 247;

export const SECTION_TYPE = { null: 0, progbits: 1, symtab: 2, strtab: 3, rela: 4, nobits: 8, rel: 9 } as const;
export const SECTION_FLAG = { write: 1, alloc: 2, exec: 4, infoLink: 0x40 } as const;
export const SYMBOL_KINDS = ['none', 'object', 'function', 'section', 'file'] as const;
export const BINDINGS = ['local', 'global', 'weak'] as const;
/** Sections from here on have a meaning of their own: SHN_ABS, SHN_COMMON. */
export const FIRST_RESERVED_SECTION = 0xff00;

/** Relocations in code: of wide loads, and of calls. */
export const R_BPF_64_64 = 1;
export const R_BPF_64_32 = 10;

export const SLOT_BYTES = 8;
export const LDDW = 0x18;
export const CALL = 0x85;
/** Upper half of the registers' byte: what a wide load or a call means. */
export const PSEUDO = { mapFd: 1, mapValue: 2, func: 4, call: 1, kfunc: 2 } as const;
