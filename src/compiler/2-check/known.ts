// Forgetting what writes make untrue.

import { keyOf, type Context, type Shared } from './context.ts';
import { forget, type Facts } from './facts.ts';
import type { Local } from './tree.ts';

/** Packet bytes were written: nothing is known of fields of views and packets. */
export function forgetMembers(c: Context): void {
  if (c.facts) c.facts = forget(c.facts, path => path.includes('.'));
}

/** A local was assigned. */
export function forgetLocal(c: Context, local: Local): void {
  const key = keyOf(c.shared, local);
  if (c.facts) c.facts = forget(c.facts, path => path === key || path.startsWith(`${key}.`));
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
