// A run of the interpreter step by step: what a debugger shows. It follows tail calls and ends as `run` does.

import { decode } from '../../isa/decode.ts';
import { text } from '../../isa/disassemble.ts';
import { placeOf, type SourcePlace } from '../../image/source-lines.ts';
import { failed, type Ended, type Runner } from '../run.ts';
import { whole } from './arithmetic.ts';
import { InterpretedProgram } from './program.ts';

/** Before an instruction runs. */
interface Position {
  readonly program: string;
  readonly slot: number;
  /** The instruction, as assembler text. */
  readonly instruction: string;
  /** Its line, where the program was loaded with a line table. */
  readonly place: SourcePlace | undefined;
  /** Local calls that have not returned. */
  readonly depth: number;
  /** r0 … r10, unsigned. */
  readonly registers: readonly bigint[];
}

/** `end` makes the result of a run's end. */
export class Stepping<T> {
  private current: InterpretedProgram;
  private readonly runner: Runner;
  private readonly arguments: readonly [r1: number, r2: number];
  private readonly end: (ended: Ended) => T;
  private ended: T | undefined;

  constructor(program: InterpretedProgram, runner: Runner, r1: number, r2: number, end: (ended: Ended) => T) {
    this.current = program;
    this.runner = runner;
    this.arguments = [r1, r2];
    this.end = end;
    runner.begin(program);
    program.begin(r1, r2);
  }

  /** Where it is; after the end, where it ended. */
  get position(): Position {
    const { name, slot, source, frames, registers, program: { code } } = this.current;
    const decoded = decode(code.subarray(slot * 8, slot * 8 + (code[slot * 8] === 0x18 ? 16 : 8)));
    return {
      program: name, slot,
      instruction: decoded.ok && decoded.insns[0] !== undefined ? text(decoded.insns[0]) : '',
      place: source && placeOf(source, slot),
      depth: frames.depth,
      registers: Array.from({ length: 11 }, (_, r) => whole(registers[2 * r]!, registers[2 * r + 1]!)),
    };
  }

  /** One instruction, or some. The result, once it has ended; undefined before. */
  step(instructions = 1): T | undefined {
    for (let i = 0; i < instructions && this.ended === undefined; i++) this.once();
    return this.ended;
  }

  /** To the next line of the source, in whichever function; at most `instructions`. */
  stepLine(instructions = 1_000_000): T | undefined {
    const from = lineOf(this.position);
    for (let i = 0; i < instructions && this.ended === undefined; i++) {
      this.once();
      if (lineOf(this.position) !== from) break;
    }
    return this.ended;
  }

  private once(): void {
    try {
      if (!this.current.advance(1)) return;
      const next = this.runner.followed();
      if (next instanceof InterpretedProgram) {
        this.current = next;
        next.begin(...this.arguments);
      } else this.ended = this.end({ ok: true, low: this.current.low, high: this.current.high });
    } catch (thrown) {
      this.ended = this.end(failed(thrown, this.current));
    }
  }
}

function lineOf({ place }: Position): string {
  return place === undefined ? '' : `${place.file}:${place.line}`;
}
