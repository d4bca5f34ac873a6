// What a selector by labels means, and what it says of text that is none.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSelector, selects } from './selector.ts';

const holds = (text: string, labels: Record<string, string>): boolean => {
  const parsed = parseSelector(text);
  assert.ok('selector' in parsed, text);
  return selects(parsed.selector, labels);
};

test('all terms must hold', () => {
  const labels = { tier: 'db', env: 'live' };
  for (const text of ['', 'tier=db', 'tier==db', 'tier=db,env', 'env!=test', '!old', 'old!=yes', ' tier = db'.replaceAll(' ', '')]) assert.equal(holds(text, labels), true, text);
  for (const text of ['tier=web', 'tier=db,env=test', '!tier', 'old', 'tier!=db', 'constructor']) assert.equal(holds(text, labels), false, text);
});

test('what is no selector is said', () => {
  for (const text of ['=', 'a=', 'a b', 'a=b=c', '!', 'a in (b)']) assert.ok('wrong' in parseSelector(text), text);
  assert.ok('wrong' in parseSelector(Array.from({ length: 65 }, (_, i) => `a${i}`).join(',')));
});
