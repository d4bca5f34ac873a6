// TCP between the two namespaces of a path, by bench/c/traffic.c: round trips, connections, bytes.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { withNamespace } from '../../src/sys/namespace.ts';
import { RUN_DIR } from '../leftovers.ts';
import { clangNative } from '../tools.ts';
import { type Path, PORTS } from './path.ts';

const SOURCE = resolve(import.meta.dirname, '../c/traffic.c');
const PROGRAM = `${RUN_DIR}/traffic`;
const LASTS_MS = 400;
/**
 * One after the other, of which the fastest counts: where its memory happens to lie makes a client a seventh slower or not, whatever the path, two of
 * five in turn (kernel 6.18 on an AMD EPYC). Of one client each, a median is of either sort.
 */
const CLIENTS_IN_TURN = { rr: 5, crr: 5, stream: 1 } as const;
const TIMEOUT_MS = 10_000;

/** `rr`: 1 byte there and back. `crr`: connect, 1 byte there and back, close. `stream`: bytes one way. */
export type Session = 'rr' | 'crr' | 'stream';

export function buildTraffic(): void {
  clangNative(SOURCE, PROGRAM);
}

/** A server in the path's receiver, on the core `cpu`. */
export async function startServer(path: Path, cpu: number): Promise<{ close(): void }> {
  const child = inNamespace(path.receiver, ['serve', `${PORTS.server}`, `${cpu}`, `${PORTS.frames}`]);
  const first = await Promise.race([once(child.stdout!, 'data').then(() => 'ready'), once(child, 'exit').then(([code]) => `exit ${code}`)]);
  if (first !== 'ready') throw new Error(`the TCP server in ${path.receiver} did not start: ${first}`);
  return { close: () => { child.kill('SIGKILL'); } };
}

interface Done {
  readonly perSecond: number;
  /** Of all cores and all that ran on this machine meanwhile, in nanoseconds for one of what was done. */
  readonly busyNs: number;
}

/** `cpu`: of the client. `clients`: at once. */
export async function runSession(path: Path, session: Session, cpu: number, clients = 1): Promise<Done> {
  const before = busyNs();
  const all = await Promise.all(Array.from({ length: clients }, () => runClients(path, session, cpu)));
  const count = all.reduce((sum, one) => sum + one.count, 0);
  return { perSecond: all.reduce((sum, one) => sum + one.count / (one.ns / 1e9), 0), busyNs: (busyNs() - before) / count };
}

interface Counted { readonly count: number; readonly ns: number }

async function runClients(path: Path, session: Session, cpu: number): Promise<Counted> {
  const turns = CLIENTS_IN_TURN[session];
  const all: Counted[] = [];
  for (let turn = 0; turn < turns; turn++) all.push(await runClient(path, session, cpu, LASTS_MS / turns));
  return all.reduce((best, one) => one.ns / one.count < best.ns / best.count ? one : best);
}

async function runClient(path: Path, session: Session, cpu: number, lastsMs: number): Promise<Counted> {
  const child = inNamespace(path.sender, [session, path.to.ip, `${PORTS.server}`, `${cpu}`, `${lastsMs}`]);
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
  let out = '';
  let err = '';
  child.stdout!.on('data', text => { out += text; });
  child.stderr!.on('data', text => { err += text; });
  const [code] = await once(child, 'close') as [number | null];
  clearTimeout(timer);
  const [count, ns] = out.split(' ').map(Number);
  if (code !== 0 || !count || !ns) throw new Error(`${session} by ${path.name}: ${err.trim() || `exit ${code}`}`);
  return { count, ns };
}

const TICK_NS = 10_000_000;
/** Time that cores were not idle. */
function busyNs(): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/).map(Number);
  return (user + nice + system + irq + softirq) * TICK_NS;
}

function inNamespace(netns: string, args: readonly string[]): ChildProcess {
  return withNamespace(netns, () => spawn(PROGRAM, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
}
