// Builds the C programs of test/fixtures/elf with clang. The objects are committed, so that tests need no compiler.
//
//     node scripts/build-fixtures.ts [CLANG]        default: clang-19

import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';

const folder = resolve(import.meta.dirname, '../test/fixtures/elf');
const clang = process.argv[2] ?? 'clang-19';

for (const source of readdirSync(folder).filter(name => name.endsWith('.c'))) {
  const object = source.replace(/\.c$/, '.o');
  // The folder's own name goes into no object: equal sources give equal bytes on every machine.
  execFileSync(clang, ['-target', 'bpf', '-mcpu=v3', '-O2', '-g', '-fdebug-compilation-dir=.', '-Wall', '-Wno-unused', '-c', source, '-o', object], { cwd: folder, stdio: 'inherit' });
  console.log(`test/fixtures/elf/${object}`);
}
