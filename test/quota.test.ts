// Two elements of one module, on both engines: what packets fill has the module's room for each of them. One that has used its own up is told so,
// or loses its oldest; the other does not notice. It stays so over a restart, another image and the end of one of them.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { imageOf } from '../src/compiler/fixtures/image-of.ts';
import type { Tap, World } from '../src/datapath/suite-net.ts';
import type { Image } from '../src/image/image.ts';
import { attach, droppedBy, frameOf, onBothEngines } from './both-engines.ts';

const ROOM = 8;
const KINDS = ['hash', 'expiring', 'counted', 'recent'] as const;
type Kind = typeof KINDS[number];

/** A frame says which map gets which key, and comes back where the map took it, with the number of the key's frames. */
const source = (seen: string): string => `
import { ExpiringMap, HashMap, Header, LruHashMap, PerCpuHashMap, drop, module, reply, type u32, type u64, type u8 } from 'iovisor/module';
class Own extends Header { kind: u8 = 0; key: u8 = 0; count: u8 = 0 }
class Seen { ${seen} }
const hash = new HashMap<u8, Seen>(${ROOM});
const expiring = new ExpiringMap<u8, Seen>(${ROOM});
const counted = new PerCpuHashMap<u8, Seen>(${ROOM});
const recent = new LruHashMap<u8, Seen>(${ROOM});
export const known = new HashMap<u8, u8>(${ROOM});
export default module(pkt => {
  const own = pkt.at(Own, 14);
  const key = own.key;
  const first: Seen = { ...new Seen(), packets: 1 };
  if (own.kind === 0) {
    const entry = hash.get(key);
    if (entry) entry.packets += 1;
    else if (!hash.set(key, first, 'new')) return drop('full');
    own.count = u8of(hash.get(key)?.packets ?? 0);
  } else if (own.kind === 1) {
    const entry = expiring.get(key);
    if (entry) entry.packets += 1;
    else if (!expiring.set(key, first, 300)) return drop('full');
    own.count = u8of(expiring.get(key)?.packets ?? 0);
  } else if (own.kind === 2) {
    if (!counted.get(key) && !counted.set(key, first)) return drop('full');
    own.count = 1;
  } else {
    const entry = recent.get(key);
    if (entry) entry.packets += 1;
    else if (!recent.set(key, first)) return drop('full');
    own.count = u8of(recent.get(key)?.packets ?? 0);
  }
  return known.get(key) ? drop('known') : reply();
});
function u8of(value: u32): u8 { return value & 0xff; }
`;

const compiled = (text: string): Image => imageOf('room.ts', { text });

const IMAGES: Readonly<Record<string, Image>> = { one: compiled(source('packets: u32 = 0')), grown: compiled(source('first: u64 = 0n; packets: u32 = 0')) };

test('a map that packets fill is the element\'s own, one that control alone fills is shared', () => {
  const scopes = IMAGES['one']!.maps.map(map => `${map.name} ${map.scope} ${map.keyBytes}`);
  assert.deepEqual(scopes, ['hash element 4', 'expiring element 4', 'counted element 4', 'recent element 4', 'known image 8']);
  const byArgument = compiled(`
import { HashMap, Eth, module, reply, type Mac, type u32, type u8 } from 'iovisor/module';
const filled = new HashMap<Mac, u32>(8);
const read = new HashMap<Mac, u8>(8);
function fill(map: HashMap<Mac, u32>, key: Mac): void { map.set(key, 1); }
export default module(pkt => { const eth = pkt.at(Eth); fill(filled, eth.src); read.set(eth.src, 1, 'exists'); return reply(); });
`);
  assert.deepEqual(byArgument.maps.map(map => `${map.name} ${map.scope}`), ['filled element', 'read image']);
});

async function keepsToItsRoom(t: TestContext, world: World): Promise<void> {
  let datapath = world.open('a');
  t.after(() => { datapath.close(); });
  const names = ['a', 'b'] as const;
  const put = (image: string, elements: readonly string[] = names): void => {
    datapath.putImage(image, IMAGES[image]!);
    for (const [i, name] of names.entries()) if (elements.includes(name)) datapath.putElement({ uid: name, id: i + 1, imageHash: image, contents: { known: [] }, wires: [{ port: 1, to: 'endpoint', endpoint: `e-${name}` }] });
    for (const hash of datapath.observe().images) if (hash !== image) datapath.removeImage(hash);
  };
  put('one');
  const taps = Object.fromEntries(names.map((name, i): [string, Tap] => {
    const { tap } = attach(t, world, datapath, name, 1, { uid: `e-${name}`, id: i + 1, domain: i + 1 });
    return [name, tap];
  }));
  /** How many of the key's frames there were; undefined: the frame was dropped. */
  const send = async (element: string, kind: Kind, key: number): Promise<number | undefined> => {
    taps[element]!.send(frameOf([KINDS.indexOf(kind), key]));
    return (await taps[element]!.receive())?.[16];
  };
  const full = (element: string): number => droppedBy(datapath, element, 'full');

  for (const kind of ['hash', 'expiring', 'counted'] as const) {
    for (let key = 0; key < ROOM; key++) assert.equal(await send('a', kind, key), 1, `${kind} ${key}`);
    assert.equal(await send('a', kind, ROOM), undefined, kind);
    for (let key = 0; key < ROOM; key++) assert.equal(await send('b', kind, key), 1, `${kind} ${key} of the other`);
  }
  assert.deepEqual([full('a'), full('b')], [3, 0]);
  assert.equal(await send('b', 'recent', 1), 1);
  for (let key = 0; key < 4 * ROOM; key++) assert.equal(await send('a', 'recent', key), 1);
  assert.equal(await send('b', 'recent', 1), 2, 'the other\'s oldest is not the one that goes');

  // Another process, and then another image, whose values have more fields.
  datapath.close();
  datapath = world.open('a');
  put('one');
  assert.equal(datapath.changes, 0);
  assert.equal(await send('a', 'hash', ROOM), undefined, 'after a restart');
  put('grown');
  for (const kind of ['hash', 'expiring'] as const) {
    assert.equal(await send('a', kind, ROOM), undefined, `${kind} of another image`);
    assert.equal(await send('a', kind, 3), 2, 'what stood, stands');
  }
  assert.deepEqual([full('a'), full('b')], [6, 0]);

  datapath.removeElement('a');
  put('grown');
  assert.equal(await send('a', 'hash', ROOM), 1, 'what it had went with it');
  for (const kind of ['hash', 'expiring'] as const) assert.equal(await send('b', kind, 3), 2, 'and nothing of the other\'s');
  datapath.destroy();
  assert.deepEqual(world.leftovers('a'), []);
}

onBothEngines('an element that has used up its room is alone in noticing it', 'iov-dpq', keepsToItsRoom);
