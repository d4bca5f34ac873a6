// Many seeds on several threads: each gets the next when it is done with one.

import { Worker } from 'node:worker_threads';
import type { Attempt } from './attempt.ts';
import type { SimOptions } from './simulate.ts';

/** Until all are done or `stop` says so: then what is half done is left. @throws what a thread died of */
export async function runMany(runs: Iterable<SimOptions>, { jobs, stop, onDone }: { readonly jobs: number; readonly stop: AbortSignal; readonly onDone: (done: Attempt) => void }): Promise<void> {
  const next = runs[Symbol.iterator]();
  const workers: Worker[] = [];
  const work = (): Promise<void> => new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url));
    workers.push(worker);
    const go = (): void => {
      const { value, done } = next.next();
      if (done) resolve();
      else worker.postMessage(value);
    };
    worker.on('message', (done: Attempt) => { onDone(done); go(); });
    worker.on('error', reject);
    stop.addEventListener('abort', () => resolve(), { once: true });
    go();
  });
  try {
    if (!stop.aborted) await Promise.all(Array.from({ length: jobs }, work));
  } finally {
    await Promise.all(workers.map(w => w.terminate()));
  }
}
