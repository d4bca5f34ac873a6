// A module of stages and of maps of maps as an element, on both engines: packets go through all of it, every stage leaves by the element's
// own joints, a new image is a generation of its own, and nothing is left over.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { imageOf } from '../src/compiler/fixtures/image-of.ts';
import type { Contents } from '../src/datapath/datapath.ts';
import type { Tap, World } from '../src/datapath/suite-net.ts';
import type { Image } from '../src/image/image.ts';
import { attach, droppedBy, frameOf, onBothEngines } from './both-engines.ts';

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

async function carries(t: TestContext, world: World): Promise<void> {
  let datapath = world.open('a');
  t.after(() => { datapath.close(); });
  const element = (contents: Contents, imageHash = 'one') => ({
    uid: 'rings', id: 3, imageHash, contents, wires: [1, 2, 3].map(port => ({ port, to: 'endpoint' as const, endpoint: `e${port}` })),
  });
  datapath.putImage('one', compiled(SOURCE));
  const workloads = [1, 2, 3].map(port => attach(t, world, datapath, 'rings', port));
  const [one, two, three] = workloads.map(w => w.tap) as [Tap, Tap, Tap];
  const arrives = async (ring: number, slot: number, at: Tap): Promise<void> => {
    one.send(frameOf([ring, slot]));
    assert.deepEqual((await at.receive())?.subarray(14, 16), Uint8Array.of(ring, slot), `ring ${ring}, slot ${slot}`);
  };
  const dropped = (reason: string): number => droppedBy(datapath, 'rings', reason);

  const contents = { rings: [[1, [2, 3]], [2, [3]]] } as const;
  datapath.putElement(element(contents));
  await arrives(1, 0, two);
  await arrives(1, 1, three);
  await arrives(8, 0, one);
  for (const [ring, slot] of [[9, 0], [1, 2], [3, 0]] as const) one.send(frameOf([ring, slot]));
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
  for (const { spec } of workloads) datapath.putEndpoint({ ...spec, element: 'guard' });
  await arrives(1, 1, two);
  one.send(frameOf([5]));
  one.send(frameOf([2]));
  assert.equal(await three.receive(), undefined, 'what goes in to the third is dropped');
  assert.deepEqual(['out', 'in'].map(reason => droppedBy(datapath, 'guard', reason)), [1, 1]);

  for (const port of [1, 2, 3]) datapath.removeEndpoint(`e${port}`);
  for (const uid of ['rings', 'guard']) datapath.removeElement(uid);
  for (const hash of ['one', 'two', 'guard']) datapath.removeImage(hash);
  datapath.destroy();
  assert.deepEqual(world.leftovers('a'), []);
}

onBothEngines('stages and maps of maps in an element', 'iov-stg', carries);
