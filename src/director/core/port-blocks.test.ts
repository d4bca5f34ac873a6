// How ports of a gateway are divided among servers that come and go; who asks for it is gateways.test.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { divided } from './port-blocks.ts';
import type { PortBlock } from './world.ts';

test('one server has all ports; a second takes half of them; what it leaves goes back', () => {
  const one = divided([], ['a']);
  assert.deepEqual(one, [{ server: 'a', first: 1024, count: 64512 }]);
  const two = divided(one, ['a', 'b']);
  assert.deepEqual(two, [{ server: 'a', first: 1024, count: 32768 }, { server: 'b', first: 33792, count: 31744 }]);
  assert.deepEqual(divided(two, ['b']), [{ server: 'b', first: 1024, count: 64512 }]);
  assert.deepEqual(divided(two, ['a']), one);
});

test('whoever comes and goes: blocks tile all ports, begin at multiples of 1024, each server has one, and who neither comes nor goes keeps every port of its own that no newcomer took', () => {
  const servers = fc.uniqueArray(fc.constantFrom(...'abcdefghijklmnop'), { minLength: 1, maxLength: 16 });
  fc.assert(fc.property(fc.array(servers, { minLength: 1, maxLength: 8 }), changes => {
    let blocks: readonly PortBlock[] = [];
    for (const now of changes) {
      const before = blocks;
      blocks = divided(before, now);
      assert.deepEqual(blocks.map(b => b.server).sort(), [...now].sort());
      let next = 1024;
      for (const { first, count } of blocks) {
        assert.deepEqual([first, count % 1024, count > 0], [next, 0, true]);
        next += count;
      }
      assert.equal(next, 65536);
      const newcomers = now.filter(s => !before.some(b => b.server === s));
      if (newcomers.length > 0) continue;
      for (const { server, first, count } of before) {
        const kept = blocks.find(b => b.server === server);
        if (kept) assert.ok(kept.first <= first && kept.first + kept.count >= first + count, server);
      }
    }
  }));
});
