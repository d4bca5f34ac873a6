// Workloads that send more than their network takes, on the kernel engine: their kernels are told by ICMP, and TCP finds its way - on one server,
// between two, and through a router, with policies around; IPv4 and IPv6.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { resource } from '../src/director/core/zone.fixture.ts';
import { Netlink } from '../src/netlink/client.ts';
import { setLink } from '../src/netlink/links.ts';
import { routeTo } from '../src/netlink/routes.ts';
import { withNamespace } from '../src/sys/namespace.ts';
import { kernelTest } from './require.ts';
import { zoneOfNamespaces } from './zone-of-namespaces.ts';

const JUMBO = 9000, MTU = 1400, STREAM_BYTES = 1_000_000, LIMIT_MS = 60_000;
const SERVER = "import { createServer } from 'node:net'; createServer(c => { c.on('error', () => c.destroy()); c.pipe(c); }).listen(7, '::', () => console.log('ready'));";
const CLIENT = `import { connect } from 'node:net';
  let bytes = 0; const c = connect({ host: process.argv[1], port: 7, timeout: 5000 }, () => c.end(Buffer.alloc(${STREAM_BYTES}, 'more than fits. ')));
  c.on('data', d => { bytes += d.length; }); c.on('timeout', () => { console.log('silence after ' + bytes); c.destroy(); }); c.on('error', e => console.log(String(e))); c.on('end', () => console.log(bytes));`;

kernelTest('TCP between workloads with a jumbo MTU goes at the size of the network, and their kernels know it', async t => {
  const zone = await zoneOfNamespaces(t, 'iov-pmtu-', { servers: 2, workloads: ['near', 'beside', 'far', 'other'] });
  await zone.director.apply([
    resource('Domain', 'red'), resource('Router', 'red/r', { networks: ['web', 'db'] }),
    ...[['web', 1], ['db', 2]].map(([name, n]) => resource('Network', `red/${name}`, { subnets: [`10.1.${n}.0/24`, `fd00:${n}::/64`], mtu: MTU, attach: { grant: { tier: String(name) } } })),
    resource('Policy', 'red/open', { group: {}, ingress: [{ ports: ['tcp/7'] }] }),
  ]);
  const places = { near: [0, 'web'], beside: [0, 'web'], far: [1, 'web'], other: [1, 'db'] } as const;
  for (const [name, [server, network]] of Object.entries(places)) await zone.visors[server]!.attach({ domain: 'red', network, netns: zone.at(name), name });
  await zone.settled();
  const addresses = new Map<string, readonly string[]>();
  for (const name of Object.keys(places)) {
    using inside = new Netlink({ netns: zone.at(name) });
    setLink(inside, 'eth0', { mtu: JUMBO });
    addresses.set(name, Object((await zone.director.get({ kind: 'Endpoint', domain: 'red', name })).status).addresses);
  }
  const servers = await Promise.all(['beside', 'far', 'other'].map(async name => {
    const child = withNamespace(zone.at(name), () => spawn(process.execPath, ['--input-type=module', '-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'], timeout: LIMIT_MS }));
    t.after(() => { child.kill('SIGKILL'); });
    await new Promise(done => child.stdout.once('data', done));
    return name;
  }));
  using near = new Netlink({ netns: zone.at('near') });
  for (const name of servers) {
    for (const address of addresses.get(name)!) {
      const { stdout } = withNamespace(zone.at('near'), () => spawnSync(process.execPath, ['--input-type=module', '-e', CLIENT, address], { encoding: 'utf8', timeout: 30_000 }));
      assert.equal(stdout.trim(), String(STREAM_BYTES), `${name} ${address}`);
      assert.equal(routeTo(near, address)?.mtu, MTU, `${name} ${address}`);
    }
  }
  const drops = (await Promise.all(zone.visors.map(v => v.drops()))).flat().map(d => `${d.module} ${d.reason}`);
  assert.deepEqual(drops.filter(d => /too-big/.test(d)), []);
});
