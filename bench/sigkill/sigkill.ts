// A Director as a process, ended by SIGKILL again and again while several write through its API, and started again on the same store.
// What is held against it each time: every acknowledged write is there, no apply is there by half, no revision that anybody was told is gone, the epoch stays.
// It ends the process, not the machine: that what was synced is on the disk is the kernel's word.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, openSync, closeSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Random } from '../../sim/random.ts';
import { DirectorClient } from '../../src/client/director.ts';
import type { Listed } from '../../src/model/api.ts';
import { SERVER, Writer } from './writer.ts';

const DIRECTOR = resolve(import.meta.dirname, 'director.ts');
/** On a machine that has much else to do. */
const READY_MS = 300_000;
/** A kill comes so long after all write again; some come while the Director starts. */
const MOST_WRITING_MS = 400, MOST_STARTING_MS = 600, WHILE_STARTING = 0.05;

interface SigkillOptions { readonly times: number; readonly writers: number; readonly seed: number; readonly say: (what: string) => void; readonly stop?: AbortSignal }
interface SigkillResult { readonly kills: number; readonly applies: number; readonly revision: number; readonly storeBytes: number; readonly longestStartMs: number; readonly violations: readonly string[] }

export async function sigkill({ times, writers, seed, say, stop }: SigkillOptions): Promise<SigkillResult> {
  const folder = mkdtempSync(join(tmpdir(), 'iov-sigkill-'));
  const random = new Random(seed);
  const all = Array.from({ length: writers }, (_, i) => new Writer(`d${i}`, random.next));
  const violations: string[] = [];
  const director = new DirectorClient(`unix:${folder}/director.sock`);
  let child: ChildProcess | undefined;
  let epoch = '', heard = 0, longestStartMs = 0, kills = 0, revision = 0;
  const start = (): ChildProcess => {
    const log = openSync(`${folder}/log`, 'w');
    child = spawn(process.execPath, [DIRECTOR, folder], { stdio: ['ignore', log, log] });
    closeSync(log);
    return child;
  };
  const kill = async (): Promise<void> => { await ended(child); kills++; };
  try {
    while (kills < times && violations.length === 0 && stop?.aborted !== true) {
      const begun = performance.now();
      const running = start();
      if (kills > 0 && random.chance(WHILE_STARTING)) {
        await pause(random.below(MOST_STARTING_MS));
        await kill();
        continue;
      }
      const { items, ...health } = await ready(director, running, `${folder}/log`);
      longestStartMs = Math.max(longestStartMs, performance.now() - begun);
      if (epoch !== '' && health.epoch !== epoch) violations.push(`the epoch was ${epoch}, and is ${health.epoch}`);
      epoch = health.epoch;
      revision = health.revision;
      const told = Math.max(heard, ...all.map(w => w.revision));
      if (revision < told) violations.push(`revision ${told} was told, and the Director has ${revision}`);
      for (const writer of all) violations.push(...writer.check(items));
      if (!items.some(r => r.kind === 'Server')) await director.create({ apiVersion: 'iovisor/v1', kind: 'Server', metadata: { name: SERVER }, spec: { underlay: '192.0.2.1' } });
      const watching = listen(director, r => { heard = Math.max(heard, r); });
      const writing = all.map(writer => writer.write(director));
      await pause(random.below(MOST_WRITING_MS));
      await kill();
      await Promise.all([...writing, watching]);
      if (kills % 50 === 0) say(`${kills} kills, revision ${revision}, ${all.reduce((n, w) => n + w.applies, 0)} writes acknowledged`);
    }
    const storeBytes = statSync(`${folder}/state/director.db`).size;
    return { kills, applies: all.reduce((n, w) => n + w.applies, 0), revision, storeBytes, longestStartMs, violations };
  } finally {
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a watcher is told counts as told, whoever wrote it. */
async function listen(director: DirectorClient, onRevision: (revision: number) => void): Promise<void> {
  try {
    for await (const message of director.watch({}, AbortSignal.timeout(READY_MS))) onRevision(message.revision);
  } catch {
    // The Director is gone, as it should be.
  }
}

async function ready(director: DirectorClient, child: ChildProcess, log: string): Promise<Listed> {
  for (const until = performance.now() + READY_MS; ;) {
    try {
      return await director.list();
    } catch (error) {
      if (child.exitCode !== null || performance.now() > until) throw new Error(`the Director does not start: ${(error as Error).message}\n${readFileSync(log, 'utf8')}`);
      await pause(10);
    }
  }
}

async function ended(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise(done => child.once('exit', done));
  child.kill('SIGKILL');
  await gone;
}
