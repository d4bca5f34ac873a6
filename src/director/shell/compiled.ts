// Images of this package's own modules, compiled once: kept in the package's folder under a hash of all that they are made of. Whoever may write
// there could change the package itself; where this user may not, nothing is kept, and each start compiles.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage, encodeImage } from '../../image/codec.ts';
import type { Image } from '../../image/image.ts';
import { packageRoot } from '../../sys/package-root.ts';
import { writeWhole } from '../../sys/write-whole.ts';
import { StartRefused } from './refused.ts';

const FOLDER = join(packageRoot, 'node_modules/.cache/iov/images');
const MADE_OF = ['src/compiler', 'src/image', 'src/isa', 'src/lang', 'modules'];

/** @throws StartRefused: it does not compile */
export async function compiledImages(names: readonly string[]): Promise<ReadonlyMap<string, Image>> {
  const folder = join(FOLDER, hashOfSources());
  const images = new Map<string, Image>();
  for (const name of names) images.set(name, kept(join(folder, `${name}.json`)) ?? await compiled(name, folder));
  return images;
}

async function compiled(name: string, folder: string): Promise<Image> {
  const [{ compile }, { formatDiagnostic }] = await Promise.all([import('../../compiler/compile.ts'), import('../../compiler/diagnostics/diagnostic.ts')]);
  const read = (path: string): string | undefined => {
    const file = join(packageRoot, path.replace(/^iovisor\//, 'src/lang/lib/'));
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  };
  const { image, diagnostics } = compile({ read, entry: `modules/${name}/${name}.ts`, walks: true });
  if (!image) throw new StartRefused(`module ${name} does not compile:\n${diagnostics.map(formatDiagnostic).join('\n')}`, 'mend the module, or install iovisor again');
  keep(folder, name, image);
  return image;
}

function kept(file: string): Image | undefined {
  try {
    const decoded = decodeImage(readFileSync(file, 'utf8'));
    return decoded.ok ? decoded.image : undefined;
  } catch {
    return undefined;
  }
}

function keep(folder: string, name: string, image: Image): void {
  try {
    mkdirSync(folder, { recursive: true });
    for (const other of readdirSync(FOLDER)) if (join(FOLDER, other) !== folder) rmSync(join(FOLDER, other), { recursive: true, force: true });
    writeWhole(join(folder, `${name}.json`), encodeImage(image));
  } catch {
    // A cache that cannot be written is none.
  }
}

function hashOfSources(): string {
  const hash = createHash('sha256');
  for (const top of MADE_OF) {
    const files = readdirSync(join(packageRoot, top), { recursive: true, encoding: 'utf8' }).filter(f => /\.[jt]s$/.test(f) && !/\.(test|d)\.ts$/.test(f)).sort();
    for (const file of files) hash.update(`${top}/${file}\0`).update(readFileSync(join(packageRoot, top, file)));
  }
  return hash.digest('hex').slice(0, 32);
}
