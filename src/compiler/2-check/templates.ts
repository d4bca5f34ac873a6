// Functions that are made anew for what they are called with: generic ones once for each list of types, those that take functions
// for each call, for lowering inlines them with the closure that was handed over. Closures so passed never escape.

import type { CallExpression, Expression, TSFunctionType, TSType } from '../1-parse/syntax.ts';
import { typeOf } from './annotate.ts';
import { lookUp, report, unsupported, type Context, type Meaning, type Scope, type Template } from './context.ts';
import { commonType, convert } from './convert.ts';
import { topMeaning, type FunctionNode } from './declare.ts';
import { expr } from './expressions.ts';
import { NOTHING } from './facts.ts';
import { called, closureOf, defaultOf, instanceOf, isGiven, leastArguments } from './functions.ts';
import { sameType, show } from './kinds.ts';
import { meaningOf } from './names.ts';
import type { Expr, Func, Type } from './tree.ts';
import { takes } from './access.ts';

/** Made of all templates of a module. */
const MOST_INSTANCES = 1000;
/** Functions that take functions, in each other. */
const MOST_NESTING = 8;

export function isTemplate(c: Context, node: FunctionNode): boolean {
  return Boolean(node.typeParameters) || node.params.some(param => param.type === 'Identifier' && param.typeAnnotation && functionTypeOf(c, param.typeAnnotation.typeAnnotation));
}

/** The type of a function, also where an alias names it. */
export function functionTypeOf(c: Context, node: TSType): { readonly node: TSFunctionType; readonly context: Context } | undefined {
  if (node.type === 'TSFunctionType') return { node, context: c };
  if (node.type === 'TSParenthesizedType') return functionTypeOf(c, node.typeAnnotation);
  if (node.type !== 'TSTypeReference' || node.typeName.type !== 'Identifier') return undefined;
  const top = c.file.names.get(node.typeName.name);
  if (lookUp(c.scope, node.typeName.name) || (top?.kind !== 'alias' && top?.kind !== 'import')) return undefined;
  const meaning = topMeaning(c.shared, c.file, node.typeName.name, { context: c, node });
  return meaning?.kind === 'function-type' ? meaning : undefined;
}

export function callTemplate(c: Context, { node: fn, name, context, closure }: Template, args: readonly Expression[], node: CallExpression): Expr | undefined {
  const { shared } = c;
  if (!takes(c, node, name, args.length, leastArguments(fn), fn.params.length)) return undefined;
  const open = new Set(fn.typeParameters?.params.map(p => p.name.name) ?? []);
  const names = new Map<string, Meaning>();
  const scope: Scope = { names, parent: context.scope };
  const inside: Context = { shared, file: context.file, scope, facts: NOTHING, body: closure ? context.body : c.body };
  const bind = (name: string, type: Type): void => { names.set(name, { kind: 'alias', type }); };
  const bound = (name: string): Type | undefined => { const m = names.get(name); return m?.kind === 'alias' ? m.type : undefined; };
  for (const [i, given] of (node.typeArguments?.params ?? []).entries()) {
    const parameter = fn.typeParameters?.params[i];
    const type = typeOf(c, given);
    if (!parameter || !type) return parameter ? undefined : report(c, 'IOV2014', given, { name, takes: `${open.size} types`, given: node.typeArguments?.params.length ?? 0 });
    bind(parameter.name.name, type);
  }

  // Values first: they tell the types that functions are of.
  const values = new Map<number, Expr>();
  let whole = true;
  for (const [i, param] of fn.params.entries()) {
    const written = annotationOf(param);
    if (!written || functionTypeOf(inside, written)) continue;
    const arg = args[i];
    if (!arg) continue;
    const unknown = namesIn(written).some(n => open.has(n) && !bound(n));
    const want = unknown ? undefined : typeOf(inside, written);
    const e = expr(c, arg, want);
    if (!e) { whole = false; continue; }
    values.set(i, e);
    unify(written, e.type, open, bind, bound);
  }
  if (!whole) return undefined;

  const functions = new Map<string, Func>();
  for (const [i, param] of fn.params.entries()) {
    const written = annotationOf(param);
    const wanted = written && functionTypeOf(inside, written);
    const arg = args[i];
    if (!wanted || param.type !== 'Identifier' || !arg) continue;
    const func = functionArgument(c, { ...inside, scope: wanted.context === inside ? scope : { names, parent: wanted.context.scope }, file: wanted.context.file }, wanted.node, arg, param.name, (type, t) => unify(type, t, open, bind, bound), open, bound);
    if (!func) return undefined;
    functions.set(param.name, func);
  }

  for (const parameter of fn.typeParameters?.params ?? []) {
    const type = bound(parameter.name.name) ?? (parameter.default ? typeOf(inside, parameter.default) : undefined);
    if (!type) return report(c, 'IOV2032', node, { type: parameter.name.name, name });
    bind(parameter.name.name, type);
    if (parameter.constraint && !fits(inside, type, parameter.constraint)) {
      return report(c, 'IOV2004', node, { from: show(type), to: `what '${parameter.name.name}' of '${name}' extends` });
    }
  }

  const given: Expr[] = [];
  for (const [i, param] of fn.params.entries()) {
    const written = annotationOf(param);
    if (written && functionTypeOf(inside, written)) continue;
    const type = written && typeOf(inside, written);
    const e = values.get(i);
    if (!e) { values.delete(i); continue; }
    const wanted = type && param.type === 'Identifier' && param.optional ? { kind: 'optional', of: type.kind === 'optional' ? type.of : type } as const : type;
    const made = wanted && convert(c, e, wanted, args[i] ?? node);
    if (!made) return undefined;
    given.push(made);
  }

  const key = [...open].map(n => { const t = bound(n); return t ? keyOfType(c, t) : ''; }).join(', ');
  if (++shared.instanceCount > MOST_INSTANCES || shared.making.length >= MOST_NESTING) return report(c, 'IOV6003', node, { what: `calls of functions made for their arguments`, most: shared.making.length >= MOST_NESTING ? `${MOST_NESTING} in each other` : MOST_INSTANCES });
  const func = instanceOf({ ...inside, body: functions.size > 0 ? c.body : closure ? context.body : undefined }, fn, name, { key, functions, closure, asker: c, at: node });
  if (!func) return undefined;
  for (let i = given.length; i < func.params.length; i++) {
    const e = defaultOf(c, func, i, node);
    if (!e) return undefined;
    given.push(e);
  }
  return called(c, func, given, node);
}

function annotationOf(param: FunctionNode['params'][number]): TSType | undefined {
  const of = param.type === 'AssignmentPattern' ? param.left : param;
  return of.type === 'Identifier' ? of.typeAnnotation?.typeAnnotation : undefined;
}

/** Names in a type, for whether type parameters are among them. */
function namesIn(node: TSType): string[] {
  const names: string[] = [];
  const todo: unknown[] = [node];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (next === null || typeof next !== 'object') continue;
    if ('type' in next && next.type === 'Identifier' && 'name' in next) names.push(String(next.name));
    for (const child of Object.values(next) as unknown[]) if (child !== undefined) todo.push(child);
  }
  return names;
}

/** Learns type parameters from a type that stands where `written` is asked for. What does not match is found when it is converted. */
function unify(written: TSType, type: Type, open: ReadonlySet<string>, bind: (name: string, type: Type) => void, bound: (name: string) => Type | undefined): void {
  const go = (w: TSType, t: Type): void => {
    switch (w.type) {
      case 'TSParenthesizedType': go(w.typeAnnotation, t); return;
      case 'TSUnionType': {
        const rest = w.types.filter(x => x.type !== 'TSUndefinedKeyword');
        const only = rest[0];
        if (only && rest.length === 1 && t.kind !== 'undefined') go(only, t.kind === 'optional' ? t.of : t);
        return;
      }
      case 'TSTupleType':
        if (t.kind === 'array') for (const element of w.elementTypes) go(element as TSType, t.element);
        return;
      case 'TSTypeReference': {
        if (w.typeName.type !== 'Identifier') return;
        const { name } = w.typeName;
        if (open.has(name)) {
          const old = bound(name);
          const next = old ? commonType(old, t) : t;
          if (next && next.kind !== 'void') bind(name, next);
          return;
        }
        const params = w.typeArguments?.params ?? [];
        if (t.kind !== 'map') return;
        const [first, second] = params;
        if (params.length === 2 && first && second) { go(first, t.key); go(second, t.value); } else if (first) go(first, t.value);
        return;
      }
      default: return;
    }
  };
  go(written, type);
}

/** Whether a type is one that the constraint of a type parameter allows. */
function fits(c: Context, type: Type, constraint: TSType): boolean {
  switch (constraint.type) {
    case 'TSNumberKeyword': return type.kind === 'int' && type.bits <= 32;
    case 'TSBigIntKeyword': return type.kind === 'int' && type.bits > 32;
    case 'TSObjectKeyword': return type.kind === 'struct' || type.kind === 'view';
    case 'TSParenthesizedType': return fits(c, type, constraint.typeAnnotation);
    case 'TSUnionType': return constraint.types.some(t => fits(c, type, t));
    case 'TSTypeLiteral': return constraint.members.every(member => {
      if (member.type !== 'TSPropertySignature' || member.key.type !== 'Identifier' || !member.typeAnnotation) return false;
      const { name } = member.key;
      const wanted = typeOf(c, member.typeAnnotation.typeAnnotation);
      const field = type.kind === 'struct' ? type.class.fields.find(f => f.name === name) : undefined;
      return field !== undefined && wanted !== undefined && sameType(field.type, wanted);
    });
    default: {
      if (constraint.type === 'TSTypeReference' && constraint.typeName.type === 'Identifier' && constraint.typeName.name === 'Header' && c.file.names.get('Header')?.kind === 'import') return type.kind === 'view';
      const wanted = typeOf(c, constraint);
      if (!wanted) return false;
      if (wanted.kind === 'int' && type.kind === 'int') return wanted.bits > 32 === type.bits > 32 && type.bits <= wanted.bits && type.signed === wanted.signed;
      if (wanted.kind === 'view' && type.kind === 'view') return type.header === wanted.header || type.header.parents.includes(wanted.header.name);
      return sameType(type, wanted);
    }
  }
}

/** A closure or a function's name where a function is asked for. */
function functionArgument(
  c: Context, inside: Context, wanted: TSFunctionType, arg: Expression, name: string,
  learn: (written: TSType, type: Type) => void, open: ReadonlySet<string>, bound: (name: string) => Type | undefined,
): Func | undefined {
  const params: Type[] = [];
  for (const param of wanted.params) {
    const written = annotationOf(param);
    if (!written || functionTypeOf(inside, written)) return unsupported(c, arg, 'A function of functions of functions', 'A function that is handed over takes values.', 'Hand over what it needs as values.');
    if (namesIn(written).some(n => open.has(n) && !bound(n))) return report(c, 'IOV2032', arg, { type: namesIn(written).find(n => open.has(n) && !bound(n)) ?? '', name });
    const type = typeOf(inside, written);
    if (!type) return undefined;
    params.push(type);
  }
  const written = wanted.returnType.typeAnnotation;
  const unknown = namesIn(written).some(n => open.has(n) && !bound(n));
  const result = unknown ? undefined : typeOf(inside, written);
  if (!unknown && !result) return undefined;

  let func: Func | undefined;
  if (arg.type === 'ArrowFunctionExpression' || arg.type === 'FunctionExpression') {
    if (isTemplate(c, arg)) return unsupported(c, arg, 'A generic function as an argument', 'A function that is handed over has definite types.', 'Leave out the type parameters.');
    func = closureOf(c, arg, name, { params, ...(result && { result }) });
  } else {
    const meaning = arg.type === 'Identifier' ? meaningOf(c, arg.name, arg) : undefined;
    if (arg.type === 'Identifier' && (!meaning || meaning.kind === 'broken')) return undefined;
    if (meaning?.kind !== 'function') return report(c, 'IOV2004', arg, { from: meaning?.kind === 'template' ? 'A generic function' : 'This', to: 'a function' });
    func = meaning.function;
    if (func.params.length !== params.length || func.params.some((p, i) => { const t = params[i]; return !t || !sameType(p.type, t); })) {
      return report(c, 'IOV2004', arg, { from: `A function of (${func.params.map(p => show(p.type)).join(', ')})`, to: `one of (${params.map(show).join(', ')})` });
    }
    if (result && !isGiven(func.result, result)) return report(c, 'IOV2004', arg, { from: `A function that gives ${show(func.result)}`, to: `one that gives ${show(result)}` });
  }
  if (func && unknown) learn(written, func.result);
  return func;
}

function keyOfType(c: Context, type: Type): string {
  const named = (of: object, name: string): string => {
    const known = c.shared.classKeys.get(of) ?? `${name}#${++c.shared.lastKey}`;
    c.shared.classKeys.set(of, known);
    return known;
  };
  switch (type.kind) {
    case 'int': return `${type.signed ? 'i' : 'u'}${type.bits}`;
    case 'struct': return named(type.class, type.class.name);
    case 'view': return named(type.header, type.header.name);
    case 'optional': return `${keyOfType(c, type.of)}?`;
    case 'array': return `[${type.length} ${keyOfType(c, type.element)}]`;
    case 'bytes': return `bytes ${type.length}`;
    case 'map': return `${type.map} ${keyOfType(c, type.key)} ${keyOfType(c, type.value)} ${type.length ?? ''}`;
    case 'verdict': return `verdict ${[...type.ways].sort().join(' ')}`;
    case 'packet': return `packet ${type.hook}`;
    default: return type.kind;
  }
}
