// Times as people write them on a command line: 90s, 30m, 12h, 90d.

import { EXIT, Failure } from './failure.ts';

const MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The moment that is so long from now, as ISO 8601. @throws Failure */
export function untilOf(text: string, option: string): string {
  return new Date(Date.now() + durationMs(text, option)).toISOString();
}

/** Of --interval: seconds, and not less than a tenth of one. @throws Failure */
export function intervalMs(text: string): number {
  if (!(Number(text) > 0)) throw new Failure(`--interval is a number of seconds, not '${text}'`, { exitCode: EXIT.usage });
  return Math.max(0.1, Number(text)) * 1000;
}

/** @throws Failure */
export function durationMs(text: string, option: string): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count === undefined || unit === undefined || Number(count) === 0) throw new Failure(`${option} is a time such as 30m, 12h or 90d, not '${text}'`, { exitCode: EXIT.usage });
  return Number(count) * MS[unit as keyof typeof MS];
}
