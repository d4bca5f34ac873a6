// `iov` as people run it: a process with arguments, an exit code and what it printed. For the end-to-end tests; knows nothing of what it says.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const IOV = resolve(import.meta.dirname, '../../bin/iov.js');
const LIMIT_MS = 30_000;

export interface Said { readonly code: number | null; readonly out: string; readonly err: string }

/** A zone of one server in a folder of its own: Director and visor in one process, on the vm engine. */
export class Zone {
  readonly dir = mkdtempSync(join(tmpdir(), 'iov-test-'));
  readonly director = `unix:${this.dir}/director.sock`;
  readonly visor = `unix:${this.dir}/visor.sock`;
  readonly name = `t-${process.pid}`;
  #up: ChildProcess | undefined;
  /** Where the Director listens beside its socket. */
  readonly #listen: readonly string[];
  /** What `iov up` printed. */
  upOut = '';
  upErr = '';

  constructor(...listen: readonly string[]) {
    this.#listen = listen;
  }

  iov(args: readonly string[], input?: string, env: NodeJS.ProcessEnv = {}): Promise<Said> {
    const child = spawn(process.execPath, [IOV, ...args], { env: { ...this.#env, ...env }, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'], timeout: LIMIT_MS, killSignal: 'SIGKILL' });
    if (input !== undefined) child.stdin!.on('error', () => undefined).end(input);
    return heard(child);
  }

  upArgs(): string[] {
    return ['up', '--engine', 'vm', '--name', this.name, '--listen', this.director, ...this.#listen, '--socket', this.visor, '--state', `${this.dir}/state`];
  }

  async up(...more: string[]): Promise<void> {
    const child = spawn(process.execPath, [IOV, ...this.upArgs(), ...more], { env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#up = child;
    this.upOut = this.upErr = '';
    child.stderr.on('data', (d: Buffer) => { this.upErr += d; });
    await new Promise<void>((ready, fail) => {
      const timer = setTimeout(() => fail(new Error(`iov up did not come up: ${this.upErr}`)), LIMIT_MS);
      child.stdout.on('data', (d: Buffer) => {
        this.upOut += d;
        if (this.upOut.includes('Next:')) { clearTimeout(timer); ready(); }
      });
      child.once('exit', code => { clearTimeout(timer); fail(new Error(`iov up ended with ${code}: ${this.upErr}`)); });
    });
  }

  /** @returns its exit code, or the signal that ended it */
  async down(signal: NodeJS.Signals): Promise<number | string | null> {
    const child = this.#up;
    if (!child || child.exitCode !== null || child.signalCode !== null) return null;
    const ended = new Promise<number | string | null>(done => child.once('exit', (code, by) => done(code ?? by)));
    child.kill(signal);
    return ended;
  }

  file(name: string, content: string | Uint8Array): string {
    const path = join(this.dir, name);
    writeFileSync(path, content);
    return path;
  }

  async close(): Promise<void> {
    await this.down('SIGKILL');
    rmSync(this.dir, { recursive: true, force: true });
  }

  get #env(): NodeJS.ProcessEnv {
    return { ...process.env, IOV_DIRECTOR: this.director, IOV_VISOR: this.visor, NO_COLOR: '1', XDG_CONFIG_HOME: `${this.dir}/config` };
  }
}

function heard(child: ChildProcess): Promise<Said> {
  let out = '';
  let err = '';
  child.stdout!.on('data', (d: Buffer) => { out += d; });
  child.stderr!.on('data', (d: Buffer) => { err += d; });
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', code => done({ code, out, err }));
  });
}
