// Functions of iovisor/module.

import type { CallExpression, Expression, TaggedTemplateExpression } from '../1-parse/syntax.ts';
import { takes } from './access.ts';
import { placeOf, report, unsupported, type Context } from './context.ts';
import { condition } from './conditions.ts';
import { cast, common, constInt, convert } from './convert.ts';
import { constantInt } from './constants.ts';
import { expr, value } from './expressions.ts';
import { sizeOf } from '../../image/layout.ts';
import { MOST_LOGGED_BYTES } from '../../image/logs.ts';
import { BOOL, IP4, IP6, MAC, NAMED, show, U16, U32, U64, verdict, VOID } from './kinds.ts';
import { layoutOf } from './layout.ts';
import { readIp4, readIp6, readMac } from './literals.ts';
import { onesAlike } from './operators.ts';
import { view } from './packets.ts';
import type { Expr, IntType, StructField, Type } from './tree.ts';

const REASON = /^[a-z0-9][a-z0-9-]*$/;
const MOST_REASON = 48;

export function callLibrary(c: Context, name: string, node: CallExpression | TaggedTemplateExpression, args: readonly Expression[], want: Type | undefined): Expr | undefined {
  const at = placeOf(c, node);
  const [first, second] = args;
  const count = (least: number, most = least) => takes(c, node, name, args.length, least, most);
  switch (name) {
    case 'u8': case 'u16': case 'u32': case 'i32': case 'u64': case 'i64': case 'u128': {
      if (!count(1) || !first) return undefined;
      const e = expr(c, first);
      if (!e) return undefined;
      if (e.type.kind === 'optional') return report(c, 'IOV2009', first, { type: show(e.type) });
      if (e.type.kind !== 'int' && e.type.kind !== 'bool') return report(c, 'IOV2010', node, { op: name, type: show(e.type), works: 'integers and booleans' });
      return cast(e, NAMED[name] as IntType);
    }
    case 'min': case 'max': {
      if (!count(2) || !first || !second) return undefined;
      const given = [expr(c, first, want), expr(c, second, want)] as const;
      if (!given[0] || !given[1]) return undefined;
      const [a, b] = onesAlike(given[0], given[1]);
      const type = common(a, b);
      if (type?.kind !== 'int') return report(c, 'IOV2010', node, { op: name, type: `${show(a.type)} and ${show(b.type)}`, works: 'two integers of one kind' });
      const left = convert(c, a, type, first);
      const right = convert(c, b, type, second);
      return left && right && { kind: name, at, type, left, right };
    }
    case 'ipv4': return address(c, node, first, IP4, readIp4, 'an IPv4 address', 'It is four numbers up to 255, `10.0.0.1`.');
    case 'ipv6': return address(c, node, first, IP6, readIp6, 'an IPv6 address', 'It is up to eight groups of hexadecimal digits, `fd00::1` (RFC 4291).');
    case 'mac': return address(c, node, first, MAC, readMac, 'a hardware address', 'It is six pairs of hexadecimal digits, `02:00:00:00:00:01`.');
    case 'mapped': case 'unmapped': {
      if (!count(1) || !first) return undefined;
      const e = value(c, first, name === 'mapped' ? IP4 : IP6);
      const type = name === 'mapped' ? IP6 : IP4;
      if (e?.kind === 'const' && typeof e.value === 'bigint') return constInt(at, type, name === 'mapped' ? (0xffffn << 32n) | e.value : e.value & 0xffff_ffffn);
      return e && { kind: name, at, type, value: e };
    }
    case 'bytes': {
      if (!count(1) || !first) return undefined;
      const length = constantInt(c, first, 'A run of bytes has a fixed length.');
      if (length === undefined) return undefined;
      if (length < 1n || length > 4096n) return report(c, 'IOV2005', first, { value: length, type: 'a length', low: 1, high: 4096 });
      return { kind: 'bytes', at, type: { kind: 'bytes', length: Number(length) } };
    }
    case 'checksum': {
      if (!count(3) || !first || !second || !args[2]) return undefined;
      const from = view(c, first);
      const length = value(c, second, U16);
      const most = constantInt(c, args[2], 'The most bytes are known while compiling.');
      return from && length && most !== undefined ? { kind: 'checksum', at, type: U16, from, length, most: Number(most) } : undefined;
    }
    case 'fetchAdd': case 'compareSwap': return atomic(c, name, node, args);
    case 'now': case 'seconds': case 'random': return count(0) ? { kind: name, at, type: name === 'now' ? U64 : U32 } : undefined;
    case 'hash': {
      if (!count(2, Infinity) || !first) return undefined;
      const seed = value(c, first, U32);
      const parts = args.slice(1).map(arg => {
        const e = expr(c, arg);
        return e && (layoutOf(e.type) ? e : report(c, 'IOV2010', arg, { op: name, type: show(e.type), works: 'integers, addresses, bytes and structs' }));
      });
      return seed && parts.every(p => p !== undefined) ? { kind: 'hash', at, type: U32, seed, parts: parts as Expr[] } : undefined;
    }
    case 'log': return log(c, node);
    case 'stage': return report(c, 'IOV4001', node, { what: 'A stage', name: 'x', cause: 'A stage is a program of its own, declared once, as a constant of the module.', cure: 'Move it to the top of the file: `const x = stage(…)`.' });
    case 'to': {
      if (!count(1) || !first) return undefined;
      const port = value(c, first, U16);
      return port && { kind: 'to', at, type: verdict('sent'), port };
    }
    case 'mirror': {
      if (c.shared.kind !== 'module') return report(c, 'IOV5018', node, c.shared.kind === 'xdp' ? { kind: 'XDP', why: 'A frame cannot be copied before the kernel\'s stack.' } : { kind: 'A filter', why: 'It has no ports.' });
      if (!count(1) || !first) return undefined;
      const port = value(c, first, U16);
      return port && { kind: 'mirror', at, type: VOID, port };
    }
    case 'flood':
      if (c.shared.kind === 'xdp') return report(c, 'IOV5004', node, { kind: 'XDP', name: 'flood', why: 'A frame cannot be copied before the kernel\'s stack.', allowed: 'to(), reply(), next(), drop()' });
      return count(0) ? { kind: 'flood', at, type: verdict('sent') } : undefined;
    case 'reply': return count(0) ? { kind: 'reply', at, type: verdict('replied') } : undefined;
    case 'next': return count(0) ? { kind: 'next', at, type: verdict('passed') } : undefined;
    case 'drop': case 'punt': return count(1) && first ? ended(c, name, first) : undefined;
    case 'range': case 'tlvs': return unsupported(c, node, `'${name}' here`, 'It is what a loop goes over.', `Write \`for (const x of ${name}(…))\`.`);
    case 'port': case 'config': case 'shape': return report(c, 'IOV4001', node, { what: `'${name}'`, name: 'x' });
    case 'module': case 'filter': case 'xdp': return unsupported(c, node, `'${name}' here`, 'A file has one program, its default export.', `Write \`export default ${name}(…)\`.`);
    default: return report(c, 'IOV2010', node, { op: '( )', type: `'${name}'`, works: 'functions' });
  }
}

function address(c: Context, node: CallExpression | TaggedTemplateExpression, arg: Expression | undefined, type: Type, read: (text: string) => bigint | undefined, what: string, why: string): Expr | undefined {
  if (arg?.type !== 'Literal' || typeof arg.value !== 'string') return report(c, 'IOV2016', arg ?? node);
  const v = read(arg.value);
  return v === undefined ? report(c, 'IOV2015', arg, { text: arg.value, what, why }) : { kind: 'const', at: placeOf(c, node), type, value: v };
}

/** drop and punt; `c ? 'a' : 'b'` is two sites. */
function ended(c: Context, name: 'drop' | 'punt', node: Expression): Expr | undefined {
  if (node.type === 'ConditionalExpression') {
    const test = condition(c, node.test);
    const then = ended(c, name, node.consequent);
    const otherwise = ended(c, name, node.alternate);
    return test && then && otherwise && { kind: 'select', at: placeOf(c, node), type: verdict('ended'), condition: test, then, else: otherwise };
  }
  if (node.type !== 'Literal' || typeof node.value !== 'string') return report(c, 'IOV2016', node);
  if (!REASON.test(node.value) || node.value.length > MOST_REASON) return report(c, 'IOV5008', node, { text: node.value, most: MOST_REASON });
  return { kind: name, at: placeOf(c, node), type: verdict('ended'), reason: node.value };
}

function atomic(c: Context, name: 'fetchAdd' | 'compareSwap', node: CallExpression | TaggedTemplateExpression, args: readonly Expression[]): Expr | undefined {
  const at = placeOf(c, node);
  if (!takes(c, node, name, args.length, name === 'fetchAdd' ? 3 : 4)) return undefined;
  const [on, which, a, b] = args;
  const object = on && expr(c, on);
  if (!object || !on || !which || !a) return undefined;
  if (object.type.kind !== 'struct') return report(c, 'IOV2004', on, { from: show(object.type), to: 'a struct' });
  if (which.type !== 'Literal' || typeof which.value !== 'string') return report(c, 'IOV2016', which);
  const name2 = which.value;
  const field: StructField | undefined = object.type.class.fields.find(f => f.name === name2);
  if (!field) return report(c, 'IOV2020', which, { name: name2, type: show(object.type) });
  if (field.type.kind !== 'int' || field.type.signed || (field.type.bits !== 32 && field.type.bits !== 64) || field.type.order === 'big') {
    return report(c, 'IOV4010', which, { op: name, type: show(field.type) });
  }
  const left = value(c, a, field.type);
  if (name === 'fetchAdd') return left && { kind: 'fetch-add', at, type: field.type, object, field, by: left };
  const v = b && value(c, b, field.type);
  return left && v && { kind: 'compare-swap', at, type: BOOL, object, field, expected: left, value: v };
}

function log(c: Context, node: CallExpression | TaggedTemplateExpression): Expr | undefined {
  if (node.type !== 'TaggedTemplateExpression') return unsupported(c, node, "'log()'", 'A log line is a template.', 'Write the line in backquotes: log`…`.');
  const values = node.quasi.expressions.map(e => {
    const v = expr(c, e);
    return v && (v.type.kind === 'int' || v.type.kind === 'mac' || v.type.kind === 'bool' ? v : report(c, 'IOV2010', e, { op: 'log', type: show(v.type), works: 'integers and addresses' }));
  });
  if (values.some(v => v === undefined)) return undefined;
  const bytes = values.reduce((sum, v) => { const layout = v && layoutOf(v.type); return sum + (layout ? sizeOf(layout) : 0); }, 0);
  if (bytes > MOST_LOGGED_BYTES) return report(c, 'IOV5019', node, { bytes, most: MOST_LOGGED_BYTES });
  return { kind: 'log', at: placeOf(c, node), type: VOID, texts: node.quasi.quasis.map(q => q.value.cooked ?? q.value.raw), values: values as Expr[] };
}

