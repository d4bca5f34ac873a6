// Functions: signatures when they are named, bodies later (so that a long chain of calls is no deep recursion here), calls.

import type { CallExpression, Expression, FunctionBody, ParamPattern, Span } from '../1-parse/syntax.ts';
import { typeOf } from './annotate.ts';
import { takes } from './access.ts';
import { keyOf, placeOf, report, unsupported, type Body, type Context, type Default, type Meaning } from './context.ts';
import { common } from './convert.ts';
import type { FunctionNode } from './declare.ts';
import { effectsOf } from './effects.ts';
import { expr, value } from './expressions.ts';
import { NOTHING, type Facts } from './facts.ts';
import { optional, sameType, show, VOID } from './kinds.ts';
import { capturedBy, fixedOnly, forgetMembers, forgetMutable, staleAll } from './known.ts';
import { statements } from './statements.ts';
import { functionTypeOf } from './templates.ts';
import type { Expr, Func, Local, Statement, Type } from './tree.ts';

const MOST_PARAMETERS = 16;
/** Functions in functions. */
const MOST_NESTING = 8;

/** Types that the place of a function tells. */
interface Given { readonly params: readonly Type[]; readonly result?: Type }

/** A function at the top of a file; with `self`, a method or getter. */
export function functionOf(c: Context, node: FunctionNode, name: string, given?: Given, self?: Type): Func | undefined {
  const known = c.shared.functions.get(node);
  if (known) return known;
  const made = signature(c, node, name, false, given, self);
  if (!made) return undefined;
  const { func, result } = made;
  c.shared.functions.set(node, func);
  if (result) c.shared.pending.push(() => { c.shared.silent = 0; checkBody(c, node, func, result, NOTHING); });
  else if (!infer(c, node, func, NOTHING)) return undefined;
  return func;
}

/** A function made in another: it sees the locals around it, and is checked where it stands. */
export function closureOf(c: Context, node: FunctionNode, name: string, given?: Given): Func | undefined {
  let depth = 0;
  for (let body = c.body; body; body = body.outer) depth++;
  if (depth >= MOST_NESTING) return report(c, 'IOV1003', node, { most: MOST_NESTING });
  const made = signature(c, node, name, true, given);
  if (!made) return undefined;
  const facts = c.facts ? fixedOnly(c.shared, c.facts) : NOTHING;
  if (made.result) checkBody(c, node, made.func, made.result, facts);
  else if (!infer(c, node, made.func, facts)) return undefined;
  return made.func;
}

interface Made {
  readonly key: string;
  /** What stands for the parameters that are functions. */
  readonly functions: ReadonlyMap<string, Func>;
  readonly closure: boolean;
  readonly asker: Context;
  readonly at: CallExpression;
}

/** A function made of a template. `c`: its place, with its type parameters in scope. */
export function instanceOf(c: Context, node: FunctionNode, name: string, { key, functions, closure, asker, at }: Made): Func | undefined {
  const { shared } = c;
  if (functions.size > 0 || closure) {
    if (shared.making.includes(node)) return report(asker, 'IOV5007', at, { name, path: `${name} → ${name}` });
    shared.making.push(node);
    for (const [param, func] of functions) c.scope.names.set(param, { kind: 'function', function: func });
    const made = signature(c, node, name, true);
    const facts = closure && asker.facts ? fixedOnly(shared, asker.facts) : NOTHING;
    let whole = made !== undefined;
    if (made?.result) checkBody(c, node, made.func, made.result, facts);
    else if (made) whole = infer(c, node, made.func, facts);
    shared.making.pop();
    return whole ? made?.func : undefined;
  }
  const all = shared.instances.get(node) ?? new Map<string, Func | 'open' | 'broken'>();
  shared.instances.set(node, all);
  const known = all.get(key);
  if (known === 'open') return report(asker, 'IOV5012', at, { why: `'${name}' is needed to find the type of its own result.` });
  if (known !== undefined) return known === 'broken' ? undefined : known;
  all.set(key, 'open');
  const made = signature(c, node, name, false);
  if (made?.result) {
    const { func, result } = made;
    shared.pending.push(() => { shared.silent = 0; checkBody(c, node, func, result, NOTHING); });
  }
  const { silent } = shared;
  shared.silent = 0;
  const whole = made && (made.result || infer(c, node, made.func, NOTHING));
  shared.silent = silent;
  all.set(key, whole ? made.func : 'broken');
  return whole ? made.func : undefined;
}

/** Arguments that a call cannot leave out. */
export function leastArguments(node: FunctionNode): number {
  return node.params.findLastIndex(p => p.type === 'Identifier' && !p.optional) + 1;
}

function signature(c: Context, node: FunctionNode, name: string, closure: boolean, given?: Given, self?: Type): { func: Func; result: Type | undefined } | undefined {
  if (node.async || node.generator) return unsupported(c, node, node.async ? "'async'" : "'function*'", 'A program runs from its packet to its verdict without a pause.', 'Write a plain function.');
  if (!node.body) return unsupported(c, node, 'A function without a body', 'Everything that a module calls is in its files.', 'Give it a body.');
  if (node.params.length > MOST_PARAMETERS) return report(c, 'IOV2014', node, { name, takes: `at most ${MOST_PARAMETERS} parameters`, given: node.params.length });
  if (given && node.params.length > given.params.length) return report(c, 'IOV2014', node, { name, takes: `${given.params.length} parameter${given.params.length === 1 ? '' : 's'}`, given: node.params.length, cause: 'Whoever calls it gives no more.', cure: 'Remove the others.' });
  const params: Local[] = self ? [{ kind: 'local', name: 'this', type: self, mutable: false, at: placeOf(c, node) }] : [];
  const defaults: (Default | undefined)[] = self ? [undefined] : [];
  let whole = true;
  for (const [i, param] of node.params.entries()) {
    if (isFunctionParameter(c, param)) continue;
    const local = parameter(c, param, given?.params[i]);
    if (!local) { whole = false; continue; }
    const standIn = defaultFor(c, param, local, params);
    if (standIn === 'broken') whole = false; else defaults.push(standIn);
    if (params.some(p => p.name === local.name)) { report(c, 'IOV2002', param, { name: local.name }); whole = false; }
    params.push(local);
  }
  for (const [i, type] of given?.params.slice(params.length).entries() ?? []) params.push({ kind: 'local', name: `unused${i}`, type, mutable: false, at: placeOf(c, node) });
  const annotated = node.returnType ? typeOf(c, node.returnType.typeAnnotation) : given?.result;
  if (node.returnType && !annotated) whole = false;
  if (!whole) return undefined;
  const at = placeOf(c, node);
  const func: Func = { kind: 'function', name, params, result: annotated ?? VOID, body: { kind: 'block', at, statements: [] }, closure, at };
  c.shared.origins.set(func, { node, file: c.file });
  if (defaults.some(d => d !== undefined)) c.shared.defaults.set(func, defaults);
  return { func, result: annotated };
}

function isFunctionParameter(c: Context, param: ParamPattern): boolean {
  return param.type === 'Identifier' && Boolean(param.typeAnnotation && functionTypeOf(c, param.typeAnnotation.typeAnnotation));
}

/** What stands for the parameter where a call does not give it. */
function defaultFor(c: Context, param: ParamPattern, local: Local, before: readonly Local[]): Default | 'broken' | undefined {
  if (param.type === 'Identifier') return param.optional ? { context: c } : undefined;
  if (param.type !== 'AssignmentPattern') return undefined;
  const names = new Map<string, Meaning>(before.map(p => [p.name, { kind: 'local', local: p }]));
  const context: Context = { shared: c.shared, file: c.file, scope: { names, parent: c.scope }, facts: NOTHING, body: c.body };
  return value(context, param.right, local.type) ? { node: param.right, context } : 'broken';
}

/** The argument that is not given, as its default. */
export function defaultOf(c: Context, func: Func, index: number, node: CallExpression): Expr | undefined {
  const param = func.params[index];
  const standIn = c.shared.defaults.get(func)?.[index];
  if (!param || !standIn) return undefined;
  if (standIn.node) return value({ ...standIn.context, body: c.body }, standIn.node, param.type);
  return { kind: 'undefined', at: placeOf(c, node), type: param.type };
}

function parameter(c: Context, param: ParamPattern, given: Type | undefined): Local | undefined {
  const named = param.type === 'AssignmentPattern' ? param.left : param;
  if (named.type !== 'Identifier') return unsupported(c, param, 'This kind of parameter', 'A parameter has a name and a type, and perhaps a default.', 'Write `name: type`, and take it apart in the function.');
  const type = named.typeAnnotation ? typeOf(c, named.typeAnnotation.typeAnnotation) : given ?? report(c, 'IOV2025', param, { name: named.name });
  if (!type) return undefined;
  if (given && !isGiven(given, type)) return report(c, 'IOV2004', named.typeAnnotation ?? param, { from: show(type), to: show(given) });
  if (type.kind === 'void' || type.kind === 'undefined') return report(c, 'IOV2003', param, { name: show(type) });
  return { kind: 'local', name: named.name, type: param.type === 'Identifier' && param.optional ? optional(type) : type, mutable: false, at: placeOf(c, param) };
}

/** Checks twice: to learn the type of what is returned, and then with it. False: it cannot be learned. */
function infer(c: Context, node: FunctionNode, func: Func, facts: Facts): boolean {
  c.shared.silent++;
  const { returned, failed } = checkBody(c, node, func, undefined, facts);
  c.shared.silent--;
  let type: Type | undefined;
  for (const e of returned) {
    const next: Type | undefined = type ? common({ ...e, type }, e) : e.type;
    if (!next) {
      report(c, 'IOV5012', node, { why: `It returns ${show(e.type)} here and ${show(type ?? VOID)} there.` });
      return false;
    }
    type = next;
  }
  func.result = type ?? VOID;
  checkBody(c, node, func, failed && !type ? undefined : func.result, facts);
  return !failed || type !== undefined;
}

function checkBody(outer: Context, node: FunctionNode, func: Func, result: Type | undefined, facts: Facts): Body {
  const body: Body = { function: func, result, returned: [], failed: false, lost: false, outer: outer.body, inside: [], locals: [...func.params] };
  const names = new Map<string, Meaning>(func.params.map(local => [local.name, { kind: 'local', local }]));
  const c: Context = { shared: outer.shared, file: outer.file, scope: { names, parent: outer.scope }, facts, body };
  const at = placeOf(outer, node);
  if (!node.body) return body;
  if (node.body.type !== 'BlockStatement') {
    const list = arrowBody(c, node.body as Expression, result);
    func.body = { kind: 'block', at, statements: list };
    return body;
  }
  const list = [...statements(c, (node.body as FunctionBody).body)];
  if (c.facts && !body.lost && result && result.kind !== 'void') {
    if (result.kind === 'optional' || result.kind === 'undefined') list.push({ kind: 'return', at, value: { kind: 'undefined', at, type: result } });
    else report(outer, 'IOV5001', node.type === 'FunctionDeclaration' && node.id ? node.id : { start: node.end - 1, end: node.end }, { type: show(result) });
  }
  func.body = { kind: 'block', at, statements: list };
  return body;
}

function arrowBody(c: Context, node: Expression, result: Type | undefined): Statement[] {
  const at = placeOf(c, node);
  if (result?.kind === 'void') {
    const e = expr(c, node);
    return e ? [{ kind: 'expression', at, value: e }] : [];
  }
  const e = result ? value(c, node, result) : expr(c, node);
  if (!e) { if (c.body) c.body.failed = true; return []; }
  c.body?.returned.push(e);
  return e.type.kind === 'void' ? [{ kind: 'expression', at, value: e }] : [{ kind: 'return', at, value: e }];
}

/** A call; with `self`, of a method or getter. */
export function callFunction(c: Context, func: Func, args: readonly Expression[], node: CallExpression, self?: Expr): Expr | undefined {
  if (node.typeArguments) return unsupported(c, node, 'A type argument', 'This function has definite types.', 'Remove it.');
  const params = self ? func.params.slice(1) : func.params;
  const defaults = c.shared.defaults.get(func) ?? [];
  const least = func.params.findLastIndex((_, i) => defaults[i] === undefined) + (self ? 0 : 1);
  if (!takes(c, node, func.name, args.length, least, params.length)) return undefined;
  const given: Expr[] = self ? [self] : [];
  let whole = true;
  for (const [i, param] of params.entries()) {
    const arg = args[i];
    const e = arg ? value(c, arg, param.type) : defaultOf(c, func, given.length, node);
    if (e) given.push(e); else whole = false;
  }
  return whole ? called(c, func, given, node) : undefined;
}

/** The function that the checker is in leads to `to`. */
export function noteCall(c: Context, to: Func, node: Span): void {
  const caller = c.body?.function;
  if (!caller || c.shared.silent > 0) return;
  const calls = c.shared.calls.get(caller) ?? [];
  calls.push({ to, context: { ...c }, at: node });
  c.shared.calls.set(caller, calls);
}

/** The node of a call, and what is known no more behind it. */
export function called(c: Context, func: Func, args: readonly Expr[], node: Span): Expr | undefined {
  noteCall(c, func, node);
  if (func.closure) {
    for (const local of capturedBy(func)) {
      const stale = c.facts?.get(keyOf(c.shared, local))?.stale;
      if (stale !== undefined) return report(c, 'IOV3006', node, { name: local.name, line: stale });
    }
  }
  const { writes, moves } = effectsOf(c, func);
  if (func.closure || writes) forgetMembers(c);
  if (func.closure) forgetMutable(c);
  if (moves) staleAll(c, placeOf(c, node).line);
  return { kind: 'call', at: placeOf(c, node), type: func.result, function: func, args };
}

/** Whether what a function gives may stand where `to` is asked for without a conversion. */
export function isGiven(from: Type, to: Type): boolean {
  if (to.kind === 'void') return true;
  if (from.kind === 'verdict' && to.kind === 'verdict') return from.ways.every(way => to.ways.includes(way));
  return sameType(from, to);
}
