// Runs the bench so that nothing of it is left behind: one at a time, stale leftovers first, its own at the end however it comes.

import { fork } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { acquireLock, LockHeld } from '../src/sys/lock.ts';
import { removeAll, RUN_DIR } from './leftovers.ts';

/** Another bench runs on this machine. */
export class Busy extends Error {}

/** Runs `body`; SIGINT, SIGTERM and SIGHUP abort its signal, which it looks at often. @throws Busy, and what `body` throws */
export async function watched<T>(body: (stop: AbortSignal) => Promise<T>): Promise<T> {
  using _lock = only();
  const janitor = await startJanitor();
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
  try {
    removeAll();
    mkdirSync(RUN_DIR, { recursive: true });
    return await body(stop.signal);
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    removeAll();
    janitor.done();
  }
}

function only(): Disposable {
  try {
    return acquireLock('/run/iov-bench.lock');
  } catch (error) {
    if (error instanceof LockHeld) throw new Busy('another bench runs on this machine; wait for it, or end it with Ctrl-C');
    throw error;
  }
}

async function startJanitor(): Promise<{ done(): void }> {
  // Detached, so that Ctrl-C and the end of the terminal do not take it along.
  const child = fork(new URL('./janitor.ts', import.meta.url).pathname, [], { detached: true, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await new Promise<void>((ready, fail) => {
    child.once('message', () => ready());
    child.once('error', fail);
    child.once('exit', code => fail(new Error(`the janitor ended with ${code}`)));
  });
  child.unref();
  child.channel?.unref();
  return { done: () => { if (child.connected) child.send('done'); } };
}
