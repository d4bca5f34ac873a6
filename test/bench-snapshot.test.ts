// What the compiler makes of the measured functions is as long as bench/snapshot.json says. Times and the C side are measured by `npm run bench`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { committedSnapshot, slotsOfOurs } from '../bench/compiler/snapshot.ts';

test('slots of the measured functions are those of the snapshot', () => {
  assert.deepEqual(slotsOfOurs(), committedSnapshot().slots, 'npm run bench -- compiler --bless writes the new figures; review the diff');
});
