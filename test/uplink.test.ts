// Ways out of the zone on the kernel engine: two servers, both of one gateway, and the world outside are namespaces; the world has both wires in a
// bridge. Real stacks ping, open connections, are forwarded to, and move many bytes (`IOV_GIGABYTES=5`: past the end of sequence numbers).
// What is promised in detail is test/placement.long.test.ts's and src/visor/shell/visor.long.test.ts's.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { Agent } from '../scripts/demo/agents.ts';
import { PORTS } from '../scripts/demo/protocol.ts';
import { DirectorClient } from '../src/client/director.ts';
import { VisorClient } from '../src/client/visor.ts';
import { openKernelDatapath } from '../src/datapath/kernel/open.ts';
import { resource } from '../src/director/core/zone.fixture.ts';
import { loadModules } from '../src/director/shell/modules.ts';
import { runDirector } from '../src/director/shell/run.ts';
import { removePins } from '../src/kernel/pins.ts';
import { addAddress } from '../src/netlink/addresses.ts';
import { Netlink } from '../src/netlink/client.ts';
import { createBridge, createVeth, indexOf, setLink } from '../src/netlink/links.ts';
import { addRoute } from '../src/netlink/routes.ts';
import { createNamespace, deleteNamespace, listNamespaces, namespacePath } from '../src/netlink/namespaces.ts';
import { runVisor } from '../src/visor/shell/run.ts';
import { kernelTest } from './require.ts';

const PREFIX = 'iov-out-', PINS = '/sys/fs/bpf/iov-out';
const UNDERLAY = { s1: '192.0.2.1', s2: '192.0.2.2' } as const;
const OUTSIDE = '198.51.100.1', EDGE = '198.51.100.2', EDGE2 = '198.51.100.3', OUTSIDE6 = '2001:db8:5::1', EDGE6 = '2001:db8:5::2';
const MACHINE = { s1: '198.51.100.21', s2: '198.51.100.22' } as const;
/** Of the world, and not on its wire: by the next hop. */
const FAR = '203.0.113.9', FAR6 = '2001:db8:9::9', HOP6 = 'fe80::1';
/** A machine beside the gateway, and what is behind it. */
const BESIDE = '198.51.100.9', BEHIND = '192.168.77.1';
const BYTES = Math.round(Number(process.env['IOV_GIGABYTES'] ?? 0.05) * 2 ** 30), LIMIT_MS = 30_000 + BYTES / 10_000;
const SERVERS = ['s1', 's2'] as const;


function join2(near: string, far: string, [a, b]: readonly [string, string], names: readonly [string, string]): void {
  using here = new Netlink({ netns: namespacePath(near) });
  createVeth(here, { name: names[0], state: 'up' }, { name: names[1], netns: namespacePath(far) });
  using there = new Netlink({ netns: namespacePath(far) });
  setLink(there, names[1], { state: 'up' });
  addAddress(here, indexOf(here, names[0]), `${a}/24`);
  addAddress(there, indexOf(there, names[1]), `${b}/24`);
}

/** A bridge of the world with a wire to the device eth1 of each server. */
function outside(): void {
  using there = new Netlink({ netns: namespacePath(`${PREFIX}world`) });
  createBridge(there, { name: 'eth0', state: 'up' });
  for (const address of [`${OUTSIDE}/24`, `${FAR}/32`, `${OUTSIDE6}/64`, `${FAR6}/128`, `${HOP6}/64`]) addAddress(there, indexOf(there, 'eth0'), address);
  for (const server of SERVERS) {
    using here = new Netlink({ netns: namespacePath(PREFIX + server) });
    createVeth(here, { name: 'eth1', state: 'up' }, { name: server, netns: namespacePath(`${PREFIX}world`) });
    setLink(there, server, { state: 'up', master: 'eth0' });
    addAddress(here, indexOf(here, 'eth1'), `${MACHINE[server]}/24`);
    addAddress(here, indexOf(here, 'eth1'), `2001:db8:5::${server === 's1' ? 21 : 22}/64`);
  }
  createVeth(there, { name: 'side', state: 'up' }, { name: 'eth0', netns: namespacePath(`${PREFIX}beside`) });
  setLink(there, 'side', { master: 'eth0' });
  using beside = new Netlink({ netns: namespacePath(`${PREFIX}beside`) });
  setLink(beside, 'eth0', { state: 'up' });
  for (const address of [`${BESIDE}/24`, `${BEHIND}/32`]) addAddress(beside, indexOf(beside, 'eth0'), address);
  addRoute(there, { destination: '2001:db8:7::/64', via: EDGE6 });
}

async function until(what: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await what().catch(() => false)) return;
    await new Promise(done => setTimeout(done, 50));
  }
  assert.fail(`not in 20 s: ${what}`);
}

kernelTest('workloads reach the world by their own servers and by one address, whose ports these share; ports lead back in, either way; the machines keep their own; many bytes; without a visor, and with another', async t => {
  const dir = mkdtempSync(join(tmpdir(), PREFIX));
  const open: { close(): Promise<void> }[] = [];
  const agents: Agent[] = [];
  const clean = (): void => {
    for (const namespace of listNamespaces(PREFIX)) deleteNamespace(namespace);
    removePins(PINS);
  };
  clean();
  t.after(async () => {
    for (const agent of agents) agent.stop();
    for (const one of open.reverse()) await one.close().catch(() => {});
    clean();
    rmSync(dir, { recursive: true, force: true });
  });
  for (const name of ['s1', 's2', 'world', 'beside', 'web-1', 'web-2']) createNamespace(PREFIX + name);
  join2(`${PREFIX}s1`, `${PREFIX}s2`, [UNDERLAY.s1, UNDERLAY.s2], ['under', 'under']);
  outside();

  const logger = pino({ level: 'silent' });
  const director = await runDirector({ listen: `unix:${dir}/d.sock`, stateDir: `${dir}/director`, modules: await loadModules(), version: '0', logger });
  open.push(director);
  const client = new DirectorClient(director.address);
  const startVisor = async (name: typeof SERVERS[number]): Promise<VisorClient> => {
    const running = await runVisor({
      name, underlay: UNDERLAY[name], director: director.address, stateDir: `${dir}/${name}`, listen: `unix:${dir}/${name}.sock`, lockDir: `${dir}/locks`, logger,
      openDatapath: () => openKernelDatapath({ server: name, root: `${PINS}/${name}`, netnsPath: namespacePath(PREFIX + name), stateDir: `${dir}/${name}/datapath` }),
    });
    open.push(running);
    return new VisorClient(running.address);
  };
  const visors = await Promise.all(SERVERS.map(startVisor));
  await until(async () => (await client.list({ kind: 'Server' })).items.length === 2);
  await client.apply([
    resource('Domain', 'red'), ...SERVERS.map((server, i) => resource('Endpoint', `red/web-${i + 1}`, { network: 'web', server })),
    resource('Policy', 'red/all', { group: {}, ingress: [{ ports: ['tcp/7', 'udp/7'] }], egress: [{ ports: ['tcp/7', 'tcp/11', 'tcp/8080', 'udp/7', 'icmp'] }] }),
    resource('Network', 'red/web', { subnets: ['10.1.0.0/24', 'fd00:1::/64'] }),
    resource('Gateway', 'edge', { servers: SERVERS, device: 'eth1', addresses: [`${EDGE}/24`, `${EDGE2}/24`, `${EDGE6}/64`], nextHop: [OUTSIDE, HOP6] }),
    resource('Router', 'red/r', { networks: ['web'], uplink: { gateway: 'edge' }, routes: [{ to: '192.168.77.0/24', via: [BESIDE] }] }),
  ]);
  await Promise.all(visors.map((visor, i) => visor.attach({ domain: 'red', network: 'web', netns: namespacePath(`${PREFIX}web-${i + 1}`), name: `web-${i + 1}`, timeoutMs: 60_000 })));
  await client.apply([resource('Nat', 'red/out', {
    router: 'r', masquerade: [{ from: { network: 'web' } }], oneToOne: [{ inside: 'fd00:1::/64', outside: '2001:db8:7::/64' }], forward: [{ to: { endpoint: 'web-2' }, ports: [`tcp/8080:${PORTS.echo}`, `udp/${PORTS.echo}`] }],
  })]);
  await until(async () => {
    const { revision } = await client.health();
    const statuses = await client.statuses();
    return statuses.length === 2 && statuses.every(s => s.status.applied?.revision === revision && s.status.degraded.length === 0 && s.status.endpoints.every(e => e.state === 'ready'));
  });

  const [web1, web2, world] = ['web-1', 'web-2', 'world'].map(name => {
    const agent = new Agent(name, namespacePath(PREFIX + name), 'eth0', () => {});
    agents.push(agent);
    return agent;
  }) as [Agent, Agent, Agent];
  await Promise.all(agents.map(agent => agent.ready()));
  const pings = (from: Agent, to: string) => from.ask('ping', { to, count: 3, intervalMs: 20, timeoutMs: 2000 });
  const echoes = async (from: Agent, to: string, port: number): Promise<boolean[]> => [(await from.ask('tcp', { to, port, timeoutMs: 3000 })).ok];
  for (const web of [web1, web2]) for (const to of [OUTSIDE, FAR, OUTSIDE6, FAR6]) {
    assert.deepEqual(await echoes(web, to, PORTS.echo), [true], to);
    if (to.includes(':')) continue;
    assert.equal((await pings(web, to)).received, 3, to);
    // What answers a datagram to FAR does so from its wire's address: that is no answer to a firewall.
    if (to === OUTSIDE) assert.equal((await web.ask('udp', { to, port: PORTS.echo, timeoutMs: 3000 })).ok, true, to);
  }
  for (const web of [web1, web2]) for (const to of [BESIDE, BEHIND]) assert.equal((await pings(web, to)).received, 3, to);
  assert.deepEqual(await echoes(world, EDGE, 8080), [true], 'a forwarded port');
  assert.equal((await world.ask('udp', { to: EDGE, port: PORTS.echo, timeoutMs: 3000 })).ok, true);
  assert.deepEqual(await echoes(web1, EDGE, 8080), [true], 'hairpin');
  for (const to of [EDGE, EDGE2, MACHINE.s1, MACHINE.s2]) assert.equal((await pings(world, to)).received, 3, to);
  // What web-2 opened comes back by s1, which speaks for the address, and goes on to s2, whose ports they are.
  const passedOn = (await visors[0]!.stats()).ports.filter(p => p.owner === 'Nat/red/r' && p.peer === 's2');
  assert.ok(passedOn[0]!.txPackets > 0, JSON.stringify(passedOn));

  // Segments of 64 KB, and their checksums, both ways at once; a connection that stays open meanwhile.
  for (const web of [web1, web2]) {
    assert.equal((await web.ask('hold', { to: FAR })).ok, true);
    for (const to of [FAR, OUTSIDE6]) {
      const { up, down, seconds } = await web.ask('transfer', { to, up: BYTES, down: BYTES }, LIMIT_MS);
      t.diagnostic(`${to}: ${BYTES} bytes each way in ${seconds.toFixed(1)} s`);
      assert.deepEqual([up, down], [BYTES, BYTES], to);
    }
  }

  assert.deepEqual((await Promise.all(visors.map(v => v.status()))).map(s => s.endpoints.length), [1, 1]);
  const moving = web2.ask('transfer', { to: FAR, up: BYTES, down: BYTES }, LIMIT_MS);
  await open.pop()?.close();
  await open.pop()?.close();
  for (const web of [web1, web2]) assert.deepEqual([(await pings(web, FAR)).received, (await web.ask('hold', { to: FAR })).ok], [3, true], 'without a visor');
  const again = await Promise.all(SERVERS.map(startVisor));
  await until(async () => (await Promise.all(again.map(v => v.status()))).every(s => s.endpoints[0]?.state === 'ready'));
  assert.deepEqual((await Promise.all(again.map(v => v.status()))).map(s => s.changes), [0, 0], 'adopted');
  for (const web of [web1, web2]) assert.equal((await web.ask('hold', { to: FAR })).ok, true, 'its port is its own still');
  assert.deepEqual(await moving.then(({ up, down }) => [up, down]), [BYTES, BYTES]);

  // web-2 moves to s1: its connection goes on, through a firewall that never saw it open, and by the ports of s2.
  const settled = (): Promise<void> => until(async () => {
    const { revision } = await client.health();
    return (await client.statuses()).every(s => s.status.applied?.revision === revision && s.status.degraded.length === 0);
  });
  await again[1]!.detach({ netns: namespacePath(`${PREFIX}web-2`), device: 'eth0' });
  await client.apply([resource('Endpoint', 'red/web-2', { network: 'web', server: 's1' })]);
  await again[0]!.attach({ domain: 'red', network: 'web', netns: namespacePath(`${PREFIX}web-2`), name: 'web-2', timeoutMs: 60_000 });
  await settled();
  assert.equal((await web2.ask('hold', { to: FAR })).ok, true, 'after it has moved');
  assert.deepEqual(await echoes(web2, FAR, PORTS.echo), [true], 'what it opens now');
});
