// Programs of others, run inside a network namespace: bounded in time, what they said, and ended by us if they are left over.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';

const LIMIT_MS = 60_000;
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`;

export interface Said { readonly status: number | null; readonly out: string; readonly err: string }

export class Programs {
  readonly #left = new Set<ChildProcess>();

  /** To its end. `netns`: a path; absent: where we are. */
  run(netns: string | undefined, command: readonly string[], { input = '', limitMs = LIMIT_MS }: { input?: string; limitMs?: number } = {}): Promise<Said> {
    const child = this.start(netns, command);
    const timer = setTimeout(() => { child.kill('SIGKILL'); }, limitMs);
    child.stdin?.on('error', () => undefined).end(input);
    return new Promise((done, fail) => {
      let out = '', err = '';
      child.stdout?.setEncoding('utf8').on('data', (text: string) => { out += text; });
      child.stderr?.setEncoding('utf8').on('data', (text: string) => { err += text; });
      child.once('error', fail);
      child.once('close', status => { clearTimeout(timer); done({ status, out, err }); });
    });
  }

  /** Goes on until it ends by itself or `stop`. It is in a process group of its own. */
  start(netns: string | undefined, [command = '', ...args]: readonly string[]): ChildProcess {
    const whole = netns === undefined ? [command, ...args] : ['nsenter', `--net=${netns}`, '--', command, ...args];
    const child = spawn(whole[0]!, whole.slice(1), { env: { ...process.env, PATH, NO_COLOR: '1', LC_ALL: 'C' }, detached: true });
    this.#left.add(child);
    child.once('close', () => { this.#left.delete(child); });
    return child;
  }

  /** With all that it started, and has not left its group. */
  async stop(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>(done => { child.once('close', () => { done(); }); });
    try { process.kill(-child.pid, signal); } catch { return; }
    await Promise.race([ended, new Promise(done => { setTimeout(done, 5000).unref(); })]);
  }

  async stopAll(): Promise<void> {
    for (const child of this.#left) await this.stop(child, 'SIGKILL');
  }
}

/** Waits until it is so, for 20 s. */
export async function until(what: string, is: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  for (const end = performance.now() + limitMs; performance.now() < end; await new Promise(done => setTimeout(done, 50))) if (await is()) return;
  throw new Error(`not in ${limitMs / 1000} s: ${what}`);
}

/** Warnings and worse of the kernel from here on: it must have nothing to say. */
export function kernelLog(): () => string[] {
  const lines = (): string[] => spawnSync('dmesg', ['--level=emerg,alert,crit,err,warn', '--notime'], { encoding: 'utf8', maxBuffer: 1 << 26 }).stdout?.split('\n').filter(l => l !== '') ?? [];
  const before = lines().length;
  return () => lines().slice(before);
}
