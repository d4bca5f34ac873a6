// Random programs of arithmetic, forward jumps and stack accesses on both engines: they end with the same number.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { disassemble } from '../src/isa/disassemble.ts';
import { encode } from '../src/isa/encode.ts';
import { slots, type Insn, type Register } from '../src/isa/insn.ts';
import { ALU_NAMES, JUMP_NAMES } from '../src/isa/opcodes.ts';
import { createVm } from '../src/vm/vm.ts';
import { kernelTest } from './require.ts';

/** Without r1, which is the context, and r10. */
const REGISTERS: readonly Register[] = [0, 2, 3, 4, 5, 6, 7, 8, 9];
const FRAME = new Uint8Array(64);

const register = fc.constantFrom(...REGISTERS);
const width = fc.constantFrom<32 | 64>(32, 64);
const value = fc.oneof(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), fc.constantFrom(0n, 1n, (1n << 31n) - 1n, 1n << 31n, (1n << 32n) - 1n, 1n << 63n, (1n << 64n) - 1n));
const imm = fc.oneof(fc.integer(), fc.integer({ min: -3, max: 3 }));
const slot = fc.integer({ min: 1, max: 4 }).map(n => -8 * n);

/** Immediates that the verifier refuses are made ones that it takes: divisors of 0, shifts past the width. */
const aluImm = fc.record({ op: fc.constantFrom(...ALU_NAMES), width, dst: register, imm }).map(({ op, width, dst, imm }): Insn => {
  const shifts = op === 'lsh' || op === 'rsh' || op === 'arsh';
  return { kind: 'alu-imm', op, width, dst, imm: shifts ? imm & width - 1 : imm === 0 ? 1 : imm };
});
const insn: fc.Arbitrary<Insn> = fc.oneof(
  fc.record({ kind: fc.constant('alu' as const), op: fc.constantFrom(...ALU_NAMES), width, dst: register, src: register }),
  aluImm,
  fc.record({ kind: fc.constant('neg' as const), width, dst: register }),
  fc.record({ kind: fc.constant('endian' as const), order: fc.constantFrom<'le' | 'be' | 'swap'>('le', 'be', 'swap'), bits: fc.constantFrom<16 | 32 | 64>(16, 32, 64), dst: register }),
  fc.record({ kind: fc.constant('mov-signed' as const), from: fc.constantFrom<8 | 16>(8, 16), width, dst: register, src: register }),
  fc.record({ kind: fc.constant('wide' as const), dst: register, value }),
  fc.record({ kind: fc.constant('store' as const), size: fc.constantFrom<1 | 2 | 4 | 8>(1, 2, 4, 8), dst: fc.constant<Register>(10), offset: slot, src: register }),
  fc.record({ kind: fc.constant('load' as const), size: fc.constantFrom<1 | 2 | 4 | 8>(1, 2, 4, 8), dst: register, src: fc.constant<Register>(10), offset: slot }),
  fc.record({ kind: fc.constant('load-signed' as const), size: fc.constantFrom<1 | 2 | 4>(1, 2, 4), dst: register, src: fc.constant<Register>(10), offset: slot }),
  fc.record({ kind: fc.constant('atomic' as const), op: fc.constantFrom<'add' | 'fetch-xor' | 'xchg' | 'cmpxchg'>('add', 'fetch-xor', 'xchg', 'cmpxchg'), size: fc.constantFrom<4 | 8>(4, 8), dst: fc.constant<Register>(10), offset: slot, src: register }),
);
const jump = fc.record({ op: fc.constantFrom(...JUMP_NAMES), width, dst: register, src: register, over: fc.integer({ min: 1, max: 6 }) });

/** Sets everything up, does `steps` with jumps over the next few, and folds all registers and the stack into r0. */
const program = fc.record({
  start: fc.array(value, { minLength: REGISTERS.length, maxLength: REGISTERS.length }),
  steps: fc.array(fc.oneof({ weight: 5, arbitrary: insn }, { weight: 1, arbitrary: jump }), { minLength: 5, maxLength: 60 }),
}).map(({ start, steps }): Insn[] => {
  const body = steps.map((step, i): Insn => {
    if ('kind' in step) return step;
    const over = steps.slice(i + 1, i + 1 + step.over);
    const offset = over.reduce((sum, s) => sum + ('kind' in s ? slots(s) : 1), 0);
    return { kind: 'jump', op: step.op, width: step.width, dst: step.dst, src: step.src, offset };
  });
  return [
    ...REGISTERS.map((dst, i): Insn => ({ kind: 'wide', dst, value: start[i]! })),
    ...[-8, -16, -24, -32].map((offset): Insn => ({ kind: 'store', size: 8, dst: 10, offset, src: REGISTERS[-offset / 8]! })),
    ...body,
    ...REGISTERS.slice(1).map((src): Insn => ({ kind: 'alu', op: 'xor', width: 64, dst: 0, src })),
    ...[-8, -16, -24, -32].flatMap((offset): Insn[] => [
      { kind: 'load', size: 8, dst: 2, src: 10, offset }, { kind: 'alu-imm', op: 'mul', width: 64, dst: 0, imm: 31 }, { kind: 'alu', op: 'xor', width: 64, dst: 0, src: 2 },
    ]),
    { kind: 'alu', op: 'mov', width: 64, dst: 2, src: 0 }, { kind: 'alu-imm', op: 'rsh', width: 64, dst: 2, imm: 32 }, { kind: 'alu', op: 'xor', width: 64, dst: 0, src: 2 },
    { kind: 'exit' },
  ];
});

kernelTest('vm and kernel agree on random programs', async () => {
  const { loadProgram } = await import('../src/kernel/program.ts');
  const { testRun } = await import('../src/kernel/test-run.ts');
  fc.assert(fc.property(program, insns => {
    const code = encode(insns);
    using onKernel = loadProgram({ name: 'random', hook: 'xdp', code });
    const expected = testRun(onKernel, { packet: FRAME }).verdict;
    for (const checks of ['regions', 'memory'] as const) {
      const loaded = createVm({ checks }).load({ name: 'random', hook: 'xdp', code });
      assert.ok(loaded.ok, loaded.ok ? '' : loaded.refusal.reason);
      const ended = loaded.value.run({ frame: FRAME });
      assert.ok(ended.ok, ended.ok ? '' : ended.fault.reason);
      assert.equal(ended.value.returnCode, expected, disassemble(insns));
    }
  }), { numRuns: 150 });
});
