// What goes over from one declaration of a map to another: by name, whatever the order; what cannot is said.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MapDecl } from './image.ts';
import { type Layout, struct } from './layout.ts';
import { converter, migrationOf } from './migrate.ts';
import { decodeValue, encodeValue, type Plain } from './values.ts';

const int = (bits: 8 | 16 | 32 | 64 | 128, more: { signed?: boolean; order?: 'little' | 'big' } = {}): Layout => ({ kind: 'int', bits, signed: false, order: 'little', ...more });
const decl = (value: Layout, more: Partial<MapDecl> = {}): MapDecl => ({
  name: 'flows', exported: false, kind: 'hash', scope: 'image', capacity: 8, keyBytes: 8, key: int(32), keyOffset: 4, valueBytes: 8, valueOffset: 0, value, ...more,
});
const moved = (before: Layout, after: Layout, plain: Plain): Plain => {
  const bytes = encodeValue(before, plain);
  assert.ok(bytes.ok);
  return decodeValue(after, converter(before, after).convert(bytes.bytes));
};

test('fields go over by name: moved, grown, nested; new ones are zero, those that are gone are named', () => {
  const before = struct('Flow', [{ name: 'state', layout: int(8) }, { name: 'packets', layout: int(32) }, { name: 'peer', layout: struct('P', [{ name: 'port', layout: int(16, { order: 'big' }) }, { name: 'old', layout: int(8) }]) }, { name: 'owner', layout: { kind: 'mac' } }]);
  const after = struct('Flow', [{ name: 'seen', layout: int(64) }, { name: 'peer', layout: struct('Q', [{ name: 'port', layout: int(32) }]) }, { name: 'owner', layout: { kind: 'mac' } }, { name: 'packets', layout: int(64) }, { name: 'state', layout: int(8) }]);
  assert.deepEqual(moved(before, after, { state: 3, packets: 4_000_000_000, peer: { port: 443, old: 9 }, owner: '02:00:00:00:00:07' }),
    { seen: 0n, peer: { port: 443 }, owner: '02:00:00:00:00:07', packets: 4_000_000_000n, state: 3 });
  assert.deepEqual(converter(before, after).lost, ['peer.old']);
});

test('integers keep their value where they grow, signs too', () => {
  const order = fc.constantFrom('little' as const, 'big' as const);
  fc.assert(fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), order, order, (value, a, b) => {
    assert.equal(moved(int(32, { signed: true, order: a }), int(64, { signed: true, order: b }), value), BigInt(value));
  }), { numRuns: 100 });
  assert.deepEqual(converter(int(32), int(16)).lost, ['']);
  assert.deepEqual(converter(int(32), int(32, { signed: true })).lost, ['']);
});

test('arrays go over as far as both are long', () => {
  const of = (length: number): Layout => ({ kind: 'array', element: int(16), length });
  assert.deepEqual(moved(of(2), of(3), [7, 8]), [7, 8, 0]);
  assert.deepEqual(moved(of(3), of(2), [7, 8, 9]), [7, 8]);
  assert.deepEqual(converter(of(3), of(2)).lost, ['[2…2]']);
});

test('what becomes of a map: the same, converted, or lost with the reason', () => {
  const of = (...names: string[]): Layout => struct('V', names.map(name => ({ name, layout: int(32) })));
  assert.equal(migrationOf(decl(of('a')), decl(of('a'), { name: 'flows' })).kind, 'same');
  const grown = migrationOf(decl(of('a', 'b')), decl(of('b', 'c'), { capacity: 99 }));
  assert.deepEqual([grown.kind, grown.kind === 'convert' && grown.lost], ['convert', ['a']]);
  const why = (before: MapDecl, after: MapDecl): string => { const m = migrationOf(before, after); return m.kind === 'lost' ? m.why : m.kind; };
  assert.match(why(decl(of('a')), decl(of('z'))), /nothing of the old/);
  assert.match(why(decl(of('a')), decl(of('a'), { kind: 'lru' })), /of kind hash and is of kind lru/);
  assert.match(why(decl(of('a'), { key: of('from', 'to') }), decl(of('a'), { key: of('from', 'port') })), /its key has no to/);
  assert.equal(why(decl(of('a'), { key: of('from') }), decl(of('a'), { key: of('from', 'port') })), 'convert');
  assert.match(why(decl(of('a'), { kind: 'lpm' }), decl(of('a'), { kind: 'lpm', key: int(64) })), /prefixes/);
});
