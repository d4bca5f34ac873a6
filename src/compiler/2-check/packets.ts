// Methods of packets.

import type { CallExpression, Expression, MemberExpression } from '../1-parse/syntax.ts';
import type { HeaderClass } from '../../lang/headers.ts';
import { takes } from './access.ts';
import { hint, placeOf, report, type Context } from './context.ts';
import { constInt } from './convert.ts';
import { expr, value } from './expressions.ts';
import { pathOf } from './facts.ts';
import { optional, show, U16, VOID } from './kinds.ts';
import { staleAll } from './known.ts';
import { meaningOf } from './names.ts';
import type { Expr, Type } from './tree.ts';

const METHODS = ['at', 'tryAt', 'insert', 'remove', 'trim'];

export function packetMethod(c: Context, packet: Expr, name: string, args: readonly Expression[], node: CallExpression, callee: MemberExpression): Expr | undefined {
  const at = placeOf(c, node);
  switch (name) {
    case 'at': case 'tryAt': {
      if (!takes(c, node, name, args.length, 1, 2)) return undefined;
      const header = headerOf(c, args[0]);
      const offset = args[1] ? value(c, args[1], U16) : constInt(at, U16, 0n);
      if (!header || !offset) return undefined;
      if (header.kinds.length > 0) return report(c, 'IOV3002', args[0] ?? node, { outer: 'A place in a packet', inner: header.name, cause: `${header.name} stands for one of several headers, and a place does not say which.`, cure: `Ask the header before it, \`x.payload(${header.name})\`, or name one of ${header.kinds.join(', ')}.` });
      const type: Type = { kind: 'view', header };
      return { kind: 'at', at, type: name === 'at' ? type : optional(type), packet, header, offset, pastEnd: name === 'at' ? 'drop' : 'undefined' };
    }
    case 'insert': case 'remove': {
      if (!takes(c, node, name, args.length, 2) || !args[0] || !args[1]) return undefined;
      const after = view(c, args[0]);
      const count = value(c, args[1], U16);
      if (!after || !count) return undefined;
      markStale(c, after, at.line);
      return { kind: name, at, type: VOID, packet, after, count };
    }
    case 'trim': {
      if (!takes(c, node, name, args.length, 1) || !args[0]) return undefined;
      const length = value(c, args[0], U16);
      return length && { kind: 'trim', at, type: VOID, packet, length };
    }
    default: return report(c, 'IOV2013', callee.property, { type: show(packet.type), name, hint: hint(name, METHODS) });
  }
}

/** The class that an argument names. */
export function headerOf(c: Context, node: Expression | undefined): HeaderClass | undefined {
  if (node?.type !== 'Identifier') return node && report(c, 'IOV3001', node, { name: 'this' });
  const meaning = meaningOf(c, node.name, node);
  if (!meaning || meaning.kind === 'broken') return undefined;
  return meaning.kind === 'header' ? meaning.header : report(c, 'IOV3001', node, { name: node.name });
}

export function view(c: Context, node: Expression): Expr | undefined {
  const e = expr(c, node);
  if (!e) return undefined;
  if (e.type.kind === 'optional') return report(c, 'IOV2009', node, { type: show(e.type) });
  return e.type.kind === 'view' ? e : report(c, 'IOV2004', node, { from: show(e.type), to: 'a view' });
}

/** Bytes behind `after` moved: every view but it, and what it was reached through, and what is at the start, is stale. */
function markStale(c: Context, after: Expr, line: number): void {
  const fresh = new Set<string>();
  for (let e: Expr | undefined = after, steps = 0; e && steps < 100; steps++) {
    const path = pathOf(c.shared, e);
    if (path !== undefined) fresh.add(path);
    e = e.kind === 'local' ? c.shared.initials.get(e.local) : outerOf(e);
  }
  staleAll(c, line, fresh);
}

function outerOf(e: Expr): Expr | undefined {
  switch (e.kind) {
    case 'unwrap': case 'refine': case 'convert': case 'wrap': return e.value;
    case 'payload': return e.view;
    case 'fresh': return e.after;
    case 'chain': return e.base;
    default: return undefined;
  }
}
