// Segments at devices of a server: what enters an element and what leaves it there, with and without a tag, alone and in a flood.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { switchImage } from '../fixtures/switch.ts';
import type { ElementSpec } from '../datapath.ts';
import { frame, TYPE } from '../suite-net.ts';
import { Lab } from './lab.ts';
import { openVmDatapath } from './open.ts';

const ALL = 'ff:ff:ff:ff:ff:ff', WEB = '02:00:00:00:00:01', LEGACY = '02:00:00:00:00:c8';
const VLAN = 100;
const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');
const tagged = (bytes: Uint8Array, tci: number): Uint8Array => Uint8Array.from([...bytes.subarray(0, 12), 0x81, 0, tci >> 8, tci & 0xff, ...bytes.subarray(12)]);

function zone() {
  const lab = new Lab();
  const datapath = openVmDatapath({ lab, server: 's1' });
  const far = lab.server('s1').addLink('eth1', { mac: '02:00:00:00:0e:01', host: lab.addHost('legacy'), device: { device: 'eth0', mac: LEGACY, addresses: [], mtu: 1500 } });
  lab.addHost('web');
  datapath.putImage('one', switchImage());
  const element = (wires: ElementSpec['wires']): ElementSpec => ({ uid: 'red', id: 1, imageHash: 'one', contents: { stations: [[WEB, 1], [LEGACY, 2]] }, wires: [{ port: 1, to: 'endpoint', endpoint: 'web' }, ...wires] });
  datapath.putElement(element([{ port: 2, to: 'trunk', device: 'eth1', vlan: VLAN }]));
  datapath.putEndpoint({ uid: 'web', id: 1, domain: 1, group: 0, element: 'red', port: 1, netns: 'web', device: 'eth0', mac: WEB, addresses: [], mtu: 1400 });
  const web = lab.host('web').device();
  const passes = (from: typeof web, sent: Uint8Array, to: typeof web): string => {
    const before = to.heard.length;
    from.send(sent);
    assert.ok(to.heard.length <= before + 1, 'once');
    return hex(to.heard[before]);
  };
  return { lab, datapath, far, web, element, passes, drops: () => datapath.drops().map(d => `${d.reason} ${d.packets}`).sort() };
}

test('a tag goes on and off at the device, of one packet and of a flood; its priority says nothing', () => {
  const { far, web, passes, drops } = zone();
  const there = frame(LEGACY, WEB, TYPE, 'there'), back = frame(WEB, LEGACY, TYPE, 'back'), all = frame(ALL, WEB, TYPE, 'to all');
  assert.equal(passes(web, there, far), hex(tagged(there, VLAN)));
  assert.equal(passes(far, tagged(back, VLAN), web), hex(back));
  assert.equal(passes(far, tagged(back, 0xe000 + VLAN), web), hex(back));
  assert.equal(passes(web, all, far), hex(tagged(all, VLAN)));
  assert.equal(passes(far, tagged(frame(ALL, LEGACY, TYPE, 'from all'), VLAN), web), hex(frame(ALL, LEGACY, TYPE, 'from all')));
  assert.deepEqual(drops(), []);
});

test('what has another tag, or none, stays the machine\'s', () => {
  const { far, web, passes, drops } = zone();
  for (const other of [frame(WEB, LEGACY, TYPE, 'bare'), tagged(frame(WEB, LEGACY, TYPE, 'other'), VLAN + 1), tagged(frame(WEB, LEGACY, TYPE, 'priority'), 0)]) assert.equal(passes(far, other, web), '');
  assert.deepEqual(drops(), []);
});

test('a segment without a tag, and one that is too small for what goes there', () => {
  const { datapath, far, web, element, passes, drops } = zone();
  datapath.putElement(element([{ port: 2, to: 'trunk', device: 'eth1' }]));
  const there = frame(LEGACY, WEB, TYPE, 'there'), back = frame(WEB, LEGACY, TYPE, 'back');
  assert.equal(passes(web, there, far), hex(there));
  assert.equal(passes(far, back, web), hex(back));
  assert.equal(passes(far, tagged(back, 0), web), hex(back), 'a tag of no network');
  assert.equal(passes(far, tagged(back, VLAN), web), '');
  web.send(frame(LEGACY, WEB, TYPE, 'x'.repeat(1501)));
  web.send(frame(ALL, WEB, TYPE, 'x'.repeat(1501)));
  assert.deepEqual(drops(), ['flood-too-big 1', 'too-big 1']);
  datapath.putElement(element([]));
  assert.equal(passes(far, back, web), '', 'given back');
});

test('all of a device is refused where the machine has an address on it; it is a data path as any after a restart', () => {
  const { lab, datapath, element } = zone();
  lab.server('s1').addLink('eth2', { mac: '02:00:00:00:0e:02', own: ['198.51.100.3'], host: lab.addHost('other'), device: { device: 'eth0', mac: '02:00:00:00:00:c9', addresses: [], mtu: 1500 } });
  assert.throws(() => datapath.putElement(element([{ port: 3, to: 'trunk', device: 'eth2' }])), /198\.51\.100\.3 on device eth2 is the machine's own/);
  assert.throws(() => datapath.putElement(element([{ port: 3, to: 'trunk', device: 'eth9', vlan: 1 }])), /no device eth9/);
  const spec = element([{ port: 2, to: 'trunk', device: 'eth1', vlan: VLAN }, { port: 3, to: 'trunk', device: 'eth2', vlan: 5 }]);
  datapath.putElement(spec);
  datapath.close();
  const again = openVmDatapath({ lab, server: 's1' });
  again.putElement(spec);
  assert.equal(again.changes, 0);
  again.putElement({ ...spec, uid: 'blue', id: 2, wires: [] });
  assert.throws(() => again.putElement({ ...spec, uid: 'blue', id: 2, wires: [{ port: 3, to: 'trunk', device: 'eth2', vlan: 5 }] }));
});
