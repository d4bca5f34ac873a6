// Our own conformance data (the same form as the shared suite's): forms and edges that it does not have, on both implementations and the kernel.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseCase, type ConformanceCase } from '../scripts/conformance/case.ts';
import { FORMS, formOf } from '../scripts/conformance/forms.ts';
import { judge, tell } from '../scripts/conformance/judge.ts';
import type { Outcome } from '../scripts/conformance/outcome.ts';
import { runOnVm } from '../scripts/conformance/vm.ts';
import { INSTRUCTIONS } from '../src/isa/fixtures/instructions.ts';
import { kernelTest } from './require.ts';

const FOLDER = new URL('conformance/', import.meta.url);

function holds(given: ConformanceCase, run: (code: Uint8Array, memory: Uint8Array) => Outcome): void {
  assert.ok(given.code.ok, given.code.ok ? '' : given.code.reason);
  const outcome = run(given.code.bytes, given.memory);
  assert.equal(judge(given, outcome), 'passed', `${tell(outcome)}, wanted ${tell(given.expected)}`);
}

for (const file of readdirSync(FOLDER)) {
  const given = parseCase(readFileSync(new URL(file, FOLDER), 'utf8'));
  for (const implementation of ['wasm', 'interpreter'] as const) test(`${file}: ${implementation}`, () => holds(given, (code, memory) => runOnVm(implementation, code, memory)));
  kernelTest(`${file}: kernel`, async () => {
    const { runOnKernel } = await import('../scripts/conformance/kernel.ts');
    holds(given, runOnKernel);
  });
}

test('the list of forms has every instruction', () => {
  const forms = new Set(INSTRUCTIONS.map(([insn]) => formOf(insn)));
  assert.deepEqual([...forms].sort(), [...FORMS].sort());
});
