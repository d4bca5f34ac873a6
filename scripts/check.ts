// `npm run check`: everything that needs no root and no network. Each step is a process; the first that fails is shown whole.

import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';

interface Step { readonly name: string; readonly command: readonly string[] }

const root = resolve(import.meta.dirname, '..');
const node = process.execPath;
// By its own path: the older TypeScript that tests also ask has a bin of the same name.
const TSC = 'node_modules/typescript/bin/tsc';
const CACHE = resolve(root, 'node_modules/.cache/node');
const bin = (name: string): string => resolve(root, 'node_modules/.bin', name);

/** What takes seconds of a core is npm test's: by its name, or because its folder is about processes of the product and of others (test/README.md). */
const LONG = ['**/*.long.test.ts', 'test/{cli,counterparts,demo}/**'];
const TESTS = globSync('{src,test,sim,modules,examples,scripts}/**/*.test.ts', { cwd: root, exclude: LONG }).sort();

const steps: readonly Step[] = [
  { name: 'tidy', command: [node, 'scripts/tidy.ts'] },
  { name: 'types', command: [node, TSC, '-p', '.'] },
  { name: 'types of the browser page', command: [node, TSC, '-p', 'examples/browser'] },
  { name: 'lint', command: [bin('biome'), 'lint', '--error-on-warnings', '--log-level=error', '.'] },
  { name: 'generated files', command: [node, 'scripts/generate.ts', '--check'] },
  { name: 'tests', command: [node, '--test', '--test-reporter=dot', `--test-concurrency=${availableParallelism()}`, ...TESTS] },
];

function run(step: Step): Promise<{ readonly ok: boolean; readonly output: string; readonly ms: number }> {
  const [command, ...args] = step.command as [string, ...string[]];
  const start = performance.now();
  return new Promise(done => {
    // The kernel engine's tests are npm test's: this command is the same with and without root.
    // A hundred test files import much the same sources: stripped of types and compiled once for all of them.
    const child = spawn(command, args, { cwd: root, env: { ...process.env, IOV_REQUIRE: 'none', NODE_COMPILE_CACHE: CACHE }, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', c => chunks.push(c));
    child.stderr.on('data', c => chunks.push(c));
    child.on('error', e => done({ ok: false, output: String(e), ms: performance.now() - start }));
    child.on('close', code => done({ ok: code === 0, output: Buffer.concat(chunks).toString(), ms: performance.now() - start }));
  });
}

let failed = 0;
const start = performance.now();
// Two cores: the quick steps run beside the tests.
const quick = steps.slice(0, -1).map(async step => report(step, await run(step)));
const tests = steps.slice(-1).map(async step => report(step, await run(step)));
await Promise.all([...quick, ...tests]);
console.log(`${failed ? `${failed} of ${steps.length} steps failed` : 'all is well'} after ${((performance.now() - start) / 1000).toFixed(1)} s`);
process.exitCode = failed ? 1 : 0;

function report(step: Step, result: { ok: boolean; output: string; ms: number }): void {
  console.log(`${result.ok ? 'ok  ' : 'FAIL'} ${step.name} (${(result.ms / 1000).toFixed(1)} s)`);
  if (!result.ok) { failed++; console.log(result.output.trimEnd()); }
}
