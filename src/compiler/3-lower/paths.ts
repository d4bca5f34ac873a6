// Which paths to keep apart: as long as what comes next decides by what differs between them, and no longer.

import type { Expr, Local, Statement } from '../2-check/tree.ts';
import { joinPaths, shapeOf } from './join.ts';
import type { Path } from './path.ts';
import type { State } from './state.ts';

/** More ways than these are joined, whatever they know. */
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
  if (live.length <= MOST_PATHS && decides(live, head)) return live;
  return joinPaths(s, live, head.at, 'kinds');
}

function decides(paths: readonly Path[], head: Expr | Statement): boolean {
  const seen = new Set<Local>();
  collectLocals(headOf(head), seen);
  for (const local of seen) {
    const shapes = new Set(paths.map(path => shapeOf(path.values.get(local))));
    if (shapes.size > 1) return true;
  }
  return false;
}

/** The part of a statement that decides: bodies come after it. */
function headOf(node: Expr | Statement): unknown {
  switch (node.kind) {
    case 'if': return node.condition;
    case 'switch': return node.value;
    case 'for': case 'for-range': case 'for-tlvs': case 'block': return undefined;
    default: return node;
  }
}

const NOT_CODE = new Set(['type', 'header', 'member', 'at', 'symbol', 'field']);

/** Locals that an expression reads, closures' included. */
function collectLocals(node: unknown, seen: Set<Local>): void {
  if (typeof node !== 'object' || node === null) return;
  if (Array.isArray(node)) { for (const child of node) collectLocals(child, seen); return; }
  const kind = (node as { kind?: string }).kind;
  if (kind === 'function' && !(node as { closure?: boolean }).closure) return;
  if (kind === 'local' && !('local' in node)) { seen.add(node as Local); return; }
  for (const [key, child] of Object.entries(node)) if (!NOT_CODE.has(key)) collectLocals(child, seen);
}
