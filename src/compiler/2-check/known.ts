// Forgetting what writes make untrue.

import { keyOf, type Context, type Shared } from './context.ts';
import { both, forget, type Fact, type Facts } from './facts.ts';
import type { Func, Local } from './tree.ts';

/** Packet bytes were written: nothing is known of fields of views and packets. */
export function forgetMembers(c: Context): void {
  if (c.facts) c.facts = forget(c.facts, path => path.includes('.'));
}

/** A local was assigned. */
export function forgetLocal(c: Context, local: Local): void {
  const key = keyOf(c.shared, local);
  if (!c.facts) return;
  const left = new Map(forget(c.facts, path => path === key || path.startsWith(`${key}.`)));
  left.delete(key);                      // a new value is not stale
  c.facts = left;
}

/** Bytes moved somewhere in a function: every view is stale but those of the start of the packet. */
export function staleAll(c: Context, line: number, fresh: ReadonlySet<string> = new Set()): void {
  const stale = new Map<string, Fact>();
  for (let body = c.body; body; body = body.outer) {
    for (const local of body.locals) {
      const type = local.type.kind === 'optional' ? local.type.of : local.type;
      const path = keyOf(c.shared, local);
      const first = c.shared.initials.get(local);
      const atStart = first?.kind === 'at' && first.offset.kind === 'const' && first.offset.value === 0n;
      if (type.kind === 'view' && !fresh.has(path) && !atStart) stale.set(path, { stale: line });
    }
  }
  if (c.facts) c.facts = both(c.facts, stale);
}

/** Locals that a function and the closures it calls read. */
export function capturedBy(func: Func): ReadonlySet<Local> {
  const found = new Set<Local>();
  const seen = new Set<object>();
  const todo: unknown[] = [func.body];
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    if (node === null || typeof node !== 'object' || seen.has(node)) continue;
    seen.add(node);
    if (!Array.isArray(node) && 'kind' in node) {
      if (node.kind === 'local' && 'local' in node) found.add(node.local as Local);
      if (node.kind === 'function' && !(node as Func).closure) continue;
      if (node.kind === 'local' && !('local' in node)) continue;
    }
    for (const [key, child] of Object.entries(node) as [string, unknown][]) {
      if (child !== undefined && key !== 'type' && key !== 'at' && key !== 'header' && key !== 'symbol' && key !== 'field' && key !== 'member') todo.push(child);
    }
  }
  return found;
}

/** Code that was not looked into ran: what it may assign is unknown. */
export function forgetMutable(c: Context): void {
  const keys = new Set<string>();
  for (let body = c.body; body; body = body.outer) {
    for (const local of body.locals) if (local.mutable) keys.add(keyOf(c.shared, local));
  }
  if (c.facts) c.facts = forget(c.facts, path => path.includes('.') || keys.has(path));
}

/** What stays true whatever is assigned later. */
export function fixedOnly(shared: Shared, facts: Facts): Facts {
  return forget(facts, path => path.includes('.') || shared.variables.has(path));
}
