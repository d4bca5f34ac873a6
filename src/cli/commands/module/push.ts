// iov module push: a module and the files that it took go to the Director, which compiles them itself and lets them in as the next version.

import { readFileSync } from 'node:fs';
import { basename, dirname, relative, resolve } from 'node:path';
import type { Applied } from '../../../model/api.ts';
import { directorOf } from '../../connect.ts';
import { compiledOf, sourceOf, worldly } from './source.ts';

export async function push(file: string, options: { readonly director?: string; readonly name?: string; readonly output: string }): Promise<void> {
  const source = sourceOf(file);
  // What is wrong is said here first, with the paths of here.
  compiledOf(file, source);
  const base = dirname(resolve(file));
  const sources = Object.fromEntries([...source.asked].flatMap(path => {
    const text = read(path);
    return text === undefined ? [] : [[relative(base, path), text]];
  }));
  const entry = basename(file);
  const applied: Applied = await directorOf(options).push({ name: options.name ?? entry.replace(/\.ts$/, ''), entry, sources });
  const [change] = applied.changes;
  const name = change!.key.slice('Module/'.length);
  if (options.output === 'json') console.log(JSON.stringify({ module: name, action: change!.action, revision: applied.revision, warnings: applied.warnings ?? [] }));
  else console.log(change!.action === 'unchanged' ? `${name} is the same already` : `${name} is let in; a Function places it: spec.module: ${name}`);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return worldly(`${path} cannot be read`, () => { throw e; });
  }
}
