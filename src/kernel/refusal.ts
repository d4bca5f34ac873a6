// ProgramRefused: the kernel's verifier said no. It leads the refusal back to the author's line and keeps the whole log.

import { placeOf, type SourceLines, type SourcePlace } from '../image/source-lines.ts';
import { SysError } from '../sys/errors.ts';
import { causeOf } from './verifier-causes.ts';
import { readVerifierLog } from './verifier-log.ts';

/**
 * The verifier refused a program. A module that our checker accepted and the kernel refuses is a bug of ours: report it with `log`.
 * `reason` is the verifier's last meaningful line (the text adds what it means, verifier-causes.ts), `slot` the instruction, `place` its line of TypeScript.
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
    const cause = causeOf(message);
    super(`bpf PROG_LOAD ${program}`, errno, {
      detail: `${message}${where ? `; at ${where}` : ''}${cause === undefined ? '' : `. ${cause}`}`,
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
