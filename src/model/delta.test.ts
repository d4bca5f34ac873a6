// Deltas: whatever two values are, what makes one the other does, over JSON; and what it holds is what changed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonical, type Json } from './canonical.ts';
import { applyDelta, deltaOf } from './delta.ts';
import type { ElementSection } from './plan.ts';
import { hashOfSection, keptContents } from './section-hash.ts';

const row = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.nat(2));
const value = fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom('x', 'y', '__proto__'), fc.oneof(fc.array(row), fc.array(fc.nat(3)), fc.jsonValue())));
const overJson = <T>(of: T): T => JSON.parse(JSON.stringify(of)) as T;

test('a delta applied to what was gives what is; the same values have none', () => {
  fc.assert(fc.property(value, value, (a, b) => {
    const [before, after] = [overJson(a), overJson(b)] as [Json, Json];
    const delta = deltaOf(before, after);
    assert.equal(canonical(delta === undefined ? before : applyDelta(before, overJson(delta))), canonical(after));
    assert.equal(deltaOf(before, overJson(before)), undefined);
  }));
});

test('of a long table it holds the rows that changed, and the others stay the same objects', () => {
  const rows = Array.from({ length: 1000 }, (_, i): Json => [`k${i}`, i]);
  const next = [...rows.slice(0, 10), ['k9a', 1], ...rows.slice(10, 500), ...rows.slice(501, 700), ['k700', 0], ...rows.slice(701)];
  const delta = deltaOf({ rows, other: { x: 1 } }, { rows: next, other: { x: 1 } });
  assert.deepEqual(delta, { fields: { rows: { rows: [[10, 0, [['k9a', 1]]], [500, 1, []], [700, 1, [['k700', 0]]]] } } });
  const applied = applyDelta({ rows, other: { x: 1 } }, delta!) as { rows: Json[] };
  assert.equal(applied.rows[999], rows[999]);
});

test('a delta that does not fit is none', () => {
  for (const before of [undefined, null, 1, { x: [] }, { x: [[1]] }]) assert.equal(applyDelta(before, { fields: { x: { rows: [[1, 1, []]] } } }), undefined);
  for (const before of [[], 'x']) assert.equal(applyDelta(before, { fields: {} }), undefined);
});

test('the hash of a section is of what it says, whatever objects it is made of; every row counts, and their order', () => {
  const section = (rows: readonly Json[]): ElementSection => ({ kind: 'element', owner: 'Network/a/b', element: { uid: 'n1', id: 1, imageHash: 'x' }, keyed: ['t'], contents: { t: rows, list: [1, 2] }, wires: [] });
  const rows: Json[] = [['a', { port: 1 }], ['b', { port: 2 }], ['c', null]];
  const hash = hashOfSection(section(rows));
  assert.equal(hashOfSection(overJson(section(rows))), hash);
  const others = [rows.slice(1), [...rows].reverse(), [...rows, ['d', 1]], [['a', { port: 2 }], ...rows.slice(1)], []] as Json[][];
  assert.equal(new Set([hash, ...others.map(o => hashOfSection(section(o)))]).size, others.length + 1);
});

test('contents that are kept are as they were made, and what is as it was is the same object', () => {
  fc.assert(fc.property(fc.dictionary(fc.constantFrom('x', 'y'), fc.array(row)), fc.dictionary(fc.constantFrom('x', 'y'), fc.array(row)), (a, b) => {
    const [had, made] = [overJson(a), overJson(b)] as Record<string, Json>[];
    assert.deepEqual(keptContents(had, made!), made);
    assert.equal(keptContents(had, overJson(had!)), had);
  }));
  const rows = Array.from({ length: 100 }, (_, i): Json => [`k${i}`, i]);
  const kept = keptContents({ rows }, { rows: overJson([...rows.slice(0, 7), ['n', 1], ...rows.slice(9, 50), ['k50', 0], ['k51', 0], ...rows.slice(52)]) })['rows'] as Json[];
  assert.equal(kept.filter(r => rows.includes(r)).length, 96);
});
