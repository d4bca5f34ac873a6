// Both stores keep the one contract; SQLite's own refusals.

import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Store } from '../core/log.ts';
import { MemoryStore } from '../core/memory-store.ts';
import { StartRefused } from './refused.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { restoreStore } from './restore.ts';
import { storeContract } from './store.contract.ts';

storeContract('memory', () => ({ store: new MemoryStore('abcdef'), done: () => {} }));

storeContract('sqlite', () => {
  const dir = mkdtempSync(join(tmpdir(), 'iov-store-'));
  let open: Store = openSqliteStore(dir);
  return {
    store: open,
    reopen: () => open = openSqliteStore(dir),
    backup: { file: join(dir, 'backup'), restore: () => { restoreStore(join(dir, 'backup'), join(dir, 'other')); return openSqliteStore(join(dir, 'other')); } },
    done: () => { open.close(); rmSync(dir, { recursive: true }); },
  };
});

test('a second Director on the same state is refused, and says so', () => {
  const dir = mkdtempSync(join(tmpdir(), 'iov-store-'));
  const first = openSqliteStore(dir);
  assert.throws(() => openSqliteStore(dir), (e: unknown) => e instanceof StartRefused && e.message === `another Director uses ${dir}` && e.cure.includes('--state'));
  first.close();
  rmSync(dir, { recursive: true });
});

test('a state directory that is none is refused, and says so', () => {
  const dir = mkdtempSync(join(tmpdir(), 'iov-store-'));
  writeFileSync(join(dir, 'file'), '');
  assert.throws(() => openSqliteStore(join(dir, 'file')), (e: unknown) => e instanceof StartRefused && /cannot use the state directory/.test(e.message));
  writeFileSync(join(dir, 'director.db'), 'x'.repeat(4096));
  assert.throws(() => openSqliteStore(dir), (e: unknown) => e instanceof StartRefused && /not a Director's database/.test(e.message));
  rmSync(dir, { recursive: true });
});

test('a store that was emptied is refused, and one that was never begun is not', () => {
  const dir = mkdtempSync(join(tmpdir(), 'iov-store-'));
  writeFileSync(join(dir, 'director.db'), '');
  openSqliteStore(dir).close();
  writeFileSync(join(dir, 'director.db'), '');
  mkdirSync(join(dir, 'authority'));
  assert.throws(() => openSqliteStore(dir), (e: unknown) => e instanceof StartRefused && /director\.db is empty/.test(e.message) && e.cure.includes('iov restore FILE'));
  rmSync(dir, { recursive: true });
});

test('a store that has less than it acknowledged is refused, whatever was taken away while it was down; what a crash leaves is not', () => {
  const dir = mkdtempSync(join(tmpdir(), 'iov-store-'));
  const [file, at] = [join(dir, 'director.db'), join(dir, 'at')];
  const append = (store: Store, from: number, to: number): void => { for (let n = from; n < to; n++) store.append(n, { id: `${n}`, wallMs: 1, puts: [{ key: `k${n}`, value: n }], deletes: [] }); };
  const isLess = (message: RegExp) => (e: unknown): boolean => e instanceof StartRefused && message.test(e.message) && e.cure.includes(`iov restore FILE --state ${at}`);
  const store = openSqliteStore(dir);
  append(store, 0, 3);
  // As it lies there when the process is killed.
  const lying = (...names: string[]): void => { rmSync(at, { recursive: true, force: true }); mkdirSync(at); for (const name of names) copyFileSync(join(dir, name), join(at, name)); };
  const all = ['director.db', 'director.db-wal', 'director.db.acknowledged'];
  lying(...all);
  const opened = openSqliteStore(at);
  assert.equal(opened.snapshot().revision, 3);
  opened.close();
  lying('director.db', 'director.db.acknowledged');
  assert.throws(() => openSqliteStore(at), isLess(/but revision 3 of epoch [0-9a-f]+ was acknowledged: its write-ahead log \(director\.db-wal\) was removed/));
  copyFileSync(join(dir, 'director.db-wal'), join(at, 'director.db-wal'));
  const put = openSqliteStore(at);
  assert.equal(put.snapshot().revision, 3, 'it was put back');
  put.close();
  lying('director.db.acknowledged');
  assert.throws(() => openSqliteStore(at), isLess(/director\.db is gone, and it had revision 3/));

  // An older copy; stopped in good order, and behind a power cut that the mark did not outlive, it is whole.
  store.close();
  copyFileSync(file, join(dir, 'older'));
  const more = openSqliteStore(dir);
  append(more, 3, 5);
  more.close();
  openSqliteStore(dir).close();
  writeFileSync(`${file}.acknowledged`, '');
  openSqliteStore(dir).close();
  lying(...all.filter(name => name !== 'director.db-wal'));
  copyFileSync(join(dir, 'older'), join(at, 'director.db'));
  assert.throws(() => openSqliteStore(at), isLess(/has revision 3 of epoch [0-9a-f]+, but revision 5 of epoch/));
  restoreStore(join(dir, 'older'), at);
  const restored = openSqliteStore(at);
  assert.equal(restored.snapshot().values.length, 3);
  restored.close();
  rmSync(dir, { recursive: true });
});

test('a damaged store is refused with the way out, and a restore keeps it beside', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'iov-store-'));
  const file = join(dir, 'director.db');
  const store = openSqliteStore(dir);
  store.append(0, { id: 'a', wallMs: 1, puts: Array.from({ length: 2000 }, (_, i) => ({ key: `k${i}`, value: i })), deletes: [] });
  const { epoch } = store.snapshot();
  await store.backup!(join(dir, 'backup'));
  assert.throws(() => restoreStore(join(dir, 'backup'), dir), (e: unknown) => e instanceof StartRefused && e.message === `a Director uses ${dir}`);
  store.close();
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill(0x5a, 5 * 4096, 9 * 4096));
  assert.throws(() => openSqliteStore(dir), (e: unknown) => e instanceof StartRefused && /is damaged|not a Director's database/.test(e.message) && e.cure.includes(`iov restore FILE --state ${dir}`));
  const { revision, kept, epoch: minted } = restoreStore(join(dir, 'backup'), dir);
  assert.deepEqual([revision, kept, minted === epoch], [1, `${file}.before-restore-1`, false]);
  assert.deepEqual(readFileSync(kept!).subarray(0, 10 * 4096), bytes.subarray(0, 10 * 4096));
  const again = openSqliteStore(dir);
  assert.deepEqual([again.snapshot().values.length, again.snapshot().epoch], [2000, minted]);
  again.close();
  rmSync(dir, { recursive: true });
});

test('what is no backup is not restored, and nothing is left of the try', () => {
  const dir = mkdtempSync(join(tmpdir(), 'iov-store-'));
  writeFileSync(join(dir, 'text'), 'x'.repeat(4096));
  for (const from of ['text', 'nowhere']) assert.throws(() => restoreStore(join(dir, from), dir), (e: unknown) => e instanceof StartRefused && e.message.includes(`${from} cannot be restored`));
  openSqliteStore(join(dir, 'a')).close();
  writeFileSync(join(dir, 'short'), readFileSync(join(dir, 'a', 'director.db')).subarray(0, 5000));
  assert.throws(() => restoreStore(join(dir, 'short'), dir), StartRefused);
  assert.deepEqual(readdirSync(dir).sort(), ['a', 'short', 'text']);
  rmSync(dir, { recursive: true });
});
