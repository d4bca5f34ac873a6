// From ordered machine blocks with real registers to slots: jumps get their offsets, frame objects their addresses, and what
// the linker fills in and where lines begin is noted by slot.

import { FRAME_POINTER, type MachineBlock, type MachineEnd, type MachineInst } from './machine.ts';
import { CompilerBug, type Position } from '../ir/ir.ts';
import type { LineEntry, Relocation } from '../../image/image.ts';
import { encode } from '../../isa/encode.ts';
import { slots, type Insn, type Register } from '../../isa/insn.ts';
import type { JumpOp } from '../../isa/opcodes.ts';

/** Characters of a source line that the kernel's log shows. */
const MAX_TEXT = 120;

export type TextOf = (file: number, line: number) => string;
interface Finished { readonly code: Uint8Array; readonly relocations: Relocation[]; readonly lines: LineEntry[] }

const INVERSE: Readonly<Partial<Record<JumpOp, JumpOp>>> = {
  jeq: 'jne', jne: 'jeq', jgt: 'jle', jle: 'jgt', jge: 'jlt', jlt: 'jge', jsgt: 'jsle', jsle: 'jsgt', jsge: 'jslt', jslt: 'jsge',
};

/** `textOf`: the text of a line of a source file, without blanks around it. */
export function finish(order: readonly MachineBlock[], textOf: TextOf): Finished {
  const insns: Insn[] = [];
  const relocations: Relocation[] = [];
  const lines: LineEntry[] = [];
  const starts = new Map<MachineBlock, number>();
  const jumps: { insn: number; slot: number; to: MachineBlock }[] = [];
  let slot = 0;
  const put = (insn: Insn, at: Position, reloc?: MachineInst['reloc']): void => {
    const last = lines.at(-1);
    // Line 0: made by the compiler for no place in particular; it stays with what is before it.
    if (at.line > 0 && (last === undefined || last.file !== at.file || last.line !== at.line || last.column !== at.column)) {
      lines.push({ slot, file: at.file, line: at.line, column: at.column, text: textOf(at.file, at.line).trim().slice(0, MAX_TEXT) });
    }
    if (reloc) relocations.push({ ...reloc, slot });
    insns.push(insn);
    slot += slots(insn);
  };
  const jumpTo = (insn: Insn, to: MachineBlock, at: Position, reloc?: MachineInst['reloc']): void => {
    jumps.push({ insn: insns.length, slot, to });
    put(insn, at, reloc);
  };
  for (const [i, block] of order.entries()) {
    starts.set(block, slot);
    for (const inst of block.insts) for (const insn of real(inst)) put(insn, inst.at, inst.reloc);
    const next = order[i + 1];
    const { end } = block;
    switch (end.kind) {
      case 'leave': put({ kind: 'ja', reach: 16, offset: 0 }, end.at, { kind: 'exit', exit: end.exit }); break;
      case 'goto': if (end.to !== next) jumpTo({ kind: 'ja', reach: 16, offset: 0 }, end.to, end.at); break;
      case 'cond': {
        const inverse = INVERSE[end.op];
        if (end.then === next && inverse !== undefined) jumpTo(compare(end, inverse), end.otherwise, end.at, end.reloc);
        else {
          jumpTo(compare(end, end.op), end.then, end.at, end.reloc);
          if (end.otherwise !== next) jumpTo({ kind: 'ja', reach: 16, offset: 0 }, end.otherwise, end.at);
        }
      }
    }
  }
  for (const jump of jumps) {
    const to = starts.get(jump.to);
    if (to === undefined) throw new CompilerBug(`jump to a block that is nowhere (${jump.to.name})`);
    const offset = to - jump.slot - 1;
    if (offset > 0x7fff || offset < -0x8000) throw new CompilerBug(`a jump over ${offset} slots`);
    insns[jump.insn] = { ...insns[jump.insn], offset } as Insn;
  }
  return { code: encode(insns), relocations, lines };
}

function compare(end: MachineEnd & { kind: 'cond' }, op: JumpOp): Insn {
  const { width } = end;
  const dst = end.dst as Register;
  return end.src === undefined
    ? { kind: 'jump-imm', op, width, dst, imm: end.imm, offset: 0 }
    : { kind: 'jump', op, width, dst, src: end.src as Register, offset: 0 };
}

function real(inst: MachineInst): Insn[] {
  const { at: _at, reloc: _reloc, frame, ...plain } = inst;
  switch (inst.kind) {
    case 'call': return [inst.id === 0 ? { kind: 'call-local', offset: -1 } : { kind: 'call', id: inst.id }];
    case 'frame-address': return [
      { kind: 'alu', op: 'mov', width: 64, dst: inst.dst as Register, src: FRAME_POINTER as Register },
      { kind: 'alu-imm', op: 'add', width: 64, dst: inst.dst as Register, imm: inst.frame.at + inst.offset },
    ];
    case 'load': case 'store': case 'store-imm': case 'atomic':
      return [{ ...plain, offset: inst.offset + (frame?.at ?? 0) } as Insn];
    default: return [plain as Insn];
  }
}
