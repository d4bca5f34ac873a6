// Runs the bench so that nothing of it is left behind: one at a time, stale leftovers first, its own at the end however it comes.

import { mkdirSync } from 'node:fs';
import { startJanitor } from '../scripts/janitor-client.ts';
import { acquireLock, LockHeld } from '../src/sys/lock.ts';
import { removeAll, RUN_DIR } from './leftovers.ts';

/** Another bench runs on this machine. */
class Busy extends Error {}

/** Runs `body`; SIGINT, SIGTERM and SIGHUP abort its signal, which it looks at often. @throws Busy, and what `body` throws */
export async function watched<T>(body: (stop: AbortSignal) => Promise<T>): Promise<T> {
  using _lock = only();
  const janitor = await startJanitor(new URL('./janitor.ts', import.meta.url));
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
