// The demo on the vm engine: the same Director and visors in this process, servers and workloads simulated, the same bytecode in
// WebAssembly. Nothing here needs a privilege. There is no process to kill and no wire to time, so those are not measured.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pino } from 'pino';
import { readInputs } from '../../src/cli/files.ts';
import { DirectorClient } from '../../src/client/director.ts';
import { VisorClient } from '../../src/client/visor.ts';
import { Lab } from '../../src/datapath/vm/lab.ts';
import { openVmDatapath } from '../../src/datapath/vm/open.ts';
import { loadModules } from '../../src/director/shell/modules.ts';
import { runDirector, type RunningDirector } from '../../src/director/shell/run.ts';
import { parseFiles } from '../../src/model/parse.ts';
import { runVisor, type RunningVisor } from '../../src/visor/shell/run.ts';
import { crossFrame } from './frame.ts';
import { attachable, refusalsOf } from './shared-world.ts';
import { SERVERS, type Workload, type World } from './world.ts';

const EXAMPLE = resolve(import.meta.dirname, '../../examples/two-tenants');

export function vmWorld(): World {
  const directory = mkdtempSync(join(tmpdir(), 'iov-demo-'));
  const lab = new Lab();
  const logger = pino({ level: 'silent' });
  const visors = new Map<string, RunningVisor>();
  let director: RunningDirector | undefined;
  const stack = (of: Workload) => lab.host(of.name).device().stack;
  const visor = (server: string) => new VisorClient(visors.get(server)!.address);

  return {
    engine: 'vm',

    async start(say) {
      say('a Director and two visors, in this process');
      director = await runDirector({ listen: `unix:${directory}/director.sock`, modules: await loadModules(), version: 'demo', logger });
      for (const server of SERVERS) {
        visors.set(server, await runVisor({
          name: server, director: director.address, stateDir: join(directory, server), listen: `unix:${directory}/${server}.sock`, lockDir: join(directory, 'locks'),
          openDatapath: () => openVmDatapath({ lab, server }), logger,
        }));
      }
      say('examples/two-tenants is applied');
      const { resources, problems } = parseFiles(readInputs([EXAMPLE]));
      if (problems.length > 0) throw new Error(problems.map(p => `${p.file}:${p.line}: ${p.message}`).join('\n'));
      await new DirectorClient(director.address).apply(resources.map(r => r.resource));
      say('two workloads a tenant are attached on each server');
      const workloads: Workload[] = [];
      for (const { tenant, name, server } of attachable()) {
        lab.addHost(name);
        const { mac, addresses } = await visor(server).attach({ domain: tenant, network: 'lan', name, netns: name });
        workloads.push({ name, tenant, server, mac, ip4: addresses.find(a => a.includes('.'))!.split('/')[0]! });
      }
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
    tcp: async (from, to) => timed(() => stack(from).tcp(to.ip4, 'hello '.repeat(2000))),
    udp: async (from, to) => timed(() => stack(from).udp(to.ip4, 'hello')),
    intrude: async (from, to, text) => lab.host(from.name).device().send(crossFrame(from, to, text)),
    heard: async (at, text) => lab.host(at.name).device().heard.filter(f => Buffer.from(f).toString('latin1').includes(text)).length,
    refusals: async () => (await Promise.all(SERVERS.map(s => refusalsOf(s, visor(s))))).flat(),
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

function timed(run: () => boolean): { ok: boolean; ms: number } {
  const start = performance.now();
  return { ok: run(), ms: performance.now() - start };
}
