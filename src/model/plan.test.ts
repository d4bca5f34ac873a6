// Merging of contents, hashes and diffs: the small pure parts that plans rest on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonical, hashOf } from './canonical.ts';
import { diffResource } from './diff.ts';
import { mergeContents } from './plan.ts';
import type { Network } from './resource.ts';

test("a server's own entries replace the shared ones of the same key; fields merge by name", () => {
  assert.deepEqual(mergeContents(
    { stations: [['a', 1], ['b', 2]], features: { learning: false }, list: [1, 2] },
    { stations: [['b', 1000]], features: { x: 1 }, list: [3] }, ['stations']),
  { stations: [['a', 1], ['b', 1000]], features: { learning: false, x: 1 }, list: [3] });
});

test('the order of fields does not matter to a hash', () => {
  fc.assert(fc.property(fc.dictionary(fc.string().filter(k => k !== '__proto__'), fc.jsonValue(), { noNullPrototype: true }), fields => {
    const reversed = Object.fromEntries(Object.entries(fields).reverse());
    assert.equal(hashOf(fields), hashOf(reversed));
    assert.deepEqual(canonical(JSON.parse(canonical(fields))), canonical(fields));
  }));
});

test('a diff names the fields that change, and nothing else', () => {
  const network = (mtu: number, revision: number): Network => ({ apiVersion: 'iovisor/v1', kind: 'Network', metadata: { domain: 'a', name: 'b', revision }, spec: { subnets: [], mtu } });
  assert.deepEqual(diffResource(network(1400, 1), network(1400, 2)), { action: 'unchanged', key: 'Network/a/b', fields: [] });
  assert.deepEqual(diffResource(network(1400, 1), network(1300, 1)), { action: 'changed', key: 'Network/a/b', fields: [{ path: 'spec.mtu', before: 1400, after: 1300 }] });
});
