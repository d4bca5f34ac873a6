// What is promised of punts, as tests that run on either driver: packets reach who reads them, answers come back in, and what nobody reads or
// is too much ends under a name.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Datapath, Punted, PuntReader } from './datapath.ts';
import { guardImage } from './fixtures/guard.ts';
import { PUNT_TYPE, switchImage } from './fixtures/switch.ts';
import { PUNT_BURST } from './joints/punt.ts';
import type { Test } from './suite.ts';
import { frame, ipFrame, Net, passes, text, TYPE, until, type World } from './suite-net.ts';

export function puntSuite(test: Test, makeWorld: (t: TestContext) => World): void {
  const dropsOf = (datapath: Datapath): string[] => datapath.drops().map(d => `${d.element} ${d.module} ${d.reason} ${d.packets}`);
  const hearing = (datapath: Datapath, t: TestContext): { heard: Punted[]; reader: PuntReader } => {
    const heard: Punted[] = [];
    const reader = datapath.readPunts(p => { heard.push({ ...p, frame: p.frame.slice() }); });
    t.after(() => { reader.close(); });
    return { heard, reader };
  };
  const nextOf = async (heard: Punted[]): Promise<Punted> => {
    await until(() => heard.length > 0);
    return heard.shift()!;
  };

  test('a punted packet reaches its reader, and an answer goes back through what stands on the way', async t => {
    const net = new Net(makeWorld(t), t);
    net.filters = [{ uid: 'outer', id: 11, image: guardImage('o') }, { uid: 'inner', id: 12, image: guardImage('i') }];
    const [a1, a2, b1] = [net.endpoint('a', 1), net.endpoint('a', 2, { group: 7 }), net.endpoint('b', 3)];
    net.build();
    const a = net.open('a');
    a2.tap.send(frame(a1.mac, a2.mac, TYPE, '!unheard'));
    await until(() => a.drops().length > 0);
    assert.deepEqual(dropsOf(a), ['outer guard-o o-asked 1'], 'nobody reads');

    const { heard, reader } = hearing(a, t);
    assert.throws(() => a.readPunts(() => {}), /read already/);
    for (const words of [frame(a1.mac, a2.mac, TYPE, '!heard'), ipFrame(a1.mac, a2.mac, '192.0.2.1', 'x'.repeat(1300)), ipFrame(a1.mac, a2.mac, '2001:db8::1', 'as IPv6')]) {
      words[14] = '!'.charCodeAt(0);
      a2.tap.send(words);
      const { frame: whole, record, ...where } = await nextOf(heard);
      assert.deepEqual({ ...where, ...record }, { element: 'outer', port: 2, reason: 'o-asked', entry: 2, domain: 1, endpoint: a2.spec.id, group: 7, tunnelKey: 0 });
      assert.deepEqual(whole, words);
    }
    assert.deepEqual(a.punts().map(p => `${p.element} ${p.module} ${p.reason} ${p.packets}`), ['outer guard-o o-asked 3']);

    const record = { entry: 2, domain: 1, endpoint: a2.spec.id, group: 7, tunnelKey: 0 };
    const answer = (words: string, more: { element?: string; port?: number; way?: 'from' | 'to' } = {}): boolean => reader.send({ element: 'outer', port: 2, way: 'to', record, frame: frame(a2.mac, '02:00:00:00:00:99', TYPE, words), ...more });
    assert.equal(answer('an answer'), true);
    assert.equal(text(await a2.tap.receive()), 'an answer');
    // Towards the endpoint, the filter itself sees it; from inside, those that are farther out do as well; as the element's, all of them.
    for (const [element, words, reason] of [['outer', 'Over', 'outer guard-o o-no-way-in'], ['inner', 'Or', 'outer guard-o o-no-way-in'], ['inner', 'In', 'inner guard-i i-no-way-in'], ['red', 'I', 'inner guard-i i-no-way-in']] as const) {
      const count = (): number => a.drops().find(d => `${d.element} ${d.module} ${d.reason}` === reason)?.packets ?? 0;
      const before = count();
      assert.equal(answer(words, { element }), true);
      await until(() => count() > before);
      assert.equal(count(), before + 1, `${words} into ${element}`);
    }
    // As if the endpoint had sent it: on to the other one, and over the tunnel.
    for (const to of [a1, b1]) {
      assert.equal(reader.send({ element: 'outer', port: 2, way: 'from', record, frame: frame(to.mac, a2.mac, TYPE, 'let in') }), true);
      assert.equal(text(await to.tap.receive()), 'let in');
    }
    assert.equal(answer('nowhere', { element: 'none' }), false);
    assert.equal(answer('no port', { element: 'red', port: 55 }), false);

    reader.close();
    assert.equal(answer('late'), false);
    a2.tap.send(frame(a1.mac, a2.mac, TYPE, '!again'));
    await until(() => dropsOf(a).includes('outer guard-o o-asked 2'));
    assert.ok(dropsOf(a).includes('outer guard-o o-asked 2'), dropsOf(a).join('\n'));
    a.destroy();
    assert.deepEqual(net.world.leftovers('a'), []);
  });

  test('a module with ports punts, too, and a reader that returns changes nothing', async t => {
    const net = new Net(makeWorld(t), t);
    const [a1, a2, b1] = [net.endpoint('a', 1), net.endpoint('a', 2), net.endpoint('b', 3)];
    net.build();
    for (let life = 0; life < 3; life++) {
      const a = net.open('a');
      const { heard, reader } = hearing(a, t);
      a1.tap.send(frame(a2.mac, a1.mac, PUNT_TYPE, 'strange'));
      const punted = await nextOf(heard);
      assert.deepEqual([punted.element, punted.port, punted.reason, text(punted.frame)], ['red', 1, 'strange', 'strange']);
      for (const [to, port] of [[a2, 2], [b1, 60]] as const) {
        assert.equal(reader.send({ ...punted, port, way: 'to', frame: frame(to.mac, a1.mac, TYPE, `life ${life}`) }), true);
        assert.equal(text(await to.tap.receive()), `life ${life}`);
      }
      assert.equal(a.changes === 0, life > 0, 'what stands is adopted');
      net.close('a');
      a1.tap.send(frame(a2.mac, a1.mac, PUNT_TYPE, 'nobody is there'));
      await passes(a1, a2, 'and all else goes on');
      net.build();
    }
    const a = net.open('a'), counts = (): string[] => [...a.drops(), ...a.punts()].map(p => `${p.reason} ${p.packets}`);
    assert.deepEqual([dropsOf(a), counts()], [['red switch strange 3'], ['strange 3', 'strange 3']]);
    const image = switchImage(2);
    a.putImage('two', { ...image, sites: [...image.sites, { kind: 'drop', reason: 'more', file: 0, line: 99, column: 1 }] });
    a.putElement({ ...net.element('a'), imageHash: 'two' });
    assert.deepEqual(counts(), ['strange 3', 'strange 3'], 'another image goes on counting');
  });

  test('too many punts at once are dropped by name, and counted', async t => {
    const net = new Net(makeWorld(t), t);
    const [a1, a2] = [net.endpoint('a', 1), net.endpoint('a', 2)];
    net.build();
    const a = net.open('a');
    const { heard } = hearing(a, t);
    const sent = 3 * PUNT_BURST;
    for (let i = 0; i < sent; i++) a1.tap.send(frame(a2.mac, a1.mac, PUNT_TYPE, 'strange'));
    await passes(a1, a2, 'and a good one');
    const dropped = (): number => a.drops().reduce((sum, d) => sum + d.packets, 0);
    await until(() => heard.length + dropped() === sent);
    assert.equal(heard.length + dropped(), sent, dropsOf(a).join('\n'));
    assert.ok(heard.length >= PUNT_BURST, `${heard.length} heard`);
    assert.ok(a.drops().some(d => d.reason === 'punt-over-rate' && d.element === 'red'), dropsOf(a).join('\n'));
  });
}
