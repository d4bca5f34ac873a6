// iov module new: a folder with a module that compiles, packet cases that pass, control code, a README and a tsconfig. Overwrites nothing.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { EXIT, Failure } from '../../failure.ts';
import { scaffold, type ScaffoldKind } from './scaffold.ts';
import { worldly } from './source.ts';

interface Options { readonly kind: ScaffoldKind; readonly in: string }

const MOST_NAME_CHARACTERS = 40;

export async function create(name: string, options: Options): Promise<void> {
  if (!/^[a-z][a-z0-9-]*$/.test(name) || name.length > MOST_NAME_CHARACTERS) {
    throw new Failure(`'${name}' is no name of a module`, { exitCode: EXIT.usage, cure: `a letter, then a-z, 0-9 and -, at most ${MOST_NAME_CHARACTERS}` });
  }
  const folder = join(options.in, name);
  const files = Object.entries(scaffold(name, options.kind));
  const there = files.map(([file]) => join(folder, file)).filter(path => existsSync(path));
  if (there.length > 0) throw new Failure(`${there.join(', ')} ${there.length === 1 ? 'is' : 'are'} there already`, { cure: 'choose another name or folder; nothing was written' });
  worldly(`${folder} cannot be made`, () => mkdirSync(folder, { recursive: true }));
  // `wx`: nor what another makes at the same time.
  for (const [file, text] of files) worldly(`${join(folder, file)} cannot be written`, () => writeFileSync(join(folder, file), text, { flag: 'wx' }));
  for (const [file] of files) console.log(join(folder, file));
  const module = relative(process.cwd(), join(folder, `${name}.ts`));
  console.log(`\nNext: iov module test --watch ${module}`);
  if (!installed(folder)) console.log(`      npm install --save-dev iovisor      (for editors and tsc; iov itself needs it not)`);
}

/** Whether TypeScript finds the package from there. */
function installed(folder: string): boolean {
  for (let at = join(process.cwd(), folder); ; at = join(at, '..')) {
    if (existsSync(join(at, 'node_modules/iovisor/package.json'))) return true;
    if (join(at, '..') === at) return false;
  }
}
