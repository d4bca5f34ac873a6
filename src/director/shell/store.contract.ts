// What every store promises, as tests: run by each store's test file.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChangeSet, Store } from '../core/log.ts';

const changeSet = (id: string, puts: Record<string, number>, deletes: string[] = []): ChangeSet =>
  ({ id, wallMs: 1, puts: Object.entries(puts).map(([key, value]) => ({ key, value })), deletes });

export function storeContract(name: string, make: () => { readonly store: Store; readonly reopen?: () => Store; readonly backup?: { readonly file: string; readonly restore: () => Store }; readonly done: () => void }): void {
  test(`${name}: begins empty, with an epoch`, () => {
    const { store, done } = make();
    const { epoch, revision, values } = store.snapshot();
    assert.match(epoch, /^[0-9a-f]{6,}$/);
    assert.deepEqual([revision, values], [0, []]);
    done();
  });

  test(`${name}: appends in order, and refuses what was made against another revision`, () => {
    const { store, done } = make();
    assert.deepEqual(store.append(0, changeSet('a', { x: 1, y: 1 })), { ok: true, revision: 1 });
    assert.deepEqual(store.append(0, changeSet('b', { x: 9 })), { ok: false, revision: 1 });
    assert.deepEqual(store.append(2, changeSet('b', { x: 9 })), { ok: false, revision: 1 });
    assert.deepEqual(store.append(1, changeSet('c', { x: 2, z: 3 }, ['y'])), { ok: true, revision: 2 });
    assert.deepEqual(store.snapshot().values, [{ key: 'x', value: 2, revision: 2 }, { key: 'z', value: 3, revision: 2 }]);
    done();
  });

  test(`${name}: a key deleted and put in one change set is put`, () => {
    const { store, done } = make();
    store.append(0, changeSet('a', { x: 1 }));
    store.append(1, changeSet('b', { x: 2 }, ['x']));
    assert.deepEqual(store.snapshot().values, [{ key: 'x', value: 2, revision: 2 }]);
    done();
  });

  test(`${name}: reads what came after a revision`, () => {
    const { store, done } = make();
    const sets = ['a', 'b', 'c'].map((id, i) => changeSet(id, { x: i }));
    sets.forEach((s, i) => { store.append(i, s); });
    assert.deepEqual(store.read(1), [{ revision: 2, changeSet: sets[1] }, { revision: 3, changeSet: sets[2] }]);
    assert.deepEqual(store.read(0, 2).map(e => e.revision), [1, 2]);
    assert.deepEqual(store.read(3), []);
    done();
  });

  test(`${name}: survives being opened again, if it survives at all`, t => {
    const { store, reopen, done } = make();
    if (!reopen) { done(); t.skip('it is in memory'); return; }
    store.append(0, changeSet('a', { x: 1 }));
    const before = store.snapshot();
    store.close();
    const again = reopen();
    assert.deepEqual(again.snapshot(), before);
    assert.deepEqual(again.append(1, changeSet('b', {})), { ok: true, revision: 2 });
    done();
  });

  test(`${name}: a backup is the store of that moment, restored under another epoch, if it is on disk at all`, async t => {
    const { store, backup, done } = make();
    if (!backup || !store.backup) { assert.equal(store.backup, undefined); done(); t.skip('it is in memory'); return; }
    store.append(0, changeSet('a', { x: 1 }));
    const then = store.snapshot();
    await store.backup(backup.file);
    store.append(1, changeSet('b', { x: 2 }));
    assert.equal(store.snapshot().revision, 2);
    const restored = backup.restore();
    const now = restored.snapshot();
    assert.deepEqual({ ...now, epoch: then.epoch, revision: then.revision }, then);
    assert.notEqual(now.epoch, then.epoch);
    assert.deepEqual(restored.read(then.revision).flatMap(e => e.changeSet.acts), [{ key: 'Director/store', before: { epoch: then.epoch, revision: 1 }, after: { epoch: now.epoch, revision: 2 } }]);
    assert.deepEqual(restored.append(2, changeSet('c', { y: 1 })), { ok: true, revision: 3 });
    assert.deepEqual(store.snapshot().values.map(v => v.key), ['x']);
    restored.close();
    done();
  });
}
