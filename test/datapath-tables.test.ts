// Entries of the maps that a module exports, read and set through the data path on both engines, while packets use them.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { imageOf } from '../src/compiler/fixtures/image-of.ts';
import { DatapathError, type Datapath } from '../src/datapath/datapath.ts';
import type { World } from '../src/datapath/suite-net.ts';
import { jsonOf } from '../src/image/values.ts';
import { attach, frameOf, macOf as mac, onBothEngines } from './both-engines.ts';

const SOURCE = `
import { ArrayMap, Counter, Eth, ExpiringMap, HashMap, LpmTrie, PerCpuArray, config, drop, module, reply, type Ip4, type Mac, type u16, type u64 } from 'iovisor/module';
class Seen { packets: u64 = 0n; type: u16 = 0 }
class Hits { packets: u64 = 0n; bytes: u64 = 0n }
class Open { by: u16 = 0 }
export const senders = new HashMap<Mac, Seen>(8);
export const open = new ExpiringMap<u16, Open>(8);
export const routes = new LpmTrie<Ip4, u16>(16);
export const weights = new ArrayMap<u16>(4);
export const hits = new PerCpuArray<Hits>(2);
export const all = new Counter();
export const settings = config(class { least: u16 = 7 });
export default module(pkt => {
  const eth = pkt.at(Eth);
  all.add();
  const hit = hits.get(1);
  if (hit) { hit.packets += 1n; hit.bytes += 60n; }
  const seen = senders.get(eth.src);
  if (seen) { seen.packets += 1n; seen.type = eth.type; } else senders.set(eth.src, { packets: 1n, type: eth.type });
  return open.get(eth.type) ? reply() : drop('shut');
});
`;

const refused = (message: RegExp) => (e: unknown): boolean => e instanceof DatapathError && message.test(e.message);

async function tables(t: TestContext, world: World): Promise<void> {
  const datapath = world.open('a');
  t.after(() => { datapath.close(); });
  datapath.putImage('one', imageOf('tables.ts', { text: SOURCE, verifyIr: 'always' }));
  const put = (uid: string, id: number, endpoint: string, contents: object): void =>
    datapath.putElement({ uid, id, imageHash: 'one', contents: { settings: { least: 9 }, senders: [[mac(9), { packets: '5', type: 0 }]], ...contents }, wires: [{ port: 1, to: 'endpoint', endpoint }] });
  put('mine', 3, 'e1', { routes: [['10.0.0.0/8', 1], ['10.1.0.0/16', 2]] });
  put('other', 4, 'e2', {});
  const { tap } = attach(t, world, datapath, 'mine');
  const send = (from: number, type: number): void => tap.send(frameOf([], { from, type }));
  const rows = (map: string, ask = {}): unknown => jsonOf(read(datapath, map, ask).rows);

  // What control set, before a packet; values of a u64 are exact.
  assert.deepEqual(rows('senders'), [{ key: mac(9), value: { packets: '5', type: 0 } }]);
  assert.deepEqual(rows('settings'), [{ value: { least: 9 } }]);
  assert.deepEqual(rows('routes'), [{ key: '10.0.0.0/8', value: 1 }, { key: '10.1.0.0/16', value: 2 }]);
  assert.deepEqual(rows('routes', { key: '10.1.0.0/16' }), [{ key: '10.1.0.0/16', value: 2 }]);
  assert.deepEqual(rows('routes', { key: '10.1.0.0/17' }), [], 'a prefix is itself, not what is above it');

  // Entries that are set are met by packets.
  send(1, 0x88b5);
  assert.equal(await tap.receive(), undefined, 'shut');
  assert.equal(datapath.changeTable('mine', 'open', { set: [[0x88b5, { by: 1 }]], seconds: 60 }), 1);
  assert.equal(datapath.changeTable('other', 'open', { set: [[0x88b5, { by: 2 }]] }), 1);
  // What is there of a change's entries, before it: nothing is done by asking.
  assert.deepEqual(datapath.checkTable('other', 'open', { set: [[0x88b5, { by: 3 }], [1, { by: 3 }]], delete: [2, 0x88b5] }), [{ key: 0x88b5, value: { by: 2 } }]);
  assert.deepEqual(datapath.checkTable('mine', 'routes', { set: [['10.2.0.0/16', 3]] }), [], 'not what is above it');
  assert.throws(() => datapath.checkTable('mine', 'senders', { delete: [mac(9)] }), refused(/has this entry from the config/));
  send(1, 0x88b5);
  assert.ok(await tap.receive(), 'open');
  const [row] = read(datapath, 'open').rows;
  assert.deepEqual({ key: row?.key, value: row?.value }, { key: 0x88b5, value: { by: 1 } });
  assert.ok(row!.expiresSeconds! > 0 && row!.expiresSeconds! <= 60);
  assert.equal(datapath.changeTable('mine', 'open', { delete: [0x88b5, 0x88b6] }), 1, 'one was there');
  send(1, 0x88b5);
  assert.equal(await tap.receive(), undefined, 'shut again');
  assert.deepEqual(jsonOf(datapath.readTable('other', 'open', { most: 9 }).rows), [{ key: 0x88b5, value: { by: 2 } }], "another element's are its own");
  assert.deepEqual(rows('senders', { key: mac(1) }), [{ key: mac(1), value: { packets: '3', type: 0x88b5 } }]);
  assert.deepEqual(rows('hits'), [{ key: 0, value: { packets: '0', bytes: '0' } }, { key: 1, value: { packets: '3', bytes: '180' } }]);
  assert.deepEqual(rows('all'), [{ key: 0, value: '3' }]);
  assert.equal(datapath.changeTable('mine', 'weights', { set: [[2, 500]] }), 1);
  assert.deepEqual(rows('weights', { key: 2 }), [{ key: 2, value: 500 }]);

  // In pages, in the order of keys.
  assert.equal(datapath.changeTable('mine', 'senders', { set: [8, 4, 6].map(n => [mac(n), { packets: n, type: 1 }]) }), 3);
  const pages: unknown[] = [];
  for (let after: string | undefined, more = true; more;) {
    const page = read(datapath, 'senders', { most: 2, after });
    pages.push(page.rows.map(r => r.key));
    after = page.next;
    more = after !== undefined;
  }
  assert.deepEqual(pages, [[mac(1), mac(4)], [mac(6), mac(8)], [mac(9)]]);

  // What is not as the types are, not there, not to be set, or the config's.
  const wrong = (map: string, change: object, message: RegExp): void => assert.throws(() => datapath.changeTable('mine', map, change), refused(message));
  wrong('weights', { set: [[2, 70_000]] }, /^weights\[0\]\.value 70000 is not an integer in 0 … 65535$/);
  wrong('weights', { set: [[4, 1]] }, /^weights\[0\]\.key 4 is not an index in 0 … 3$/);
  wrong('weights', { delete: [1] }, /is an array, whose values are set and not deleted/);
  wrong('senders', { set: [[mac(1), { packets: 1 }]] }, /^senders\[0\]\.value\.type is missing; Seen has packets, type$/);
  wrong('senders', { set: [['10.0.0.1', { packets: 1, type: 1 }]] }, /^senders\[0\]\.key '10\.0\.0\.1' is not a MAC address/);
  wrong('senders', { set: [[mac(9), { packets: 1, type: 1 }]] }, /^senders has this entry from the config: 02:00:00:00:00:09$/);
  wrong('senders', { delete: [mac(9)] }, /from the config/);
  wrong('senders', { set: [20, 21, 22, 23].map(n => [mac(n), { packets: n, type: 1 }]) }, /^senders would have 9 entries; its capacity is 8$/);
  wrong('senders', { set: [[mac(1), { packets: 1, type: 1 }]], seconds: 5 }, /do not expire: it is a hash map/);
  wrong('hits', { set: [[1, { packets: 1, bytes: 1 }]] }, /is written by packets only/);
  wrong('settings', { set: [[0, { least: 1 }]] }, /is set as a whole, by the config/);
  wrong('sender', {}, /^tables exports no map sender; it exports senders, open, routes, weights, hits, all, settings$/);
  assert.throws(() => datapath.readTable('none', 'open', { most: 1 }), refused(/no element none/));

  // Control goes on around what was set.
  put('mine', 3, 'e1', { senders: [] });
  assert.deepEqual((rows('senders') as { key: string }[]).map(r => r.key), [1, 4, 6, 8].map(mac));
  datapath.destroy();
}

function read(datapath: Datapath, map: string, ask: object = {}): ReturnType<Datapath['readTable']> {
  return datapath.readTable('mine', map, { most: 100, ...ask });
}

onBothEngines('tables of a module', 'iov-tab', tables);
