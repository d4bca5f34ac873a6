// Expressions whose value is known while compiling.

import type { Expression } from '../1-parse/syntax.ts';
import { report, type Context } from './context.ts';
import { convert } from './convert.ts';
import { expr } from './expressions.ts';
import type { Expr, Type } from './tree.ts';

export function isConstant(e: Expr): boolean {
  switch (e.kind) {
    case 'const': case 'bytes': case 'undefined': return true;
    case 'struct': return e.base === undefined && e.fields.every(f => isConstant(f.value));
    case 'array': return e.elements.every(isConstant);
    default: return false;
  }
}

/** A constant of this type; what is not is reported. */
export function constant(c: Context, node: Expression, type: Type): Expr | undefined {
  const found = expr(c, node, type);
  const e = found && convert(c, found, type, node);
  if (e && !isConstant(e)) return report(c, 'IOV4008', node);
  return e;
}

/** An integer known while compiling, or undefined (reported with `why`). */
export function constantInt(c: Context, node: Expression, why: string): bigint | undefined {
  const e = expr(c, node);
  if (!e) return undefined;
  if (e.kind === 'const' && typeof e.value === 'bigint' && e.type.kind === 'int') return e.value;
  return report(c, 'IOV2022', node, { why });
}
