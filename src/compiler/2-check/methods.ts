// Methods and getters of the author's own classes: functions whose first parameter is `this`.

import type { CallExpression, Class, Expression, Function as FunctionSyntax, Span } from '../1-parse/syntax.ts';
import { report, unsupported, type Context, type Method } from './context.ts';
import { called, callFunction, functionOf } from './functions.ts';
import { isTemplate } from './templates.ts';
import type { Expr, Type } from './tree.ts';

/** Keeps what a class declares beside its fields; bodies are checked when all classes are known. `of`: the class, `self`: the type of `this`. */
export function declareMethods(c: Context, node: Class, name: string, of: object, self: Type): void {
  const methods = new Map<string, Method>();
  for (const element of node.body.body) {
    if (element.type !== 'MethodDefinition' || element.static || element.computed || element.key.type !== 'Identifier') continue;
    const { kind, value: syntax, key } = element;
    if (kind === 'constructor' || kind === 'set') continue;
    if (methods.has(key.name)) { report(c, 'IOV2002', element, { name: key.name }); continue; }
    if (isTemplate(c, syntax)) { unsupported(c, element, 'A method that is generic or takes a function', 'Methods have definite types.', 'Write a function beside the class.'); continue; }
    const made = () => functionOf(c, syntax, `${name}.${key.name}`, undefined, self);
    methods.set(key.name, { kind, node: syntax, function: made });
    c.shared.methodNodes.set(key.name, [...c.shared.methodNodes.get(key.name) ?? [], { node: syntax, file: c.file }]);
    c.shared.pending.push(() => { c.shared.silent = 0; made(); });
  }
  if (methods.size > 0) c.shared.methods.set(of, methods);
}

function methodOf(c: Context, type: Type, name: string): Method | undefined {
  const of = type.kind === 'struct' ? type.class : type.kind === 'view' ? type.header : undefined;
  return of && c.shared.methods.get(of)?.get(name);
}

/** Names of the methods and getters of a class. */
export function methodNames(c: Context, type: Type): string[] {
  const of = type.kind === 'struct' ? type.class : type.kind === 'view' ? type.header : undefined;
  return of ? [...c.shared.methods.get(of)?.keys() ?? []] : [];
}

/** `object.name` where that is a getter; `none` where it is not. */
export function getter(c: Context, object: Expr, name: string, whole: Span): Expr | undefined | 'none' {
  const method = methodOf(c, object.type, name);
  if (!method) return 'none';
  if (method.kind === 'method') return report(c, 'IOV5011', whole);
  const func = functionFor(c, method, name, whole);
  return func && called(c, func, [object], whole);
}

/** `object.name(…)`; `none` where there is no such method. */
export function methodCall(c: Context, object: Expr, name: string, args: readonly Expression[], node: CallExpression): Expr | undefined | 'none' {
  const method = methodOf(c, object.type, name);
  if (!method) return 'none';
  if (method.kind === 'get') return report(c, 'IOV2010', node, { op: '( )', type: `the getter '${name}'`, works: 'functions' });
  const func = functionFor(c, method, name, node);
  return func && callFunction(c, func, args, node, object);
}

const open = new WeakSet<FunctionSyntax>();

function functionFor(c: Context, method: Method, name: string, node: Span): ReturnType<Method['function']> {
  if (open.has(method.node)) return report(c, 'IOV5012', node, { why: `'${name}' is needed to find the type of its own result.` });
  open.add(method.node);
  const { silent } = c.shared;
  c.shared.silent = 0;
  const func = method.function();
  c.shared.silent = silent;
  open.delete(method.node);
  return func;
}
