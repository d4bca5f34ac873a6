// What a module counts in a per-CPU array that it exports, read through the data path on both engines.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { imageOf } from '../src/compiler/fixtures/image-of.ts';
import { DatapathError } from '../src/datapath/datapath.ts';
import { kernelWorld } from '../src/datapath/fixtures/kernel-world.ts';
import { vmWorld } from '../src/datapath/fixtures/vm-world.ts';
import type { World } from '../src/datapath/suite-net.ts';
import { kernelTest } from './require.ts';

const SOURCE = `
import { Eth, PerCpuArray, drop, module, reply, type u64 } from 'iovisor/module';
class Hits { packets: u64 = 0n; bytes: u64 = 0n }
export const hits = new PerCpuArray<Hits>(256);
export default module(pkt => {
  const eth = pkt.at(Eth);
  const hit = hits.get(eth.type & 0xff);
  if (!hit) return drop('none');
  hit.packets += 1n;
  hit.bytes += 1000n;
  return eth.type === 0x88b5 ? reply() : drop('counted');
});
`;

async function counts(t: TestContext, world: World): Promise<void> {
  const datapath = world.open('a');
  t.after(() => { datapath.close(); });
  const netns = world.host('a', 'h1');
  const mac = '02:00:00:00:00:01';
  datapath.putImage('one', imageOf('hits.ts', { text: SOURCE, verifyIr: 'always' }));
  datapath.putElement({ uid: 'hits', id: 3, imageHash: 'one', contents: {}, wires: [{ port: 1, to: 'endpoint', endpoint: 'e1' }] });
  datapath.putEndpoint({ uid: 'e1', id: 1, domain: 1, group: 0, element: 'hits', port: 1, netns, device: 'eth0', mac, addresses: ['10.0.0.1/24'], mtu: 1450 });
  const tap = world.tap('a', netns, 'eth0');
  t.after(() => tap.close());
  const frame = (type: number): Uint8Array => Uint8Array.from([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, type, ...new Array<number>(46).fill(0)]);
  for (const type of [0xb6, 0xb6, 0xb7, 0xb5]) tap.send(frame(type));
  assert.ok(await tap.receive(), 'the last one was answered');
  const hits = datapath.counters('hits', 'hits');
  assert.deepEqual([hits.length, hits[0xb5], hits[0xb6], hits[0xb7]], [256, 1, 2, 1]);
  assert.throws(() => datapath.counters('hits', 'other'), DatapathError);
  assert.throws(() => datapath.counters('none', 'hits'), DatapathError);
  datapath.destroy();
}

test('vm: counters of a module', t => counts(t, vmWorld()));
kernelTest('kernel: counters of a module', t => counts(t, kernelWorld(t, 'iov-cnt', { a: '192.0.2.1', b: '192.0.2.2' })));
