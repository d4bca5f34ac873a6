// Reads a stream again and again: after each end a pause that grows, with jitter, so that a thousand readers do not come back at once.

const FIRST_PAUSE_MS = 200;
const MOST_PAUSE_MS = 5_000;

interface Reconnecting<M> {
  readonly open: (signal: AbortSignal) => AsyncIterable<M>;
  readonly onMessage: (message: M) => void;
  /** After each loss, with its cause where there is one. */
  readonly onLost?: (cause: Error | undefined, pauseMs: number) => void;
  readonly signal: AbortSignal;
  readonly random?: () => number;
}

/** Returns when the signal is aborted. */
export async function readForever<M>({ open, onMessage, onLost, signal, random = Math.random }: Reconnecting<M>): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    let cause: Error | undefined;
    try {
      for await (const message of open(signal)) {
        pauseMs = FIRST_PAUSE_MS;
        onMessage(message);
      }
    } catch (e) {
      cause = e as Error;
    }
    if (signal.aborted) return;
    const jitteredMs = pauseMs * (0.5 + random());
    onLost?.(cause, jitteredMs);
    await pause(jitteredMs, signal);
    pauseMs = Math.min(MOST_PAUSE_MS, pauseMs * 2);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => { clearTimeout(timer); signal.removeEventListener('abort', done); resolve(); };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
