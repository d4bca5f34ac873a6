// Tables: as a Map would be, whatever happens; older forms stay as they were, and domains where nothing happened are shared.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Table } from './table.ts';

const key = fc.constantFrom('Server/a', 'Server/b', 'Domain/red', 'Network/red/a', 'Network/red/b', 'Endpoint/red/a', 'Endpoint/blue/a', 'Tunnel/blue/a/s1');
const change = fc.record({ puts: fc.array(fc.tuple(key, fc.nat())), deletes: fc.array(key) });
const sorted = <V>(rows: Iterable<readonly [string, V]>): unknown => [...rows].sort(([a], [b]) => a < b ? -1 : 1);

test('a table holds what a Map would; what it was made from stays', () => {
  fc.assert(fc.property(fc.array(change, { maxLength: 8 }), changes => {
    const map = new Map<string, number>();
    let table: Table<number> = Table.empty;
    for (const { puts, deletes } of changes) {
      const [before, held] = [table, sorted(map)];
      for (const k of deletes) map.delete(k);
      for (const [k, v] of puts) map.set(k, v);
      table = table.changed(puts, deletes);
      assert.deepEqual([sorted(before), sorted(table), table.size], [held, sorted(map), map.size]);
      assert.deepEqual(['Server/a', 'Endpoint/red/a', 'Endpoint/green/a'].map(k => [table.get(k), table.has(k)]), ['Server/a', 'Endpoint/red/a', 'Endpoint/green/a'].map(k => [map.get(k), map.has(k)]));
    }
    assert.deepEqual(table.domains().sort(), [...new Set([...map.keys()].flatMap(k => k.split('/').length > 2 ? k.split('/')[1]! : []))].sort());
    assert.deepEqual(sorted(Table.from(new Map(table))), sorted(table));
  }));
});

test('what did not change is the same object', () => {
  const before = Table.from(new Map([['Server/a', 1], ['Network/red/a', 2], ['Endpoint/red/a', 3], ['Network/blue/a', 4]]));
  const after = before.changed([['Network/red/b', 5]], ['Network/blue/none']);
  assert.deepEqual([after.part('') === before.part(''), after.part('blue') === before.part('blue'), after.part('red') === before.part('red'), after.under('Endpoint', 'red') === before.under('Endpoint', 'red')], [true, true, false, true]);
  assert.equal(before.changed([], ['Network/blue/none']), before);
});
