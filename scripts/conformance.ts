// npm run conformance -- DIR…: runs the .data files in directories on both implementations of the vm and, as root on Linux, on the kernel.
// It prints what failed, what the kernel by design does not run, with the verifier's reason, and the forms of instructions that no file has.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { whyNoKernel } from '../test/require.ts';
import { readArguments } from './arguments.ts';
import { parseCase } from './conformance/case.ts';
import { judge, judgeNegative, tell } from './conformance/judge.ts';
import { unusedForms } from './conformance/forms.ts';
import type { Outcome } from './conformance/outcome.ts';
import { runOnVm } from './conformance/vm.ts';

interface Engine { readonly name: string; readonly run: (code: Uint8Array, memory: Uint8Array) => Outcome }

const { positionals: directories, refuse } = readArguments('usage: npm run conformance -- DIR…     directories with .data files (asm, mem, result)', { allowPositionals: true });
if (directories.length === 0) refuse('which directory?');
const absent = directories.find(directory => !existsSync(directory));
if (absent !== undefined) refuse(`there is no directory '${absent}'`);
const engines: Engine[] = (['wasm', 'interpreter'] as const).map(name => ({ name, run: (code, memory) => runOnVm(name, code, memory) }));
const noKernel = whyNoKernel();
if (noKernel === undefined) engines.push({ name: 'kernel', run: (await import('./conformance/kernel.ts')).runOnKernel });
else console.log(`on the vm only: ${noKernel}`);

const count = { passed: 0, failed: 0, skipped: 0 };
const programs: Uint8Array[] = [];
const files = directories.flatMap(directory => readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter(f => f.endsWith('.data')).sort().map(f => join(directory, f)));
for (const path of files) {
  const file = basename(path);
  const isNegative = basename(dirname(path)) === 'negative';
  const test = parseCase(readFileSync(path, 'utf8'));
  if (test.code.ok) programs.push(test.code.bytes);
  for (const engine of engines) {
    const outcome: Outcome = test.code.ok ? engine.run(test.code.bytes, test.memory) : { kind: 'error', reason: test.code.reason };
    const verdict = isNegative ? judgeNegative(test, outcome) : judge(test, outcome);
    count[verdict]++;
    if (verdict !== 'passed') console.log(`${file} on ${engine.name}: ${verdict}: ${tell(outcome)}, wanted ${tell(test.expected)}`);
  }
}
const unused = unusedForms(programs);
console.log(`${files.length} files; ${unused.length === 0 ? 'together they have every form of instruction' : `forms that none has: ${unused.join(', ')}`}`);
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exitCode = count.failed === 0 && count.passed > 0 ? 0 : 1;
