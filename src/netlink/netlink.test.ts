// src/netlink against this kernel, in namespaces of its own that are removed afterwards, and before where a crash left them.

import assert from 'node:assert/strict';
import { kernelTest } from '../../test/require.ts';
import { isSysError } from '../sys/errors.ts';
import { addAddress, addressOwner, deleteAddress, listAddresses } from './addresses.ts';
import { Netlink } from './client.ts';
import { createBridge, createVeth, createVxlan, deleteLink, getLink, indexOf, listLinks, setLink } from './links.ts';
import { createNamespace, deleteNamespace, isNamespace, listNamespaces, namespacePath } from './namespaces.ts';
import { addForwarding, addNeighbours, deleteNeighbour, listNeighbours } from './neighbours.ts';
import { addRoute, deleteRoute, listRoutes, routeTo } from './routes.ts';
import { readSysctl, writeSysctl } from './sysctl.ts';

const PREFIX = 'iov-t-nl';

async function inNamespaces(body: (a: Netlink, b: Netlink, pathA: string, pathB: string) => void | Promise<void>): Promise<void> {
  const clean = () => {
    for (const name of listNamespaces(PREFIX)) deleteNamespace(name);
  };
  clean();
  try {
    const pathA = createNamespace(`${PREFIX}-a`);
    const pathB = createNamespace(`${PREFIX}-b`);
    using a = new Netlink({ netns: pathA });
    using b = new Netlink({ netns: pathB });
    await body(a, b, pathA, pathB);
  } finally {
    clean();
  }
}

kernelTest('namespaces are made, listed and deleted by name', async () => {
  await inNamespaces((_, __, pathA) => {
    assert.deepEqual(listNamespaces(PREFIX), [`${PREFIX}-a`, `${PREFIX}-b`]);
    assert.ok(isNamespace(pathA));
    assert.equal(isNamespace('/tmp'), false);
    assert.throws(() => createNamespace(`${PREFIX}-a`), /EEXIST/);
    assert.equal(deleteNamespace(`${PREFIX}-a`), true);
    assert.equal(deleteNamespace(`${PREFIX}-a`), false);
    assert.equal(isNamespace(namespacePath(`${PREFIX}-a`)), false);
  });
});

kernelTest('a veth pair across namespaces has the names, MACs, MTUs and alias asked for', async () => {
  await inNamespaces((a, b, _, pathB) => {
    createVeth(a, { name: 'iov-near', mac: '02:00:00:00:00:01', mtu: 1450, alias: 'uid-1', state: 'up' }, { name: 'eth0', mac: '02:00:00:00:00:02', mtu: 1400, state: 'up', netns: pathB });
    const near = getLink(a, 'iov-near');
    const far = getLink(b, 'eth0');
    assert.ok(near && far);
    assert.deepEqual([near.kind, near.mac, near.mtu, near.alias, near.up, near.running], ['veth', '02:00:00:00:00:01', 1450, 'uid-1', true, true]);
    assert.deepEqual([far.kind, far.mac, far.mtu, far.up], ['veth', '02:00:00:00:00:02', 1400, true]);
    assert.equal(near.peer, far.index);
    assert.equal(getLink(a, 'eth0'), undefined);
    assert.deepEqual(listLinks(a).map(link => link.name), ['lo', 'iov-near']);
    assert.throws(() => createVeth(a, { name: 'iov-near' }, { name: 'x' }), (e: unknown) => isSysError(e, 'EEXIST'));
    setLink(a, near.index, { state: 'down' });
    setLink(a, near.index, { name: 'renamed', mtu: 1300, alias: 'uid-2' });
    const changed = getLink(a, near.index);
    assert.deepEqual([changed?.name, changed?.mtu, changed?.alias, changed?.up], ['renamed', 1300, 'uid-2', false]);
    setLink(a, 'renamed', { netns: pathB });
    assert.equal(getLink(a, 'renamed'), undefined);
    assert.equal(deleteLink(b, 'renamed'), true);
    assert.equal(deleteLink(b, 'renamed'), false);
    assert.equal(getLink(b, 'eth0'), undefined);
  });
});

kernelTest('the kernel\'s own words come with a refusal', async () => {
  await inNamespaces(a => {
    createBridge(a, { name: 'br0', state: 'up' });
    assert.throws(() => setLink(a, 'br0', { mtu: 1_000_000 }), (e: unknown) => isSysError(e, 'EINVAL') && /mtu/i.test(e.detail));
    assert.throws(() => indexOf(a, 'none'), (e: unknown) => isSysError(e, 'ENODEV'));
  });
});

kernelTest('a vxlan device in external mode carries groups; a static one has its remote; a bridge has ports', async () => {
  await inNamespaces(a => {
    createVxlan(a, { name: 'iov-tunnel', mode: 'external', udpPort: 4789, groupPolicy: true, mtu: 1450, mac: '02:00:00:00:00:07', state: 'up', alias: 't' });
    const tunnel = getLink(a, 'iov-tunnel');
    assert.deepEqual([tunnel?.kind, tunnel?.mtu, tunnel?.mac, tunnel?.alias, tunnel?.up], ['vxlan', 1450, '02:00:00:00:00:07', 't', true]);
    createBridge(a, { name: 'br0', state: 'up' });
    createVxlan(a, { name: 'vx1', mode: 'static', vni: 7, udpPort: 4790, local: '192.0.2.1', remote: '192.0.2.2', learning: true });
    setLink(a, 'vx1', { master: 'br0', state: 'up' });
    assert.equal(getLink(a, 'vx1')?.master, indexOf(a, 'br0'));
    addForwarding(a, { index: indexOf(a, 'vx1'), mac: '00:00:00:00:00:00', remote: '192.0.2.3' });
    setLink(a, 'vx1', { master: null });
    assert.equal(getLink(a, 'vx1')?.master, undefined);
  });
});

kernelTest('addresses, routes and neighbours of both families', async () => {
  await inNamespaces((a, _, __, pathB) => {
    createVeth(a, { name: 'e', state: 'up' }, { name: 'e', state: 'up', netns: pathB });
    const index = indexOf(a, 'e');
    for (const prefix of ['10.0.0.1/24', 'fd00::1/64', '10.0.0.1/24']) addAddress(a, index, prefix);
    const own = listAddresses(a, index).filter(found => !found.prefix.startsWith('fe80'));
    assert.deepEqual(own.map(found => [found.prefix, found.tentative]).sort(), [['10.0.0.1/24', false], ['fd00::1/64', false]]);
    addRoute(a, { destination: '10.9.9.9/16', via: '10.0.0.2' });
    addRoute(a, { destination: 'fd01::/32', via: 'fd00::2' });
    addRoute(a, { destination: '0.0.0.0/0', index, mtu: 1300 });
    assert.ok(listRoutes(a, 4).some(route => route.destination === '10.9.0.0/16' && route.via === '10.0.0.2' && route.index === index));
    assert.ok(listRoutes(a, 4).some(route => route.destination === '0.0.0.0/0'));
    assert.deepEqual([routeTo(a, '10.9.1.1')?.index, routeTo(a, '10.0.0.1'), routeTo(a, 'fd01::7')?.index], [index, undefined, index]);
    assert.deepEqual([addressOwner(a, '10.0.0.1'), addressOwner(a, '10.0.0.99')], [index, undefined]);
    assert.ok(listRoutes(a, 6).some(route => route.destination === 'fd01::/32' && route.via === 'fd00::2'));
    assert.equal(deleteRoute(a, { destination: '10.9.0.0/16' }), true);
    assert.equal(deleteRoute(a, { destination: '10.9.0.0/16' }), false);
    assert.throws(() => addRoute(a, { destination: '10.8.0.0/16', via: '203.0.113.1' , index: 1 }), (e: unknown) => isSysError(e));
    const many = Array.from({ length: 600 }, (_, i) => ({ index, ip: `10.0.${i >> 8}.${i & 255}`, mac: '02:00:00:00:01:00' }));
    assert.deepEqual(addNeighbours(a, many).filter(refused => refused), []);
    assert.equal(addNeighbours(a, [{ index: 999, ip: '10.0.0.1', mac: '02:00:00:00:01:00' }, { index, ip: 'fd00::9', mac: '02:00:00:00:01:09' }]).map(refused => refused?.code).join(), 'ENODEV,');
    const known = listNeighbours(a, index);
    assert.equal(known.filter(entry => entry.permanent && entry.mac === '02:00:00:00:01:00').length, 600);
    assert.ok(known.some(entry => entry.ip === 'fd00::9'));
    assert.equal(deleteNeighbour(a, { index, ip: 'fd00::9' }), true);
    assert.equal(deleteNeighbour(a, { index, ip: 'fd00::9' }), false);
    assert.equal(deleteAddress(a, index, '10.0.0.1/24'), true);
    assert.equal(deleteAddress(a, index, '10.0.0.1/24'), false);
  });
});

kernelTest('parameters are read and written in the namespace they are meant for', async () => {
  await inNamespaces((a, _, pathA, pathB) => {
    createVeth(a, { name: 'e' }, { name: 'e', netns: pathB });
    writeSysctl(pathA, 'net/ipv6/conf/e/disable_ipv6', 1);
    assert.equal(readSysctl(pathA, 'net/ipv6/conf/e/disable_ipv6'), '1');
    assert.equal(readSysctl(pathB, 'net/ipv6/conf/e/disable_ipv6'), '0');
    assert.throws(() => writeSysctl(pathA, 'net/ipv6/conf/none/disable_ipv6', 1), /ENOENT/);
  });
});
