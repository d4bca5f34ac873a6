// A module whose maps change under traffic, on both engines: what packets wrote goes over by name and field, also after a crash between any
// two steps, and nothing of the old form is left. What cannot go over is said before.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { imageOf } from '../src/compiler/fixtures/image-of.ts';
import { ComposedDatapath } from '../src/datapath/compose/datapath.ts';
import type { Datapath, ElementSpec } from '../src/datapath/datapath.ts';
import { Crash, crashing } from '../src/datapath/fixtures/crashing.ts';
import type { World } from '../src/datapath/suite-net.ts';
import { VmEngine } from '../src/datapath/vm/engine.ts';
import { Lab } from '../src/datapath/vm/lab.ts';
import type { Image } from '../src/image/image.ts';
import { attach, endpointAt, frameOf, onBothEngines } from './both-engines.ts';

/** Each frame comes back with how many of its flow there were, by a table of flows, one that ages, an array and one of each CPU. */
const source = ({ seen = 'packets: u32 = 0', name = 'packets', key = 'flow: u8 = 0', room = 8, learned = 'u16' }): string => `
import { ArrayMap, ExpiringMap, HashMap, Header, PerCpuArray, drop, module, reply, type u16, type u32, type u64, type u8 } from 'iovisor/module';
class Own extends Header { flow: u8 = 0; count: u8 = 0; aged: u8 = 0; total: u8 = 0; each: u8 = 0 }
class Key { ${key} }
class Seen { ${seen} }
class Age { n: ${learned} = 0 }
class Total { n: u32 = 0 }
const flows = new HashMap<Key, Seen>(${room});
const aging = new ExpiringMap<u8, Age>(${room});
const totals = new ArrayMap<Total>(${room});
const each = new PerCpuArray<Seen>(${room});
export default module(pkt => {
  const own = pkt.at(Own, 14);
  const key: Key = new Key();
  key.flow = own.flow;
  const seen = flows.get(key);
  if (seen) seen.${name} += 1;
  else if (!flows.set(key, { ...new Seen(), ${name}: 1 })) return drop('full');
  own.count = u8of(flows.get(key)?.${name} ?? 0);
  own.aged = u8of(aging.get(own.flow)?.n ?? 0);
  aging.set(own.flow, { n: own.count }, 300);
  const total = totals.get(0);
  if (total) { total.n += 1; own.total = u8of(total.n); }
  const mine = each.get(1);
  if (mine) { mine.${name} += 1; own.each = u8of(mine.${name}); }
  return reply();
});
function u8of(value: u32): u8 { return value & 0xff; }
`;

const compiled = (text: string): Image => imageOf('flows.ts', { text });

const IMAGES: Readonly<Record<string, Image>> = {
  one: compiled(source({})),
  grown: compiled(source({ seen: 'first: u8 = 0; packets: u32 = 0; more: u64 = 0n', key: 'flow: u8 = 0; tag: u16 = 0', room: 32, learned: 'u32' })),
  less: compiled(source({ room: 4 })),
  renamed: compiled(source({ seen: 'hits: u32 = 0', name: 'hits' })),
};
const element = (image: string): ElementSpec => ({ uid: 'flows', id: 3, imageHash: image, contents: {}, wires: [{ port: 1, to: 'endpoint', endpoint: 'e1' }] });
const told = (got: Uint8Array | undefined): number[] => [...got?.subarray(15, 19) ?? []];

function put(datapath: Datapath, image: string): void {
  datapath.putImage(image, IMAGES[image]!);
  datapath.putElement(element(image));
  for (const hash of datapath.observe().images) if (hash !== image) datapath.removeImage(hash);
}

async function migrates(t: TestContext, world: World): Promise<void> {
  const datapath = world.open('a');
  t.after(() => { datapath.close(); });
  put(datapath, 'one');
  const { tap } = attach(t, world, datapath, 'flows');
  const send = async (flow: number): Promise<number[]> => {
    tap.send(frameOf([flow]));
    return told(await tap.receive());
  };
  for (let n = 0; n < 3; n++) await send(7);
  // On one CPU or on several: those of each CPU are not compared.
  assert.deepEqual((await send(9)).slice(0, 3), [1, 0, 4]);
  assert.deepEqual(datapath.losses(element('one')), []);

  datapath.putImage('grown', IMAGES['grown']!);
  assert.deepEqual(datapath.losses(element('grown')), []);
  put(datapath, 'grown');
  assert.deepEqual((await send(7)).slice(0, 3), [4, 3, 5], 'grown');
  assert.deepEqual((await send(9)).slice(0, 3), [2, 1, 6]);
  put(datapath, 'one');
  assert.deepEqual((await send(7)).slice(0, 3), [1, 0, 7], 'the key has less now, so flows are lost, and what ages as its values had shrunk; the array is as it was');
  put(datapath, 'less');
  assert.deepEqual((await send(7)).slice(0, 3), [2, 1, 8], 'with less room');
  for (let n = 0; n < 6; n++) {
    put(datapath, n % 2 === 0 ? 'one' : 'less');
    assert.deepEqual((await send(7)).slice(0, 3), [3 + n, 2 + n, 9 + n], 'to and fro, and no frame lost');
  }

  datapath.putImage('renamed', IMAGES['renamed']!);
  assert.deepEqual(datapath.losses(element('renamed')).map(l => `${l.map}: ${l.why}`), ['flows: its value has nothing of the old', 'each: its value has nothing of the old']);
  put(datapath, 'renamed');
  assert.deepEqual((await send(7)).slice(0, 3), [1, 8, 15], 'a field of another name means another thing');
  assert.deepEqual(datapath.drops(), []);
  datapath.removeElement('flows');
  datapath.removeImage('renamed');
  datapath.destroy();
  assert.deepEqual(world.leftovers('a'), []);
}

onBothEngines('state goes over by name and field', 'iov-dpm', migrates);

test('a crash at any step of the change keeps the state, and leaves nothing', () => {
  for (let at = 0, more = true; more; at++) {
    const lab = new Lab();
    lab.addHost('h1');
    const first = new ComposedDatapath(new VmEngine(lab, 's'));
    put(first, 'one');
    first.putEndpoint(endpointAt('flows', 1, 'h1'));
    const device = lab.host('h1').device();
    const send = (): number[] => { device.send(frameOf([7])); return told(device.heard.at(-1)); };
    for (let n = 0; n < 3; n++) send();
    more = false;
    try {
      put(new ComposedDatapath(crashing(new VmEngine(lab, 's'), at).engine), 'grown');
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      more = true;
    }
    assert.equal(send()[0], 4, `packets go on after a crash at step ${at}`);
    // Another image than the one that crashed, too: behind the switch to `grown` it cannot have its keys.
    const last = at % 2 === 0 ? 'grown' : 'less';
    put(new ComposedDatapath(new VmEngine(lab, 's')), last);
    const [count] = send();
    assert.ok(count === 5 || last === 'less', `${count} after a crash at step ${at}, then ${last}`);
    const third = new ComposedDatapath(new VmEngine(lab, 's'));
    put(third, last);
    assert.equal(third.changes, 0);
    const { maps } = new VmEngine(lab, 's').pins();
    assert.equal(maps.filter(pin => pin.startsWith('i_')).length, 0, maps.join(' '));
    assert.equal(maps.filter(pin => pin.startsWith('e_')).length, 8, maps.join(' '));
  }
});
