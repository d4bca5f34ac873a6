// Every instruction of src/isa before this machine's verifier: whatever else it says of a program, it knows the instruction
// and finds no reserved field set. So the encoding is right by the kernel's reading too.

import assert from 'node:assert/strict';
import { kernelTest } from '../../test/require.ts';
import { encode } from '../isa/encode.ts';
import { INSTRUCTIONS } from '../isa/fixtures/instructions.ts';
import type { Insn, Register } from '../isa/insn.ts';
import { loadProgram } from './program.ts';
import { ProgramRefused } from './refusal.ts';

/** Descriptors and BTF ids are looked up before the verifier reads instructions; an indirect call is known to no verifier. */
const ELSEWHERE: ReadonlySet<Insn['kind']> = new Set(['wide-map', 'wide-value', 'wide-btf', 'wide-map-index', 'wide-value-index', 'call-kfunc', 'call-register']);
const JUMPS: ReadonlySet<Insn['kind']> = new Set(['jump', 'jump-imm', 'ja', 'may-goto', 'call-local', 'wide-function']);
const UNKNOWN = /unknown opcode|unknown insn|reserved field|invalid atomic operand|unrecognized bpf_ld_imm64|invalid (BPF_LD|ld_abs|insn)/i;

const REGISTERS: readonly Insn[] = ([0, 2, 3, 4, 5, 6, 7, 8, 9] as Register[]).map(dst => ({ kind: 'alu-imm', op: 'mov', width: 64, dst, imm: 1 }));

function refusal(insn: Insn): string {
  // A jump out of the program would be refused before the verifier reads instructions.
  const near = JUMPS.has(insn.kind) ? { ...insn, offset: 0 } as Insn : insn;
  const program = encode([...REGISTERS, near, { kind: 'alu-imm', op: 'mov', width: 64, dst: 0, imm: 0 }, { kind: 'exit' }]);
  try {
    using _live = loadProgram({ name: 'one', hook: 'tc', code: program });
    return '';
  } catch (error) {
    if (!(error instanceof ProgramRefused)) throw error;
    return `${error.message}\n${JSON.stringify({ ...error })}`;
  }
}

kernelTest('the verifier knows every instruction', () => {
  const unknown = INSTRUCTIONS.filter(([insn]) => !ELSEWHERE.has(insn.kind)).map(([insn, text]) => ({ text, said: refusal(insn) })).filter(r => UNKNOWN.test(r.said));
  assert.deepEqual(unknown, []);
  assert.ok(INSTRUCTIONS.filter(([insn]) => refusal(insn) === '').length > 100);
});

kernelTest('and says so of what is none', () => {
  assert.throws(() => loadProgram({ name: 'none', hook: 'tc', code: Uint8Array.of(0x0f, 0, 0, 0, 1, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0) }), (error: unknown) =>
    error instanceof ProgramRefused && UNKNOWN.test(`${error.message}${JSON.stringify({ ...error })}`));
});
