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
  /** Names by their prefix: of elements there are few among thousands of others. */
  readonly #names = new Map<string, Set<string>>();

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const file of readdirSync(directory)) {
      if (file.endsWith(SUFFIX)) this.#keep(file.slice(0, -SUFFIX.length), recordValue(readFileSync(join(directory, file), 'utf8')));
    }
  }

  list(prefix: string): readonly string[] {
    return [...this.#names.get(prefix) ?? []];
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
    this.#keep(name, value);
  }

  delete(name: string): void {
    rmSync(this.#path(name), { force: true });
    this.#values.delete(name);
    this.#names.get(prefixOf(name))?.delete(name);
  }

  /** Forgets all. Returns their names. */
  clear(): readonly string[] {
    const names = [...this.#values.keys()];
    for (const name of names) this.delete(name);
    return names;
  }

  /** Takes the directory away. */
  destroy(): void {
    this.#values.clear();
    this.#names.clear();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #keep(name: string, value: unknown): void {
    this.#values.set(name, value);
    const prefix = prefixOf(name), names = this.#names.get(prefix);
    if (names) names.add(name);
    else this.#names.set(prefix, new Set([name]));
  }

  #path(name: string): string {
    if (!/^[A-Za-z0-9_-]+$/.test(name)) throw new Error(`'${name}' cannot name a record`);
    return join(this.#directory, name + SUFFIX);
  }
}

function prefixOf(name: string): string {
  return name.slice(0, name.indexOf('_') + 1);
}
