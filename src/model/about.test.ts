// Keys by what people ask for.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAbout } from './about.ts';

const KEYS = ['Domain/red', 'Network/red/web', 'Endpoint/red/web', 'Network/blue/web', 'Server/red', 'Server/web', 'Function/red/guard/web'];
const found = (about: Parameters<typeof isAbout>[0]): string[] => KEYS.filter(key => isAbout(about, key));

test('a domain is what is in it and itself, and no server of its name', () => {
  assert.deepEqual(found({ domain: 'red' }), ['Domain/red', 'Network/red/web', 'Endpoint/red/web', 'Function/red/guard/web']);
  assert.deepEqual(found({ kind: 'Network' }), ['Network/red/web', 'Network/blue/web']);
  assert.deepEqual(found({ name: 'web' }), ['Network/red/web', 'Endpoint/red/web', 'Network/blue/web', 'Server/web']);
  assert.deepEqual(found({ kind: 'Network', domain: 'red', name: 'web' }), ['Network/red/web']);
  assert.deepEqual(found({ kind: 'Function', name: 'guard' }), ['Function/red/guard/web']);
  assert.deepEqual(found({ name: 'eb' }), []);
  assert.deepEqual(found({}), KEYS);
});
