// ProgramRefused: the kernel's verifier said no. It leads the refusal back to the author's line and keeps the whole log.

import type { LineEntry } from '../image/image.ts';
import { SysError } from '../sys/errors.ts';
import { readVerifierLog } from './verifier-log.ts';

/** Where a program's slots come from. */
export interface SourceLines {
  readonly files: readonly string[];
  readonly lines: readonly LineEntry[];
}

export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * The verifier refused a program. A module that our checker accepted and the kernel refuses is a bug of ours: report it with `log`.
 * `reason` is the verifier's last meaningful line, `slot` the instruction, `place` its line of TypeScript.
 */
export class ProgramRefused extends SysError {
  readonly program: string;
  readonly reason: string;
  readonly slot: number | undefined;
  readonly place: SourcePlace | undefined;
  readonly log: string;
  constructor(program: string, errno: number, log: string, source?: SourceLines) {
    const { message, slot } = readVerifierLog(log);
    const place = source && slot !== undefined ? placeOf(source, slot) : undefined;
    const where = [place && `${place.file}:${place.line}:${place.column}`, slot !== undefined && `slot ${slot}`].filter(Boolean).join(', ');
    super(`bpf PROG_LOAD ${program}`, errno, {
      detail: `${message}${where ? `; at ${where}` : ''}`,
      cure: 'the compiler and this kernel disagree: report it with the log, and say the kernel\'s version',
    });
    this.name = 'ProgramRefused';
    this.program = program;
    this.reason = message;
    this.slot = slot;
    this.place = place;
    this.log = log;
  }
}

/** The place that the slot's code comes from; undefined before the first entry. */
export function placeOf(source: SourceLines, slot: number): SourcePlace | undefined {
  let found: LineEntry | undefined;
  for (const entry of source.lines) if (entry.slot <= slot && (!found || entry.slot >= found.slot)) found = entry;
  const file = found && source.files[found.file];
  return found && file !== undefined ? { file, line: found.line, column: found.column } : undefined;
}
