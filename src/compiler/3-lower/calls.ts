// Calls: every function is inlined where it is called. A closure sees the locals around it, for they are in the same environment.

import type { ExprOf, Func, Local } from '../2-check/tree.ts';
import { bound, outcomes } from './expressions.ts';
import { joinOutcomes } from './join.ts';
import type { Key, Outcome, Path } from './path.ts';
import { lowerBlock } from './statements.ts';
import type { State } from './state.ts';
import { tunnelsOf } from './tunnels.ts';
import { UNDEFINED, VOID } from './value.ts';

export function lowerCall(s: State, e: ExprOf<'call'>): Outcome[] {
  const around = new Set(s.values.keys());
  return joinOutcomes(s, left(inline(s, e.function, given(s, e)), around), e.at);
}

/** From several paths, which may meet inside of the function. `after`: the locals that are read behind the call. */
export function callTogether(s: State, e: ExprOf<'call'>, paths: readonly Path[], after: ReadonlySet<Local>): Outcome[] {
  const around = new Set(paths.flatMap(path => [...path.values.keys()]));
  const entered = paths.flatMap(path => { s.resume(path); return given(s, e); });
  const own = s.reads.pop();
  const all = s.reading(after, () => inline(s, e.function, entered));
  if (own) s.reads.push(own);
  return left(all, around);
}

/**
 * The current path with the arguments bound, on each way that they may go. An argument may call the same function, and a default
 * names parameters before it: what has been evaluated is held apart, and the parameters are bound to it before each argument and at last.
 */
function given(s: State, e: ExprOf<'call'>): Path[] {
  const { params } = e.function;
  const held = params.map((param): Local => ({ ...param }));
  const bind = ({ values }: Path): void => {
    for (const [i, local] of held.entries()) {
      const value = values.get(local);
      if (value !== undefined) values.set(params[i] as Local, value);
    }
  };
  let paths: Path[] = [s.take()];
  for (const [i, arg] of e.args.entries()) {
    const local = held[i];
    const next: Path[] = [];
    for (const path of paths) {
      if (!path.live) continue;
      bind(path);
      s.resume(path);
      for (const outcome of outcomes(s, arg)) next.push(local === undefined ? outcome.path : bound(outcome.path, local, outcome.value));
    }
    paths = next;
  }
  for (const path of paths) {
    bind(path);
    for (const local of held) path.values.delete(local);
  }
  return paths;
}

/** Without what was the function's own. */
function left(all: Outcome[], around: ReadonlySet<Key>): Outcome[] {
  for (const { path } of all) for (const key of [...path.values.keys()]) if ('kind' in key && !around.has(key)) path.values.delete(key);
  return all;
}

/** Every way out of a function. */
export function inline(s: State, fn: Func, paths: readonly Path[]): Outcome[] {
  const returns: Outcome[] = [];
  for (const [insert, tunnel] of tunnelsOf(fn.body)) s.tunnels.set(insert, tunnel);
  const jumps = s.jumps.splice(0);
  s.frames.push({ function: fn, returns });
  const ends = lowerBlock(s, fn.body, paths);
  s.frames.pop();
  s.jumps.push(...jumps);
  const value = fn.result.kind === 'void' ? VOID : UNDEFINED;
  return [...returns, ...ends.map(path => ({ path: { ...path, values: new Map(path.values) }, value }))];
}
