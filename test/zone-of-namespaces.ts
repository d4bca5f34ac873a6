// A zone on the kernel engine whose servers and workloads are network namespaces of this machine: one Director, a visor a server, joined by
// veth pairs. What its tests look at is the kernel's own stack inside the workloads.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import pino from 'pino';
import { DirectorClient } from '../src/client/director.ts';
import { VisorClient } from '../src/client/visor.ts';
import { openKernelDatapath } from '../src/datapath/kernel/open.ts';
import { loadModules } from '../src/director/shell/modules.ts';
import { runDirector, type RunningDirector } from '../src/director/shell/run.ts';
import { removePins } from '../src/kernel/pins.ts';
import { addAddress } from '../src/netlink/addresses.ts';
import { Netlink } from '../src/netlink/client.ts';
import { createVeth, indexOf, setLink } from '../src/netlink/links.ts';
import { createNamespace, deleteNamespace, listNamespaces, namespacePath } from '../src/netlink/namespaces.ts';
import { type RunningVisor, runVisor } from '../src/visor/shell/run.ts';

interface NamespaceZone {
  readonly director: DirectorClient;
  readonly visors: readonly VisorClient[];
  stopDirector(): Promise<void>;
  startDirector(): Promise<void>;
  /** Path of the namespace of that name. */
  at(name: string): string;
  /** Of that number: it stops, and another takes over. */
  restart(visor: number, between: () => void): Promise<void>;
  /** Until every server has what is planned. */
  settled(): Promise<void>;
}

export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await Promise.resolve().then(what).catch(() => false)) return;
    await new Promise(done => setTimeout(done, 50));
  }
  assert.fail(`not in 20 s: ${what}`);
}

/** A pair of devices between two namespaces, up, with an address each where one is given. */
export function joined(ends: readonly [{ readonly netns: string; readonly device: string; readonly address?: string }, { readonly netns: string; readonly device: string; readonly address?: string }], mtu = 1500): void {
  const [near, far] = ends;
  using here = new Netlink({ netns: near.netns });
  createVeth(here, { name: near.device, mtu, state: 'up' }, { name: far.device, mtu, netns: far.netns });
  for (const { netns, device, address } of ends) {
    using there = new Netlink({ netns });
    setLink(there, device, { state: 'up' });
    if (address !== undefined) addAddress(there, indexOf(there, device), address);
  }
}

/** `prefix`: of namespaces and pins, begins with `iov-`. Servers s1 and s2 have 192.0.2.1 and .2, joined where there are two. */
export async function zoneOfNamespaces(t: TestContext, prefix: string, names: { readonly servers: 1 | 2; readonly workloads: readonly string[] }): Promise<NamespaceZone> {
  const dir = mkdtempSync(join(tmpdir(), prefix));
  const pins = `/sys/fs/bpf/${prefix}`;
  const open: { close(): Promise<void> }[] = [];
  const clean = (): void => {
    for (const namespace of listNamespaces(prefix)) deleteNamespace(namespace);
    removePins(pins);
  };
  clean();
  t.after(async () => {
    for (const one of open.reverse()) await one.close().catch(() => {});
    clean();
    rmSync(dir, { recursive: true, force: true });
  });
  const at = (name: string): string => namespacePath(prefix + name);
  const servers = names.servers === 1 ? ['s1'] : ['s1', 's2'];
  for (const name of [...servers, ...names.workloads]) createNamespace(prefix + name);
  if (servers.length === 2) joined([{ netns: at('s1'), device: 'under', address: '192.0.2.1/24' }, { netns: at('s2'), device: 'under', address: '192.0.2.2/24' }]);

  const logger = pino({ level: 'silent' });
  const modules = await loadModules();
  const start = async (): Promise<RunningDirector> => {
    const started = await runDirector({ listen: `unix:${dir}/d.sock`, stateDir: `${dir}/director`, modules, version: '0', logger });
    open.push(started);
    return started;
  };
  let running = await start();
  const director = new DirectorClient(running.address);
  const run = async (name: string, i: number): Promise<RunningVisor> => {
    const visor = await runVisor({
      name, underlay: `192.0.2.${i + 1}`, director: running.address, stateDir: `${dir}/${name}`, listen: `unix:${dir}/${name}.sock`, lockDir: `${dir}/locks`, logger,
      openDatapath: () => openKernelDatapath({ server: name, root: `${pins}/${name}`, netnsPath: at(name), stateDir: `${dir}/${name}/datapath` }),
    });
    open.push(visor);
    return visor;
  };
  const started = await Promise.all(servers.map(run));
  const visors = started.map(visor => new VisorClient(visor.address));
  await until(async () => (await director.list({ kind: 'Server' })).items.length === servers.length);
  return {
    director, visors, at,
    stopDirector: () => running.close(),
    startDirector: async () => { running = await start(); },
    async restart(visor, between) {
      await started[visor]!.close();
      between();
      started[visor] = await run(servers[visor]!, visor);
    },
    settled: () => until(async () => {
      const { revision } = await director.health();
      const statuses = await director.statuses();
      return statuses.length === servers.length && statuses.every(s => s.status.applied?.revision === revision && s.status.degraded.length === 0 && s.status.endpoints.every(e => e.state === 'ready'));
    }),
  };
}
