// The store on one disk: SQLite with a write-ahead log, synced at every append. One process at a time owns the file.

import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync, backup, type StatementSync } from 'node:sqlite';
import type { Json } from '../../model/canonical.ts';
import { MAX_CHANGE_SET_BYTES, type AppendResult, type ChangeSet, type Entry, type Snapshot, type Store } from '../core/log.ts';
import { MARK, Mark, showMark, type Acknowledged } from './mark.ts';
import { StartRefused } from './refused.ts';

export const FORMAT = 1;
export const STORE_FILE = 'director.db';
/** Beside it. */
export const AUTHORITY_DIR = 'authority';

/** @throws StartRefused: the directory cannot be used, another Director has it, or a newer version wrote it. */
export function openSqliteStore(stateDir: string): Store {
  const file = join(stateDir, STORE_FILE);
  let mark: Mark | undefined;
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    // Never so once it was opened, and the authority is made after that: without this, SQLite would begin anew.
    if (statSync(file, { throwIfNoEntry: false })?.size === 0 && existsSync(join(stateDir, AUTHORITY_DIR))) throw new StartRefused(`${file} is empty`, restoreCure(stateDir));
    mark = new Mark(file);
    if (mark.last && !existsSync(file)) throw new StartRefused(`${file} is gone, and it had ${showMark(mark.last)}`, restoreCure(stateDir));
    const db = new DatabaseSync(file);
    try {
      return new SqliteStore(db, file, mark);
    } catch (e) {
      db.close();
      throw e;
    }
  } catch (e) {
    mark?.close();
    if (e instanceof StartRefused) throw e;
    const message = (e as Error).message;
    if (/locked|busy/i.test(message)) throw new StartRefused(`another Director uses ${stateDir}`, 'stop it, or give this one another --state');
    if (/not a database|malformed/i.test(message)) throw new StartRefused(`${file} is not a Director's database (${message})`, restoreCure(stateDir));
    throw new StartRefused(`cannot use the state directory ${stateDir}: ${message}`, 'give a directory that this user may write, with --state');
  }
}

/** For a store that begins: 32 hexadecimal digits. */
export function mintEpoch(): string {
  return randomUUID().replaceAll('-', '');
}

/** What SQLite finds wrong with a database, in its words; it reads all of it once. */
export function damageOf(db: DatabaseSync): string | undefined {
  const [first] = db.prepare('PRAGMA quick_check(1)').all() as { quick_check: string }[];
  return first === undefined || first.quick_check === 'ok' ? undefined : first.quick_check.replaceAll('\n', ' ');
}

/** Undefined: there is no table in it. */
function standing(db: DatabaseSync): Acknowledged | undefined {
  if (!db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'log'").get()) return undefined;
  return db.prepare("SELECT (SELECT value FROM meta WHERE key = 'epoch') AS epoch, (SELECT coalesce(max(revision), 0) FROM log) AS revision").get() as unknown as Acknowledged;
}

function restoreCure(stateDir: string): string {
  return `put a backup in its place: iov restore FILE --state ${stateDir} (visors keep what they have meanwhile); or move it away, together with ${STORE_FILE}${MARK}, to begin anew`;
}

class SqliteStore implements Store {
  readonly #db: DatabaseSync;
  readonly #mark: Mark;
  readonly #epoch: string;
  readonly #newest: StatementSync;
  readonly #log: StatementSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;

  constructor(db: DatabaseSync, file: string, mark: Mark) {
    this.#db = db;
    this.#mark = mark;
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    const damage = damageOf(db);
    if (damage !== undefined) throw new StartRefused(`${file} is damaged: ${damage}`, restoreCure(dirname(file)));
    // Before anything is written: what was taken away may still be put back.
    const { last } = mark, here = last && standing(db);
    if (last && (last.epoch !== here?.epoch || last.revision > here.revision)) {
      throw new StartRefused(`${file} has ${here ? showMark(here) : 'nothing in it'}, but ${showMark(last)} was acknowledged: its write-ahead log (${STORE_FILE}-wal) was removed, or an older copy was put in its place`, restoreCure(dirname(file)));
    }
    // The exclusive lock is taken by the first write.
    db.exec('BEGIN IMMEDIATE');
    db.exec(`
      CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
      CREATE TABLE IF NOT EXISTS log (revision INTEGER PRIMARY KEY, changeSet TEXT NOT NULL) STRICT;
      CREATE TABLE IF NOT EXISTS "values" (key TEXT PRIMARY KEY, value TEXT NOT NULL, revision INTEGER NOT NULL) STRICT;
    `);
    db.prepare('INSERT OR IGNORE INTO meta VALUES (?, ?)').run('format', String(FORMAT));
    db.prepare('INSERT OR IGNORE INTO meta VALUES (?, ?)').run('epoch', mintEpoch());
    db.exec('COMMIT');
    const meta = (key: string): string => (db.prepare('SELECT value FROM meta WHERE key = ?').get(key) as { value: string }).value;
    if (meta('format') !== String(FORMAT)) throw new StartRefused(`the state was written by another version of iovisor (format ${meta('format')}, this one reads ${FORMAT})`, 'use that version, or another --state');
    this.#epoch = meta('epoch');
    this.#newest = db.prepare('SELECT coalesce(max(revision), 0) AS revision FROM log');
    this.#log = db.prepare('INSERT INTO log VALUES (?, ?)');
    this.#put = db.prepare('INSERT INTO "values" VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, revision = excluded.revision');
    this.#delete = db.prepare('DELETE FROM "values" WHERE key = ?');
    mark.put({ epoch: this.#epoch, revision: this.#revision() });
  }

  snapshot(): Snapshot {
    const rows = this.#db.prepare('SELECT key, value, revision FROM "values" ORDER BY key').all() as { key: string; value: string; revision: number }[];
    return { epoch: this.#epoch, revision: this.#revision(), values: rows.map(r => ({ key: r.key, value: JSON.parse(r.value) as Json, revision: r.revision })) };
  }

  append(expectedRevision: number, changeSet: ChangeSet): AppendResult {
    const newest = this.#revision();
    if (newest !== expectedRevision) return { ok: false, revision: newest };
    const text = JSON.stringify(changeSet);
    if (text.length > MAX_CHANGE_SET_BYTES) throw new Error(`a change of ${text.length >> 20} MiB is larger than ${MAX_CHANGE_SET_BYTES >> 20} MiB; split it`);
    const revision = expectedRevision + 1;
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      this.#log.run(revision, text);
      for (const key of changeSet.deletes) this.#delete.run(key);
      for (const { key, value } of changeSet.puts) this.#put.run(key, JSON.stringify(value), revision);
      this.#db.exec('COMMIT');
    } catch (e) {
      // Of a full disk SQLite has taken it back itself.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw e;
    }
    this.#mark.put({ epoch: this.#epoch, revision });
    return { ok: true, revision };
  }

  read(from: number, most = -1): readonly Entry[] {
    const rows = this.#db.prepare('SELECT revision, changeSet FROM log WHERE revision > ? ORDER BY revision LIMIT ?').all(from, most) as { revision: number; changeSet: string }[];
    return rows.map(r => ({ revision: r.revision, changeSet: JSON.parse(r.changeSet) as ChangeSet }));
  }

  async backup(file: string): Promise<void> {
    await backup(this.#db, file);
  }

  close(): void {
    this.#db.close();
    this.#mark.close();
  }

  #revision(): number {
    return (this.#newest.get() as { revision: number }).revision;
  }
}
