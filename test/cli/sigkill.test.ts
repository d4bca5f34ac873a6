// A few of the thousand kills of `npm run sigkill`: every acknowledged write is there, whenever the Director dies.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sigkill } from '../../bench/sigkill/sigkill.ts';

test('SIGKILL of the Director during writes: what was acknowledged is there, and no apply by half', async () => {
  const { kills, applies, violations } = await sigkill({ times: 10, writers: 3, seed: 7, say: () => {} });
  assert.deepEqual([kills, violations], [10, []]);
  assert.ok(applies > 0, 'somebody wrote');
});
