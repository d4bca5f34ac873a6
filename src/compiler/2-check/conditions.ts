// Conditions: what counts as true.

import type { Expression } from '../1-parse/syntax.ts';
import { placeOf, report, type Context } from './context.ts';
import { constInt } from './convert.ts';
import { expr, knowing } from './expressions.ts';
import { factsOf, NOTHING } from './facts.ts';
import { BOOL, show } from './kinds.ts';
import type { Expr, Type } from './tree.ts';

/** Types of which a value that is there can still be false. */
export function isCondition(type: Type): boolean {
  return type.kind === 'int' || type.kind === 'bool';
}

/** `e` as a boolean; with a node, what has no truth is reported there. */
export function truth(c: Context, e: Expr, node?: Expression): Expr | undefined {
  const { at, type } = e;
  switch (type.kind) {
    case 'bool': return e;
    case 'int':
      if (e.kind === 'const') return { kind: 'const', at, type: BOOL, value: e.value !== 0n };
      return { kind: 'compare', at, type: BOOL, op: '!=', left: e, right: constInt(at, type, 0n) };
    case 'optional': return isCondition(type.of) ? { kind: 'truthy', at, type: BOOL, value: e } : { kind: 'present', at, type: BOOL, value: e };
    case 'undefined': return { kind: 'const', at, type: BOOL, value: false };
    case 'view': case 'struct': case 'mac': case 'map': return { kind: 'const', at, type: BOOL, value: true };
    default: return node && report(c, 'IOV2010', node, { op: 'if', type: show(type), works: 'booleans, integers, and what may be undefined' });
  }
}

/** The expression of an `if`, `?:` or `for`. */
export function condition(c: Context, node: Expression): Expr | undefined {
  if (node.type === 'LogicalExpression' && node.operator !== '??') {
    const left = condition(c, node.left);
    const right = knowing(c, left ? factsOf(c.shared, left, node.operator === '&&') : NOTHING, () => condition(c, node.right));
    return left && right && { kind: node.operator === '&&' ? 'and' : 'or', at: placeOf(c, node), type: BOOL, left, right };
  }
  if (node.type === 'UnaryExpression' && node.operator === '!') {
    const e = condition(c, node.argument);
    return e && not(e, placeOf(c, node));
  }
  const e = expr(c, node, BOOL);
  return e && truth(c, e, node);
}

export function not(e: Expr, at: Expr['at']): Expr {
  if (e.kind === 'const') return { kind: 'const', at, type: BOOL, value: !e.value };
  return e.kind === 'not' ? e.value : { kind: 'not', at, type: BOOL, value: e };
}
