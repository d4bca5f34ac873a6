// The state of lowering one entry point: the builder, the path that code is being added to, and the module's maps and sites.
// It knows no language construct; those are the other files.

import type { Site } from '../../image/image.ts';
import type { Expr, Func, Local, Module, Place } from '../2-check/tree.ts';
import type { Builder } from '../ir/build.ts';
import type { Code } from '../diagnostics/catalogue.ts';
import { CompilerBug, type AluOp, type Condition, type Value } from '../ir/ir.ts';
import { compare, fold } from './fold.ts';
import { joinPaths } from './join.ts';
import type { LogTable } from './log.ts';
import type { MapTable } from './map-table.ts';
import type { Growth } from './tunnels.ts';
import { NO_PACKET, type Fork, type Key, type Memo, type Outcome, type PacketState, type Path } from './path.ts';
import { ReadNotes } from './reads.ts';
import type { Lowered } from './value.ts';

/** What is right by its types and still cannot be: a diagnostic of this code. Caught by lower.ts. */
export class NotYet extends Error {
  readonly code: Limit;
  readonly what: string;
  readonly at: Place;
  constructor(what: string, at: Place, code: Limit = 'IOV6001') {
    super(what);
    this.code = code;
    this.what = what;
    this.at = at;
  }
}

/** What lowering refuses: a place that varies, what is not read or written so, values that cannot be one; and what no rule names. */
export type Limit = Extract<Code, 'IOV3008' | 'IOV3009' | 'IOV3010' | 'IOV2034' | 'IOV6001'>;

/** Unrolled and inlined, the program is beyond what any kernel takes. Caught by lower.ts. */
export class TooMuch extends Error {
  readonly at: Place;
  readonly what: string;
  readonly most: string;
  constructor(at: Place, what: string, most: string) {
    super(what);
    this.name = 'TooMuch';
    this.at = at;
    this.what = what;
    this.most = most;
  }
}

/** Expressions and statements of a program, those of inlined functions and unrolled rounds counted each time. */
const MOST_STEPS = 100_000;

/** A function that is being inlined, or the entry. */
interface Frame {
  readonly function: Func;
  readonly returns: Outcome[];
}
/** Where `break` and `continue` go. */
export interface Jumps {
  readonly of: 'loop' | 'switch';
  readonly breaks: Path[];
  readonly continues: Path[];
}

export class State {
  readonly module: Module;
  readonly b: Builder;
  readonly maps: MapTable;
  readonly sites: Site[];
  readonly logs: LogTable;
  readonly frames: Frame[] = [];
  readonly jumps: Jumps[] = [];
  /** Of the functions that are being lowered. */
  readonly tunnels = new Map<Expr, Growth>();
  /** Locals that are still read: of the statement that is being lowered and those behind it, in each block around. */
  readonly reads: ReadonlySet<Local>[] = [];
  readonly readNotes = new ReadNotes();
  /** How often the code here may run, by the loops around it. */
  rounds = 1;
  readonly #memos = new Map<string, Memo>();
  #steps = 0;
  values = new Map<Key, Lowered>();
  packet: PacketState = NO_PACKET;
  live = true;

  constructor(module: Module, b: Builder, maps: MapTable, sites: Site[], logs: LogTable) {
    this.module = module;
    this.b = b;
    this.maps = maps;
    this.sites = sites;
    this.logs = logs;
  }

  /** The current path, to be taken up again with `resume`. */
  take(): Path {
    return { block: this.b.current, values: this.values, packet: this.packet, live: this.live };
  }

  resume(path: Path): void {
    this.b.enter(path.block);
    this.values = new Map(path.values);
    this.packet = path.packet;
    this.live = path.live;
  }

  /** Behind an exit: what follows is built into a block that nothing leads to. */
  die(): void {
    this.b.enter(this.b.block('dead'));
    this.live = false;
  }

  /** Goes on where the paths meet, as one. */
  join(paths: readonly Path[], at: Place): void {
    const [path] = joinPaths(this, paths, at, 'one');
    if (path === undefined) this.die();
    else this.resume(path);
  }

  /** Goes on where the outcomes meet, with their value. */
  settle(outcomes: readonly Outcome[], at: Place): Lowered {
    const result: Key = { memo: 'result' };
    const paths = outcomes.map(({ path, value }) => ({ ...path, values: new Map(path.values).set(result, value) }));
    this.join(paths, at);
    const value = this.values.get(result) ?? { kind: 'undefined' };
    this.values.delete(result);
    return value;
  }

  at(node: { readonly at: Place }): void {
    if (++this.#steps > MOST_STEPS) throw new TooMuch(node.at, 'its loops and calls come to more code', `${MOST_STEPS} expressions`);
    this.b.at(node.at);
  }

  site(kind: Site['kind'], reason: string, at: Place): number {
    const same = (s: Site): boolean => s.kind === kind && s.reason === reason && s.file === at.file && s.line === at.line && s.column === at.column;
    const known = this.sites.findIndex(same);
    if (known >= 0) return known;
    return this.sites.push({ kind, reason, file: at.file, line: at.line, column: at.column }) - 1;
  }

  /** Ends the packet here. */
  drop(reason: string, at: Place): void {
    this.b.exit('drop', this.site('drop', reason, at));
    this.die();
  }

  alu(op: AluOp, a: Value, b: Value): Value {
    return fold(this.b, op, a, b);
  }

  /** Splits the current path, unless the answer is known. */
  branch(condition: Condition, a: Value, b: Value): Fork {
    return compare(this, condition, a, b);
  }

  isRead(local: Local): boolean {
    return this.reads.some(locals => locals.has(local));
  }

  /** With other reads of the innermost block. */
  reading<T>(locals: ReadonlySet<Local>, then: () => T): T {
    this.reads.push(locals);
    const result = then();
    this.reads.pop();
    return result;
  }

  /** The key of what is worth remembering on a path; the same for the same text. */
  memo(kind: Memo['memo'], text: string): Memo {
    const name = `${kind} ${text}`;
    const memo = this.#memos.get(name) ?? { memo: kind };
    this.#memos.set(name, memo);
    return memo;
  }

  notYet(what: string, at: Place): never {
    throw new NotYet(what, at);
  }

  cannot(code: Limit, what: string, at: Place): never {
    throw new NotYet(what, at, code);
  }

  /** What the checker promises not to hand over. */
  bug(what: string, at: Place): never {
    throw new CompilerBug(what, `${this.module.files[at.file] ?? ''}:${at.line}:${at.column}`);
  }
}

