// The contract of the data path, as tests that run on either driver: two servers, workloads that send and receive whole frames.
// It knows no engine; suite.kernel.test.ts and suite.vm.test.ts give it a world.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { guardImage } from './fixtures/guard.ts';
import { ECHO_TYPE, MIRROR_TYPE, PUNT_TYPE, switchImage } from './fixtures/switch.ts';
import { DatapathError, type ElementSpec } from './datapath.ts';
import { specHash } from './spec-hash.ts';
import { frame, Net, passes, type Station, text, TYPE, until, VNI, type World } from './suite-net.ts';

export type Test = (name: string, body: (t: TestContext) => void | Promise<void>) => void;

export function datapathSuite(test: Test, makeWorld: (t: TestContext) => World): void {
  test('unicast, local and remote, and nothing to third parties', async t => {
    const net = new Net(makeWorld(t), t);
    const [a1, a2, b1] = [net.endpoint('a', 1), net.endpoint('a', 2), net.endpoint('b', 3)];
    net.build();
    await passes(a1, a2, 'local');
    await passes(a1, b1, 'to the other server');
    await passes(b1, a2, 'and back');
    const [port] = net.open('a').ports('red').filter(p => p.port === 1);
    assert.deepEqual({ rx: port?.rxPackets, tx: port?.txPackets }, { rx: 2, tx: 0 }, 'counted at port 1');
    assert.equal(await a1.tap.receive(), undefined);
  });

  test('a group address reaches every port once, and no tunnel twice', async t => {
    const net = new Net(makeWorld(t), t);
    const all = [net.endpoint('a', 1), net.endpoint('a', 2), net.endpoint('b', 3), net.endpoint('b', 4)];
    net.build();
    for (const sender of all) {
      sender.tap.send(frame('ff:ff:ff:ff:ff:ff', sender.mac, TYPE, sender.spec.uid));
      for (const other of all) if (other !== sender) assert.equal(text(await other.tap.receive()), sender.spec.uid);
    }
    for (const one of all) assert.equal(await one.tap.receive(), undefined, 'one copy each');
    const drops = [...net.open('a').drops(), ...net.open('b').drops()];
    assert.deepEqual(drops, [], 'the end of the original is no drop');
  });

  test('a reply goes back to the port of entry, also through a tunnel', async t => {
    const net = new Net(makeWorld(t), t);
    const a1 = net.endpoint('a', 1);
    net.build();
    a1.tap.send(frame('02:00:00:00:00:77', a1.mac, ECHO_TYPE, 'echo'));
    assert.equal(text(await a1.tap.receive()), 'echo');
  });

  test('two networks with the same addresses do not meet', async t => {
    const world = makeWorld(t);
    const red = new Net(world, t), blue = new Net(world, t, { name: 'blue', id: 2, vni: VNI + 1 }, red);
    const r1 = red.endpoint('a', 1), r2 = red.endpoint('b', 2);
    const b1 = blue.endpoint('a', 1), b2 = blue.endpoint('b', 2);
    red.build();
    blue.build();
    assert.equal(r2.mac, b2.mac);
    await passes(r1, r2, 'red');
    assert.equal(await b2.tap.receive(), undefined);
    await passes(b1, b2, 'blue');
    assert.equal(await r2.tap.receive(), undefined);
  });

  test('filters see what leaves endpoints and what reaches them, once each, in their order, floods too', async t => {
    const net = new Net(makeWorld(t), t);
    net.filters = [{ uid: 'outer', id: 11, image: guardImage('o') }, { uid: 'inner', id: 12, image: guardImage('i') }];
    const [a1, a2, b1] = [net.endpoint('a', 1), net.endpoint('a', 2), net.endpoint('b', 3)];
    net.build();
    await passes(a1, a2, 'local');
    await passes(a1, b1, 'to the other server');
    await passes(b1, a1, 'and back');
    const stopped = async (from: Station, to: string, words: string, where: 'a' | 'b', reason: string, packets = 1): Promise<void> => {
      const count = (): number => net.open(where).drops().find(d => d.reason === reason)?.packets ?? 0;
      const before = count();
      from.tap.send(frame(to, from.mac, TYPE, words));
      await until(() => count() >= before + packets);
      assert.equal(count(), before + packets, `${words} ends as ${reason}`);
    };
    await stopped(a1, a2.mac, 'out', 'a', 'o-no-way-out');
    await stopped(a1, a2.mac, 'in', 'a', 'i-no-way-out');
    await stopped(a1, a2.mac, 'Out', 'a', 'o-no-way-in');
    await stopped(a1, b1.mac, 'In', 'b', 'i-no-way-in');
    const all = 'ff:ff:ff:ff:ff:ff';
    a1.tap.send(frame(all, a1.mac, TYPE, 'to all'));
    for (const one of [a2, b1]) assert.equal(text(await one.tap.receive()), 'to all');
    await stopped(b1, all, 'over', 'b', 'o-no-way-out');
    await stopped(b1, all, 'Oh', 'a', 'o-no-way-in', 2);
    a1.tap.send(frame(a2.mac, a1.mac, TYPE, '?'));
    assert.equal(text(await a1.tap.receive()), '?', 'answered by the filter itself');
    for (const one of [a1, a2, b1]) assert.equal(await one.tap.receive(), undefined, 'nothing else, and nothing twice');

    // Taken away again, from the inside out; nothing is left of them.
    net.filters = [];
    net.build();
    for (const server of ['a', 'b'] as const) for (const uid of ['inner', 'outer']) net.open(server).removeElement(uid);
    await passes(a1, a2, 'Outspoken');
    await passes(a1, b1, 'out');
    net.close('a');
    assert.equal(net.open('a').changes, 0);
  });

  test('every refused packet is counted under a name', async t => {
    const net = new Net(makeWorld(t), t);
    const a1 = net.endpoint('a', 1), a2 = net.endpoint('a', 2);
    net.build({ stations: [[a1.mac, 1], [a2.mac, 2], ['02:00:00:00:00:66', 66]] });
    a1.tap.send(frame('02:00:00:00:00:99', a1.mac, TYPE, 'nobody'));
    a1.tap.send(frame('02:00:00:00:00:66', a1.mac, TYPE, 'no wire'));
    a1.tap.send(frame(a2.mac, a1.mac, PUNT_TYPE, 'strange'));
    await passes(a1, a2, 'and a good one');
    const told = net.open('a').drops().map(d => `${d.element} ${d.module} ${d.reason} ${d.packets}`);
    assert.deepEqual(told.sort(), ['red datapath no-wire 1', 'red switch strange 1', 'red switch unknown-station 1']);
    assert.ok(net.open('a').drops().every(d => d.line > 0 && d.file.endsWith('.ts')));
  });

  test('a frame too big for its receiver is refused by name, alone and in a flood', async t => {
    const net = new Net(makeWorld(t), t);
    const a1 = net.endpoint('a', 1), a2 = net.endpoint('a', 2, { mtu: 600 });
    net.build();
    a1.tap.send(frame(a2.mac, a1.mac, TYPE, 'x'.repeat(601)));
    a1.tap.send(frame('ff:ff:ff:ff:ff:ff', a1.mac, TYPE, 'x'.repeat(601)));
    await passes(a1, a2, 'x'.repeat(600));
    assert.equal(await a2.tap.receive(), undefined);
    assert.deepEqual(net.open('a').drops().map(d => `${d.reason} ${d.packets}`).sort(), ['flood-too-big 1', 'too-big 1']);
  });

  test('a mirrored packet goes on, and its copy goes out or is counted', async t => {
    const world = makeWorld(t);
    const net = new Net(world, t), blue = new Net(world, t, { name: 'blue', id: 2, vni: VNI + 1 }, net);
    const a1 = net.endpoint('a', 1), a2 = net.endpoint('a', 2), watcher = net.endpoint('a', 3, { mtu: 600 });
    blue.endpoint('a', 1);
    net.build();
    blue.build();
    const a = net.open('a'), spec = net.element('a');
    a.putElement({ ...spec, wires: [...spec.wires, { port: 70, to: 'element', element: 'blue', entry: 50 }] });
    const mirrors = async (port: number, words: string): Promise<void> => {
      a1.tap.send(frame(a2.mac, a1.mac, MIRROR_TYPE, String.fromCharCode(port) + words));
      assert.equal(text(await a2.tap.receive()), String.fromCharCode(port) + words, 'the packet itself');
    };
    await mirrors(3, 'seen');
    assert.equal(text(await watcher.tap.receive()), '\u0003seen');
    await mirrors(60, 'seen far away');
    assert.equal(text(await a2.tap.receive()), '<seen far away', 'the copy, which the other server sends back to whom it is for');
    await mirrors(3, 'x'.repeat(700));
    await mirrors(70, 'into an element');
    await mirrors(71, 'by no wire');
    assert.equal(await watcher.tap.receive(), undefined);
    assert.deepEqual(a.drops().map(d => `${d.module} ${d.reason} ${d.packets}`).sort(), ['datapath mirror-no-wire 1', 'datapath mirror-to-element 1', 'datapath mirror-too-big 1']);
    const tx = (port: number): number | undefined => a.ports('red').find(p => p.port === port)?.txPackets;
    assert.deepEqual([tx(2), tx(3), tx(60)], [6, 1, 1]);
  });

  test('a workload in the namespace of the server itself', async t => {
    const world = makeWorld(t);
    if (!world.own) return t.skip('simulated servers have no namespace');
    const net = new Net(world, t);
    const a1 = net.endpoint('a', 1), a2 = net.endpoint('a', 2, { netns: world.own('a'), device: 'own0' }), b1 = net.endpoint('b', 3);
    net.build();
    await passes(a1, a2, 'in');
    await passes(a2, a1, 'out');
    await passes(b1, a2, 'from the other server');
  });

  test('elements call each other over wires; a loop ends by name', async t => {
    const world = makeWorld(t);
    const red = new Net(world, t), blue = new Net(world, t, { name: 'blue', id: 2, vni: VNI + 1 }, red);
    const from = red.endpoint('a', 1), to = blue.endpoint('a', 2);
    red.build();
    blue.build();
    const a = red.open('a');
    const looped = '02:00:00:00:00:55';
    const join = (net: Net, other: string, port: number, mac: string): void => {
      const spec = net.element('a');
      const stations = [...spec.contents['stations'] as [string, number][], [mac, port], [looped, port]];
      a.putElement({ ...spec, contents: { stations }, wires: [...spec.wires, { port, to: 'element', element: other, entry: port }] });
    };
    join(red, 'blue', 50, to.mac);
    join(blue, 'red', 50, from.mac);
    await passes(from, to, 'through two elements');
    await passes(to, from, 'and back');
    from.tap.send(frame(looped, from.mac, TYPE, 'round and round'));
    await passes(from, to, 'still');
    assert.deepEqual(a.drops().map(d => `${d.module} ${d.reason} ${d.packets}`), ['datapath too-many-hops 1']);
    from.tap.send(frame('ff:ff:ff:ff:ff:ff', from.mac, TYPE, 'to all'));
    assert.equal(text(await to.tap.receive()), 'to all', 'a flood goes on into the next element');
    a.removeElement('blue');
    from.tap.send(frame(to.mac, from.mac, TYPE, 'into nothing'));
    assert.equal(await to.tap.receive(), undefined);
    assert.ok(a.drops().some(d => d.reason === 'no-next-element' && d.element === 'red'));
  });

  test('a tunnel from a server that is not in the plan is refused by name', async t => {
    const net = new Net(makeWorld(t), t);
    const a1 = net.endpoint('a', 1), b1 = net.endpoint('b', 2);
    net.build();
    await passes(a1, b1, 'before');
    net.open('b').putElement({ ...net.element('b'), wires: net.element('b').wires.filter(w => w.to !== 'tunnel') });
    a1.tap.send(frame(b1.mac, a1.mac, TYPE, 'after'));
    assert.equal(await b1.tap.receive(), undefined);
    assert.deepEqual(net.open('b').drops().map(d => `${d.module} ${d.reason} ${d.packets}`), ['datapath unknown-tunnel-peer 1']);
  });

  test('an endpoint is closed until its element is there', async t => {
    const world = makeWorld(t);
    const net = new Net(world, t);
    const a1 = net.endpoint('a', 1), a2 = net.endpoint('a', 2);
    net.attach();
    a1.tap.send(frame(a2.mac, a1.mac, TYPE, 'early'));
    assert.equal(await a2.tap.receive(), undefined);
    assert.deepEqual(net.open('a').drops().map(d => d.reason), ['no-element']);
    net.build();
    await passes(a1, a2, 'now');
  });

  test('tables and config change in place; a shape makes a new generation, and no packet is lost', async t => {
    const net = new Net(makeWorld(t), t);
    const a1 = net.endpoint('a', 1), a2 = net.endpoint('a', 2);
    net.build();
    const a = net.open('a');
    await passes(a1, a2, 'before');
    let changes = a.changes;
    a.putElement(net.element('a', { settings: { unused: 7 } }));
    assert.equal(a.changes - changes, 1, 'one entry of config');
    changes = a.changes;
    a.putElement(net.element('a', { stations: [[a1.mac, 1]] }));
    assert.ok(a.changes > changes);
    a1.tap.send(frame(a2.mac, a1.mac, TYPE, 'gone'));
    assert.equal(await a2.tap.receive(), undefined, 'an entry that is left out is deleted');
    const frames = 40;
    for (let n = 0; n < frames; n++) {
      a.putElement(net.element('a', { features: { groups: n % 2 === 0 } }));
      a1.tap.send(frame(a2.mac, a1.mac, TYPE, `n ${n}`));
    }
    for (let n = 0; n < frames; n++) assert.equal(text(await a2.tap.receive()), `n ${n}`);
    a1.tap.send(frame('ff:ff:ff:ff:ff:ff', a1.mac, TYPE, 'quiet'));
    assert.equal(await a2.tap.receive(), undefined);
    assert.deepEqual(a.drops().map(d => d.reason).sort(), ['no-groups', 'unknown-station']);
    assert.equal(a.ports('red').find(p => p.port === 1)?.rxPackets, frames + 3, 'counters go on over generations');
  });

  test('another image of the module takes over the state of the same layout', async t => {
    const net = new Net(makeWorld(t), t);
    const a1 = net.endpoint('a', 1), a2 = net.endpoint('a', 2);
    net.build();
    const a = net.open('a');
    a.putImage('two', switchImage(2));
    a.putElement({ ...net.element('a'), imageHash: 'two' });
    await passes(a1, a2, 'by the second image');
    assert.throws(() => a.removeImage('two'), DatapathError);
    a.removeImage('one');
    assert.deepEqual(a.observe().images, ['two']);
    await passes(a1, a2, 'still');
  });

  test('a port beyond the room makes room, and the old ports keep their counts', async t => {
    const net = new Net(makeWorld(t), t);
    const a1 = net.endpoint('a', 1), a2 = net.endpoint('a', 2);
    net.build();
    await passes(a1, a2, 'before');
    const far = net.endpoint('a', 3000);
    net.build();
    await passes(a1, far, 'to port 3000');
    assert.deepEqual(net.open('a').ports('red').map(p => [p.port, p.rxPackets, p.txPackets]), [[1, 2, 0], [2, 0, 1], [60, 0, 0], [3000, 0, 1]]);
  });

  test('what is opened again is adopted: nothing changes, and packets flowed meanwhile', async t => {
    const net = new Net(makeWorld(t), t);
    const a1 = net.endpoint('a', 1), b1 = net.endpoint('b', 2);
    net.build();
    const before = net.open('a').observe();
    net.close('a');
    net.close('b');
    await passes(a1, b1, 'with nobody there');
    net.build();
    assert.equal(net.open('a').changes, 0);
    assert.equal(net.open('b').changes, 0);
    assert.deepEqual(net.open('a').observe(), before);
    assert.equal(before.elements[0]?.specHash, specHash(net.element('a')));
    assert.deepEqual(before.tunnel, { local: net.world.underlay.a, udpPort: 4789 });
    await passes(b1, a1, 'after');
  });

  test('a namespace that goes away is seen, made again, and removed without a trace', async t => {
    const net = new Net(makeWorld(t), t);
    const a1 = net.endpoint('a', 1), a2 = net.endpoint('a', 2);
    net.build();
    const a = net.open('a');
    a2.tap.close();
    net.world.deleteHost('a', a2.host);
    await until(() => a.observe().endpoints.some(e => !e.alive));
    assert.deepEqual(a.observe().endpoints.map(e => [e.uid, e.alive]), [['red-a-1', true], ['red-a-2', false]]);
    a1.tap.send(frame(a2.mac, a1.mac, TYPE, 'lost'));
    net.world.host('a', a2.host);
    a.putEndpoint(a2.spec);
    a2.reopen();
    assert.ok(a.observe().endpoints.every(e => e.alive));
    await passes(a1, a2, 'again');
    net.world.deleteHost('a', a2.host);
    a.removeEndpoint('red-a-2');
    assert.deepEqual(a.observe().endpoints.map(e => e.uid), ['red-a-1']);
  });

  test('removed and destroyed, nothing is left', t => {
    const net = new Net(makeWorld(t), t);
    net.endpoint('a', 1);
    net.endpoint('a', 2);
    net.build();
    const a = net.open('a');
    a.removeEndpoint('red-a-1');
    a.removeElement('red');
    a.removeElement('red');
    assert.deepEqual(a.observe().elements, []);
    a.removeImage('one');
    assert.deepEqual(a.observe().images, []);
    a.destroy();
    assert.deepEqual(net.world.leftovers('a'), []);
  });

  test('what cannot be is refused whole, with a cure', t => {
    const net = new Net(makeWorld(t), t);
    net.endpoint('a', 1);
    net.build();
    const a = net.open('a');
    const good = net.element('a');
    const before = a.changes;
    const bad: Partial<ElementSpec>[] = [
      { imageHash: 'none' }, { uid: 'no_such uid' }, { uid: 'other' }, { contents: { stations: [['nonsense', 1]] } },
      { wires: [{ port: 70_000, to: 'tunnel', remote: '192.0.2.9', vni: 1 }] }, { wires: [...good.wires, ...good.wires] },
    ];
    for (const change of bad) assert.throws(() => a.putElement({ ...good, ...change }), (e: unknown) => e instanceof DatapathError && e.cure !== '', JSON.stringify(change));
    assert.throws(() => a.putEndpoint({ ...net.spec('a', 9), netns: '/run/netns/iov-nowhere' }), DatapathError);
    assert.equal(a.observe().elements[0]?.specHash, specHash(good));
    assert.ok(a.changes >= before);
  });
}
