// A backup becomes the store of a Director that does not run. It mints an epoch: revisions behind the backup are forgotten, so none may be
// compared with those that visors know; they hold what the backup lacks (visor/core/hold.ts). What lay there is kept beside it.

import { randomUUID } from 'node:crypto';
import { closeSync, constants, copyFileSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { ChangeSet } from '../core/log.ts';
import { MARK } from './mark.ts';
import { StartRefused } from './refused.ts';
import { FORMAT, STORE_FILE, damageOf, mintEpoch } from './sqlite-store.ts';

interface Restored { readonly epoch: string; readonly revision: number; readonly kept?: string }

/** @throws StartRefused: the file is no backup, or a Director uses the directory */
export function restoreStore(backup: string, stateDir: string): Restored {
  const file = join(stateDir, STORE_FILE);
  const fresh = `${file}.restoring`;
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    if (existsSync(file)) refuseIfUsed(file, stateDir);
    rmSync(fresh, { force: true });
    copyFileSync(backup, fresh, constants.COPYFILE_EXCL);
    const { epoch, revision } = renew(fresh, backup);
    const kept = existsSync(file) ? moveAside(file) : undefined;
    renameSync(fresh, file);
    // It tells of the store that was here. Last: without a mark, a store that is gone is one that never was.
    if (kept === undefined) rmSync(file + MARK, { force: true });
    else if (existsSync(file + MARK)) renameSync(file + MARK, kept + MARK);
    sync(stateDir);
    return { epoch, revision, ...(kept === undefined ? {} : { kept }) };
  } catch (e) {
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(fresh + end, { force: true });
    if (e instanceof StartRefused) throw e;
    throw new StartRefused(`${backup} cannot be restored into ${stateDir}: ${(e as Error).message}`, 'give a file that iov backup wrote, and a directory that this user may write');
  }
}

/** The copy, with an epoch of its own; that it was restored is the last in its log. */
function renew(fresh: string, backup: string): { readonly epoch: string; readonly revision: number } {
  const db = new DatabaseSync(fresh);
  try {
    const damage = damageOf(db);
    if (damage !== undefined) throw new StartRefused(`${backup} is damaged: ${damage}`, 'restore an older backup');
    const format = (db.prepare("SELECT value FROM meta WHERE key = 'format'").get() as { value: string } | undefined)?.value;
    if (format !== String(FORMAT)) throw new StartRefused(`${backup} was written by another version of iovisor (format ${format ?? 'unknown'}, this one reads ${FORMAT})`, 'restore it with that version');
    const epoch = mintEpoch();
    db.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;');
    const was = (db.prepare("SELECT value FROM meta WHERE key = 'epoch'").get() as { value: string }).value;
    const { revision } = db.prepare('SELECT coalesce(max(revision), 0) AS revision FROM log').get() as { revision: number };
    db.prepare("UPDATE meta SET value = ? WHERE key = 'epoch'").run(epoch);
    db.prepare('INSERT INTO log VALUES (?, ?)').run(revision + 1, JSON.stringify(restoring({ was, revision, epoch })));
    return { epoch, revision };
  } finally {
    db.close();
  }
}

/** For the audit log: no value of it is another. */
function restoring({ was, revision, epoch }: { readonly was: string; readonly revision: number; readonly epoch: string }): ChangeSet {
  return { id: randomUUID().replaceAll('-', ''), wallMs: Date.now(), by: `uid ${process.getuid?.() ?? '?'}`, puts: [], deletes: [], acts: [{ key: 'Director/store', before: { epoch: was, revision }, after: { epoch, revision: revision + 1 } }] };
}

function refuseIfUsed(file: string, stateDir: string): void {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file);
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; ROLLBACK;');
  } catch (e) {
    // A damaged store is what a backup is restored for.
    if (/locked|busy/i.test((e as Error).message)) throw new StartRefused(`a Director uses ${stateDir}`, 'stop it first, or give another --state');
  } finally {
    db?.close();
  }
}

function moveAside(file: string): string {
  let n = 1;
  while (existsSync(`${file}.before-restore-${n}`)) n++;
  const kept = `${file}.before-restore-${n}`;
  for (const end of ['-wal', '-shm', '']) if (existsSync(file + end)) renameSync(file + end, kept + end);
  return kept;
}

function sync(path: string): void {
  const fd = openSync(path, 'r');
  try { fsyncSync(fd); } finally { closeSync(fd); }
}
