// Files that a command was given: paths, folders (their .yaml and .yml, sorted) or `-` for standard input.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.ts';

export interface InputFile { readonly file: string; readonly text: string }

/** @throws Failure */
export function readInputs(paths: readonly string[]): InputFile[] {
  return paths.flatMap(path => {
    if (path === '-') return [{ file: '<stdin>', text: readFileSync(0, 'utf8') }];
    try {
      if (!statSync(path).isDirectory()) return [{ file: path, text: readFileSync(path, 'utf8') }];
      const inside = readdirSync(path).filter(n => /\.ya?ml$/.test(n)).sort();
      if (inside.length === 0) throw new Failure(`${path} holds no .yaml file`, { cure: 'name a file, or a folder with .yaml files' });
      return inside.map(n => ({ file: join(path, n), text: readFileSync(join(path, n), 'utf8') }));
    } catch (error) {
      if (error instanceof Failure) throw error;
      const { code } = error as NodeJS.ErrnoException;
      throw new Failure(code === 'ENOENT' ? `there is no file ${path}` : `${path} cannot be read (${code})`, { cause: error });
    }
  });
}
