// A module of the tree, compiled here and now.

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { compile } from '../src/compiler/compile.ts';
import type { Image } from '../src/image/image.ts';

const ROOT = resolve(import.meta.dirname, '..');
const LIBRARY = 'iovisor/';

/** @throws Error  with the diagnostics, if it does not compile */
export function moduleImage(path: string): Image {
  const { image, diagnostics } = compile({ entry: path, read });
  if (image) return image;
  throw new Error(`${path} does not compile:\n${diagnostics.map(d => `${d.code} ${d.file}:${d.line}: ${d.message}`).join('\n')}`);
}

function read(path: string): string | undefined {
  const file = path.startsWith(LIBRARY) ? `${ROOT}/src/lang/lib/${path.slice(LIBRARY.length)}` : `${ROOT}/${path}`;
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
