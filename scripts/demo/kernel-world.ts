// The demo on the kernel engine: servers and workloads are network namespaces joined by an underlay veth; a Director and two visors run
// as processes of their own, driven by the same `iov` that people type.

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, closeSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DirectorClient } from '../../src/client/director.ts';
import { VisorClient } from '../../src/client/visor.ts';
import { acquireLock, LockHeld } from '../../src/sys/lock.ts';
import { withNamespace } from '../../src/sys/namespace.ts';
import { Netlink } from '../../src/netlink/client.ts';
import { createVeth, setLink } from '../../src/netlink/links.ts';
import { addAddress } from '../../src/netlink/addresses.ts';
import { createNamespace, namespacePath } from '../../src/netlink/namespaces.ts';
import { indexOf } from '../../src/netlink/links.ts';
import { Agent } from './agents.ts';
import { crossFrame } from './frame.ts';
import { startJanitor, type Janitor } from '../janitor-client.ts';
import { noteProcess, PINS, PREFIX, remains, removeAll, RUN_DIR } from './leftovers.ts';
import { pinnedObjects } from './objects.ts';
import { PORTS } from './protocol.ts';
import { attachable, guardOf, refusalsOf, untilGuarded } from './shared-world.ts';
import { SERVERS, type ServerName, TENANTS, type Survival, type Tenant, type Workload, type World } from './world.ts';

const IOV = resolve(import.meta.dirname, '../../bin/iov.js');
const EXAMPLE = resolve(import.meta.dirname, '../../examples/two-tenants');
const DIRECTOR = `unix:${RUN_DIR}/director.sock`;
const UNDERLAY: Readonly<Record<ServerName, string>> = { s1: '192.0.2.1', s2: '192.0.2.2' };
/** Where the servers reach it: it runs on the first. */
const HTTPS = `https://${UNDERLAY.s1}:8470`;
const DEVICE = 'eth0';
const READY_MS = 60_000;
const TRAIN = { count: 700, intervalMs: 10, timeoutMs: 1000 } as const;

interface Attached { readonly mac: string; readonly addresses: readonly string[] }

export function kernelWorld(): World {
  const processes = new Map<string, ChildProcess>();
  const agents = new Map<string, Agent>();
  const editors = new Map<Tenant, string>();
  let lock: { close(): void } | undefined;
  let janitor: Janitor | undefined;

  return {
    engine: 'kernel',

    async start(say) {
      lock = only();
      if (remains().length > 0) {
        say('cleaning up what a killed run left');
        await removeAll();
      }
      mkdirSync(RUN_DIR, { recursive: true });
      janitor = await startJanitor(new URL('./janitor.ts', import.meta.url));
      say('two servers (namespaces) and their underlay');
      layUnderlay();
      say('a Director and two visors, each a process; the visors join with tokens, over mutual TLS');
      await startAll();
      say('iov apply -f examples/two-tenants');
      await iov(['apply', '-f', EXAMPLE]);
      for (const tenant of TENANTS) editors.set(tenant, (await iov(['token', 'create', `${tenant}-team`, '--role', 'editor', '--domain', tenant])).trim());
      say('iov endpoint attach, two workloads a tenant on each server');
      return attachAll();
    },

    ping: (from, to) => agent(from).ask('ping', { to: to.ip4, count: 3, intervalMs: 10, timeoutMs: 2000 }),
    tcp: (from, to, port = PORTS.echo) => agent(from).ask('tcp', { to: to.ip4, port, timeoutMs: 2000 }),
    udp: (from, to) => agent(from).ask('udp', { to: to.ip4, port: PORTS.echo, timeoutMs: 3000 }),
    async intrude(from, to, text) {
      await agent(from).ask('frame', { device: DEVICE, hex: Buffer.from(crossFrame(from, to, text)).toString('hex') });
    },
    heard: async (at, text) => (await agent(at).ask('heard', { text })).count,
    refusals: async () => {
      const all = await Promise.all(SERVERS.map(s => refusalsOf(s, visor(s))));
      return all.flat();
    },
    push: async file => (JSON.parse(await iov(['module', 'push', file, '-o', 'json'])) as { module: string }).module,
    async place(by, domain, module) {
      try {
        await iov(['apply', '-f', '-'], { IOV_TOKEN: editors.get(by)! }, JSON.stringify(guardOf(domain, module)));
      } catch (e) {
        return /error: (.*)/.exec((e as Error).message)?.[1] ?? (e as Error).message;
      }
      await untilGuarded(new DirectorClient(DIRECTOR), domain);
      return undefined;
    },
    async unplace(by) {
      await iov(['delete', 'function', `${by}/guard`], { IOV_TOKEN: editors.get(by)! });
      await untilGuarded(new DirectorClient(DIRECTOR), by);
    },

    async throughput(from, to) {
      const { bytes, seconds } = await agent(from).ask('stream', { to: to.ip4, port: PORTS.sink, seconds: 2 });
      return (bytes * 8) / seconds;
    },

    async crash(from, to, say): Promise<Survival> {
      const objectsBefore = pinnedObjects(PINS);
      say('a ping every 10 ms; then SIGKILL for both visors and the Director');
      const train = agent(from).ask('ping', { to: to.ip4, ...TRAIN });
      await pause(700);
      const killed = [...processes.keys()];
      for (const child of processes.values()) child.kill('SIGKILL');
      await Promise.all([...processes.values()].map(gone));
      processes.clear();
      await pause(700);
      say('starting them again');
      await startAll();
      const changes = await settled();
      const result = await train;
      return { train: result, killed, objectsBefore, objectsAfter: pinnedObjects(PINS), changes };
    },

    async stop() {
      if (!lock) return [];
      for (const a of agents.values()) a.stop();
      for (const child of processes.values()) child.kill('SIGTERM');
      await Promise.race([Promise.all([...processes.values()].map(gone)), new Promise(done => setTimeout(done, 3000).unref())]);
      const left = await removeAll();
      janitor?.done();
      lock.close();
      lock = undefined;
      return left;
    },
  };

  function agent(of: Workload): Agent {
    const found = agents.get(of.name);
    if (!found) throw new Error(`no agent for ${of.name}`);
    return found;
  }

  async function startAll(): Promise<void> {
    run('director', ['director', '--listen', DIRECTOR, HTTPS, '--state', `${RUN_DIR}/director`], namespacePath(`${PREFIX}s1`));
    await ready('director', () => new DirectorClient(DIRECTOR).health());
    for (const server of SERVERS) {
      const join = existsSync(`${RUN_DIR}/${server}/certificate.pem`) ? [] : ['--join', (await iov(['server', 'token', server])).trim(), '--underlay', UNDERLAY[server]];
      run(server, ['visor', '--name', server, '--director', HTTPS, ...join, '--state', `${RUN_DIR}/${server}`, '--pins', `${PINS}/${server}`,
        '--listen', `unix:${socketOf(server)}`, '--engine', 'kernel'], namespacePath(PREFIX + server));
    }
    await Promise.all(SERVERS.map(s => ready(s, () => visor(s).status())));
  }

  function run(name: string, args: readonly string[], netns: string | undefined): void {
    const log = openSync(`${RUN_DIR}/${name}.log`, 'a');
    const start = () => spawn(process.execPath, [IOV, ...args], { stdio: ['ignore', log, log] });
    const child = netns === undefined ? start() : withNamespace(netns, start);
    closeSync(log);
    if (child.pid !== undefined) noteProcess(child.pid);
    processes.set(name, child);
  }

  /** Until `ask` succeeds. A process that ended meanwhile says why in its log. */
  async function ready(name: string, ask: () => Promise<unknown>): Promise<void> {
    const until = performance.now() + READY_MS;
    for (;;) {
      try {
        await ask();
        return;
      } catch (error) {
        const child = processes.get(name);
        if (child?.exitCode !== null || performance.now() > until) {
          throw new Error(`${name} did not come up: ${(error as Error).message}\n${readFileSync(`${RUN_DIR}/${name}.log`, 'utf8').split('\n').slice(-12).join('\n')}`);
        }
        await pause(50);
      }
    }
  }

  async function attachAll(): Promise<Workload[]> {
    const wanted = attachable();
    const workloads: Workload[] = [];
    // One server's attachments in turn, the two servers side by side.
    await Promise.all(SERVERS.map(async server => {
      for (const { tenant, name } of wanted.filter(w => w.server === server)) {
        const netns = createNamespace(PREFIX + name);
        const said = await iov(['endpoint', 'attach', '--visor', `unix:${socketOf(server)}`, '--domain', tenant, '--network', 'lan', '--name', name,
          '--netns', netns, '--device', DEVICE, '-o', 'json']);
        const { mac, addresses } = JSON.parse(said) as Attached;
        workloads.push({ name, tenant, server, mac, ip4: addresses.find(a => a.includes('.'))!.split('/')[0]! });
        agents.set(name, new Agent(name, netns, DEVICE));
      }
    }));
    await Promise.all([...agents.values()].map(a => a.ready()));
    return wanted.map(w => workloads.find(x => x.name === w.name)!);
  }

  /** Until both visors say that all of the plan is there; then how many things they changed since their start. */
  async function settled(): Promise<number> {
    let changes = 0;
    for (const server of SERVERS) {
      await ready(server, async () => {
        const status = await visor(server).status();
        if (!status.applied || status.applied.revision !== status.received?.revision) throw new Error('it has not applied its plan yet');
        changes += status.changes;
      });
    }
    return changes;
  }
}

function layUnderlay(): void {
  const [a, b] = SERVERS.map(s => createNamespace(PREFIX + s)) as [string, string];
  using near = new Netlink({ netns: a });
  using far = new Netlink({ netns: b });
  createVeth(near, { name: 'underlay', mtu: 1600 }, { name: 'underlay', mtu: 1600, netns: b });
  for (const [netlink, server] of [[near, 's1'], [far, 's2']] as const) {
    const index = indexOf(netlink, 'underlay');
    addAddress(netlink, index, `${UNDERLAY[server]}/24`);
    setLink(netlink, index, { state: 'up' });
    setLink(netlink, indexOf(netlink, 'lo'), { state: 'up' });
  }
}

function only(): { close(): void } {
  try {
    return acquireLock('/run/iov-demo.lock');
  } catch (error) {
    if (error instanceof LockHeld) throw new Error('another demo runs on this machine; wait for it, or end it with Ctrl-C');
    throw error;
  }
}

function visor(server: ServerName): VisorClient {
  return new VisorClient(`unix:${socketOf(server)}`);
}

function socketOf(server: ServerName): string {
  return `${RUN_DIR}/${server}.sock`;
}

/** Runs `iov` to its end. @returns what it printed */
function iov(args: readonly string[], env: NodeJS.ProcessEnv = {}, input?: string): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [IOV, ...args], { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, IOV_DIRECTOR: DIRECTOR, XDG_CONFIG_HOME: RUN_DIR, ...env } });
    child.stdin.on('error', () => undefined).end(input);
    let out = '';
    let err = '';
    child.stdout.on('data', d => { out += d; });
    child.stderr.on('data', d => { err += d; });
    child.on('error', fail);
    child.on('close', code => (code === 0 ? done(out) : fail(new Error(`iov ${args.join(' ')}: ${err.trim() || `exit ${code}`}`))));
  });
}

function gone(child: ChildProcess): Promise<void> {
  return child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : new Promise(done => child.once('exit', () => done()));
}
