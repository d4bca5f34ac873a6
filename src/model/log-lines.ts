// Lines of logs as people read them: of modules in networks, of visors, of the Director. The newest of each process are kept in its memory, and nowhere else.

import { z } from 'zod';

/** Of one process. */
export const MAX_KEPT_LINES = 2000;
/** In one answer, of one server. */
export const MAX_LINES = 1000;
export const DEFAULT_LINES = 200;
export const MAX_LINE_CHARACTERS = 1000;

export const logLineSchema = z.object({
  wallMs: z.number(), server: z.string().meta({ description: 'empty: the Director itself' }), source: z.enum(['module', 'visor', 'director']),
  owner: z.string().optional().meta({ description: 'of a module: what the element serves, `Function/shop/guard/web`' }),
  at: z.string().optional().meta({ description: 'of a module: file and line' }),
  level: z.string().optional(), text: z.string(),
  unsaid: z.number().optional().meta({ description: 'instead of a text: so many times the line would have said more, and it says a few things a second at most' }),
}).meta({ id: 'LogLine' });
export type LogLine = z.infer<typeof logLineSchema>;

/** What is wanted of them. `owner`: of modules of this owner, `Function/shop/guard/`; absent: all. `after`: those behind a serial number. */
export interface LinesWanted { readonly owner?: string | undefined; readonly after?: number | undefined; readonly most: number }
/** `last`: ask for what follows after it. */
export interface Lines { readonly lines: readonly LogLine[]; readonly last: number }

export class RecentLines {
  readonly #lines: (LogLine & { readonly serial: number })[] = [];
  #serial = 0;

  add(line: LogLine): void {
    const text = line.text.length > MAX_LINE_CHARACTERS ? `${line.text.slice(0, MAX_LINE_CHARACTERS)}…` : line.text;
    this.#lines.push({ ...line, text, serial: ++this.#serial });
    // In runs: taking one away at each addition would move all of them.
    if (this.#lines.length >= 2 * MAX_KEPT_LINES) this.#lines.splice(0, this.#lines.length - MAX_KEPT_LINES);
  }

  /** The newest of those that are wanted, oldest first. */
  read({ owner, after = 0, most }: LinesWanted): Lines {
    const wanted = this.#lines.filter(l => l.serial > after && (owner === undefined || l.owner?.startsWith(owner)));
    return { lines: wanted.slice(-most).map(({ serial: _, ...line }) => line), last: this.#serial };
  }
}

const LEVELS: Readonly<Record<number, string>> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };

/** A line of JSON as our services log it; undefined: it is none. */
export function serviceLine(text: string, of: Pick<LogLine, 'server' | 'source'>): LogLine | undefined {
  let record: Record<string, unknown>;
  try { record = JSON.parse(text) as Record<string, unknown>; } catch { return undefined; }
  const { time, level, msg, pid: _, hostname: __, name: ___, ...rest } = record;
  const more = Object.entries(rest).map(([field, value]) => ` ${field}=${typeof value === 'string' ? value : JSON.stringify(value)}`).join('');
  return { ...of, wallMs: typeof time === 'number' ? time : 0, level: LEVELS[Number(level)] ?? String(level), text: `${String(msg ?? '')}${more}` };
}
