// The visor's state directory: its document and the images, each written whole and synced before it counts.

import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Document } from '../core/document.ts';
import { VisorRefused } from './refused.ts';

const FORMAT = 1;

export class Disk {
  readonly #dir: string;
  #last: Promise<unknown> = Promise.resolve();

  constructor(dir: string) {
    this.#dir = dir;
    try {
      mkdirSync(join(dir, 'images'), { recursive: true, mode: 0o700 });
    } catch (e) {
      throw new VisorRefused(`cannot use the state directory ${dir}: ${(e as Error).message}`, 'give a directory that this user may write, with --state');
    }
  }

  /** Undefined: there is none. One that cannot be read is put aside, for the Director has the plan and the data path stands. */
  document(onBad: (message: string) => void): Document | undefined {
    const path = join(this.#dir, 'visor.json');
    if (!existsSync(path)) return undefined;
    try {
      const { format, document } = JSON.parse(readFileSync(path, 'utf8')) as { format: number; document: Document };
      if (format !== FORMAT) throw new Error(`format ${format}, this version reads ${FORMAT}`);
      return document;
    } catch (e) {
      renameSync(path, `${path}.bad`);
      onBad(`${path} cannot be read (${(e as Error).message}); it is now ${path}.bad`);
      return undefined;
    }
  }

  saveDocument(document: Document): Promise<void> {
    return this.#write('visor.json', JSON.stringify({ format: FORMAT, document }));
  }

  images(): string[] {
    return readdirSync(join(this.#dir, 'images')).filter(f => /^[0-9a-f]+\.json$/.test(f)).map(f => f.slice(0, -'.json'.length));
  }

  image(hash: string): string {
    return readFileSync(join(this.#dir, 'images', `${hash}.json`), 'utf8');
  }

  saveImage(hash: string, text: string): Promise<void> {
    return this.#write(join('images', `${hash}.json`), text);
  }

  dropImage(hash: string): void {
    rmSync(join(this.#dir, 'images', `${hash}.json`), { force: true });
  }

  /** Until all that was begun is done, or refused. */
  async settled(): Promise<void> {
    await this.#last;
  }

  /** One after the other, in the order of the calls. Syncing takes milliseconds, and the visor has other things to do meanwhile. */
  #write(name: string, text: string): Promise<void> {
    const written = this.#last.then(() => write(join(this.#dir, name), text));
    this.#last = written.catch(() => undefined);
    return written;
  }
}

async function write(path: string, text: string): Promise<void> {
  {
    await using file = await open(`${path}.new`, 'w', 0o600);
    await file.writeFile(text);
    await file.sync();
  }
  await rename(`${path}.new`, path);
  await using directory = await open(join(path, '..'), 'r');
  await directory.sync();
}
