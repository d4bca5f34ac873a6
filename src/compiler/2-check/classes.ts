// Classes: structs, laid out like C, and headers of the author's own, without padding.

import type { Class, PropertyDefinition } from '../1-parse/syntax.ts';
import type { HeaderClass, MemberType, Stored } from '../../lang/headers.ts';
import { typeOf } from './annotate.ts';
import { report, unsupported, type Context, type Meaning } from './context.ts';
import { constant } from './constants.ts';
import { show } from './kinds.ts';
import { layoutOf, structClass } from './layout.ts';
import { declareMethods } from './methods.ts';
import { meaningOf } from './names.ts';
import type { Expr, Type } from './tree.ts';

const MOST_STRUCT_BYTES = 65_536;

interface ClassField { readonly name: string; readonly type: Type; readonly initial: Expr; readonly node: PropertyDefinition }

export function classMeaning(c: Context, node: Class, name: string): Meaning | undefined {
  const special = node.typeParameters ? 'A generic class' : node.decorators.length > 0 ? 'A decorator' : node.abstract ? 'An abstract class' : undefined;
  if (special !== undefined) return unsupported(c, node, special, 'Classes say how bytes lie in memory: fields with types and initial values.', 'Write a plain class.');
  if (!node.superClass) return structMeaning(c, node, name);
  const parent = node.superClass.type === 'Identifier' ? meaningOf(c, node.superClass.name, node.superClass) : undefined;
  if (parent?.kind !== 'library' || parent.name !== 'Header') {
    return unsupported(c, node.superClass, 'Extending this class', 'Only Header is extended; structs hold structs instead.', 'Make it a field.');
  }
  const fields = fieldsOf(c, node);
  const header = fields && headerOf(c, name, fields);
  if (header) declareMethods(c, node, name, header, { kind: 'view', header });
  return header && { kind: 'header', header };
}

export function structMeaning(c: Context, node: Class, name: string): Meaning & { readonly kind: 'struct' } | undefined {
  const fields = fieldsOf(c, node);
  if (!fields) return undefined;
  for (const field of fields) {
    if (!layoutOf(field.type)) return report(c, 'IOV4003', field.node, { type: show(field.type) });
  }
  const made = structClass(name, fields);
  if (!made) return undefined;
  if (made.layout.bytes > MOST_STRUCT_BYTES) return report(c, 'IOV4011', node, { type: name, bytes: made.layout.bytes, most: MOST_STRUCT_BYTES });
  declareMethods(c, node, name, made, { kind: 'struct', class: made });
  return { kind: 'struct', class: made, initial: fields.map(f => f.initial) };
}

function fieldsOf(c: Context, node: Class): ClassField[] | undefined {
  const fields: ClassField[] = [];
  let whole = true;
  for (const element of node.body.body) {
    if (isMethod(element)) continue;
    if (element.type !== 'PropertyDefinition' || element.static || element.computed || element.key.type !== 'Identifier') {
      const what = 'static' in element && element.static ? 'A static member' : element.type !== 'MethodDefinition' ? 'This member of a class' : element.kind === 'set' ? 'A setter' : 'A constructor';
      unsupported(c, element, what, 'A class says how bytes lie in memory: it has fields, methods and getters.', element.type === 'MethodDefinition' && element.kind === 'constructor' ? 'Give the fields initial values.' : 'Write a function beside the class.');
      whole = false;
      continue;
    }
    const name = element.key.name;
    if (fields.some(f => f.name === name)) { report(c, 'IOV2002', element, { name }); whole = false; continue; }
    if (!element.typeAnnotation || !element.value) {
      report(c, 'IOV2021', element, { name, what: element.typeAnnotation ? 'an initial value' : 'a type' });
      whole = false;
      continue;
    }
    const type = typeOf(c, element.typeAnnotation.typeAnnotation);
    if (type && !layoutOf(type)) { report(c, 'IOV4003', element.typeAnnotation.typeAnnotation, { type: show(type) }); whole = false; continue; }
    const initial = type && constant(c, element.value, type);
    if (type && initial) fields.push({ name, type, initial, node: element }); else whole = false;
  }
  if (fields.length === 0 && whole) return report(c, 'IOV2021', node, { name: '…', what: 'to be there: the class has none' });
  return whole ? fields : undefined;
}

function isMethod(element: Class['body']['body'][number]): boolean {
  return element.type === 'MethodDefinition' && !element.static && !element.computed && element.key.type === 'Identifier' && (element.kind === 'method' || element.kind === 'get');
}

function headerOf(c: Context, name: string, fields: readonly ClassField[]): HeaderClass | undefined {
  const members: Stored[] = [];
  let offset = 0;
  for (const field of fields) {
    const { type, initial } = field;
    const value = initial.kind === 'const' ? BigInt(initial.value) : 0n;
    let bits: number;
    let member: MemberType;
    switch (type.kind) {
      case 'int': bits = type.bits; member = type.text === 'ip4' ? 'Ip4' : type.text === 'ip6' ? 'Ip6' : `${type.signed ? 'i' : 'u'}${type.bits}` as MemberType; break;
      case 'bool': bits = 8; member = 'boolean'; break;
      case 'mac': bits = 48; member = 'Mac'; break;
      case 'bytes': bits = type.length * 8; member = { bytes: type.length }; break;
      default: return report(c, 'IOV4003', field.node, { type: show(type) });
    }
    const order = type.kind === 'int' ? type.order : 'big';
    members.push({ kind: 'stored', name: field.name, type: member, offset, unitBits: bits, shift: 0, bits, order, access: 'assign', initial: value });
    offset += bits / 8;
  }
  return { name, bytes: offset, variable: false, kinds: [], parents: [], members, payload: { by: 'any' } };
}
