// What others do to a server's attachments, devices and pins while its data path is open: it is seen, putting everything again mends it, and
// state that was not taken away is kept. And the kernel's side of crashes between any two steps (compose/crash.test.ts has all of them, in the vm).

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { kernelTest } from '../../../test/require.ts';
import { pinnedLink, removePins } from '../../kernel/pins.ts';
import { type KernelProgram, loadProgram } from '../../kernel/program.ts';
import { verdictProgram } from '../../kernel/probe/bpf.ts';
import { attachTcx, TCX } from '../../kernel/tcx.ts';
import { Netlink } from '../../netlink/client.ts';
import { addClsact, deleteClsact, listFilters, putFilter } from '../../netlink/filters.ts';
import { deleteLink, indexOf, listLinks } from '../../netlink/links.ts';
import { createNamespace, deleteNamespace, listNamespaces, namespacePath } from '../../netlink/namespaces.ts';
import { ComposedDatapath } from '../compose/datapath.ts';
import type { Datapath } from '../datapath.ts';
import { Crash, crashing } from '../fixtures/crashing.ts';
import { guardImage } from '../fixtures/guard.ts';
import { kernelWorld } from '../fixtures/kernel-world.ts';
import { switchImage } from '../fixtures/switch.ts';
import { frame, ipFrame, Net, OUTSIDE, passes, text, TYPE, type World } from '../suite-net.ts';
import { KernelEngine } from './engine.ts';
import { FileRecords } from './records.ts';

const NAME = 'iov-dps', ROOT = `/sys/fs/bpf/${NAME}/a`;
const world = (t: TestContext, attachBy?: 'tcx' | 'clsact'): World => kernelWorld(t, NAME, { attachBy });
const inServer = <T>(body: (netlink: Netlink) => T): T => {
  using netlink = new Netlink({ netns: namespacePath(`${NAME}-a`) });
  return body(netlink);
};
const hostEnd = (uid: string): string => {
  const found = inServer(netlink => listLinks(netlink).find(link => link.alias === `iov:a:${uid}`));
  assert.ok(found, uid);
  return found.name;
};
const alive = (datapath: Datapath): boolean[] => datapath.observe().endpoints.map(e => e.alive);
const stands = (datapath: Datapath): boolean => datapath.observe().elements.every(e => e.specHash !== '');

for (const by of ['tcx', 'clsact'] as const) kernelTest(`a program that someone else detaches is attached again, and the device stays (${by})`, async t => {
  const net = new Net(world(t, by), t);
  const a1 = net.endpoint('a', 1), a2 = net.endpoint('a', 2);
  net.build();
  const device = hostEnd('red-a-1');
  const ifindex = inServer(netlink => indexOf(netlink, device));
  if (by === 'tcx') {
    using link = pinnedLink(`${ROOT}/links/red-a-1`);
    link?.detach();
  } else inServer(netlink => { deleteClsact(netlink, ifindex); });
  a1.tap.send(frame(a2.mac, a1.mac, TYPE, 'lost'));
  assert.equal(await a2.tap.receive(), undefined);
  assert.deepEqual(alive(net.open('a')), [false, true]);
  net.build();
  assert.deepEqual(alive(net.open('a')), [true, true]);
  assert.equal(inServer(netlink => indexOf(netlink, device)), ifindex, 'the same device');
  await passes(a1, a2, 'again');
});

kernelTest('devices of ours that someone deletes are made again: an endpoint, the tunnel, the one that floods go by', async t => {
  const net = new Net(world(t), t);
  net.filters = [{ uid: 'outer', id: 11, image: guardImage('o') }];
  const a1 = net.endpoint('a', 1), a2 = net.endpoint('a', 2), b1 = net.endpoint('b', 3);
  net.build();
  const all = 'ff:ff:ff:ff:ff:ff';
  b1.tap.send(frame(all, b1.mac, TYPE, 'to all'));
  for (const one of [a1, a2]) assert.equal(text(await one.tap.receive()), 'to all');
  inServer(netlink => {
    const names = listLinks(netlink).filter(link => link.name.startsWith('iv') && link.name !== hostEnd('red-a-1')).map(link => link.name);
    assert.equal(names.length >= 4, true, names.join(' '));
    for (const name of names) deleteLink(netlink, name);
  });
  assert.deepEqual(alive(net.open('a')), [true, false]);
  assert.equal(net.open('a').observe().tunnel, undefined);
  net.build();
  a2.reopen();
  assert.deepEqual(alive(net.open('a')), [true, true]);
  b1.tap.send(frame(all, b1.mac, TYPE, 'to all again'));
  for (const one of [a1, a2]) assert.equal(text(await one.tap.receive()), 'to all again');
  await passes(a1, a2, 'and to one');
});

kernelTest('pins that someone removes: what is open is pinned again with what is in it, and the rest made again', async t => {
  const net = new Net(world(t), t);
  const a1 = net.endpoint('a', 1), a2 = net.endpoint('a', 2), b1 = net.endpoint('b', 3);
  net.build();
  await passes(a1, a2, 'before');
  const device = hostEnd('red-a-1');
  const ifindex = inServer(netlink => indexOf(netlink, device));
  removePins(ROOT);
  assert.deepEqual(alive(net.open('a')), [false, false]);
  net.build();
  assert.ok(stands(net.open('a')));
  assert.deepEqual(alive(net.open('a')), [true, true]);
  assert.equal(inServer(netlink => indexOf(netlink, device)), ifindex);
  await passes(a1, a2, 'again');
  await passes(b1, a1, 'from the other server');
  assert.equal(net.open('a').ports('red').find(p => p.port === 1)?.rxPackets, 2, 'counters are kept');
  // And they outlive the process as before.
  net.close('a');
  await passes(a1, a2, 'with nobody there');
  net.build();
  assert.equal(net.open('a').changes, 0);

  net.close('a');
  removePins(ROOT);
  net.build();
  for (const one of [a1, a2]) one.reopen();
  await passes(a1, a2, 'removed while nobody was there');
});

kernelTest('programs of others at the same device go on, before ours and behind; they are left when ours goes', async t => {
  const here = world(t);
  const net = new Net(here, t);
  const a1 = net.endpoint('a', 1);
  const outside = here.outside('a');
  const tap = here.tap('a', outside.netns, outside.device);
  t.after(() => { tap.close(); });
  const netns = namespacePath(`${NAME}-a`);
  const ifindex = inServer(netlink => indexOf(netlink, OUTSIDE.name));
  const other = (): KernelProgram => loadProgram({ name: 'theirs', hook: 'tc', code: verdictProgram(TCX.NEXT) });
  using theirs = other();
  using first = other();
  using _behind = attachTcx({ program: theirs, ifindex, direction: 'ingress', netns });
  inServer(netlink => {
    addClsact(netlink, ifindex);
    putFilter(netlink, { ifindex, way: 'ingress', priority: 1, handle: 1 }, { fd: theirs.fd, name: 'theirs' });
  });
  net.build();
  const spec = net.element('a', { stations: [[a1.mac, 1], [OUTSIDE.mac, 1]] });
  net.open('a').putElement({ ...spec, wires: [...spec.wires, { port: 70, to: 'device', device: OUTSIDE.name, via: ['198.51.100.1'], claims: ['198.51.100.2/32'], domain: 1 }] });
  using before = attachTcx({ program: first, ifindex, direction: 'ingress', order: 'first', netns });
  const comesIn = async (): Promise<boolean> => {
    tap.send(ipFrame(OUTSIDE.mac, OUTSIDE.far.mac, '198.51.100.2', 'for us'));
    return (await a1.tap.receive()) !== undefined;
  };
  assert.equal(await comesIn(), true);
  net.open('a').destroy();
  assert.equal(before.info().ifindex, ifindex);
  assert.deepEqual(inServer(netlink => listFilters(netlink, ifindex, 'ingress').map(f => f.name)), ['theirs']);
});

kernelTest('a crash at steps of a change leaves nothing in the kernel that putting it again does not take away', t => {
  const prefix = 'iov-dpk-', root = '/sys/fs/bpf/iov-dpk';
  const state = mkdtempSync(join(tmpdir(), prefix));
  const clean = (): void => {
    for (const name of listNamespaces(prefix)) deleteNamespace(name);
    removePins(root);
    rmSync(state, { recursive: true, force: true });
  };
  clean();
  t.after(clean);
  const server = createNamespace(`${prefix}s`);
  const hosts = [1, 2, 3].map(n => createNamespace(`${prefix}h${n}`));
  const options = { server: 's', root, netnsPath: server };
  const open = (): KernelEngine => new KernelEngine({ ...options, records: new FileRecords(state) });
  const apply = (datapath: Datapath, version: number, ports: readonly number[]): void => {
    datapath.putImage(`i${version}`, switchImage(version));
    datapath.putElement({ uid: 'net', id: 1, imageHash: `i${version}`, contents: { stations: [] }, wires: ports.map(port => ({ port, to: 'endpoint', endpoint: `e${port}` })) });
    for (const port of ports) datapath.putEndpoint({ uid: `e${port}`, id: port, domain: 1, group: version, element: 'net', port, netns: hosts[port - 1]!, device: 'eth0', mac: `02:00:00:00:00:0${port}`, addresses: [`10.0.0.${port}/24`], mtu: 1450 });
    for (const { uid } of datapath.observe().endpoints) if (!ports.some(port => uid === `e${port}`)) datapath.removeEndpoint(uid);
    for (const hash of datapath.observe().images) if (hash !== `i${version}`) datapath.removeImage(hash);
  };
  const counted = (): string => {
    const engine = open();
    const { maps, programs } = engine.pins();
    const devices = ((): number => { using netlink = new Netlink({ netns: server }); return listLinks(netlink).length; })();
    const told = JSON.stringify([maps.length, programs.length, engine.devices.endpoints(), devices]);
    engine.close();
    return told;
  };
  let clear = '', version = 1;
  const settle = (ports: readonly number[]): void => {
    const datapath = new ComposedDatapath(open());
    apply(datapath, version, ports);
    datapath.close();
  };
  settle([1, 2]);
  version++;
  settle([1, 3]);
  clear = counted();
  // Some steps: each takes changes of the kernel's devices.
  for (let at = 2, crashed = true; crashed; at += 7) {
    settle([1, 2]);
    version++;
    const inner = open();
    try {
      apply(new ComposedDatapath(crashing(inner, at).engine), version, [1, 3]);
      crashed = false;
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
    }
    inner.close();
    settle([1, 3]);
    assert.equal(counted(), clear, `after a crash at step ${at}`);
  }
});
