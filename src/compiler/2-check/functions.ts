// Functions: signatures when they are named, bodies later (so that a long chain of calls is no deep recursion here), calls.

import type { CallExpression, Expression, FunctionBody, ParamPattern } from '../1-parse/syntax.ts';
import { typeOf } from './annotate.ts';
import { takes } from './access.ts';
import { placeOf, report, unsupported, type Body, type Context, type Meaning } from './context.ts';
import { common } from './convert.ts';
import type { FunctionNode } from './declare.ts';
import { mayWrite } from './effects.ts';
import { expr, value } from './expressions.ts';
import { NOTHING, type Facts } from './facts.ts';
import { show, VOID } from './kinds.ts';
import { fixedOnly, forgetMembers, forgetMutable } from './known.ts';
import { statements } from './statements.ts';
import type { Expr, Func, Local, Statement, Type } from './tree.ts';

const MOST_PARAMETERS = 16;
/** Functions in functions. */
const MOST_NESTING = 8;

/** A function at the top of a file. `given`: types that its place tells. */
export function functionOf(c: Context, node: FunctionNode, name: string, given?: { readonly params: readonly Type[]; readonly result: Type }): Func | undefined {
  const known = c.shared.functions.get(node);
  if (known) return known;
  const made = signature(c, node, name, false, given);
  if (!made) return undefined;
  const { func, result } = made;
  c.shared.functions.set(node, func);
  if (result) c.shared.pending.push(() => { c.shared.silent = 0; checkBody(c, node, func, result, NOTHING); });
  else if (!infer(c, node, func, NOTHING)) return undefined;
  return func;
}

/** A function made in another: it sees the locals around it, and is checked where it stands. */
export function closureOf(c: Context, node: FunctionNode, name: string): Func | undefined {
  let depth = 0;
  for (let body = c.body; body; body = body.outer) depth++;
  if (depth >= MOST_NESTING) return report(c, 'IOV1003', node, { most: MOST_NESTING });
  const made = signature(c, node, name, true);
  if (!made) return undefined;
  const facts = c.facts ? fixedOnly(c.shared, c.facts) : NOTHING;
  if (made.result) checkBody(c, node, made.func, made.result, facts);
  else if (!infer(c, node, made.func, facts)) return undefined;
  return made.func;
}

function signature(c: Context, node: FunctionNode, name: string, closure: boolean, given?: { readonly params: readonly Type[]; readonly result: Type }): { func: Func; result: Type | undefined } | undefined {
  if (node.async || node.generator) return unsupported(c, node, node.async ? "'async'" : "'function*'", 'A program runs from its packet to its verdict without a pause.', 'Write a plain function.');
  if (node.typeParameters) return unsupported(c, node.typeParameters, 'A generic function', 'Functions have definite types.', 'Write one function for each type.');
  if (!node.body) return unsupported(c, node, 'A function without a body', 'Everything that a module calls is in its files.', 'Give it a body.');
  if (node.params.length > MOST_PARAMETERS) return report(c, 'IOV2014', node, { name, takes: `at most ${MOST_PARAMETERS} parameters`, given: node.params.length });
  const params: Local[] = [];
  let whole = true;
  for (const [i, param] of node.params.entries()) {
    const local = parameter(c, param, given?.params[i]);
    if (!local) { whole = false; continue; }
    if (params.some(p => p.name === local.name)) { report(c, 'IOV2002', param, { name: local.name }); whole = false; }
    params.push(local);
  }
  if (given && node.params.length > given.params.length) { report(c, 'IOV2014', node, { name, takes: `${given.params.length} parameter`, given: node.params.length }); whole = false; }
  const annotated = node.returnType ? typeOf(c, node.returnType.typeAnnotation) : given?.result;
  if (node.returnType && !annotated) whole = false;
  if (!whole) return undefined;
  const at = placeOf(c, node);
  const func: Func = { kind: 'function', name, params, result: annotated ?? VOID, body: { kind: 'block', at, statements: [] }, closure, at };
  return { func, result: annotated };
}

function parameter(c: Context, param: ParamPattern, given: Type | undefined): Local | undefined {
  if (param.type !== 'Identifier') return unsupported(c, param, 'This kind of parameter', 'Parameters have a name and a type each, and all are given.', 'Write `name: type`.');
  if (param.optional) return unsupported(c, param, 'An optional parameter', 'A call gives every argument.', 'Write `name: T | undefined`, and pass undefined.');
  const type = param.typeAnnotation ? typeOf(c, param.typeAnnotation.typeAnnotation) : given ?? report(c, 'IOV2025', param, { name: param.name });
  if (!type) return undefined;
  if (type.kind === 'void' || type.kind === 'undefined') return report(c, 'IOV2003', param, { name: show(type) });
  return { kind: 'local', name: param.name, type, mutable: false, at: placeOf(c, param) };
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
  const body: Body = { function: func, result, returned: [], failed: false, outer: outer.body, inside: [], locals: [...func.params] };
  const names = new Map<string, Meaning>(func.params.map(local => [local.name, { kind: 'local', local }]));
  const c: Context = { shared: outer.shared, file: outer.file, scope: { names, parent: func.closure ? outer.scope : undefined }, facts, body };
  const at = placeOf(outer, node);
  if (!node.body) return body;
  if (node.body.type !== 'BlockStatement') {
    const list = arrowBody(c, node.body as Expression, result);
    func.body = { kind: 'block', at, statements: list };
    return body;
  }
  const list = [...statements(c, (node.body as FunctionBody).body)];
  if (c.facts && result && result.kind !== 'void') {
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

export function callFunction(c: Context, func: Func, args: readonly Expression[], node: CallExpression): Expr | undefined {
  if (node.typeArguments) return unsupported(c, node, 'A type argument', 'Functions have definite types.', 'Remove it.');
  if (!takes(c, node, func.name, args.length, func.params.length)) return undefined;
  const given: Expr[] = [];
  let whole = true;
  for (const [i, param] of func.params.entries()) {
    const arg = args[i];
    const e = arg && value(c, arg, param.type);
    if (e) given.push(e); else whole = false;
  }
  const caller = c.body?.function;
  if (caller && c.shared.silent === 0) {
    const calls = c.shared.calls.get(caller) ?? [];
    calls.push({ to: func, context: { ...c }, at: node });
    c.shared.calls.set(caller, calls);
  }
  const name = node.callee.type === 'Identifier' ? node.callee.name : '';
  if (func.closure || mayWrite(c, name)) forgetMembers(c);
  if (func.closure) forgetMutable(c);
  return whole ? { kind: 'call', at: placeOf(c, node), type: func.result, function: func, args: given } : undefined;
}

