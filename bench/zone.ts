// A Director and visors as processes of their own on this machine, each visor in the namespace that is its server: what is measured then is what people run.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { DirectorClient } from '../src/client/director.ts';
import { VisorClient } from '../src/client/visor.ts';
import { withNamespace } from '../src/sys/namespace.ts';

const IOV = resolve(import.meta.dirname, '../bin/iov.js');
const READY_MS = 300_000;
const LAST_LINES = 12;
/** Of /proc, whatever the kernel's own. */
const USER_HZ = 100;

interface ZoneOptions {
  /** Of sockets, state and logs; made if it is not there. */
  readonly folder: string;
  /** In a BPF file system: each server's pins are in a folder of its own there. */
  readonly pins: string;
}

export class Zone implements AsyncDisposable {
  readonly director: DirectorClient;
  readonly #options: ZoneOptions;
  readonly #processes = new Map<string, ChildProcess>();

  constructor(options: ZoneOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true });
    this.director = new DirectorClient(this.#socket('director'));
  }

  async startDirector(): Promise<void> {
    this.#run('director', ['director', '--listen', this.#socket('director'), '--state', `${this.#options.folder}/director`]);
    await this.#ready('director', () => this.director.health());
  }

  async startVisor(server: string, netns: string, underlay?: string): Promise<void> {
    const { folder, pins } = this.#options;
    this.#run(server, ['visor', '--name', server, '--director', this.#socket('director'), '--state', `${folder}/${server}`, '--pins', `${pins}/${server}`,
      '--listen', this.#socket(server), '--engine', 'kernel', ...underlay === undefined ? [] : ['--underlay', underlay]], netns);
    await this.#ready(server, () => this.visor(server).status());
  }

  visor(server: string): VisorClient {
    return new VisorClient(this.#socket(server));
  }

  /** Ends the process as a crash would. */
  async kill(name: string): Promise<void> {
    const child = this.#child(name);
    this.#processes.delete(name);
    child.kill('SIGKILL');
    await gone(child);
  }

  /** Until every visor has what the Director wants now. */
  async settled(servers: readonly string[]): Promise<void> {
    const revision = await this.answer(async () => (await this.director.health()).revision);
    for (const server of servers) await this.#ready(server, async () => {
      const { applied, degraded } = await this.visor(server).status();
      if (applied?.revision !== revision) throw new Error(`it has applied revision ${applied?.revision} of ${revision}: ${degraded.map(d => d.message).join('; ')}`);
    });
  }

  /** Of a request that a busy machine may be too slow for: asked again. */
  async answer<T>(ask: () => Promise<T>): Promise<T> {
    for (const until = performance.now() + READY_MS; ;) {
      try {
        return await ask();
      } catch (error) {
        if (performance.now() > until) throw error;
        await new Promise(done => setTimeout(done, 100));
      }
    }
  }

  /** Until the Director knows the server, which says so itself. */
  async registered(name: string): Promise<void> {
    await this.#ready(name, () => this.director.get({ kind: 'Server', name }));
  }

  /** What visors say that is not as planned, and the ends of their logs. */
  async troubles(servers: readonly string[]): Promise<string> {
    const all = await Promise.all(servers.map(async server => [...(await this.visor(server).status()).degraded.map(d => `${d.object}: ${d.message}`), ...readFileSync(this.#log(server), 'utf8').split('\n').slice(-LAST_LINES)].map(line => `${server}: ${line}`)));
    return all.flat().join('\n');
  }

  residentBytes(name: string): number {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.#child(name).pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes) * 1024;
  }

  descriptors(name: string): number {
    return readdirSync(`/proc/${this.#child(name).pid}/fd`).length;
  }

  /** User's and kernel's together, of the process so far. */
  cpuSeconds(name: string): number {
    const fields = readFileSync(`/proc/${this.#child(name).pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) / USER_HZ;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#processes.values()) child.kill('SIGKILL');
    await Promise.all([...this.#processes.values()].map(gone));
  }

  #run(name: string, args: readonly string[], netns?: string): void {
    const log = openSync(this.#log(name), 'a');
    const start = (): ChildProcess => spawn(process.execPath, [IOV, ...args], { stdio: ['ignore', log, log] });
    this.#processes.set(name, netns === undefined ? start() : withNamespace(netns, start));
    closeSync(log);
  }

  /** Until `ask` succeeds. */
  async #ready(name: string, ask: () => Promise<unknown>): Promise<void> {
    for (const until = performance.now() + READY_MS; ;) {
      try {
        await ask();
        return;
      } catch (error) {
        if (this.#child(name).exitCode === null && performance.now() < until) { await new Promise(done => setTimeout(done, 20)); continue; }
        throw new Error(`${name} is not as it should be: ${(error as Error).message}\n${readFileSync(this.#log(name), 'utf8').split('\n').slice(-LAST_LINES).join('\n')}`);
      }
    }
  }

  #child(name: string): ChildProcess {
    const child = this.#processes.get(name);
    if (!child) throw new Error(`${name} does not run`);
    return child;
  }

  #socket(name: string): string {
    return `unix:${this.#options.folder}/${name}.sock`;
  }

  #log(name: string): string {
    return `${this.#options.folder}/${name}.log`;
  }
}

function gone(child: ChildProcess): Promise<void> {
  return child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : new Promise(done => child.once('exit', () => done()));
}
