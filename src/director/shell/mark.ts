// What a store has acknowledged, in a file beside it: so that one from which something was taken away while it was down is not started from.
// It is not synced, for it may be behind the store, and costs an append nothing; ahead of the store it never is.

import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';

/** Behind the name of the database. */
export const MARK = '.acknowledged';
/** Always so long: the newer one takes the place of the older whole. */
const MARK_BYTES = 80;

export interface Acknowledged { readonly epoch: string; readonly revision: number }

export class Mark {
  /** What was acknowledged before this process, as far as it is known. */
  readonly last: Acknowledged | undefined;
  readonly #file: string;
  #fd: number | undefined;

  constructor(store: string) {
    this.#file = store + MARK;
    this.last = readMark(this.#file);
  }

  /** Behind the store's own sync. A disk that refuses it takes nothing away from what was stored. */
  put({ epoch, revision }: Acknowledged): void {
    try {
      if (this.#fd === undefined) {
        this.#fd = openSync(this.#file, constants.O_RDWR | constants.O_CREAT, 0o600);
        ftruncateSync(this.#fd, MARK_BYTES);
      }
      writeSync(this.#fd, `${epoch} ${revision}\n`.padEnd(MARK_BYTES), 0);
    } catch { /* it stays where it was, which is behind */ }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

export function showMark({ epoch, revision }: Acknowledged): string {
  return `revision ${revision} of epoch ${epoch}`;
}

function readMark(file: string): Acknowledged | undefined {
  try {
    const [, epoch, revision] = /^([0-9a-f]+) (\d+)\n/.exec(readFileSync(file, 'utf8')) ?? [];
    return epoch === undefined ? undefined : { epoch, revision: Number(revision) };
  } catch {
    return undefined;
  }
}
