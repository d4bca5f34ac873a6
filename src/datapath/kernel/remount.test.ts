// The BPF file system goes, and with it every name that kept maps, programs and links: under a data path that is open, and under one that is not;
// with another mounted in its place, or none. Its mounts are this process's own.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { kernelTest } from '../../../test/require.ts';
import { BPFFS, isBpffs } from '../../kernel/pins.ts';
import { listFilters } from '../../netlink/filters.ts';
import { Netlink } from '../../netlink/client.ts';
import { listLinks } from '../../netlink/links.ts';
import { deleteNamespace, namespacePath } from '../../netlink/namespaces.ts';
import { mountBpffs, unmount } from '../../sys/mount.ts';
import { DatapathError } from '../datapath.ts';
import { guardImage } from '../fixtures/guard.ts';
import { kernelWorld } from '../fixtures/kernel-world.ts';
import { ownMounts } from '../fixtures/own-mounts.ts';
import { frame, Net, passes, type Station, TYPE, until } from '../suite-net.ts';

const NAME = 'iov-dpr';
const WAYS = ['tcx', 'clsact'] as const;
const THEN = ['another is mounted', 'none is mounted'] as const;
let isAlone = false;

function network(t: TestContext, by: typeof WAYS[number]): { readonly net: Net; readonly stations: readonly [Station, Station, Station] } {
  mkdirSync('/run/netns', { recursive: true });
  if (!isAlone) ownMounts();
  isAlone = true;
  if (!isBpffs(BPFFS)) mountBpffs(BPFFS);
  const net = new Net(kernelWorld(t, NAME, { attachBy: by }), t);
  net.filters = [{ uid: 'outer', id: 11, image: guardImage('o') }];
  const stations = [net.endpoint('a', 1), net.endpoint('a', 2), net.endpoint('b', 3)] as const;
  net.build();
  return { net, stations };
}

/** Nothing of ours holds it: what was pinned there alone is gone. */
function takeAway(then: typeof THEN[number]): void {
  unmount(BPFFS);
  assert.equal(isBpffs(BPFFS), false);
  if (then === 'another is mounted') mountBpffs(BPFFS);
}

async function flows([a1, a2, b1]: readonly [Station, Station, Station], words: string): Promise<void> {
  await passes(a1, a2, `${words}, here`);
  await passes(b1, a1, `${words}, from the other server`);
  await passes(a2, b1, `${words}, to the other server`);
}

/** As a visor looks before it asks for anything. */
const looked = (net: Net): void => { for (const server of ['a', 'b'] as const) net.open(server).observe(); };
const alive = (net: Net): boolean[] => net.open('a').observe().endpoints.map(e => e.alive);
const stand = (net: Net): boolean => net.open('a').observe().elements.every(e => e.specHash !== '');
const received = (net: Net): number | undefined => net.open('a').ports('red').find(p => p.port === 1)?.rxPackets;
const linksOfServer = (): ReturnType<typeof listLinks> => {
  using netlink = new Netlink({ netns: namespacePath(`${NAME}-a`) });
  return listLinks(netlink);
};
const devices = (): string[] => linksOfServer().map(link => link.name).filter(name => name.startsWith('iv')).sort();
/** The kernel takes a namespace down in its own time. */
const isThere = (station: Station): boolean => linksOfServer().some(link => link.alias === `iov:a:${station.spec.uid}`);

for (const by of WAYS) for (const then of THEN) kernelTest(`the BPF file system goes under an open data path, ${then} (${by}): all is made again, and nothing of its state is lost`, async t => {
  const { net, stations } = network(t, by);
  await flows(stations, 'before');
  const before = devices(), counted = received(net);
  takeAway(then);
  if (by === 'tcx') await until(() => alive(net).every(is => !is));
  looked(net);
  net.build();
  assert.ok(stand(net) && alive(net).every(is => is));
  assert.deepEqual(devices(), before);
  await flows(stations, 'again');
  assert.equal(received(net), counted! + 1, 'counters are kept');
  assert.deepEqual(net.open('a').lost, []);
  assert.ok(isBpffs(BPFFS) && existsSync(`${BPFFS}/${NAME}/a/maps/programs`));
  net.close('a');
  await flows(stations, 'with nobody there');
  net.build();
  assert.deepEqual([net.open('a').changes, net.open('a').lost], [0, []]);
});

for (const by of WAYS) for (const then of THEN) kernelTest(`the BPF file system goes while nobody has the data path open, ${then} (${by}): all is made again, and what is lost is said`, async t => {
  const { net, stations } = network(t, by);
  await flows(stations, 'before');
  for (const server of ['a', 'b'] as const) net.close(server);
  takeAway(then);
  assert.deepEqual(net.open('a').lost, ['outer', 'red']);
  net.build();
  for (const station of stations) station.reopen();
  assert.ok(stand(net) && alive(net).every(is => is));
  await flows(stations, 'again');
  assert.equal(received(net), 1, 'counters begin anew');
  net.close('a');
  net.build();
  assert.deepEqual([net.open('a').changes, net.open('a').lost], [0, []], 'it is said once');
  net.open('a').destroy();
  assert.deepEqual(devices(), []);
  using netlink = new Netlink({ netns: namespacePath(`${NAME}-a`) });
  for (const link of listLinks(netlink)) assert.deepEqual(listFilters(netlink, link.index, 'ingress'), [], link.name);
});

kernelTest('it goes between two operations, twice, with a namespace and a device: what is asked meanwhile is done or refused, and what follows is right', async t => {
  const { net, stations: [a1, a2, b1] } = network(t, 'tcx');
  const datapath = net.open('a');
  const ask = (what: () => void): void => {
    try { what(); } catch (error) { if (!(error instanceof DatapathError)) throw error; }
  };
  for (const then of THEN) {
    takeAway(then);
    ask(() => { datapath.putElement(net.element('a', { stations: [[a1.mac, 1]] })); });
    ask(() => { datapath.putEndpoint({ ...a1.spec, element: 'outer', group: 9 }); });
    ask(() => { datapath.removeEndpoint(a2.spec.uid); });
    a1.tap.close();
    deleteNamespace(`${NAME}-a-${a1.host}`);
    await until(() => !isThere(a1));
    net.world.host('a', a1.host);
    looked(net);
    net.build();
    for (const one of [a1, a2]) one.reopen();
    assert.ok(stand(net) && alive(net).every(is => is), then);
    await flows([a1, a2, b1], then);
  }
  a1.tap.send(frame('02:00:00:00:77:77', a1.mac, TYPE, 'to nobody'));
  assert.equal(datapath.drops().some(d => d.element === 'red'), true, 'and no drop without a name');
});
