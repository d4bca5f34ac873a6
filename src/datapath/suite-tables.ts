// The data path's contract about the tables of an element, which may be long: a change costs what differs. On either driver, as suite.ts.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Datapath } from './datapath.ts';
import { frame, Net, passes, TYPE, type World } from './suite-net.ts';
import type { Test } from './suite.ts';

export function tableSuite(test: Test, makeWorld: (t: TestContext) => World): void {
  test('of a table only what differs is written, also by who opens it later', async t => {
    const net = new Net(makeWorld(t), t);
    const a1 = net.endpoint('a', 1), a2 = net.endpoint('a', 2);
    const others = (port: number): [string, number][] => Array.from({ length: 12 }, (_, i) => [`02:00:00:00:01:${i.toString(16).padStart(2, '0')}`, i === 7 ? port : 50]);
    const put = (a: Datapath, stations: readonly [string, number][]): number => {
      const before = a.changes;
      a.putElement(net.element('a', { stations }));
      return a.changes - before;
    };
    const own: [string, number][] = [[a1.mac, 1], [a2.mac, 2]];
    net.build({ stations: [...own, ...others(50)] });
    const first = net.open('a');
    assert.equal(put(first, [...own, ...others(51)]), 1, 'a value');
    assert.equal(put(first, [...own.slice(0, 1), ...others(51)]), 1, 'one less');
    net.close('a');
    const a = net.open('a');
    assert.equal(put(a, [...own, ...others(51)]), 1, 'one more');
    assert.equal(put(a, [...others(52), ...own]), 1, 'in another order');
    await passes(a1, a2, 'still');
    a1.tap.send(frame('02:00:00:00:01:07', a1.mac, TYPE, 'by the new port'));
    a1.tap.send(frame('02:00:00:00:01:08', a1.mac, TYPE, 'by the old one'));
    await passes(a1, a2, 'behind them');
    assert.deepEqual(a.drops().map(d => `${d.reason} ${d.packets}`), ['no-wire 2']);
  });
}
