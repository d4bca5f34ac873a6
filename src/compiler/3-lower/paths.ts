// Which paths to keep apart: as long as what comes next decides by what differs between them, and no longer.

import type { Expr, Local, Statement } from '../2-check/tree.ts';
import { joinPaths, shapeOf } from './join.ts';
import { localsOf } from './liveness.ts';
import type { Path } from './path.ts';
import type { State } from './state.ts';
import type { Lowered } from './value.ts';

/** More kinds of ways than these are joined, whatever they know. */
const MOST_PATHS = 8;

/** Goes on with `then` on every path, or on their join if `head` does not look at what differs between them. */
export function each(s: State, paths: readonly Path[], head: Expr | Statement, then: () => void): void {
  for (const path of ready(s, paths, head)) {
    s.resume(path);
    then();
  }
}

export function ready(s: State, paths: readonly Path[], head: Expr | Statement): readonly Path[] {
  const live = paths.filter(path => path.live);
  if (live.length <= 1) return live;
  const groups = alike(live, head);
  return groups.length > MOST_PATHS ? joinPaths(s, live, head.at, 'kinds') : groups.flatMap(group => joinPaths(s, group, head.at, 'kinds'));
}

/** Paths on which all looks alike that comes next. */
function alike(paths: readonly Path[], head: Expr | Statement): Path[][] {
  const first = headOf(head);
  const locals = first === undefined ? [] : [...localsOf(first)];
  const groups = new Map<string, Path[]>();
  for (const path of paths) {
    const key = locals.map(local => decidedBy(local, path.values.get(local))).join('|');
    const group = groups.get(key);
    if (group) group.push(path); else groups.set(key, [path]);
  }
  return [...groups.values()];
}

/** What a value lets decide. Whether a condition was false or not asked matters to hardly anybody. */
function decidedBy(local: Local, value: Lowered | undefined): string {
  const isFalse = value?.kind === 'undefined' && local.type.kind === 'optional' && local.type.of.kind === 'bool';
  return isFalse ? 'scalar 0' : shapeOf(value);
}

/** The part of a statement that decides: bodies come after it, and what is only evaluated where a look-up fails. */
function headOf(node: Expr | Statement): Expr | Statement | undefined {
  switch (node.kind) {
    case 'let': case 'return': return node.value?.kind === 'coalesce' && node.value.left.kind === 'map-get' ? node.value.left : node;
    case 'if': return node.condition;
    case 'switch': return node.value;
    case 'for': case 'for-range': case 'for-tlvs': case 'block': return undefined;
    default: return node;
  }
}
