// Questions to visors: who is asked, whose answer counts, and how long anyone waits.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer, Ask } from '../../model/asks.ts';
import { Asks, MAX_UNANSWERED, type AskReader } from './asks.ts';

const ask: Ask = { kind: 'read-logs', most: 1 };
const answer: Answer = { kind: 'read-logs', started: 'a', last: 0, lines: [] };
/** Remembers the ids that it was sent. */
const reader = (ids: string[]): AskReader => ({ id }) => { ids.push(id); return true; };

test('the answer of the server that was asked counts, once; nobody else has a word in it', async () => {
  const asks = new Asks();
  const ids: string[] = [];
  asks.read('s1', reader(ids));
  asks.read('s2', reader([]));
  const told = asks.ask('s1', ask);
  assert.equal(ids.length, 1);
  assert.equal(asks.answered('s2', ids[0]!, answer), false, 'of another server');
  assert.equal(asks.answered('s1', 'other', answer), false, 'to another question');
  assert.equal(asks.answered('s1', ids[0]!, answer), true);
  assert.equal(asks.answered('s1', ids[0]!, answer), false, 'a second time');
  assert.deepEqual(await told, { answer });
});

test('who does not watch, or does not keep up, is not waited for', async () => {
  const asks = new Asks();
  assert.deepEqual(await asks.ask('s1', ask), { silent: 'its visor is not connected' });
  const gone = asks.read('s1', () => true);
  gone();
  assert.deepEqual(await asks.ask('s1', ask), { silent: 'its visor is not connected' });
  const slow = asks.read('s1', () => false);
  assert.deepEqual(await asks.ask('s1', ask), { silent: 'its visor does not keep up with its plan' });
  const ids: string[] = [];
  asks.read('s1', reader(ids));
  const told = asks.ask('s1', ask);
  slow();
  assert.equal(asks.answered('s1', ids[0]!, answer), true, 'of two readers one is enough');
  assert.deepEqual(await told, { answer });
});

test('questions wait in a bounded number, and for a bounded time', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const asks = new Asks();
  asks.read('s1', () => true);
  asks.read('s2', () => true);
  const waiting = Array.from({ length: MAX_UNANSWERED }, () => asks.ask('s1', ask));
  assert.deepEqual(await asks.ask('s1', ask), { silent: `${MAX_UNANSWERED} questions wait there already` });
  const other = asks.ask('s2', ask);
  t.mock.timers.tick(5_000);
  assert.deepEqual(await Promise.all([...waiting, other]), Array.from({ length: MAX_UNANSWERED + 1 }, () => ({ silent: 'no answer in 5 s' })));
  const again = asks.ask('s1', ask);
  t.mock.timers.tick(5_000);
  assert.deepEqual(await again, { silent: 'no answer in 5 s' }, 'there is room again');
});
