// Records as files of one directory, one JSON file each, kept in memory too: one process at a time owns a server's directory.
// A rename makes each write whole; nothing is synced to disk, for records mean nothing without pins, and pins end with the boot.

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Records } from '../compose/engine.ts';
import { orRefused } from './refused.ts';
import { recordText, recordValue } from '../compose/record-text.ts';

const SUFFIX = '.json';

export class FileRecords implements Records {
  readonly #directory: string;
  readonly #values = new Map<string, unknown>();

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const file of readdirSync(directory)) {
      if (file.endsWith(SUFFIX)) this.#values.set(file.slice(0, -SUFFIX.length), recordValue(readFileSync(join(directory, file), 'utf8')));
    }
  }

  list(): readonly string[] {
    return [...this.#values.keys()];
  }

  get(name: string): unknown {
    return this.#values.get(name);
  }

  put(name: string, value: unknown): void {
    const path = this.#path(name);
    orRefused('cannot keep a record', () => {
      writeFileSync(`${path}.new`, recordText(value), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    });
    this.#values.set(name, value);
  }

  delete(name: string): void {
    rmSync(this.#path(name), { force: true });
    this.#values.delete(name);
  }

  /** Forgets all. */
  clear(): void {
    for (const name of this.list()) this.delete(name);
  }

  /** Takes the directory away. */
  destroy(): void {
    this.#values.clear();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #path(name: string): string {
    if (!/^[A-Za-z0-9_-]+$/.test(name)) throw new Error(`'${name}' cannot name a record`);
    return join(this.#directory, name + SUFFIX);
  }
}
