// Plain TypeScript over sources of modules, as an author's editor runs it: version 7, and 5.9 where it is installed (as `typescript-5.9`).

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

interface TypeScript { readonly name: string; readonly tsc: string; readonly missing: string | false }

const root = new URL('..', import.meta.url);

function installed(name: string, folder: string): TypeScript {
  const tsc = fileURLToPath(new URL(`node_modules/${folder}/bin/tsc`, root));
  return { name, tsc, missing: existsSync(tsc) ? false : `${folder} is not installed` };
}

export const TYPESCRIPTS: readonly TypeScript[] = [installed('TypeScript 7', 'typescript'), installed('TypeScript 5.9', 'typescript-5.9')];

/** Lines of files, relative to the repository, that `tsc -p project` has errors at. */
export function linesRefused({ tsc }: TypeScript, project: string): { readonly file: string; readonly line: number; readonly text: string }[] {
  const { stdout, stderr, error } = spawnSync(process.execPath, [tsc, '-p', project, '--pretty', 'false'], { cwd: fileURLToPath(root), encoding: 'utf8', timeout: 120_000, maxBuffer: 1 << 26 });
  if (error) throw error;
  if (stderr !== '') throw new Error(stderr);
  return [...stdout.matchAll(/^(\S.*?)\((\d+),\d+\): error (.*)$|^error (.*)$/gm)].map(m => ({ file: m[1] ?? '', line: Number(m[2] ?? 0), text: m[3] ?? m[4] ?? '' }));
}
