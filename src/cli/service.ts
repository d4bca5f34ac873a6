// What long-running commands share: a log on standard error, and an orderly end on SIGINT and SIGTERM.

import { pino, type Logger } from 'pino';

export function serviceLogger(name: string, level: string): Logger {
  return pino({ name, level }, pino.destination({ dest: 2, sync: true }));
}

/** Closes in the given order when asked to end; a second signal ends at once. Returns when closed. */
export function untilAsked(close: () => Promise<void>): Promise<void> {
  return new Promise((done, fail) => {
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(130);
        asked = true;
        close().then(done, fail);
      });
    }
  });
}

/** True where the state of a system service belongs; a user's own lies in the home directory. */
export function stateDirOf(...what: readonly string[]): string {
  return [process.getuid?.() === 0 ? '/var/lib/iovisor' : `${process.env['HOME'] ?? '.'}/.local/state/iovisor`, ...what].join('/');
}
