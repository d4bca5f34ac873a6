// `npm run build`: the package as it is published, in dist/. JavaScript and declarations of src/ and modules/, the sources of modules and
// of the language's library (they are compiled where the Director runs), and a package.json that points at the JavaScript.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
if (tsc.status !== 0) process.exit(tsc.status ?? 1);

for (const path of ['bin', 'tsconfig.module.json', 'README.md', 'CHANGELOG.md', 'LICENSE']) cpSync(join(root, path), join(dist, path), { recursive: true });
for (const path of [...sources('modules'), ...sources('src/lang/lib'), 'src/lang/module.d.ts', 'src/lang/control.d.ts']) {
  mkdirSync(dirname(join(dist, path)), { recursive: true });
  cpSync(join(root, path), join(dist, path));
}
writeFileSync(join(dist, 'package.json'), `${JSON.stringify(published(), null, 2)}\n`);
console.log(`dist/ is the package; try it with: npm pack ./dist`);

/** TypeScript and READMEs below a folder, tests left out. */
function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(f => /\.(ts|md)$/.test(f) && !f.endsWith('.test.ts')).map(f => join(folder, f));
}

function published(): unknown {
  const { name, version, description, license, type, engines, bin, exports, dependencies, allowScripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
  const entries = Object.entries(exports as Record<string, string | { types: string }>).map(([entry, target]) =>
    [entry, typeof target === 'string' && target.endsWith('.ts') ? { types: target.replace(/\.ts$/, '.d.ts'), default: target.replace(/\.ts$/, '.js') } : target]);
  return { name, version, description, license, type, engines, bin, exports: Object.fromEntries(entries), dependencies, allowScripts };
}
