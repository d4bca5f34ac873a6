// The visor's state directory: its document and the images, each written whole and synced before it counts.

import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hashed, Section } from '../../model/plan.ts';
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
    return this.#write('visor.json', `{"format":${FORMAT},"document":${textOf(document)}}`);
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

/** Sections of a plan are most of it, and the same in many documents: their text is made once. */
function textOf({ plan, ...rest }: Document): string {
  if (!plan) return JSON.stringify(rest);
  const { own, elements, ...others } = plan;
  const sections = `${own === undefined ? '' : `"own":${sectionText(own)},`}"elements":[${elements.map(sectionText).join()}]`;
  return `{"plan":${withMember(others, sections)},${JSON.stringify(rest).slice(1)}`;
}

/** `object` as text, which has members, and one or more behind them. */
function withMember(object: object, members: string): string {
  return `${JSON.stringify(object).slice(0, -1)},${members}}`;
}

const texts = new WeakMap<Section, string>();
function sectionText({ hash, section }: Hashed<Section>): string {
  let text = texts.get(section);
  if (text === undefined) {
    text = JSON.stringify(section);
    texts.set(section, text);
  }
  return withMember({ hash }, `"section":${text}`);
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
