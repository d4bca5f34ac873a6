// Statements: each takes the paths that reach it to those that go on behind it.

import type { Block, ExprOf, Local, Statement, StatementOf } from '../2-check/tree.ts';
import { condition, equal } from './conditions.ts';
import { constant, evaluate, outcomes } from './expressions.ts';
import { storeStored } from './header-fields.ts';
import { joinPaths } from './join.ts';
import { lowerFor, lowerForRange } from './loops.ts';
import { storeMeta, storeVlan } from './packet-record.ts';
import { callTogether } from './calls.ts';
import { localsFrom, localsOf } from './liveness.ts';
import { ready } from './paths.ts';
import type { Outcome, Path } from './path.ts';
import { lowerUpdate } from './shared.ts';
import type { State } from './state.ts';
import { assignElement, assignField, held } from './structs.ts';
import { makeUpdatesOfCallees } from './updates.ts';
import { scalar, UNDEFINED, VOID, type Lowered } from './value.ts';
import { lowerForTlvs } from './tlvs.ts';
import { viewOf } from './views.ts';

export function lowerBlock(s: State, block: Block, paths: readonly Path[]): Path[] {
  let now = paths.filter(path => path.live);
  for (const [i, statement] of block.statements.entries()) {
    if (now.length === 0) return [];
    const before = now;
    now = s.reading(localsFrom(block, i), () => {
      const start = ready(s, before, statement).map(path => {
        s.resume(path);
        makeUpdatesOfCallees(s, statement.at);
        return s.take();
      });
      const call = start.length > 1 ? callOf(statement) : undefined;
      const after = localsFrom(block, i + 1);
      if (call !== undefined) return ended(s, statement, callTogether(s, call, start, after));
      const next: Path[] = [];
      for (const path of start) {
        s.resume(path);
        next.push(...lowerStatement(s, statement, after));
      }
      return next;
    }).filter(path => path.live);
  }
  return now;
}

/** A statement that is a call and nothing else: the paths that come to it go through the function together. */
function callOf(statement: Statement): ExprOf<'call'> | undefined {
  const value = statement.kind === 'let' || statement.kind === 'return' || statement.kind === 'expression' ? statement.value : undefined;
  const inner = value?.kind === 'wrap' ? value.value : value;
  return inner?.kind === 'call' ? inner : undefined;
}

/** What a statement does with the outcomes of its value. */
function ended(s: State, statement: Statement, all: readonly Outcome[]): Path[] {
  const live = all.filter(({ path }) => path.live);
  switch (statement.kind) {
    case 'let': return live.map(outcome => assigned(s, outcome, statement.local));
    case 'return': s.frames.at(-1)?.returns.push(...live.map(({ path, value }) => ({ value, path: { ...path, values: new Map(path.values) } }))); return [];
    default: return live.map(({ path }) => path);
  }
}

/** From the current path. `after`: what is read behind the statement; the statement's own locals where it is not known. */
export function lowerStatement(s: State, statement: Statement, after: ReadonlySet<Local> = localsOf(statement)): Path[] {
  s.at(statement);
  switch (statement.kind) {
    case 'block': return lowerBlock(s, statement, [s.take()]);
    case 'let': return lowerLet(s, statement);
    case 'assign': return lowerAssign(s, statement);
    case 'update': lowerUpdate(s, statement); return [s.take()];
    case 'expression': return joinPaths(s, outcomes(s, statement.value).map(({ path }) => path), statement.at, 'kinds');
    case 'if': return lowerIf(s, statement, after);
    case 'switch': return lowerSwitch(s, statement);
    case 'for': return lowerFor(s, statement);
    case 'for-range': return lowerForRange(s, statement);
    case 'for-tlvs': return lowerForTlvs(s, statement);
    case 'return': return lowerReturn(s, statement);
    case 'break': leave(s, statement); return [];
    case 'continue': leave(s, statement); return [];
  }
}

function lowerLet(s: State, { local, value, at }: StatementOf<'let'>): Path[] {
  if (value === undefined) {
    s.values.set(local, local.type.kind === 'optional' ? UNDEFINED : zeroOf(s, local.type, at));
    return [s.take()];
  }
  if (local.type.kind === 'verdict') return s.cannot('IOV2034', 'a verdict in a variable', at);
  return outcomes(s, value).filter(({ path }) => path.live).map(outcome => assigned(s, outcome, local));
}

/** The path on which a local has this value. */
function assigned(s: State, outcome: Outcome, local: Local): Path {
  const value = held(s, outcome);
  const path = value === outcome.value ? outcome.path : s.take();
  return { ...path, values: new Map(path.values).set(local, value) };
}

function zeroOf(s: State, type: StatementOf<'let'>['local']['type'], at: StatementOf<'let'>['at']): Lowered {
  switch (type.kind) {
    case 'int': return type.bits === 128 ? { kind: 'wide', high: s.b.i64(0), low: s.b.i64(0) } : scalar(type.bits === 64 ? s.b.i64(0) : s.b.i32(0));
    case 'bool': return scalar(s.b.i32(0));
    case 'mac': return { kind: 'mac', first: s.b.i32(0), last: s.b.i32(0) };
    default: return s.cannot('IOV2034', 'a variable of this type without a value', at);
  }
}

function lowerAssign(s: State, { target, value, at }: StatementOf<'assign'>): Path[] {
  if (target.kind === 'local') {
    return outcomes(s, value).filter(({ path }) => path.live).map(outcome => assigned(s, outcome, target.local));
  }
  const stored = evaluate(s, value);
  s.at({ at });
  switch (target.kind) {
    case 'field': assignField(s, target, stored); break;
    case 'element': assignElement(s, target, stored); break;
    case 'member': {
      const view = viewOf(s, evaluate(s, target.view), at);
      if (target.member.kind !== 'stored') return s.cannot('IOV3010', `writing '${target.member.name}'`, at);
      storeStored(s, view, target.member, stored, at);
      break;
    }
    case 'meta-field': storeMeta(s, target, stored); break;
    case 'packet-field': return target.name === 'vlan' ? storeVlan(s, stored, at) : s.cannot('IOV3010', `writing pkt.${target.name}`, at);
  }
  return [s.take()];
}

function lowerIf(s: State, statement: StatementOf<'if'>, after: ReadonlySet<Local>): Path[] {
  const fork = condition(s, statement.condition);
  const ends: Path[] = [];
  const bodies = [[statement.then, fork.yes], [statement.else, fork.no]] as const;
  const own = s.reads.pop();
  for (const [body, paths] of bodies) {
    if (body === undefined) { ends.push(...paths); continue; }
    s.reading(new Set([...after, ...localsOf(body)]), () => {
      if (body.kind === 'block') { ends.push(...lowerBlock(s, body, paths)); return; }
      for (const path of ready(s, paths, body)) {
        s.resume(path);
        ends.push(...lowerStatement(s, body));
      }
    });
  }
  if (own) s.reads.push(own);
  return ends.filter(path => path.live);
}

function lowerSwitch(s: State, statement: StatementOf<'switch'>): Path[] {
  const value = evaluate(s, statement.value);
  const { type } = statement.value;
  const ends: Path[] = [];
  const jumps = { of: 'switch' as const, breaks: ends, continues: [] };
  s.jumps.push(jumps);
  let rest: Path[] = [s.take()];
  for (const { values, body } of statement.cases) {
    const hits: Path[] = [];
    for (const want of values) {
      const live = rest.filter(p => p.live);
      if (live.length === 0) break;
      s.join(live, statement.at);
      const fork = equal(s, value, constant(s, type, want, statement.at), statement.at);
      hits.push(...fork.yes);
      rest = [...fork.no];
    }
    ends.push(...lowerBlock(s, body, joinPaths(s, hits, statement.at, 'kinds')));
  }
  if (statement.otherwise === undefined) ends.push(...rest);
  else ends.push(...lowerBlock(s, statement.otherwise, rest));
  s.jumps.pop();
  return ends.filter(path => path.live);
}

function lowerReturn(s: State, { value }: StatementOf<'return'>): Path[] {
  const frame = s.frames.at(-1);
  if (frame === undefined) return [];
  const copy = (path: Path): Path => ({ ...path, values: new Map(path.values) });
  if (value === undefined) frame.returns.push({ path: copy(s.take()), value: frame.function.result.kind === 'void' ? VOID : UNDEFINED });
  else frame.returns.push(...outcomes(s, value).map(outcome => ({ ...outcome, path: copy(outcome.path) })));
  return [];
}

function leave(s: State, statement: StatementOf<'break'> | StatementOf<'continue'>): void {
  const of = statement.kind === 'break' ? statement.of : 'loop';
  const jumps = s.jumps.findLast(j => j.of === of);
  if (jumps === undefined) { s.notYet(`${statement.kind} here`, statement.at); return; }
  (statement.kind === 'break' ? jumps.breaks : jumps.continues).push(s.take());
}

