// The guest's file system: this Node, its shared libraries, a program of ours with what it imports, and what it is given, as a newc cpio
// archive. Nothing else is in it: Node is the first process. The archive itself is also that of the guest in test/counterparts.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Guest } from './boot.ts';
import { MatrixUnavailable } from './unavailable.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const MODE = { directory: 0o040755, file: 0o100755, device: 0o020600 } as const;
const CONSOLE = [5, 1] as const;

export const NODE_PATH = '/bin/node';

/** Writes the archive to `path`. `programs`: files of the tree, the first of which is run; `given`: by path in the guest. @throws MatrixUnavailable */
export function writeInitramfs(path: string, programs: readonly [string, ...string[]], given: ReadonlyMap<string, Uint8Array>): Guest {
  const files = new Map(given);
  const binaries = [process.execPath, ...koffi(files)];
  files.set(NODE_PATH, readFileSync(process.execPath));
  for (const library of new Set(binaries.flatMap(librariesOf))) files.set(library, readFileSync(library));
  for (const path of programs) program(files, path);
  hashes(files);
  files.set('/matrix/package.json', new TextEncoder().encode('{"type":"module"}'));
  writeFileSync(path, archive(files));
  return { initramfs: path, main: `/matrix/${programs[0]}` };
}

/** The one package of JavaScript that the data path has. */
function hashes(files: Map<string, Uint8Array>): void {
  const name = '@noble/hashes';
  for (const file of readdirSync(join(ROOT, 'node_modules', name))) if (/\.js$|^package\.json$/.test(file)) files.set(`/matrix/node_modules/${name}/${file}`, readFileSync(join(ROOT, 'node_modules', name, file)));
}

/** The koffi package and its binary. Returns what has shared libraries. */
function koffi(files: Map<string, Uint8Array>): string[] {
  const binaries: string[] = [];
  for (const name of ['koffi', `@koromix/koffi-linux-${process.arch}`]) {
    const from = join(ROOT, 'node_modules', name);
    if (!existsSync(from)) throw new MatrixUnavailable(`the package ${name} is not installed`, 'run npm ci');
    for (const path of readdirSync(from, { recursive: true, encoding: 'utf8' })) {
      const wanted = name === 'koffi' ? path === 'package.json' || /^(src\/koffi\/.*|[^/]*)\.c?js$/.test(path) : !path.startsWith('musl');
      if (!wanted || !statSync(join(from, path)).isFile()) continue;
      files.set(`/matrix/node_modules/${name}/${path}`, readFileSync(join(from, path)));
      if (path.endsWith('.node')) binaries.push(join(from, path));
    }
  }
  return binaries;
}

function librariesOf(binary: string): string[] {
  const { stdout, status } = spawnSync('ldd', [binary], { encoding: 'utf8' });
  if (status !== 0) throw new MatrixUnavailable(`ldd tells nothing about ${binary}`, 'use a Node that is linked to glibc');
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map(match => match[1] as string);
}

/** The file and all that it imports but for types. */
function program(files: Map<string, Uint8Array>, path: string): void {
  const at = `/matrix/${path}`;
  if (files.has(at)) return;
  const text = readFileSync(join(ROOT, path), 'utf8');
  files.set(at, new TextEncoder().encode(text));
  for (const match of text.matchAll(/^(?:import|export)\b(?! type\b)[^;'"]*from\s*['"](\.[^'"]+)['"]/gm)) {
    program(files, relative(ROOT, resolve(dirname(realpathSync(join(ROOT, path))), match[1] as string)));
  }
}

/** A newc cpio archive of these files, all executable, by path. */
export function archive(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const parts: Uint8Array[] = [];
  let inode = 0;
  const put = (path: string, mode: number, content: Uint8Array = new Uint8Array(), device: readonly [number, number] = [0, 0]): void => {
    const name = path.replace(/^\//, '');
    const fields = [++inode, mode, 0, 0, 1, 0, content.byteLength, 0, 0, ...device, name.length + 1, 0];
    parts.push(padded(new TextEncoder().encode(`070701${fields.map(field => field.toString(16).padStart(8, '0')).join('')}${name}\0`)), padded(content));
  };
  const folders = new Set(['/dev', '/proc', '/sys']);
  for (const path of files.keys()) for (let up = dirname(path); up !== '/'; up = dirname(up)) folders.add(up);
  for (const folder of [...folders].sort()) put(folder, MODE.directory);
  put('/dev/console', MODE.device, undefined, CONSOLE);
  for (const [path, content] of files) put(path, MODE.file, content);
  put('TRAILER!!!', 0);
  return Buffer.concat(parts);
}

function padded(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.ceil(bytes.byteLength / 4) * 4);
  out.set(bytes);
  return out;
}
