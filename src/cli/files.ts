// Files that a command was given: paths, folders (their .yaml and .yml, sorted) or `-` for standard input.

import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_FILE_BYTES } from '../model/parse.ts';
import { Failure } from './failure.ts';

interface InputFile { readonly file: string; readonly text: string }

/** @throws Failure */
export function readInputs(paths: readonly string[]): InputFile[] {
  return paths.flatMap(path => {
    if (path === '-') return [{ file: '<stdin>', text: read('<stdin>', 0) }];
    try {
      if (!statSync(path).isDirectory()) return [{ file: path, text: readPath(path) }];
      const inside = readdirSync(path).filter(n => /\.ya?ml$/.test(n)).sort();
      if (inside.length === 0) throw new Failure(`${path} holds no .yaml file`, { cure: 'name a file, or a folder with .yaml files' });
      return inside.map(n => ({ file: join(path, n), text: readPath(join(path, n)) }));
    } catch (error) {
      if (error instanceof Failure) throw error;
      const { code } = error as NodeJS.ErrnoException;
      throw new Failure(code === 'ENOENT' ? `there is no file ${path}` : `${path} cannot be read (${code})`, { cause: error });
    }
  });
}

function readPath(path: string): string {
  const fd = openSync(path, 'r');
  try {
    return read(path, fd);
  } finally {
    closeSync(fd);
  }
}

/** No more than may be parsed, for a pipe or device may never end. */
function read(name: string, fd: number): string {
  const chunks: Buffer[] = [];
  for (let bytes = 0; ;) {
    const chunk = Buffer.allocUnsafe(256 * 1024);
    const got = readSome(fd, chunk);
    if (got === 0) break;
    chunks.push(chunk.subarray(0, got));
    bytes += got;
    if (bytes > MAX_FILE_BYTES) throw new Failure(`${name} is larger than ${MAX_FILE_BYTES >> 20} MiB`, { cure: 'split it' });
  }
  const all = Buffer.concat(chunks);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(all);
    if (!text.includes('\0')) return text;
  } catch { /* said below */ }
  throw new Failure(`${name} is not text in UTF-8`, { cure: 'give YAML files' });
}

function readSome(fd: number, into: Buffer): number {
  for (;;) {
    try {
      return readSync(fd, into, 0, into.length, null);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);      // standard input that another program made non-blocking
    }
  }
}
