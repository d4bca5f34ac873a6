// The window of changes: what it gives back, and when it says that it has forgotten.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_RECENT_REVISIONS, RecentChanges } from './recent.ts';

test('changes behind a revision; too old and not yet are told apart from none', () => {
  const entry = (revision: number, ...keys: string[]) => ({ revision, changeSet: { id: 'x', wallMs: 0, puts: keys.map(k => ({ key: `resource:${k}`, value: 1 })), deletes: ['given:Tunnel/a/b/c', 'counter:endpoint'] } });
  const recent = new RecentChanges(7, [entry(6, 'Domain/a'), entry(7, 'Domain/b')]);
  recent.add(9, ['Domain/a', 'Server/s']);
  assert.deepEqual([4, 5, 6, 7, 8, 9, 10].map(r => recent.since(r) && [...recent.since(r)!]), [undefined, ['Domain/a', 'Domain/b', 'Server/s'], ['Domain/b', 'Domain/a', 'Server/s'], ['Domain/a', 'Server/s'], ['Domain/a', 'Server/s'], [], undefined]);
});

test('it is bounded', () => {
  const recent = new RecentChanges(0, []);
  for (let r = 1; r <= MAX_RECENT_REVISIONS + 2; r++) recent.add(r, ['Domain/a']);
  assert.equal(recent.since(1), undefined);
  assert.deepEqual([...recent.since(2)!], ['Domain/a']);
});
