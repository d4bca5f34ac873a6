// Loops. Short ones are unrolled, with what is constant known in every round; others become loops of blocks, whose parameters are
// the locals that the body assigns.

import type { Func, Local, Statement, StatementOf } from '../2-check/tree.ts';
import type { Block, Type as IrType, Value } from '../ir/ir.ts';
import { condition } from './conditions.ts';
import { evaluateScalar } from './expressions.ts';
import { forgetFamily, tellFamily } from './family.ts';
import { joinPaths } from './join.ts';
import { JIFFIES, NO_PACKET, type Key, type Path } from './path.ts';
import { lowerStatement } from './statements.ts';
import { TooMuch, type Jumps, type State } from './state.ts';
import { makeUpdates } from './updates.ts';
import { scalar, type Lowered } from './value.ts';

/** Rounds up to which a loop is unrolled. */
const MOST_UNROLLED = 8;

/** Of loops in loops together: a kernel walks every round. */
const MOST_ROUNDS = 4096;
/** A round over an element of a run asks as much as so many others. */
const ROUNDS_OF_ELEMENT = 4;

interface Loop {
  readonly statement: Statement;
  readonly body: Statement;
  readonly rounds: number;
  /** From the current path. */
  condition(): Turns;
  step(): Path[];
}

/** Paths that go into the body, those that are done, and those that go on with the next round at once. */
export interface Turns { readonly yes: readonly Path[]; readonly no: readonly Path[]; readonly skip?: readonly Path[] }

export function lowerFor(s: State, statement: StatementOf<'for'>): Path[] {
  let paths: Path[] = [s.take()];
  if (statement.start !== undefined) {
    const { start } = statement;
    s.resume(paths[0] as Path);
    paths = joinPaths(s, lowerStatement(s, start), statement.at, 'one');
  }
  return run(s, paths, {
    statement, body: statement.body, rounds: statement.rounds,
    condition: () => condition(s, statement.condition),
    step: () => statement.step === undefined ? [s.take()] : lowerStatement(s, statement.step),
  }, assigned([statement.body, statement.step]));
}

export function lowerForRange(s: State, statement: StatementOf<'for-range'>): Path[] {
  const count = evaluateScalar(s, statement.count);
  s.values.set(statement.local, scalar(s.b.i32(0)));
  const index = (): Value => {
    const value = s.values.get(statement.local);
    return value?.kind === 'scalar' ? value.value : s.notYet('this loop', statement.at);
  };
  return run(s, [s.take()], {
    statement, body: statement.body, rounds: statement.most,
    condition: () => {
      const yes: Path[] = [];
      const below = s.branch('ult', index(), count);
      const no: Path[] = [...below.no];
      for (const path of below.yes) {
        s.resume(path);
        const most = s.branch('ult', index(), s.b.i32(statement.most));
        yes.push(...most.yes);
        no.push(...most.no);
      }
      return { yes, no };
    },
    step: () => {
      s.values.set(statement.local, scalar(s.alu('add', index(), s.b.i32(1))));
      return [s.take()];
    },
  }, assigned([statement.body]).add(statement.local));
}

export function run(s: State, paths: readonly Path[], loop: Loop, changes: Set<Local>): Path[] {
  if (loop.rounds <= MOST_UNROLLED) return unrolled(s, paths, loop);
  return looped(s, paths, loop, changes);
}

/** One round from the current path: what goes on to the next, and what leaves, both without the round's own locals. */
function round(s: State, loop: Loop, done: Path[]): Path[] {
  const around = new Set(s.values.keys());
  const left = (path: Path): Path => ({ ...path, values: new Map([...path.values].filter(([key]) => !('kind' in key) || around.has(key))) });
  const fork = loop.condition();
  done.push(...fork.no);
  const jumps: Jumps = { of: 'loop', breaks: [], continues: [] };
  s.jumps.push(jumps);
  const ends: Path[] = [];
  for (const path of joinPaths(s, fork.yes, loop.statement.at, 'one')) {
    s.resume(path);
    ends.push(...lowerStatement(s, loop.body));
  }
  s.jumps.pop();
  done.push(...jumps.breaks.map(left));
  const next: Path[] = [];
  for (const path of joinPaths(s, [...ends, ...jumps.continues, ...fork.skip ?? []].map(left), loop.statement.at, 'one')) {
    s.resume(path);
    next.push(...loop.step());
  }
  return next.filter(path => path.live);
}

function unrolled(s: State, paths: readonly Path[], loop: Loop): Path[] {
  const done: Path[] = [];
  let now = joinPaths(s, paths, loop.statement.at, 'one');
  for (let i = 0; i < loop.rounds && now.length > 0; i++) {
    const [path] = joinPaths(s, now, loop.statement.at, 'one');
    if (path === undefined) break;
    s.resume(path);
    now = round(s, loop, done);
  }
  done.push(...now);
  return joinPaths(s, done, loop.statement.at, 'kinds');
}

function looped(s: State, paths: readonly Path[], loop: Loop, changes: ReadonlySet<Local>): Path[] {
  const around = s.rounds;
  s.rounds *= loop.rounds * (loop.statement.kind === 'for-tlvs' ? ROUNDS_OF_ELEMENT : 1);
  if (s.rounds > MOST_ROUNDS) throw new TooMuch(loop.statement.at, `loops in loops come to ${s.rounds} rounds`, `${MOST_ROUNDS}, where one over options counts as ${ROUNDS_OF_ELEMENT}`);
  s.join(paths, loop.statement.at);
  makeUpdates(s, loop.statement.at);
  tellFamily(s, loop.statement.at);
  const keys = [...s.values].filter(([key, value]) => varies(key, value, changes));
  const head = s.b.block('loop');
  const rebuilt = new Map(s.values);
  rebuilt.delete(JIFFIES);
  forgetFamily(rebuilt);
  const initial: Value[] = [];
  for (const [key, value] of keys) rebuilt.set(key, asParameters(s, head, value, initial, loop.statement));
  s.b.jump(head, ...initial);
  s.resume({ block: head, values: rebuilt, packet: NO_PACKET, live: true });
  const done: Path[] = [];
  const [back] = joinPaths(s, round(s, loop, done), loop.statement.at, 'one');
  if (back !== undefined) {
    s.resume(back);
    makeUpdates(s, loop.statement.at);
    tellFamily(s, loop.statement.at);
    const args: Value[] = [];
    for (const [key] of keys) leaves(s, s.values.get(key), args, loop.statement);
    s.b.jump(head, ...args);
  }
  s.rounds = around;
  return joinPaths(s, done, loop.statement.at, 'kinds');
}

/** Locals that the body assigns, and every struct that is apart: another name may be assigned through. */
function varies(key: Key, value: Lowered, changes: ReadonlySet<Local>): boolean {
  return value.kind === 'fields' || ('kind' in key && changes.has(key));
}

function asParameters(s: State, head: Block, value: Lowered, initial: Value[], statement: Statement): Lowered {
  const param = (v: Value): Value => {
    initial.push(v);
    return s.b.addParam(head, v.type as IrType);
  };
  switch (value.kind) {
    case 'scalar': return scalar(param(value.value));
    case 'wide': return { kind: 'wide', high: param(value.high), low: param(value.low) };
    case 'mac': return { kind: 'mac', first: param(value.first), last: param(value.last) };
    case 'fields': return { kind: 'fields', values: value.values.map(v => asParameters(s, head, v, initial, statement)) };
    case 'list': return { kind: 'list', values: value.values.map(v => asParameters(s, head, v, initial, statement)) };
    case 'struct': case 'map': case 'packet': case 'meta': case 'void': return value;
    default: return s.cannot('IOV2034', 'a long loop that assigns a value that may be undefined, or a reference', statement.at);
  }
}

function leaves(s: State, value: Lowered | undefined, args: Value[], statement: Statement): void {
  switch (value?.kind) {
    case 'scalar': args.push(value.value); return;
    case 'wide': args.push(value.high, value.low); return;
    case 'mac': args.push(value.first, value.last); return;
    case 'fields': case 'list': for (const v of value.values) leaves(s, v, args, statement); return;
    case 'struct': case 'map': case 'packet': case 'meta': case 'void': return;
    default: s.cannot('IOV2034', 'a long loop that assigns a value that may be undefined, or a reference', statement.at);
  }
}

/** Locals that code assigns, closures' code included. */
export function assigned(nodes: readonly unknown[]): Set<Local> {
  const found = new Set<Local>();
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if (Array.isArray(node)) { for (const child of node) visit(child); return; }
    const { kind } = node as { kind?: string };
    if (kind === 'function' && !(node as Func).closure) return;
    if (kind === 'assign') {
      const { target } = node as StatementOf<'assign'>;
      if (target.kind === 'local') found.add(target.local);
    }
    for (const [key, child] of Object.entries(node as Record<string, unknown>)) {
      if (key !== 'type' && key !== 'at' && key !== 'header' && key !== 'symbol' && key !== 'field' && key !== 'member') visit(child);
    }
  };
  for (const node of nodes) visit(node);
  return found;
}

