// Both stores keep the one contract; SQLite's own refusals.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Store } from '../core/log.ts';
import { MemoryStore } from '../core/memory-store.ts';
import { StartRefused } from './refused.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { storeContract } from './store.contract.ts';

storeContract('memory', () => ({ store: new MemoryStore('abcdef'), done: () => {} }));

storeContract('sqlite', () => {
  const dir = mkdtempSync(join(tmpdir(), 'iov-store-'));
  let open: Store = openSqliteStore(dir);
  return {
    store: open,
    reopen: () => open = openSqliteStore(dir),
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
