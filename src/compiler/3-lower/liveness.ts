// Which locals code reads: what no statement behind reads any more need not keep paths apart.

import type { Block, Expr, Local, Statement } from '../2-check/tree.ts';

type Code = Expr | Statement;

const NOT_CODE = new Set(['type', 'header', 'member', 'at', 'symbol', 'field']);
const ofNodes = new WeakMap<Code, ReadonlySet<Local>>();
const ofSuffixes = new WeakMap<Block, readonly ReadonlySet<Local>[]>();

/** Locals that code reads, closures' included. */
export function localsOf(node: Code): ReadonlySet<Local> {
  const known = ofNodes.get(node);
  if (known !== undefined) return known;
  const seen = new Set<Local>();
  collect(node, seen);
  ofNodes.set(node, seen);
  return seen;
}

/** Locals that a block reads from its statement `index` on. */
export function localsFrom(block: Block, index: number): ReadonlySet<Local> {
  let all = ofSuffixes.get(block);
  if (all === undefined) {
    const made: ReadonlySet<Local>[] = [new Set()];
    for (const statement of block.statements.toReversed()) made.unshift(new Set([...localsOf(statement), ...made[0] ?? []]));
    ofSuffixes.set(block, made);
    all = made;
  }
  return all[index] ?? new Set();
}

function collect(node: unknown, seen: Set<Local>): void {
  if (typeof node !== 'object' || node === null) return;
  if (Array.isArray(node)) { for (const child of node) collect(child, seen); return; }
  const kind = (node as { kind?: string }).kind;
  if (kind === 'function' && !(node as { closure?: boolean }).closure) return;
  if (kind === 'local' && !('local' in node)) { seen.add(node as Local); return; }
  for (const [key, child] of Object.entries(node)) if (!NOT_CODE.has(key)) collect(child, seen);
}
