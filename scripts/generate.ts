// Files that are made from code and committed: `npm run generate` writes them, `-- --check` fails where one differs.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { renderDiagnostics } from '../src/compiler/diagnostics/render.ts';
import { referencePages } from './reference.ts';

const root = resolve(import.meta.dirname, '..');
const FILES: Readonly<Record<string, () => string>> = {
  'docs/diagnostics.md': renderDiagnostics,
  ...referencePages(),
};

const check = process.argv.includes('--check');
for (const [path, render] of Object.entries(FILES)) {
  const file = join(root, path);
  const text = render();
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  if (check) {
    console.error(`${path} is not what the code makes of it; run 'npm run generate'`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(`wrote ${path}`);
  }
}
