// Assignments: statements only. What is shared between CPUs is changed atomically where it can be.

import type { AssignmentExpression, Expression, UpdateExpression } from '../1-parse/syntax.ts';
import { access } from './access.ts';
import { keyOf, placeOf, report, unsupported, type Context } from './context.ts';
import { cast, constInt, convert, read } from './convert.ts';
import { expr, value } from './expressions.ts';
import { isWide, show } from './kinds.ts';
import { forgetLocal, forgetMembers } from './known.ts';
import { know } from './locals.ts';
import { isShared } from './mapmethods.ts';
import { meaningOf } from './names.ts';
import { arith } from './operators.ts';
import type { ArithOp, Expr, Statement, Target, UpdateOp } from './tree.ts';

const UPDATES = new Set<string>(['+', '-', '&', '|', '^']);
const COMPOUND = new Set<string>(['+', '-', '*', '/', '%', '&', '|', '^', '<<', '>>']);

export function assignment(c: Context, node: AssignmentExpression | UpdateExpression): readonly Statement[] {
  const left = node.type === 'UpdateExpression' ? node.argument : node.left;
  if (left.type !== 'Identifier' && left.type !== 'MemberExpression') { unsupported(c, left, 'This assignment', 'One place is assigned at a time.', 'Assign to a name or a field.'); return []; }
  const target = targetOf(c, left);
  const operator = node.type === 'UpdateExpression' ? `${node.operator.charAt(0)}=` : node.operator;
  if (operator === '=') {
    const right = node.type === 'AssignmentExpression' ? node.right : undefined;
    const v = right && (target ? value(c, right, target.type) : expr(c, right));
    if (!target || !v) return [];
    if (target.kind === 'field' && target.type.kind === 'int' && isShared(c, target.object) && reads(v, target)) report(c, 'IOV4009', node);
    written(c, target, v);
    return [{ kind: 'assign', at: placeOf(c, node), target, value: v }];
  }
  const op = operator.slice(0, -1).replace('>>>', '>>');
  if (!COMPOUND.has(op)) { unsupported(c, node, `'${operator}'`, 'Compound assignments are those of arithmetic.', 'Write it out.'); return []; }
  if (!target) return [];
  return compound(c, node, target, op as ArithOp);
}

/** `a op= b` wraps at the width of `a`. */
function compound(c: Context, node: AssignmentExpression | UpdateExpression, target: Target, op: ArithOp): readonly Statement[] {
  const at = placeOf(c, node);
  const { type } = target;
  const spelled = node.type === 'UpdateExpression' ? node.operator : node.operator;
  if (type.kind === 'optional') { report(c, 'IOV2009', node, { type: show(type) }); return []; }
  if (type.kind !== 'int') { report(c, 'IOV2010', node, { op: spelled, type: show(type), works: 'integers' }); return []; }
  const by = node.type === 'UpdateExpression' ? constInt(at, type, 1n) : expr(c, node.right, type);
  if (!by) return [];
  const place = node.type === 'UpdateExpression' ? node : node.right;

  if ((target.kind === 'field' || target.kind === 'element') && isShared(c, target.object)) {
    const words = (type.bits === 32 || type.bits === 64) && type.order === 'little';
    if (words && UPDATES.has(op)) {
      const v = convert(c, by, type, place);
      return v ? [{ kind: 'update', at, target, op: op as UpdateOp, value: v }] : [];
    }
    if (words) report(c, 'IOV4009', node); else report(c, 'IOV4010', node, { op: spelled, type: show(type) });
  }
  const now: Expr = target.kind === 'local' ? read(target.local, at) : target;
  const result = arith(c, op, now, by, place as Expression);
  if (!result) return [];
  if (result.type.kind !== 'int' || isWide(result.type) !== isWide(type)) { report(c, 'IOV2004', node, { from: show(result.type), to: show(type) }); return []; }
  const v = cast(result, type);
  written(c, target, v);
  return [{ kind: 'assign', at, target, value: v }];
}

function targetOf(c: Context, node: Expression & { type: 'Identifier' | 'MemberExpression' }): Target | undefined {
  if (node.type === 'Identifier') {
    const meaning = meaningOf(c, node.name, node);
    if (!meaning || meaning.kind === 'broken') return undefined;
    const assignable = meaning.kind === 'local' && c.shared.variables.has(keyOf(c.shared, meaning.local));
    if (meaning.kind !== 'local' || !assignable) {
      const what = meaning.kind === 'local' ? 'It is a constant, a parameter or the variable of a loop.' : 'It is no variable.';
      return report(c, 'IOV2017', node, { name: node.name, why: what, cure: 'Declare a variable with `let`.' });
    }
    meaning.local.mutable = true;
    return { kind: 'local', at: placeOf(c, node), type: meaning.local.type, local: meaning.local };
  }
  const found = access(c, node, []);
  if (!found) return undefined;
  const e = found.kind === 'wrap' && found.value.kind === 'element' ? found.value : found;
  const name = !node.computed && node.property.type === 'Identifier' ? node.property.name : '[ ]';
  switch (e.kind) {
    case 'member': {
      const may = e.member.kind === 'tested' ? 'never' : e.member.access;
      if (may === 'assign') return e;
      return report(c, may === 'rewrite' ? 'IOV3003' : 'IOV3004', node, { name });
    }
    case 'packet-field': return e.name === 'vlan' ? e : report(c, 'IOV3004', node, { name });
    case 'meta-field': return e.name === 'tunnelKey' || e.name === 'conntrack' ? e : report(c, 'IOV3004', node, { name });
    case 'field': case 'element': {
      const root = rootOf(e);
      if (root.kind === 'settings') return report(c, 'IOV4007', node);
      if (root.kind === 'struct' || root.kind === 'array' || root.kind === 'bytes') return report(c, 'IOV2017', node, { name, why: 'It is part of a constant.', cure: 'Copy it into a variable first.' });
      if (e.kind === 'element' && e.type.kind === 'optional') {
        return report(c, 'IOV2009', node, { type: show(e.type) });
      }
      return e;
    }
    default: return report(c, 'IOV2017', node, { name, why: 'It is computed.', cure: 'Assign what it is computed from.' });
  }
}

function rootOf(e: Expr): Expr {
  let root = e;
  while (root.kind === 'field' || root.kind === 'element') root = root.object;
  return root;
}

function written(c: Context, target: Target, v: Expr): void {
  if (target.kind !== 'local') { forgetMembers(c); return; }
  forgetLocal(c, target.local);
  know(c, keyOf(c.shared, target.local), v);
}

/** Whether `e` reads the field that `target` is. */
function reads(e: Expr, target: Target & { kind: 'field' }, steps = 0): boolean {
  if (steps > 20) return false;
  switch (e.kind) {
    case 'field': {
      const a = bare(e.object), b = bare(target.object);
      return e.field === target.field && a.kind === 'local' && b.kind === 'local' && a.local === b.local;
    }
    case 'arith': case 'min': case 'max': return reads(e.left, target, steps + 1) || reads(e.right, target, steps + 1);
    case 'convert': case 'negate': case 'complement': return reads(e.value, target, steps + 1);
    default: return false;
  }
}

/** An entry that was found to be there is the same entry. */
function bare(e: Expr): Expr {
  return e.kind === 'unwrap' ? e.value : e;
}
