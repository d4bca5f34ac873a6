// Two networks change places at a device of a server, on the kernel engine: each waits for what the other has, and one has to let go first
// (visor/core/contested.ts). At the other end of the wire are two more networks, behind the same tags.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { resource } from '../src/director/core/zone.fixture.ts';
import { withNamespace } from '../src/sys/namespace.ts';
import { kernelTest } from './require.ts';
import { joined, until, zoneOfNamespaces } from './zone-of-namespaces.ts';

kernelTest('two networks swap their VLANs at a device, in one change: each is at the other segment then, and neither waits for the other for ever', async t => {
  if (spawnSync('sh', ['-c', 'command -v ping']).status !== 0) { t.skip('needs ping'); return; }
  const workloads = { 'red-1': [0, 'red', '10.1.0.11'], 'red-2': [1, 'red', '10.1.0.12'], 'blue-1': [0, 'blue', '10.1.0.13'], 'at-10': [1, 'ten', '10.1.0.210'], 'at-20': [1, 'twenty', '10.1.0.220'] } as const;
  const zone = await zoneOfNamespaces(t, 'iov-swap-', { servers: 2, workloads: Object.keys(workloads) });
  const reaches = (from: string, to: string): boolean => withNamespace(zone.at(from), () => spawnSync('ping', ['-c', '1', '-W', '1', to])).status === 0;
  joined([{ netns: zone.at('s1'), device: 'trunk' }, { netns: zone.at('s2'), device: 'trunk' }]);
  const network = (domain: string, server: string, vlan: number): unknown[] => [
    resource('Network', `${domain}/web`, { subnets: ['10.1.0.0/24'] }), resource('Endpoint', `${domain}/lan`, { network: 'web', server, device: 'trunk', vlan }),
  ];
  await zone.director.apply([
    ...['red', 'blue', 'ten', 'twenty'].map(domain => resource('Domain', domain)), ...network('ten', 's2', 10), ...network('twenty', 's2', 20), ...network('red', 's1', 10), ...network('blue', 's1', 20),
  ]);
  for (const [name, [server, domain, address]] of Object.entries(workloads)) await zone.visors[server]!.attach({ domain, network: 'web', netns: zone.at(name), name, addresses: [address] });
  await zone.settled();
  const found = (red: 'at-10' | 'at-20', blue: 'at-10' | 'at-20'): boolean => reaches('red-1', workloads[red][2]) && reaches('red-2', workloads[red][2]) && reaches('blue-1', workloads[blue][2]);
  await until(() => found('at-10', 'at-20'));

  await zone.director.apply([...network('red', 's1', 20), ...network('blue', 's1', 10)]);
  await zone.settled();
  await until(() => found('at-20', 'at-10'));
  assert.ok(!reaches('red-1', workloads['at-10'][2]));
});
