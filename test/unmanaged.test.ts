// Machines that the Director does not know, on the kernel engine. Two networks of two domains, each on a server of its own, are joined by a VLAN of a
// trunk between the servers, so each is what is behind a device to the other; a bare machine is behind another device. Real stacks ping each
// other across all of it, from a third server's tunnel too; the servers keep the rest of the trunk.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { resource } from '../src/director/core/zone.fixture.ts';
import { addAddress } from '../src/netlink/addresses.ts';
import { Netlink } from '../src/netlink/client.ts';
import { getLink, indexOf, setLink } from '../src/netlink/links.ts';
import { withNamespace } from '../src/sys/namespace.ts';
import { kernelTest } from './require.ts';
import { joined, until, zoneOfNamespaces } from './zone-of-namespaces.ts';

kernelTest('machines behind a VLAN and behind a device are of the network: learned, reached from every server, and kept from speaking for others', async t => {
  if (spawnSync('sh', ['-c', 'command -v ping']).status !== 0) { t.skip('needs ping'); return; }
  const zone = await zoneOfNamespaces(t, 'iov-unmg-', { servers: 2, workloads: ['red-1', 'red-2', 'blue-1', 'bare'] });
  const ping = (from: string, to: string, ...more: string[]): boolean => withNamespace(zone.at(from), () => spawnSync('ping', ['-c', '2', '-i', '0.2', '-W', '2', ...more, to])).status === 0;
  joined([{ netns: zone.at('s1'), device: 'trunk', address: '198.51.100.3/24' }, { netns: zone.at('s2'), device: 'trunk', address: '198.51.100.4/24' }]);
  joined([{ netns: zone.at('s2'), device: 'eth2' }, { netns: zone.at('bare'), device: 'eth0', address: '10.1.0.201/24' }]);
  using bare = new Netlink({ netns: zone.at('bare') });
  setLink(bare, 'eth0', { mtu: 1450 });

  const subnets = ['10.1.0.0/24', 'fd00:1::/64'];
  const endpoint = (name: string, server: string, spec: object): unknown => resource('Endpoint', name, { network: 'web', server, ...spec });
  await zone.director.apply([
    resource('Domain', 'red'), resource('Network', 'red/web', { subnets }), resource('Domain', 'blue'), resource('Network', 'blue/web', { subnets }),
    endpoint('red/red-1', 's1', { addresses: ['10.1.0.11', 'fd00:1::11'] }), endpoint('red/red-2', 's2', { addresses: ['10.1.0.12', 'fd00:1::12'] }),
    endpoint('blue/blue-1', 's2', { addresses: ['10.1.0.21', 'fd00:1::21'] }),
    endpoint('red/trunk', 's1', { device: 'trunk', vlan: 100 }), endpoint('blue/trunk', 's2', { device: 'trunk', vlan: 100 }), endpoint('blue/bare', 's2', { device: 'eth2' }),
  ]);
  const places = { 'red-1': [0, 'red'], 'red-2': [1, 'red'], 'blue-1': [1, 'blue'] } as const;
  for (const [name, [server, domain]] of Object.entries(places)) await zone.visors[server]!.attach({ domain, network: 'web', netns: zone.at(name), name });
  await zone.settled();
  const isReady = async (domain: string, name: string): Promise<boolean> => Object((await zone.director.get({ kind: 'Endpoint', domain, name })).status).state === 'ready';
  for (const [domain, name] of [['red', 'trunk'], ['blue', 'trunk'], ['blue', 'bare']] as const) await until(() => isReady(domain, name));

  for (const from of ['red-1', 'red-2']) for (const to of ['10.1.0.21', 'fd00:1::21', '10.1.0.201']) assert.ok(ping(from, to), `${from} → ${to}`);
  for (const from of ['blue-1', 'bare']) for (const to of ['10.1.0.11', '10.1.0.12']) assert.ok(ping(from, to), `${from} → ${to}`);
  assert.ok(ping('s1', '198.51.100.4') && ping('s2', '198.51.100.3'), 'the servers keep what has no tag');
  const hears = (server: string, device: string): boolean | undefined => { using netlink = new Netlink({ netns: zone.at(server) }); return getLink(netlink, device)?.promiscuous; };
  assert.deepEqual([hears('s1', 'trunk'), hears('s2', 'trunk'), hears('s2', 'eth2')], [true, true, true]);

  // An address that is an endpoint's is not another's.
  addAddress(bare, indexOf(bare, 'eth0'), '10.1.0.21/32');
  assert.ok(!ping('bare', '10.1.0.11', '-I', '10.1.0.21'));
  const reasons = new Set((await zone.visors[1]!.drops()).filter(d => d.module === 'bridge').map(d => d.reason));
  assert.ok(reasons.has('spoofed-neighbor') || reasons.has('spoofed-address'), [...reasons].join());

  await zone.director.delete({ kind: 'Endpoint', domain: 'blue', name: 'trunk' });
  await zone.settled();
  await until(() => hears('s2', 'trunk') === false);
  assert.ok(!ping('red-1', '10.1.0.21') && ping('s1', '198.51.100.4'), 'given back');
});
