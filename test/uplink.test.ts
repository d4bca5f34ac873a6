// A way out of the zone on the kernel engine: two servers and the world outside are namespaces, one server has a device there. Real stacks ping,
// open connections and are forwarded to. What is promised in detail is src/visor/shell/visor.test.ts's.

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
import { createVeth, indexOf, setLink } from '../src/netlink/links.ts';
import { createNamespace, deleteNamespace, listNamespaces, namespacePath } from '../src/netlink/namespaces.ts';
import { runVisor } from '../src/visor/shell/run.ts';
import { kernelTest } from './require.ts';

const PREFIX = 'iov-out-', PINS = '/sys/fs/bpf/iov-out';
const UNDERLAY = { s1: '192.0.2.1', s2: '192.0.2.2' } as const;
const OUTSIDE = '198.51.100.1', EDGE = '198.51.100.2', MACHINE = '198.51.100.3';

function join2(near: string, far: string, [a, b]: readonly [string, string], names: readonly [string, string]): void {
  using here = new Netlink({ netns: namespacePath(near) });
  createVeth(here, { name: names[0], state: 'up' }, { name: names[1], netns: namespacePath(far) });
  using there = new Netlink({ netns: namespacePath(far) });
  setLink(there, names[1], { state: 'up' });
  addAddress(here, indexOf(here, names[0]), `${a}/24`);
  addAddress(there, indexOf(there, names[1]), `${b}/24`);
}

async function until(what: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await what().catch(() => false)) return;
    await new Promise(done => setTimeout(done, 50));
  }
  assert.fail(`not in 20 s: ${what}`);
}

kernelTest('workloads of two servers reach the world by one of them, by its address alone; a port leads back in; the machine keeps its own', async t => {
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
  for (const name of ['s1', 's2', 'world', 'web-1', 'web-2']) createNamespace(PREFIX + name);
  join2(`${PREFIX}s1`, `${PREFIX}s2`, [UNDERLAY.s1, UNDERLAY.s2], ['under', 'under']);
  join2(`${PREFIX}s1`, `${PREFIX}world`, [MACHINE, OUTSIDE], ['eth1', 'eth0']);

  const logger = pino({ level: 'silent' });
  const director = await runDirector({ listen: `unix:${dir}/d.sock`, stateDir: `${dir}/director`, modules: await loadModules(), version: '0', logger });
  open.push(director);
  const client = new DirectorClient(director.address);
  const visors = await Promise.all((['s1', 's2'] as const).map(async name => {
    const running = await runVisor({
      name, underlay: UNDERLAY[name], director: director.address, stateDir: `${dir}/${name}`, listen: `unix:${dir}/${name}.sock`, lockDir: `${dir}/locks`, logger,
      openDatapath: () => openKernelDatapath({ server: name, root: `${PINS}/${name}`, netnsPath: namespacePath(PREFIX + name), stateDir: `${dir}/${name}/datapath` }),
    });
    open.push(running);
    return new VisorClient(running.address);
  }));
  await until(async () => (await client.list({ kind: 'Server' })).items.length === 2);
  await client.apply([
    resource('Domain', 'red'), resource('Network', 'red/web', { subnets: ['10.1.0.0/24'] }),
    resource('Gateway', 'edge', { servers: ['s1'], device: 'eth1', addresses: [`${EDGE}/24`], nextHop: [OUTSIDE] }),
    resource('Router', 'red/r', { networks: ['web'], uplink: { gateway: 'edge' } }),
  ]);
  await Promise.all(visors.map((visor, i) => visor.attach({ domain: 'red', network: 'web', netns: namespacePath(`${PREFIX}web-${i + 1}`), name: `web-${i + 1}` })));
  await client.apply([resource('Nat', 'red/out', {
    router: 'r', masquerade: [{ from: { network: 'web' } }], forward: [{ to: { endpoint: 'web-2' }, ports: [`tcp/8080:${PORTS.echo}`, `udp/${PORTS.echo}`] }],
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
  const pings = (from: Agent, to: string) => from.ask('ping', { to, count: 3, intervalMs: 20, timeoutMs: 2000 });
  const echoes = async (from: Agent, to: string, port: number): Promise<boolean[]> => [(await from.ask('tcp', { to, port, timeoutMs: 3000 })).ok];
  for (const web of [web1, web2]) {
    assert.equal((await pings(web, OUTSIDE)).received, 3);
    assert.deepEqual(await echoes(web, OUTSIDE, PORTS.echo), [true]);
    assert.equal((await web.ask('udp', { to: OUTSIDE, port: PORTS.echo, timeoutMs: 3000 })).ok, true);
  }
  // Segments that are made at the device, and their checksums: 64 KB at a time.
  assert.ok((await web2.ask('stream', { to: OUTSIDE, port: PORTS.sink, seconds: 0.2 })).bytes > 1_000_000);
  assert.deepEqual(await echoes(world, EDGE, 8080), [true], 'a forwarded port');
  assert.equal((await world.ask('udp', { to: EDGE, port: PORTS.echo, timeoutMs: 3000 })).ok, true);
  assert.deepEqual(await echoes(web1, EDGE, 8080), [true], 'hairpin');
  for (const to of [EDGE, MACHINE]) assert.equal((await pings(world, to)).received, 3, to);

  const statuses = await Promise.all(visors.map(v => v.status()));
  await open.pop()?.close();
  await open.pop()?.close();
  assert.equal((await pings(web2, OUTSIDE)).received, 3, 'without a visor');
  assert.ok(statuses.every(s => s.endpoints.length === 1));
});
