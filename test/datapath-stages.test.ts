// A module of stages and of maps of maps as an element, on both engines: packets go through all of it, every stage leaves by the element's
// own joints, a new image is a generation of its own, and nothing is left over.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { imageOf } from '../src/compiler/fixtures/image-of.ts';
import type { Contents, EndpointSpec } from '../src/datapath/datapath.ts';
import { kernelWorld } from '../src/datapath/fixtures/kernel-world.ts';
import { vmWorld } from '../src/datapath/fixtures/vm-world.ts';
import type { Tap, World } from '../src/datapath/suite-net.ts';
import type { Image } from '../src/image/image.ts';
import { kernelTest } from './require.ts';

/** The last byte of the destination names a ring, the last of the source a slot of it: there is the port. */
const SOURCE = `
import { ArrayMap, Eth, HashMap, Header, drop, module, reply, stage, to, type u16, type u32, type u8 } from 'iovisor/module';
class Own extends Header { ring: u8 = 0; slot: u8 = 0 }
class Choice { ring: u8 = 0; slot: u8 = 0; length: u32 = 0 }
export const rings = new HashMap<u8, ArrayMap<u16>>(4, { inner: 3 });
export default module(pkt => {
  const own = pkt.at(Own, 14);
  return own.ring === 9 ? drop('nine') : choose(pkt, { ring: own.ring, slot: own.slot, length: pkt.length });
});
const choose = stage((pkt, choice: Choice) => {
  if (choice.length !== pkt.length) return drop('not-handed-over');
  return choice.ring === 8 ? back(pkt) : send(pkt, choice);
});
const back = stage(() => reply());
const send = stage((pkt, choice: Choice) => {
  const port = rings.get(choice.ring)?.get(choice.slot);
  return port === undefined || port === 0 ? drop('no-slot') : to(port);
});
`;

const GUARD = `
import { Header, drop, filter, next, stage, type u8 } from 'iovisor/module';
class Own extends Header { ring: u8 = 0; slot: u8 = 0 }
class Ring { ring: u8 = 0 }
const outwards = stage((pkt, of: Ring) => of.ring === 5 ? drop('out') : next());
const inwards = stage((pkt, of: Ring) => of.ring === 2 ? drop('in') : next());
export default filter({
  egress: pkt => outwards(pkt, { ring: pkt.at(Own, 14).ring }),
  ingress: pkt => inwards(pkt, { ring: pkt.at(Own, 14).ring }),
});
`;

const compiled = (text: string): Image => imageOf('rings.ts', { text, verifyIr: 'always' });

const mac = (port: number): string => `02:00:00:00:00:0${port}`;
const frame = (ring: number, slot: number): Uint8Array => Uint8Array.from([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5, ring, slot, ...new Array<number>(44).fill(0)]);

async function carries(t: TestContext, world: World): Promise<void> {
  let datapath = world.open('a');
  t.after(() => { datapath.close(); });
  const taps: Tap[] = [];
  const element = (contents: Contents, imageHash = 'one') => ({
    uid: 'rings', id: 3, imageHash, contents, wires: [1, 2, 3].map(port => ({ port, to: 'endpoint' as const, endpoint: `e${port}` })),
  });
  const hosts = new Map<number, string>();
  const endpoint = (port: number, into: string): EndpointSpec => ({
    uid: `e${port}`, id: port, domain: 1, group: 0, element: into, port, netns: hosts.get(port) ?? '', device: 'eth0', mac: mac(port), addresses: [`10.0.0.${port}/24`], mtu: 1450,
  });
  datapath.putImage('one', compiled(SOURCE));
  for (const port of [1, 2, 3]) {
    const netns = world.host('a', `h${port}`);
    hosts.set(port, netns);
    datapath.putEndpoint(endpoint(port, 'rings'));
    const tap = world.tap('a', netns, 'eth0');
    t.after(() => tap.close());
    taps.push(tap);
  }
  const [one, two, three] = taps as [Tap, Tap, Tap];
  const arrives = async (ring: number, slot: number, at: Tap): Promise<void> => {
    one.send(frame(ring, slot));
    assert.deepEqual((await at.receive())?.subarray(14, 16), Uint8Array.of(ring, slot), `ring ${ring}, slot ${slot}`);
  };
  const dropped = (reason: string): number => datapath.drops().filter(d => d.element === 'rings' && d.reason === reason).reduce((sum, d) => sum + d.packets, 0);

  const contents = { rings: [[1, [2, 3]], [2, [3]]] } as const;
  datapath.putElement(element(contents));
  await arrives(1, 0, two);
  await arrives(1, 1, three);
  await arrives(8, 0, one);
  for (const [ring, slot] of [[9, 0], [1, 2], [3, 0]] as const) one.send(frame(ring, slot));
  await arrives(2, 0, three);
  assert.deepEqual([dropped('nine'), dropped('no-slot')], [1, 2]);

  datapath.close();
  datapath = world.open('a');
  datapath.putElement(element(contents));
  assert.equal(datapath.changes, 0, 'what stands is adopted');
  datapath.putElement(element({ rings: [[1, [3, 2]], [2, [3]]] }));
  await arrives(1, 0, three);
  await arrives(2, 0, three);
  assert.equal(dropped('no-slot'), 2, 'the program is the same');

  datapath.putImage('two', compiled(SOURCE.replace("drop('nine')", 'reply()')));
  datapath.putElement(element({ rings: [[1, [3, 2]], [2, [3]]] }, 'two'));
  await arrives(9, 0, one);
  await arrives(1, 1, two);
  assert.deepEqual(datapath.observe().elements.map(e => [e.uid, e.specHash !== '']), [['rings', true]]);

  // A filter around it has stages on both ways.
  datapath.putImage('guard', compiled(GUARD));
  datapath.putElement({ uid: 'guard', id: 4, imageHash: 'guard', contents: {}, wires: [], around: { element: 'rings', inner: 'rings' } });
  datapath.putElement({ ...element({ rings: [[1, [3, 2]], [2, [3]]] }, 'two'), filter: 'guard' });
  for (const port of [1, 2, 3]) datapath.putEndpoint(endpoint(port, 'guard'));
  await arrives(1, 1, two);
  one.send(frame(5, 0));
  one.send(frame(2, 0));
  assert.equal(await three.receive(), undefined, 'what goes in to the third is dropped');
  assert.deepEqual(['out', 'in'].map(reason => datapath.drops().find(d => d.element === 'guard' && d.reason === reason)?.packets), [1, 1]);

  for (const port of [1, 2, 3]) datapath.removeEndpoint(`e${port}`);
  for (const uid of ['rings', 'guard']) datapath.removeElement(uid);
  for (const hash of ['one', 'two', 'guard']) datapath.removeImage(hash);
  datapath.destroy();
  assert.deepEqual(world.leftovers('a'), []);
}

test('vm: stages and maps of maps in an element', t => carries(t, vmWorld()));
kernelTest('kernel: stages and maps of maps in an element', t => carries(t, kernelWorld(t, 'iov-stg', { a: '192.0.2.1', b: '192.0.2.2' })));
