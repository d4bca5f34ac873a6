// The contract of the data path at devices that servers have anyway: what elements claim of their packets, and what goes out of them.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { announced, arpFor, frame, ipFrame, Net, OUTSIDE, text, TYPE, until, type World } from './suite-net.ts';
import type { Test } from './suite.ts';

export function doorSuite(test: Test, makeWorld: (t: TestContext) => World): void {
  test('a device of the machine: what is claimed comes in, the rest is the machine\'s; out of it goes what has an address, or a next hop', async t => {
    const world = makeWorld(t);
    const net = new Net(world, t);
    const a1 = net.endpoint('a', 1);
    net.build();
    const none = '00:00:00:00:00:00', claims = ['198.51.100.2/32', '10.9.0.0/16', '2001:db8:5::2/128'];
    const put = (more: object = {}): void => {
      const spec = net.element('a', { stations: [[a1.mac, 1], [OUTSIDE.mac, 1], [none, 70], [OUTSIDE.far.mac, 70]] });
      net.open('a').putElement({ ...spec, wires: [...spec.wires, { port: 70, to: 'device', device: OUTSIDE.name, via: ['198.51.100.1', '2001:db8:5::1'], claims, domain: 1, ...more }] });
    };
    assert.throws(() => put(), /there is no device ext.0/);
    let outside = world.outside('a'), tap = world.tap('a', outside.netns, outside.device);
    t.after(() => tap.close());
    assert.throws(() => put({ claims: ['198.51.100.0/24'] }), /198.51.100.3 on device ext.0 is the machine's own address/);
    put();
    const comesIn = async (to: string): Promise<boolean> => {
      tap.send(ipFrame(OUTSIDE.mac, OUTSIDE.far.mac, to, `for ${to}`));
      return (await a1.tap.receive()) !== undefined;
    };
    const goesOut = async (to: string): Promise<string | undefined> => {
      a1.tap.send(ipFrame(none, a1.mac, to, 'out'));
      return (await tap.receive())?.subarray(0, 6).join();
    };
    const all = async (): Promise<unknown> => [await comesIn('198.51.100.2'), await comesIn('10.9.8.7'), await comesIn('2001:db8:5::2'), await goesOut('203.0.113.7'), await goesOut('2001:db8:7::7')];
    const far = '2,0,0,0,238,2';
    assert.deepEqual(await all(), [true, true, true, far, far]);
    for (const to of ['198.51.100.3', '2001:db8:5::3', '10.8.0.1']) assert.equal(await comesIn(to), false, to);
    tap.send(arpFor('198.51.100.2'));
    assert.equal((await a1.tap.receive())?.subarray(0, 6).join(), '2,0,0,0,238,1', 'a question comes with the MAC of the device');
    a1.tap.send(frame(OUTSIDE.far.mac, a1.mac, TYPE, 'as it is'));
    assert.equal(text(await tap.receive()), 'as it is');
    a1.tap.send(frame(none, a1.mac, TYPE, 'to nobody'));
    await until(() => net.open('a').drops().length > 0);
    assert.deepEqual(net.open('a').drops().map(d => `${d.module} ${d.reason} ${d.packets}`), ['datapath no-next-hop 1']);
    const in70 = net.open('a').ports('red').find(p => p.port === 70);
    assert.deepEqual([in70?.rxPackets, in70?.txPackets], [4, 4], 'what is refused on the way out too, as with tunnels');

    // Directly to whom it is for, who must be there; by the next hop nobody has the address.
    put({ via: 'direct' });
    assert.deepEqual([await goesOut('198.51.100.1'), await goesOut('2001:db8:5::1'), await goesOut('203.0.113.7')], [far, far, undefined]);
    // Addresses that are here from now on are told once.
    for (const [announces, told] of [[['198.51.100.2'], 'ARP'], [['198.51.100.2', '2001:db8:5::2'], 'ND']] as const) {
      put({ announces });
      assert.deepEqual([announced(await tap.receive()), await tap.receive()], [told, undefined]);
    }
    put();

    net.close('a');
    put();
    assert.equal(net.open('a').changes, 0, 'adopted');
    tap.close();
    world.deleteOutside('a');
    await until(() => net.open('a').observe().elements[0]?.specHash === '');
    assert.throws(() => put(), /there is no device ext.0/);
    outside = world.outside('a');
    tap = world.tap('a', outside.netns, outside.device);
    put();
    assert.deepEqual(await all(), [true, true, true, far, far]);
    net.open('a').putElement(net.element('a'));
    assert.equal(await comesIn('198.51.100.2'), false, 'no wire leads there any more');
    put();
    assert.equal(await comesIn('198.51.100.2'), true);
    net.open('a').removeElement('red');
    assert.equal(await comesIn('198.51.100.2'), false);
    net.open('a').destroy();
    assert.deepEqual(world.leftovers('a'), []);
  });
}
