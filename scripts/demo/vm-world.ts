// The demo on the vm engine: the same Director and visors in this process, servers and workloads simulated, the same bytecode in
// WebAssembly. Nothing here needs a privilege. There is no process to kill and no wire to time, so those are not measured.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pino } from 'pino';
import { untilEffective } from '../../src/cli/effective.ts';
import { readInputs } from '../../src/cli/files.ts';
import { DirectorClient, Refused } from '../../src/client/director.ts';
import { createJoinToken, newUserToken } from '../../src/client/tokens.ts';
import { VisorClient } from '../../src/client/visor.ts';
import { Lab } from '../../src/datapath/vm/lab.ts';
import { openVmDatapath } from '../../src/datapath/vm/open.ts';
import { loadModules } from '../../src/director/shell/modules.ts';
import { runDirector, type RunningDirector } from '../../src/director/shell/run.ts';
import { parseFiles } from '../../src/model/parse.ts';
import { runVisor, type RunningVisor } from '../../src/visor/shell/run.ts';
import { hashOf } from '../../src/model/trust.ts';
import { crossFrame } from './frame.ts';
import { attachable, guardOf, refusalsOf, untilGuarded } from './shared-world.ts';
import { SERVERS, TENANTS, type ServerName, type Tenant, type Workload, type World } from './world.ts';

const UNDERLAY: Readonly<Record<ServerName, string>> = { s1: '192.0.2.1', s2: '192.0.2.2' };
const EXAMPLE = resolve(import.meta.dirname, '../../examples/two-tenants');

export function vmWorld(): World {
  const directory = mkdtempSync(join(tmpdir(), 'iov-demo-'));
  const lab = new Lab();
  const logger = pino({ level: 'silent' });
  const visors = new Map<string, RunningVisor>();
  const editors = new Map<Tenant, DirectorClient>();
  let director: RunningDirector | undefined;
  const stack = (of: Workload) => lab.host(of.name).device().stack;
  const visor = (server: string) => new VisorClient(visors.get(server)!.address);

  return {
    engine: 'vm',

    async start(say) {
      say('a Director and two visors, in this process; they join with tokens, over mutual TLS');
      director = await runDirector({ listen: [`unix:${directory}/director.sock`, 'https://127.0.0.1:0'], stateDir: `${directory}/director`, modules: await loadModules(), version: 'demo', logger });
      const root = new DirectorClient(director.address);
      const { pem } = await root.authorities();
      for (const server of SERVERS) {
        visors.set(server, await runVisor({
          name: server, director: director.addresses[1]!, underlay: UNDERLAY[server], join: await createJoinToken(root, { server, expires: new Date(Date.now() + 60_000).toISOString() }), stateDir: join(directory, server), listen: `unix:${directory}/${server}.sock`, lockDir: join(directory, 'locks'),
          openDatapath: () => openVmDatapath({ lab, server }), logger,
        }));
      }
      say('examples/two-tenants is applied');
      const { resources, problems } = parseFiles(readInputs([EXAMPLE]));
      if (problems.length > 0) throw new Error(problems.map(p => `${p.file}:${p.line}: ${p.message}`).join('\n'));
      await root.apply(resources.map(r => r.resource));
      for (const tenant of TENANTS) {
        const token = newUserToken();
        await root.apply([userOf(tenant, token), { apiVersion: 'iovisor/v1', kind: 'RoleBinding', metadata: { name: tenant }, spec: { role: 'editor', users: [tenant], domains: [tenant] } }]);
        const trust = { ca: pem };
        editors.set(tenant, new DirectorClient(director.addresses[1]!, { token, trust: () => trust }));
      }
      say('two workloads a tenant are attached on each server');
      const workloads: Workload[] = [];
      for (const { tenant, name, server } of attachable()) {
        lab.addHost(name);
        const { mac, addresses } = await visor(server).attach({ domain: tenant, network: 'lan', name, netns: name });
        workloads.push({ name, tenant, server, mac, ip4: addresses.find(a => a.includes('.'))!.split('/')[0]! });
      }
      await untilEffective(root, (await root.health()).revision, 10_000);
      return workloads;
    },

    async ping(from, to) {
      const rttMs: number[] = [];
      for (let n = 0; n < 3; n++) {
        const start = performance.now();
        if (stack(from).ping(to.ip4)) rttMs.push(performance.now() - start);
      }
      return { sent: 3, received: rttMs.length, rttMs };
    },
    tcp: async (from, to, port) => timed(() => stack(from).tcp(to.ip4, 'hello '.repeat(2000), port)),
    udp: async (from, to) => timed(() => stack(from).udp(to.ip4, 'hello')),
    intrude: async (from, to, text) => lab.host(from.name).device().send(crossFrame(from, to, text)),
    heard: async (at, text) => lab.host(at.name).device().heard.filter(f => Buffer.from(f).toString('latin1').includes(text)).length,
    refusals: async () => (await Promise.all(SERVERS.map(s => refusalsOf(s, visor(s))))).flat(),
    async push(file) {
      const entry = basename(file);
      const { changes } = await new DirectorClient(director!.address).push({ name: entry.replace(/\.ts$/, ''), entry, sources: { [entry]: readFileSync(file, 'utf8') } });
      return changes[0]!.key.slice('Module/'.length);
    },
    async place(by, domain, module) {
      try {
        await editors.get(by)!.apply([guardOf(domain, module)]);
      } catch (e) {
        if (e instanceof Refused) return e.message;
        throw e;
      }
      await untilGuarded(new DirectorClient(director!.address), domain);
      return undefined;
    },
    async unplace(by) {
      await editors.get(by)!.delete({ kind: 'Function', domain: by, name: 'guard' });
      await untilGuarded(new DirectorClient(director!.address), by);
    },
    throughput: async () => undefined,
    crash: async () => undefined,

    async stop() {
      for (const v of visors.values()) await v.close();
      visors.clear();
      await director?.close();
      director = undefined;
      rmSync(directory, { recursive: true, force: true });
      return [];
    },
  };
}

function userOf(name: string, token: string): unknown {
  return { apiVersion: 'iovisor/v1', kind: 'User', metadata: { name }, spec: { tokens: [{ sha256: hashOf(token) }] } };
}

function timed(run: () => boolean): { ok: boolean; ms: number } {
  const start = performance.now();
  return { ok: run(), ms: performance.now() - start };
}
