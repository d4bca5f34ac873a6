// Bad input on all three: a refusal, a fault or the defined result, alike in WebAssembly and in the interpreter, and never an exception.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assemble } from '../../src/isa/assemble.ts';
import { encode } from '../../src/isa/encode.ts';
import type { Insn } from '../../src/isa/insn.ts';
import type { Implementation } from '../../src/vm/loaders.ts';
import { createVm, type Vm } from '../../src/vm/vm.ts';
import { kernelTest } from '../require.ts';
import { badCode } from './random-bad.ts';
import { becameOf, BAD_FUEL, BAD_MEMORY } from './readings.ts';
import { tapeReader } from './tape.ts';

const IMPLEMENTATIONS: readonly Implementation[] = ['wasm', 'interpreter'];

test('random bytes and random instructions', () => {
  const [wasm, interpreter] = IMPLEMENTATIONS.map(implementation => createVm({ implementation, fuel: BAD_FUEL })) as [Vm, Vm];
  fc.assert(fc.property(fc.array(fc.nat(0xffffff), { minLength: 20, maxLength: 400, size: 'max' }), tape => {
    const code = badCode(tapeReader(tape));
    const [a, b] = [becameOf(wasm, code), becameOf(interpreter, code)];
    if (a !== 'fuel' && b !== 'fuel') assert.equal(a, b);
  }), { numRuns: 300 });
});

test('a program cannot write over the keys and chains of a map', () => {
  for (const implementation of IMPLEMENTATIONS) {
    const vm = createVm({ implementation });
    const map = vm.createMap({ name: 'hash', type: 'HASH', keyBytes: 4, valueBytes: 8, capacity: 8 });
    const key = new Uint8Array(4);
    map.update(key, new Uint8Array(8));
    const sweep = (step: number): Uint8Array => assembled(`stw [%r10-4], 0\nlddw %r1, map_fd(${map.handle})\nmov %r2, %r10\nadd %r2, -4\ncall map_lookup_elem
      mov %r6, %r0\nmov %r7, 9000\nround: stdw [%r6+0], -1\nadd %r6, ${step}\nsub %r7, 1\njne %r7, 0, round\nmov %r0, 0\nexit`);
    for (const step of [8, -8]) assert.match(becameOf(vm, sweep(step)), /^access at slot 8$/);
    assert.deepEqual([...map.entries()].map(([k]) => k), [key]);
  }
});

const assembled = (text: string): Uint8Array => {
  const out = assemble(text);
  assert.ok(out.ok, out.ok ? '' : out.errors[0]?.message);
  return encode(out.insns);
};
const insn = (...insns: Insn[]): Uint8Array => encode(insns);
const EXIT: Insn = { kind: 'exit' };
const jump = (offset: number): Insn => ({ kind: 'jump-imm', op: 'jeq', width: 64, dst: 1, imm: 0, offset });

/** A program, and what becomes of it; `kernel`: whether the verifier refuses it too. */
const CASES: readonly (readonly [name: string, code: Uint8Array, becomes: RegExp, kernel: 'refuses' | 'runs'])[] = [
  ['no bytes', new Uint8Array(0), /^refused$/, 'refuses'],
  ['half an instruction', Uint8Array.of(0xb7, 0, 0, 0), /^refused$/, 'refuses'],
  ['half of a wide load', Uint8Array.of(0x18, 0, 0, 0, 0, 0, 0, 0), /^refused$/, 'refuses'],
  ['no such register', Uint8Array.of(0xb7, 0x0b, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0), /^refused$/, 'refuses'],
  ['a jump behind the end', insn(jump(5), EXIT), /^refused$/, 'refuses'],
  ['a jump before the beginning', insn(jump(-2), EXIT), /^refused$/, 'refuses'],
  ['a jump into a wide load', insn(jump(1), { kind: 'wide', dst: 0, value: 1n }, EXIT), /^refused$/, 'refuses'],
  ['a jump out of a function', assembled('call local f\nexit\nf: ja +1\nexit\nmov %r0, 0\nexit').fill(0xfd, 18, 19).fill(0xff, 19, 20), /^refused$/, 'refuses'],
  ['falling off the end', assembled('mov %r0, 0'), /^refused$/, 'refuses'],
  ['unreachable code', assembled('mov %r0, 7\nexit\nmov %r0, 8\nexit'), /^r0 7 /, 'refuses'],
  ['a write to r10', assembled('mov %r10, 0\nexit'), /^refused$/, 'refuses'],
  ['a fetch into r10', insn({ kind: 'atomic', op: 'xchg', size: 8, dst: 1, offset: 0, src: 10 }, EXIT), /^refused$/, 'refuses'],
  ['division by zero', assembled('mov %r0, 5\nmov %r2, 0\ndiv %r0, %r2\nexit'), /^r0 0 /, 'runs'],
  ['a remainder by zero', assembled('mov %r0, 5\nmov %r2, 0\nmod %r0, %r2\nexit'), /^r0 5 /, 'runs'],
  ['a read of address 0', assembled('mov %r2, 0\nldxdw %r0, [%r2]\nexit'), /^access at slot 1$/, 'refuses'],
  ['a write behind the memory', assembled('mov %r0, 0\nstb [%r1+64], 1\nexit'), /^access at slot 1$/, 'refuses'],
  ['a write over the stack', assembled('mov %r0, 0\nstb [%r10+0], 1\nexit'), /^access at slot 1$/, 'refuses'],
  ['an address of more than 32 bits', assembled('lddw %r2, 0x100000000\nadd %r2, %r1\nldxb %r0, [%r2]\nexit'), /^access at slot 3$/, 'refuses'],
  ['an endless loop', assembled('mov %r0, 0\nround: ja round'), /^fuel$/, 'refuses'],
  ['recursion', assembled('call local f\nexit\nf: call local f\nexit'), /^fuel$/, 'refuses'],
];

for (const [name, code, becomes, kernel] of CASES) {
  for (const implementation of IMPLEMENTATIONS) test(`${name}: ${implementation}`, () => { assert.match(becameOf(createVm({ implementation, fuel: BAD_FUEL }), code), becomes); });
  kernelTest(`${name}: the kernel ${kernel} it`, async () => {
    const { runOnKernel } = await import('../../scripts/conformance/kernel.ts');
    const { SysError } = await import('../../src/sys/errors.ts');
    try {
      assert.equal(runOnKernel(code, BAD_MEMORY).kind, kernel === 'refuses' ? 'skipped' : 'result');
    } catch (error) {
      // EINVAL without a log: what is not even an instruction.
      assert.ok(error instanceof SysError && kernel === 'refuses', String(error));
    }
  });
}
