// npm run conformance -- DIR: runs .data files on both implementations of the vm and, as root on Linux, on the kernel. It prints what
// failed and, with --skipped, what the kernel's verifier does not let run; then the count.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { whyNoKernel } from '../test/require.ts';
import { parseCase, type ConformanceCase } from './conformance/case.ts';
import type { Outcome } from './conformance/outcome.ts';
import { runOnVm } from './conformance/vm.ts';

interface Engine { readonly name: string; readonly run: (code: Uint8Array, memory: Uint8Array) => Outcome }

const [directory] = process.argv.slice(2).filter(a => !a.startsWith('--'));
const showSkipped = process.argv.includes('--skipped');
if (directory === undefined) {
  console.error('usage: npm run conformance -- DIR [--skipped]     a directory of .data files (asm, mem, result)');
  process.exit(2);
}
const engines: Engine[] = (['wasm', 'interpreter'] as const).map(name => ({ name, run: (code, memory) => runOnVm(name, code, memory) }));
const noKernel = whyNoKernel();
if (noKernel === undefined) engines.push({ name: 'kernel', run: (await import('./conformance/kernel.ts')).runOnKernel });
else console.log(`on the vm only: ${noKernel}`);

const count = { passed: 0, failed: 0, skipped: 0 };
for (const file of readdirSync(directory).filter(f => f.endsWith('.data')).sort()) {
  const test = parseCase(readFileSync(join(directory, file), 'utf8'));
  for (const engine of engines) {
    const outcome: Outcome = test.code.ok ? engine.run(test.code.bytes, test.memory) : { kind: 'error', reason: test.code.reason };
    const verdict = judge(test, outcome);
    count[verdict]++;
    if (verdict === 'failed' || (verdict === 'skipped' && showSkipped)) console.log(`${file} on ${engine.name}: ${verdict}: ${tell(outcome)}, wanted ${tell(test.expected)}`);
  }
}
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exitCode = count.failed === 0 && count.passed > 0 ? 0 : 1;

function judge({ expected }: ConformanceCase, outcome: Outcome): keyof typeof count {
  if (outcome.kind === 'skipped') return expected.kind === 'error' ? 'passed' : 'skipped';
  if (expected.kind === 'error') return outcome.kind === 'error' ? 'passed' : 'failed';
  return outcome.kind === 'result' && outcome.value === expected.value ? 'passed' : 'failed';
}

function tell(outcome: Outcome | { readonly kind: 'error' }): string {
  if (outcome.kind === 'result') return `0x${outcome.value.toString(16)}`;
  return 'reason' in outcome ? outcome.reason : 'an error';
}
