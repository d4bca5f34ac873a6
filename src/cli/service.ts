// What long-running commands share: a log on standard error, of which the newest lines are kept, and an orderly end on SIGINT and SIGTERM.

import { pino, type Level, type Logger } from 'pino';
import { serviceLine, type RecentLines } from '../model/log-lines.ts';

const QUIETER: readonly string[] = ['warn', 'error'];

/** What is at least `info` is kept in `recent` too, for iov logs, however little of it is printed. */
export function serviceLogger(name: string, level: string, recent: RecentLines, of: Parameters<typeof serviceLine>[1]): Logger {
  const keep = { write(text: string) { const line = serviceLine(text, of); if (line) recent.add(line); } };
  return pino({ name, level: QUIETER.includes(level) ? 'info' : level }, pino.multistream([{ level: level as Level, stream: pino.destination({ dest: 2, sync: true }) }, { level: 'info', stream: keep }]));
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
