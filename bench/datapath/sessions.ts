// TCP between the two namespaces of a path, by bench/c/traffic.c: round trips, connections, bytes.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { withNamespace } from '../../src/sys/namespace.ts';
import { RUN_DIR } from '../leftovers.ts';
import { clangNative } from '../tools.ts';
import { type Path, RECEIVER } from './path.ts';

const SOURCE = resolve(import.meta.dirname, '../c/traffic.c');
const PROGRAM = `${RUN_DIR}/traffic`;
const PORT = 5001;
const LASTS_MS = 400;
const TIMEOUT_MS = 10_000;

/** `rr`: 1 byte there and back. `crr`: connect, 1 byte there and back, close. `stream`: bytes one way. */
export type Session = 'rr' | 'crr' | 'stream';

export function buildTraffic(): void {
  clangNative(SOURCE, PROGRAM);
}

/** A server in the path's receiver, on the core `cpu`. */
export async function startServer(path: Path, cpu: number): Promise<{ close(): void }> {
  const child = inNamespace(path.receiver, ['serve', `${PORT}`, `${cpu}`]);
  const first = await Promise.race([once(child.stdout!, 'data').then(() => 'ready'), once(child, 'exit').then(([code]) => `exit ${code}`)]);
  if (first !== 'ready') throw new Error(`the TCP server in ${path.receiver} did not start: ${first}`);
  return { close: () => { child.kill('SIGKILL'); } };
}

/** What was done, a second. */
export async function runSession(path: Path, session: Session, cpu: number): Promise<number> {
  const child = inNamespace(path.sender, [session, RECEIVER.ip, `${PORT}`, `${cpu}`, `${LASTS_MS}`]);
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
  let out = '';
  let err = '';
  child.stdout!.on('data', text => { out += text; });
  child.stderr!.on('data', text => { err += text; });
  const [code] = await once(child, 'close') as [number | null];
  clearTimeout(timer);
  const [count, ns] = out.split(' ').map(Number);
  if (code !== 0 || !count || !ns) throw new Error(`${session} by ${path.name}: ${err.trim() || `exit ${code}`}`);
  return count / (ns / 1e9);
}

function inNamespace(netns: string, args: readonly string[]): ChildProcess {
  return withNamespace(netns, () => spawn(PROGRAM, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
}
