// The forms of instructions: every operation with its width and kind of operand. Which of them a set of programs uses, and which not.

import { decode } from '../../src/isa/decode.ts';
import type { Insn } from '../../src/isa/insn.ts';
import { ALU_NAMES, ATOMIC_NAMES, JUMP_NAMES } from '../../src/isa/opcodes.ts';

const SIZES = [1, 2, 4, 8] as const;
const WIDTHS = [32, 64] as const;

export const FORMS: readonly string[] = [
  ...ALU_NAMES.flatMap(op => WIDTHS.flatMap(width => [`${op}${width} register`, `${op}${width} immediate`])),
  ...WIDTHS.map(width => `neg${width}`),
  ...['mov-signed 8 to 32', 'mov-signed 16 to 32', 'mov-signed 8 to 64', 'mov-signed 16 to 64', 'mov-signed 32 to 64'],
  ...['le', 'be', 'swap'].flatMap(order => [16, 32, 64].map(bits => `${order}${bits}`)),
  ...['load', 'store', 'store-imm', 'load-acquire', 'store-release'].flatMap(kind => SIZES.map(size => `${kind} of ${size}`)),
  ...[1, 2, 4].map(size => `load-signed of ${size}`),
  ...ATOMIC_NAMES.flatMap(op => [4, 8].map(size => `atomic ${op} of ${size}`)),
  ...JUMP_NAMES.flatMap(op => WIDTHS.flatMap(width => [`${op}${width} register`, `${op}${width} immediate`])),
  ...['ja 16', 'ja 32', 'may-goto', 'exit', 'call', 'call-local', 'call-kfunc', 'call-register'],
  ...['wide', 'wide-map', 'wide-value', 'wide-btf', 'wide-function', 'wide-map-index', 'wide-value-index'],
  ...['load-absolute', 'load-indirect'].flatMap(kind => [1, 2, 4].map(size => `${kind} of ${size}`)),
];

export function formOf(insn: Insn): string {
  switch (insn.kind) {
    case 'alu': case 'jump': return `${insn.op}${insn.width} register`;
    case 'alu-imm': case 'jump-imm': return `${insn.op}${insn.width} immediate`;
    case 'neg': return `neg${insn.width}`;
    case 'mov-signed': return `mov-signed ${insn.from} to ${insn.width}`;
    case 'endian': return `${insn.order}${insn.bits}`;
    case 'atomic': return `atomic ${insn.op} of ${insn.size}`;
    case 'ja': return `ja ${insn.reach}`;
    case 'load': case 'store': case 'store-imm': case 'load-signed': case 'load-acquire': case 'store-release': case 'load-absolute': case 'load-indirect':
      return `${insn.kind} of ${insn.size}`;
    default: return insn.kind;
  }
}

/** Forms that none of the programs has. */
export function unusedForms(programs: readonly Uint8Array[]): readonly string[] {
  const used = new Set<string>();
  for (const bytes of programs) {
    const decoded = decode(bytes);
    if (decoded.ok) for (const insn of decoded.insns) used.add(formOf(insn));
  }
  return FORMS.filter(form => !used.has(form));
}
