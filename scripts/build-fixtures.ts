// Builds the C programs of test/fixtures/elf with clang. The objects are committed, so that tests need no compiler.
//
//     node scripts/build-fixtures.ts [CLANG]        default: clang-19

import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';

const folder = resolve(import.meta.dirname, '../test/fixtures/elf');
const clang = process.argv[2] ?? 'clang-19';
// The folder's own name goes into no object: equal sources give equal bytes on every machine.
const OPTIONS = ['-target', 'bpf', '-mcpu=v3', '-O2', '-g', '-fdebug-compilation-dir=.', '-Wall', '-Wno-unused', '-Wno-visibility', '-c'];

for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.c')).sort()) {
  const source = resolve(folder, path);
  execFileSync(clang, [...OPTIONS, basename(source), '-o', basename(source).replace(/\.c$/, '.o')], { cwd: dirname(source), stdio: 'inherit' });
  console.log(`test/fixtures/elf/${path.replace(/\.c$/, '.o')}`);
}
