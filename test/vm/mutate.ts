// A sequence with a few instructions changed at random: what no verifier lets through, mostly. Of WebAssembly and interpreter alike, for
// they share addresses; the kernel's pointers would be seen.

import type { Insn, Register } from '../../src/isa/insn.ts';
import { ALU_NAMES, ATOMIC_NAMES, JUMP_NAMES } from '../../src/isa/opcodes.ts';
import type { Sequence } from './random-sequence.ts';

const REGISTERS = 11;

export function mutated(sequence: Sequence, next: (below: number) => number): Sequence {
  return {
    ...sequence,
    programs: sequence.programs.map(insns => {
      const out = [...insns];
      for (let changes = next(4) + 1; changes > 0 && out.length > 0; changes--) {
        const at = next(out.length);
        switch (next(6)) {
          case 0: out.splice(at, 1); break;
          case 1: out.splice(at, 0, out[next(out.length)]!); break;
          case 2: { const other = next(out.length); [out[at], out[other]] = [out[other]!, out[at]!]; break; }
          default: out[at] = changed(out[at]!, next);
        }
      }
      return out;
    }),
  };
}

export function changed(insn: Insn, next: (below: number) => number): Insn {
  const register = (): Register => next(REGISTERS) as Register;
  const offset = (): number => next(3) === 0 ? next(1200) - 600 : next(80) - 40;
  const fields: Record<string, () => unknown> = {
    dst: register, src: register, offset, imm: () => next(3) === 0 ? next(65536) << 16 : next(80) - 40, width: () => next(2) === 0 ? 32 : 64,
    size: () => insn.kind === 'atomic' ? [4, 8][next(2)] : insn.kind === 'load-signed' ? [1, 2, 4][next(3)] : [1, 2, 4, 8][next(4)],
    value: () => BigInt(next(65536)) << BigInt(next(49)), id: () => next(220), map: () => next(8),
    op: () => insn.kind === 'atomic' ? ATOMIC_NAMES[next(ATOMIC_NAMES.length)] : insn.kind.startsWith('jump') ? JUMP_NAMES[next(JUMP_NAMES.length)] : ALU_NAMES[next(ALU_NAMES.length)],
  };
  const names = Object.keys(insn).filter(name => name in fields);
  if (names.length === 0) return { kind: 'ja', reach: 16, offset: offset() };
  const name = names[next(names.length)]!;
  return { ...insn, [name]: fields[name]!() } as Insn;
}
