// Methods of views: payload, rewrite, fresh.

import type { CallExpression, Expression, MemberExpression } from '../1-parse/syntax.ts';
import type { HeaderClass } from '../../lang/headers.ts';
import { memberNamed, memberType, takes } from './access.ts';
import { hint, placeOf, report, unsupported, type Context } from './context.ts';
import { expr, keyName, value } from './expressions.ts';
import { forgetMembers } from './known.ts';
import { optional, show, VOID } from './kinds.ts';
import { headerOf } from './packets.ts';
import type { Expr, MemberValue, Type } from './tree.ts';

const METHODS = ['payload', 'tryPayload', 'rewrite', 'fresh'];
const ADDRESSES = new Set(['src', 'dst', 'src6', 'dst6']);

export function viewMethod(c: Context, view: Expr, header: HeaderClass, name: string, args: readonly Expression[], node: CallExpression, callee: MemberExpression): Expr | undefined {
  const at = placeOf(c, node);
  switch (name) {
    case 'payload': case 'tryPayload': {
      if (!takes(c, node, name, args.length, 1)) return undefined;
      const inner = headerOf(c, args[0]);
      if (!inner) return undefined;
      const says = saysWhat(header, inner);
      if (!says) return report(c, 'IOV3002', node, { outer: header.name, inner: inner.name });
      const type: Type = { kind: 'view', header: inner };
      const pastEnd = name === 'payload' ? 'drop' : 'undefined';
      return { kind: 'payload', at, type: says === 'trust' && pastEnd === 'drop' ? type : optional(type), view, header: inner, says, pastEnd };
    }
    case 'rewrite': {
      if (!takes(c, node, name, args.length, 1, 2) || !args[0]) return undefined;
      const fields = membersOf(c, args[0], header, false);
      const isIp = header.name === 'Ip' || header.parents.includes('Ip');
      const l4 = args[1] ? transport(c, args[1]) : undefined;
      if (!fields || (args[1] && !l4)) return undefined;
      if (isIp && !args[1] && fields.some(f => ADDRESSES.has(f.member.name))) return report(c, 'IOV3005', node);
      if (!isIp && args[1]) return report(c, 'IOV2014', node, { name, takes: '1 argument', given: 2 });
      forgetMembers(c);
      return { kind: 'rewrite', at, type: VOID, view, header, fields, ...(l4 && l4.kind !== 'undefined' && { l4 }) };
    }
    case 'fresh': {
      if (!takes(c, node, name, args.length, 2) || !args[1]) return undefined;
      const inner = headerOf(c, args[0]);
      const fields = inner && membersOf(c, args[1], inner, true);
      if (!inner || !fields) return undefined;
      if (inner.kinds.length > 0 || !saysWhat(header, inner)) return report(c, 'IOV3002', node, { outer: header.name, inner: inner.name });
      forgetMembers(c);
      return { kind: 'fresh', at, type: { kind: 'view', header: inner }, after: view, header: inner, fields };
    }
    default: return report(c, 'IOV2013', callee.property, { type: header.name, name, hint: hint(name, [...METHODS, ...header.members.map(m => m.name)]) });
  }
}

/** Whether `header` can carry `inner`, and whether it says so. */
function saysWhat(header: HeaderClass, inner: HeaderClass): 'check' | 'trust' | undefined {
  const { payload } = header;
  if (payload.by === 'any') return 'trust';
  const { classes } = payload;
  return [inner.name, ...inner.kinds].some(name => name in classes) ? 'check' : undefined;
}

function transport(c: Context, node: Expression): Expr | undefined {
  const e = expr(c, node);
  if (!e || e.type.kind === 'undefined') return e;
  const type = e.type.kind === 'optional' ? e.type.of : e.type;
  if (type.kind === 'view' && (type.header.name === 'L4' || type.header.parents.includes('L4'))) return e;
  return report(c, 'IOV2004', node, { from: show(e.type), to: 'a transport header' });
}

function membersOf(c: Context, node: Expression, header: HeaderClass, fresh: boolean): MemberValue[] | undefined {
  if (node.type !== 'ObjectExpression') return unsupported(c, node, 'This argument', 'Fields are given where they are written.', 'Write `{ name: value }`.');
  const fields: MemberValue[] = [];
  let whole = true;
  for (const property of node.properties) {
    const name = property.type === 'Property' && !property.computed ? keyName(property.key) : undefined;
    if (property.type !== 'Property' || name === undefined || property.method || property.kind !== 'init') {
      unsupported(c, property, 'This property', 'Fields are given by name.', 'Write `name: value`.');
      whole = false;
      continue;
    }
    const member = memberNamed(header, name);
    const writable = member && member.kind !== 'tested' && member.access !== 'never';
    if (!member || !writable) {
      if (member) report(c, 'IOV3004', property, { name });
      else report(c, 'IOV2020', property, { name, type: header.name, hint: hint(name, header.members.map(m => m.name)) });
      whole = false;
      continue;
    }
    if (fields.some(f => f.member === member)) { report(c, 'IOV2002', property, { name }); whole = false; continue; }
    const v = value(c, property.value, memberType(member.type));
    if (v) fields.push({ member, value: v }); else whole = false;
  }
  if (!fresh && whole && fields.length === 0) return report(c, 'IOV2014', node, { name: 'rewrite', takes: 'at least one field', given: 'none' });
  return whole ? fields : undefined;
}
