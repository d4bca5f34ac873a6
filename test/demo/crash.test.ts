// The demo, ended in the middle in every way there is: nothing of it stays on the machine. On the kernel engine, so as root.

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { TestContext } from 'node:test';
import { remains, removeAll } from '../../scripts/demo/leftovers.ts';
import { acquireLock, LockHeld } from '../../src/sys/lock.ts';
import { kernelTest } from '../require.ts';

const DEMO = resolve(import.meta.dirname, '../../scripts/demo/main.ts');
const LIMIT_MS = 30_000;

kernelTest('SIGKILL in the middle: the janitor takes everything away', async t => {
  if (isBusy(t)) return;
  const demo = start(t);
  await demo.says(/iov endpoint attach/);
  assert.ok(remains().length > 0);
  demo.child.kill('SIGKILL');
  await demo.ended;
  await until(() => remains().length === 0);
});

kernelTest('SIGKILL of the demo and its janitor: the next run begins by cleaning up; Ctrl-C ends it, and it cleans up itself', async t => {
  if (isBusy(t)) return;
  const first = start(t);
  await first.says(/each a process/);
  const janitor = janitorOf(first.child);
  process.kill(janitor, 'SIGKILL');
  first.child.kill('SIGKILL');
  await first.ended;
  assert.ok(remains().some(r => r.startsWith('namespace')), 'nobody was left to clean up');

  const second = start(t);
  await second.says(/cleaning up what a killed run left/);
  await second.says(/iov apply/);
  second.child.kill('SIGINT');
  const { code, text } = await second.ended;
  assert.equal(code, 1, text);
  assert.match(text, /FAILED {2}stopped by SIGINT/);
  assert.doesNotMatch(text, /left behind|this is a bug/);
  assert.deepEqual(remains(), []);
});

/** Another demo of this machine must not be disturbed. */
function isBusy(t: TestContext): boolean {
  try {
    acquireLock('/run/iov-demo.lock').close();
    return false;
  } catch (error) {
    if (!(error instanceof LockHeld)) throw error;
    t.skip('another demo runs on this machine');
    return true;
  }
}

interface Demo {
  readonly child: ChildProcess;
  says(what: RegExp): Promise<void>;
  readonly ended: Promise<{ readonly code: number | null; readonly text: string }>;
}

function start(t: TestContext): Demo {
  const child = spawn(process.execPath, [DEMO, '--engine', 'kernel'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  let woken = (): void => undefined;
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (d: Buffer) => { text += d; woken(); });
  const ended = new Promise<{ code: number | null; text: string }>(done => child.on('exit', code => { done({ code, text }); woken(); }));
  t.after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
    if (remains().length > 0) await removeAll();
  });
  const says = async (what: RegExp): Promise<void> => {
    const limit = AbortSignal.timeout(LIMIT_MS);
    while (!what.test(text)) {
      if (child.exitCode !== null || limit.aborted) throw new Error(`the demo did not say ${what}:\n${text}`);
      await new Promise<void>(done => { woken = done; limit.addEventListener('abort', () => done(), { once: true }); });
    }
  };
  return { child, says, ended };
}

function janitorOf(demo: ChildProcess): number {
  const children = readdirSync(`/proc/${demo.pid}/task`).flatMap(task => readFileSync(`/proc/${demo.pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number));
  const found = children.find(pid => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('janitor.ts'));
  assert.ok(found, 'the demo has a janitor');
  return found;
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + LIMIT_MS; !holds();) {
    if (performance.now() > end) throw new Error(`still there: ${remains().join(', ')}`);
    await new Promise(done => setTimeout(done, 50));
  }
}
