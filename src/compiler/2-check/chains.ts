// Optional chains: `a?.b?.c` binds what is there to a local and goes on with it; at the first undefined the whole is undefined.

import type { ChainExpression, Expression } from '../1-parse/syntax.ts';
import { access, callOf } from './access.ts';
import { placeOf, report, type Context } from './context.ts';
import { convert, read, temporary } from './convert.ts';
import { expr } from './expressions.ts';
import { both, either, factsOf } from './facts.ts';
import { BOOL, optional } from './kinds.ts';
import type { Expr, Local } from './tree.ts';

/** What `?.` has tested so far, from the left. */
export type Links = { readonly base: Expr; readonly local: Local }[];

export function chainOf(c: Context, node: ChainExpression): Expr | undefined {
  const links: Links = [];
  const before = c.facts;
  const part = node.expression;
  const end = part.type === 'CallExpression' ? callOf(c, part, links) : part.type === 'MemberExpression' ? access(c, part, links) : expr(c, part);
  c.facts = before && either(before, c.facts);
  if (!end || links.length === 0) return end;
  const at = placeOf(c, node);
  if (end.type.kind === 'void') return links.reduceRight<Expr>((then, { base, local }) => ({ kind: 'chain', at, type: end.type, base, local, then }), end);
  const type = optional(end.type);
  const last = convert(c, end, type, node);
  return last && links.reduceRight<Expr>((then, { base, local }) => ({ kind: 'chain', at, type, base, local, then }), last);
}

/** The object of `object.x` or `object?.x`. */
export function objectOf(c: Context, node: Expression, isOptional: boolean, links: Links): Expr | undefined {
  const e = node.type === 'MemberExpression' ? access(c, node, links) : node.type === 'CallExpression' ? callOf(c, node, links) : expr(c, node);
  if (!e || !isOptional) return e;
  if (e.type.kind !== 'optional') return e.type.kind === 'undefined' ? report(c, 'IOV2009', node, { type: 'undefined' }) : e;
  const at = placeOf(c, node);
  const local = temporary(c, 'it', e.type.of, at);
  c.shared.initials.set(local, e);
  links.push({ base: e, local });
  const known = factsOf(c.shared, { kind: 'present', at, type: BOOL, value: e }, true);
  c.facts = c.facts && both(c.facts, known);
  return read(local, at);
}
