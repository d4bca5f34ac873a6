// What a module counts in a per-CPU array that it exports, read through the data path on both engines.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { imageOf } from '../src/compiler/fixtures/image-of.ts';
import { DatapathError } from '../src/datapath/datapath.ts';
import type { World } from '../src/datapath/suite-net.ts';
import { attach, frameOf, onBothEngines } from './both-engines.ts';

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
  datapath.putImage('one', imageOf('hits.ts', { text: SOURCE, verifyIr: 'always' }));
  datapath.putElement({ uid: 'hits', id: 3, imageHash: 'one', contents: {}, wires: [{ port: 1, to: 'endpoint', endpoint: 'e1' }] });
  const { tap } = attach(t, world, datapath, 'hits');
  for (const type of [0x88b6, 0x88b6, 0x88b7, 0x88b5]) tap.send(frameOf([], { type }));
  assert.ok(await tap.receive(), 'the last one was answered');
  const hits = datapath.counters('hits', 'hits');
  assert.deepEqual([hits.length, hits[0xb5], hits[0xb6], hits[0xb7]], [256, 1, 2, 1]);
  assert.throws(() => datapath.counters('hits', 'other'), DatapathError);
  assert.throws(() => datapath.counters('none', 'hits'), DatapathError);
  datapath.destroy();
}

onBothEngines('counters of a module', 'iov-cnt', counts);
