// How iov fails: one sentence, what to do, and an exit code that scripts can rely on. Bugs keep their stack.

import { inspect } from 'node:util';

export const EXIT = { done: 0, refused: 1, usage: 2, world: 3 } as const;

const BUG = 70;                            // EX_SOFTWARE of sysexits.h

/** For --help and the reference. */
export const EXIT_MEANINGS: readonly (readonly [number, string])[] = [
  [EXIT.done, 'done'],
  [EXIT.refused, 'refused: bad input, conflict, not found; of iov diff, something differs'],
  [EXIT.usage, 'wrong usage'],
  [EXIT.world, 'the world: no root, no Director, no kernel feature; of --wait, servers are stale when the time is over'],
  [BUG, 'a bug in iov'],
];

/** Something that a person can mend. `details` are whole lines that say where, shown above the sentence. */
export class Failure extends Error {
  readonly exitCode: number;
  readonly cure: string | undefined;
  readonly details: readonly string[];
  constructor(message: string, options: { readonly exitCode?: number; readonly cure?: string | undefined; readonly details?: readonly string[]; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'Failure';
    this.exitCode = options.exitCode ?? EXIT.refused;
    this.cure = options.cure;
    this.details = options.details ?? [];
  }
}

/** Documented errors of the layers below carry `cure`; they are the world's refusals. Anything else is our bug. */
export function report(error: unknown, options: { readonly verbose: boolean }): number {
  if (error instanceof Failure) {
    for (const line of error.details) console.error(printable(line));
    console.error(`error: ${printable(error.message)}`);
    if (error.cure) console.error(`  to mend it: ${printable(error.cure)}`);
    if (options.verbose && error.cause) console.error(error.cause);
    return error.exitCode;
  }
  const { message, cure, detail, log } = error as { message?: unknown; cure?: unknown; detail?: unknown; log?: unknown };
  if (error instanceof Error && typeof cure === 'string') {
    console.error(`error: ${printable(String(message))}`);
    if (cure) console.error(`  to mend it: ${printable(cure)}`);
    // What the message says already needs no second time; a refused program has the verifier's log beside it.
    const more = typeof log === 'string' ? log : typeof detail === 'string' && !String(message).includes(detail) ? detail : '';
    if (more) console.error(options.verbose ? more : '  (--verbose shows the whole log)');
    return EXIT.world;
  }
  console.error('error: this is a bug in iov; please report it with the lines below');
  const lines = inspect(error).split('\n');
  // An assert of the compiler carries its whole intermediate form.
  console.error(options.verbose || lines.length <= MOST_BUG_LINES ? lines.join('\n') : [...lines.slice(0, MOST_BUG_LINES), `… ${lines.length - MOST_BUG_LINES} more lines: --verbose shows them`].join('\n'));
  return BUG;
}

const MOST_BUG_LINES = 30;
const MOST_CHARACTERS = 1000;

/** What others wrote, quoted in a message, must neither drive the terminal nor flood it. */
export function printable(text: string): string {
  const cut = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 300)} … ${text.slice(-300)}` : text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return cut.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
