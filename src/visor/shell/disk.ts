// The visor's state directory: its document and the images, each synced before it counts. A document is written whole once in a while, and in between what
// makes it the next, a line each behind it: a server with a thousand endpoints writes about one what it would write with none.

import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { open, rename, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Document } from '../core/document.ts';
import { changedBy, changeOf, type DocumentChange } from '../core/document-change.ts';
import { VisorRefused } from './refused.ts';

const FORMAT = 1, NAME = 'visor.json';
/** Lines behind a document that take more than it, and more than this, are too much to read. */
const LEAST_LINES_BYTES = 1 << 18;

/** What the file has, open at its end. */
interface Written { readonly file: FileHandle; readonly inode: number; readonly document: Document; readonly wholeBytes: number; readonly linesBytes: number }

export class Disk {
  readonly #dir: string;
  #last: Promise<unknown> = Promise.resolve();
  /** Undefined: not of this process, or a line of it was refused. */
  #written: Written | undefined;

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
    const path = this.#path;
    if (!existsSync(path)) return undefined;
    try {
      return documentIn(readFileSync(path, 'utf8'));
    } catch (e) {
      renameSync(path, `${path}.bad`);
      onBad(`${path} cannot be read (${(e as Error).message}); it is now ${path}.bad`);
      return undefined;
    }
  }

  get #path(): string {
    return join(this.#dir, NAME);
  }

  saveDocument(document: Document): Promise<void> {
    return this.#inTurn(() => this.#save(document));
  }

  images(): string[] {
    return readdirSync(join(this.#dir, 'images')).filter(f => /^[0-9a-f]+\.json$/.test(f)).map(f => f.slice(0, -'.json'.length));
  }

  image(hash: string): string {
    return readFileSync(join(this.#dir, 'images', `${hash}.json`), 'utf8');
  }

  saveImage(hash: string, text: string): Promise<void> {
    return this.#inTurn(async () => { await (await this.#write(join('images', `${hash}.json`), text)).close(); });
  }

  dropImage(hash: string): void {
    rmSync(join(this.#dir, 'images', `${hash}.json`), { force: true });
  }

  /** All that was begun is done, or refused; nothing more is written. */
  async close(): Promise<void> {
    await this.#last;
    await this.#written?.file.close();
    this.#written = undefined;
  }

  /** One after the other, in the order of the calls. Syncing takes milliseconds, and the visor has other things to do meanwhile. */
  #inTurn(action: () => Promise<void>): Promise<void> {
    const done = this.#last.then(action);
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #save(document: Document): Promise<void> {
    const had = this.#written;
    this.#written = undefined;
    // Taken away under us, it would take lines all the same.
    const isThere = statSync(this.#path, { throwIfNoEntry: false })?.ino === had?.inode;
    if (had && isThere && had.linesBytes <= Math.max(had.wholeBytes, LEAST_LINES_BYTES)) {
      try {
        const line = lineOf(changeOf(had.document, document));
        await had.file.appendFile(line);
        await had.file.datasync();
        this.#written = { ...had, document, linesBytes: had.linesBytes + Buffer.byteLength(line) };
        return;
      } catch (e) {
        await had.file.close();
        throw e;
      }
    }
    await had?.file.close();
    const whole = `${JSON.stringify({ format: FORMAT, document })}\n`;
    const file = await this.#write(NAME, whole);
    this.#written = { file, inode: (await file.stat()).ino, document, wholeBytes: Buffer.byteLength(whole), linesBytes: 0 };
  }

  /** The file, open at its end. */
  async #write(name: string, text: string): Promise<FileHandle> {
    const path = join(this.#dir, name);
    const file = await open(`${path}.new`, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
      await rename(`${path}.new`, path);
      await using directory = await open(join(path, '..'), 'r');
      await directory.sync();
      return file;
    } catch (e) {
      await file.close();
      throw e;
    }
  }
}

/** Its sum tells a line that a crash cut off. */
function lineOf(change: DocumentChange): string {
  const text = JSON.stringify(change);
  return `${sumOf(text)} ${text}\n`;
}

function sumOf(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

function documentIn(text: string): Document {
  const [whole = '', ...lines] = text.split('\n');
  const { format, document } = JSON.parse(whole) as { format: number; document: Document };
  if (format !== FORMAT) throw new Error(`format ${format}, this version reads ${FORMAT}`);
  let now = document;
  // Behind the last end of a line there is nothing, or what a crash cut off; and the last line may be one that was never said to be written.
  for (const [i, line] of lines.slice(0, -1).entries()) {
    const change = line.slice('00000000 '.length);
    const isWhole = line.startsWith(`${sumOf(change)} `);
    if (!isWhole && i === lines.length - 2) break;
    const next = isWhole ? changedBy(now, JSON.parse(change) as DocumentChange) : undefined;
    if (!next) throw new Error(`line ${i + 2} of it is damaged`);
    now = next;
  }
  return now;
}
