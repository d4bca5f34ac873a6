// `object.name`, `object[index]` and calls: by what the object is.

import type { CallExpression, Expression, MemberExpression, Span, TaggedTemplateExpression } from '../1-parse/syntax.ts';
import type { HeaderClass, Member, MemberType } from '../../lang/headers.ts';
import { HEADERS } from '../../lang/headers.ts';
import { objectOf, type Links } from './chains.ts';
import { hint, lookUp, placeOf, report, unsupported, type Context } from './context.ts';
import { constInt } from './convert.ts';
import { expr, meant } from './expressions.ts';
import { callFunction } from './functions.ts';
import { jumpTo } from './stages.ts';
import { intervalOf } from './interval.ts';
import { callLibrary } from './intrinsics.ts';
import { BOOL, MAC, NAMED, optional, show, U16, U32, U8 } from './kinds.ts';
import { mapMethod } from './mapmethods.ts';
import { getter, methodCall, methodNames } from './methods.ts';
import { meaningOf } from './names.ts';
import { packetMethod } from './packets.ts';
import { callTemplate } from './templates.ts';
import type { Expr, MetaField, PacketField, Type } from './tree.ts';
import { viewMethod } from './views.ts';

export function access(c: Context, node: MemberExpression, links: Links): Expr | undefined {
  if (node.property.type === 'PrivateIdentifier') return unsupported(c, node, 'A private name', 'Structs have plain fields.', 'Use a plain name.');
  const known = node.object.type === 'Identifier' && node.object.name !== 'undefined' ? meaningOf(c, node.object.name, node.object) : undefined;
  if (known && known.kind !== 'value' && known.kind !== 'local' && node.object.type === 'Identifier') {
    const name = node.computed ? undefined : node.property.name;
    if (known.kind === 'enum' && name !== undefined) {
      const member = known.members.get(name);
      if (!member) return report(c, 'IOV2013', node.property, { type: node.object.name, name, hint: hint(name, known.members.keys()) });
      return { ...member, at: placeOf(c, node) };
    }
    if (known.kind === 'library' && known.name === 'Mac' && (name === 'zero' || name === 'broadcast')) {
      return { kind: 'const', at: placeOf(c, node), type: MAC, value: name === 'zero' ? 0n : 0xffff_ffff_ffffn };
    }
    return meant(c, known, node.object.name, node.object);
  }
  if (node.object.type === 'Identifier' && node.object.name !== 'undefined' && !known) return undefined;
  const object = objectOf(c, node.object, node.optional, links);
  if (!object) return undefined;
  if (node.computed) return elementOf(c, object, node.property, node);
  return memberOf(c, object, node.property.name, { whole: node, object: node.object, property: node.property });
}

/** A member that is not there: the one that was meant, or all that there are. */
export function noMember(c: Context, node: Span, type: string, name: string, names: readonly string[]): undefined {
  const meant = hint(name, names);
  const all = meant === '' && names.length > 0 && names.length <= MOST_NAMED ? { cure: `It has ${names.join(', ')}.` } : {};
  return report(c, 'IOV2013', node, { type, name, hint: meant, ...all });
}
const MOST_NAMED = 12;

/** Where mistakes about a member are shown. */
interface Where { readonly whole: Span; readonly object: Span; readonly property: Span }

export function memberOf(c: Context, object: Expr, name: string, where: Where): Expr | undefined {
  const at = placeOf(c, where.whole);
  const { type } = object;
  const none = (names: Iterable<string>) => noMember(c, where.property, show(type), name, [...names]);
  switch (type.kind) {
    case 'optional': return report(c, 'IOV2009', where.object, { type: show(type) });
    case 'packet': {
      if (name === 'meta' && type.hook === 'tc') return { ...object, type: { kind: 'meta' } } as Expr;
      const field = PACKET_FIELDS[type.hook][name];
      if (!field) return type.hook === 'xdp' && (name === 'meta' || PACKET_FIELDS.tc[name]) ? report(c, 'IOV3007', where.property, { name }) : none([...Object.keys(PACKET_FIELDS[type.hook]), 'meta']);
      return { kind: 'packet-field', at, type: field, packet: object, name: name as PacketField };
    }
    case 'meta': {
      const field = META_FIELDS[name];
      return field ? { kind: 'meta-field', at, type: field, packet: { ...object, type: { kind: 'packet', hook: 'tc' } } as Expr, name: name as MetaField } : none(Object.keys(META_FIELDS));
    }
    case 'view': {
      if (name === 'offset' || name === 'end') return { kind: name === 'offset' ? 'view-offset' : 'view-end', at, type: U16, view: object };
      const own = getter(c, object, name, where.whole);
      if (own !== 'none') return own;
      const member = memberNamed(type.header, name);
      return member ? { kind: 'member', at, type: memberType(member.type), view: object, header: type.header, member } : none([...type.header.members.map(m => m.name), ...methodNames(c, type)]);
    }
    case 'struct': {
      const own = getter(c, object, name, where.whole);
      if (own !== 'none') return own;
      const field = type.class.fields.find(f => f.name === name);
      return field ? { kind: 'field', at, type: field.type, object, field } : none([...type.class.fields.map(f => f.name), ...methodNames(c, type)]);
    }
    case 'mac':
      if (name === 'isMulticast' || name === 'isBroadcast') return { kind: 'mac-test', at, type: BOOL, mac: object, test: name === 'isMulticast' ? 'multicast' : 'broadcast' };
      return none(['isMulticast', 'isBroadcast']);
    case 'array': case 'bytes': return name === 'length' ? constInt(at, U32, BigInt(type.length)) : none(['length']);
    case 'map':
      if (name === 'length' && (type.map === 'array' || type.map === 'percpu-array')) {
        if (object.kind === 'map') return constInt(at, U32, BigInt(object.symbol.capacity));
        return type.length === undefined ? { kind: 'map-length', at, type: U32, map: object } : constInt(at, U32, BigInt(type.length));
      }
      return none(['get', 'set', 'delete']);
    case 'tlv':
      return name === 'type' || name === 'length' ? { kind: 'tlv-field', at, type: U8, tlv: object, name } : none(['type', 'length', 'u8', 'be16', 'be32']);
    default: return none([]);
  }
}

const PACKET_FIELDS: Readonly<Record<'tc' | 'xdp', Readonly<Record<string, Type>>>> = {
  tc: { length: U32, port: U16, gsoSize: U16, vlan: optional(U16) },
  xdp: { length: U32, port: U16, queue: U32 },
};
const META_FIELDS: Readonly<Record<string, Type>> = {
  domain: U32, sourceEndpoint: U32, sourceGroup: U32, hops: U8, tunnelKey: U32, conntrack: U8,
};

export function memberNamed(header: HeaderClass, name: string): Member | undefined {
  return header.members.find(m => m.name === name);
}

export function memberType(type: MemberType): Type {
  if (typeof type === 'string') return type === 'tlvs' ? { kind: 'tlvs' } : type === 'boolean' ? BOOL : NAMED[type] ?? U32;
  if ('bytes' in type) return { kind: 'bytes', length: type.bytes };
  const header = HEADERS.get(type.header);
  return header ? optional({ kind: 'view', header }) : U32;
}

/** A constant index gives the element of a tuple; another one, and any of bytes, `T | undefined`. */
function elementOf(c: Context, object: Expr, indexNode: Expression, node: MemberExpression): Expr | undefined {
  const index = expr(c, indexNode, U32);
  if (!index) return undefined;
  const { type } = object;
  if (type.kind === 'optional') return report(c, 'IOV2009', node.object, { type: show(type) });
  if (type.kind !== 'array' && type.kind !== 'bytes') return report(c, 'IOV2010', node, { op: '[ ]', type: show(type), works: 'tuples and bytes', ...(type.kind === 'struct' && { cure: 'Name the field, `x.field`.' }), ...(type.kind === 'map' && { cure: 'Write `x.get(…)`.' }) });
  if (index.type.kind !== 'int' || index.type.bits > 32) return report(c, 'IOV2004', indexNode, { from: show(index.type), to: 'u32' });
  const element = type.kind === 'array' ? type.element : U8;
  const range = intervalOf(c.shared, c.facts, index);
  if (index.kind === 'const' && (range.low < 0n || range.low >= BigInt(type.length))) {
    return report(c, 'IOV2024', indexNode, { index: range.low, length: type.length, last: type.length - 1 });
  }
  const known = range.low >= 0n && range.high < BigInt(type.length);
  const at = placeOf(c, node);
  const e: Expr = { kind: 'element', at, type: known ? element : optional(element), object, index };
  // TypeScript sees `T | undefined` wherever the index is no constant, and of bytes always.
  return known && (index.kind !== 'const' || type.kind === 'bytes') ? { kind: 'wrap', at, type: optional(element), value: e } : e;
}

export function callOf(c: Context, node: CallExpression | TaggedTemplateExpression, links: Links, want?: Type): Expr | undefined {
  if (node.type === 'TaggedTemplateExpression') {
    const tag = node.tag.type === 'Identifier' ? meaningOf(c, node.tag.name, node.tag) : undefined;
    return tag?.kind === 'library' && tag.name === 'log' ? callLibrary(c, 'log', node, [], want) : report(c, 'IOV1011', node);
  }
  const args: Expression[] = [];
  for (const argument of node.arguments) {
    if (argument.type === 'SpreadElement') return unsupported(c, argument, "'…' in a call", 'A call gives each argument.', 'Write them out.');
    args.push(argument);
  }
  const { callee } = node;
  if (node.optional) return unsupported(c, node, "'?.()'", 'Functions are always there.', 'Call it plainly.');
  if (callee.type === 'Identifier') {
    const meaning = meaningOf(c, callee.name, callee);
    switch (meaning?.kind) {
      case undefined: case 'broken': return undefined;
      case 'unfinished': return report(c, 'IOV5007', callee, { name: callee.name, path: `${callee.name} → ${callee.name}` });
      case 'library': return callLibrary(c, meaning.name, node, args, want);
      case 'function': return callFunction(c, meaning.function, args, node);
      case 'stage': return jumpTo(c, meaning.stage, args, node);
      case 'template': return callTemplate(c, meaning.template, args, node);
      default: return report(c, 'IOV2010', callee, { op: '( )', type: `'${callee.name}'`, works: 'functions' });
    }
  }
  if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier') {
    return unsupported(c, callee, 'This call', 'Functions are called by their names.', 'Name the function.');
  }
  const name = callee.property.name;
  const object = objectOf(c, callee.object, callee.optional, links);
  if (!object) return undefined;
  const own = methodCall(c, object, name, args, node);
  if (own !== 'none') return own;
  switch (object.type.kind) {
    case 'optional': return report(c, 'IOV2009', callee.object, { type: show(object.type) });
    case 'packet': return packetMethod(c, object, name, args, node, callee);
    case 'view': return viewMethod(c, object, object.type.header, name, args, node, callee);
    case 'map': return mapMethod(c, object, object.type, name, args, node, callee);
    case 'tlv': return tlvMethod(c, object, name, args, node, callee);
    default: {
      const hides = callee.object.type === 'Identifier' && c.file.names.has(callee.object.name) && lookUp(c.scope, callee.object.name) ? callee.object.name : undefined;
      if (hides !== undefined) return report(c, 'IOV2013', callee.property, { type: show(object.type), name, cause: `'${hides}' is of this function here, and hides the one at the top of the file.`, cure: 'Rename one of the two.' });
      return noMember(c, callee.property, show(object.type), name, methodNames(c, object.type));
    }
  }
}

function tlvMethod(c: Context, tlv: Expr, name: string, args: readonly Expression[], node: CallExpression, callee: MemberExpression): Expr | undefined {
  const bits = name === 'u8' ? 8 : name === 'be16' ? 16 : name === 'be32' ? 32 : undefined;
  if (!bits) return report(c, 'IOV2013', callee.property, { type: 'Tlv', name, hint: hint(name, ['u8', 'be16', 'be32']) });
  const given = args[0];
  const offset = given ? expr(c, given, U32) : constInt(placeOf(c, node), U32, 0n);
  return offset && { kind: 'tlv-read', at: placeOf(c, node), type: bits === 8 ? U8 : bits === 16 ? U16 : U32, tlv, bits, offset };
}

/** The right number of arguments; else reported. */
export function takes(c: Context, node: { readonly start: number; readonly end: number }, name: string, given: number, least: number, most = least): boolean {
  if (given >= least && given <= most) return true;
  const count = least === most ? `${least} argument${least === 1 ? '' : 's'}` : most === Infinity ? `${least} arguments or more` : `${least} to ${most} arguments`;
  report(c, 'IOV2014', node, { name, takes: count, given, ...((name === 'drop' || name === 'punt') && { cause: 'Whoever asks why a packet is gone is told the reason.', cure: `Write \`${name}('no-such-port')\`.` }) });
  return false;
}
