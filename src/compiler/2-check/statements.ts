// Statements, and what is known before and after each.

import type { Directive, Expression, IfStatement, ReturnStatement, Statement as Node } from '../1-parse/syntax.ts';
import { assignment } from './assignments.ts';
import { condition } from './conditions.ts';
import { placeOf, report, unsupported, type Context } from './context.ts';
import { expr, value } from './expressions.ts';
import { both, either, factsOf } from './facts.ts';
import { declaration } from './locals.ts';
import { forOf, forStatement } from './loops.ts';
import { switchStatement } from './switches.ts';
import type { Block, Expr, Statement } from './tree.ts';

/** Statements in a scope of their own. */
export function block(c: Context, nodes: readonly (Directive | Node)[], at: Statement['at']): Block {
  const scope = c.scope;
  c.scope = { names: new Map(), parent: scope };
  const list = statements(c, nodes);
  c.scope = scope;
  return { kind: 'block', at, statements: list };
}

export function statements(c: Context, nodes: readonly (Directive | Node)[]): Statement[] {
  const list: Statement[] = [];
  for (const node of nodes) {
    if (!c.facts) { if (node.type !== 'EmptyStatement') { report(c, 'IOV5002', node); break; } continue; }
    list.push(...statement(c, node));
  }
  return list;
}

/** One statement where several may come of it. */
export function single(c: Context, node: Node): Statement {
  return block(c, node.type === 'BlockStatement' ? node.body : [node], placeOf(c, node));
}

function statement(c: Context, node: Directive | Node): readonly Statement[] {
  const at = placeOf(c, node);
  switch (node.type) {
    case 'EmptyStatement': return [];
    case 'BlockStatement': return [block(c, node.body, at)];
    case 'VariableDeclaration': return declaration(c, node);
    case 'ExpressionStatement': return expressionStatement(c, node.expression);
    case 'IfStatement': return ifStatement(c, node);
    case 'ReturnStatement': return returnStatement(c, node);
    case 'SwitchStatement': return switchStatement(c, node);
    case 'ForStatement': return forStatement(c, node);
    case 'ForOfStatement': return forOf(c, node);
    case 'BreakStatement': case 'ContinueStatement': {
      if (node.label) { unsupported(c, node, 'A label', 'Loops are left from the inside out.', 'Put the loops into a function, and return.'); return []; }
      const inside = c.body?.inside ?? [];
      const left = node.type === 'BreakStatement' ? inside.at(-1) : inside.findLast(i => i.of === 'loop');
      const what = node.type === 'BreakStatement' ? 'break' : 'continue';
      if (!left) { report(c, 'IOV5014', node, { what, of: 'a loop' }); return []; }
      if (what === 'break') left.exits = either(left.exits, c.facts); else left.rounds = either(left.rounds, c.facts);
      c.facts = undefined;
      return [what === 'break' ? { kind: 'break', at, of: left.of } : { kind: 'continue', at }];
    }
    case 'WhileStatement': case 'DoWhileStatement': case 'ForInStatement':
      if (c.body) c.body.lost = true;
      report(c, 'IOV5005', node, { what: node.type === 'WhileStatement' ? 'while' : node.type === 'DoWhileStatement' ? 'do … while' : 'for … in' });
      return [];
    case 'ThrowStatement': case 'TryStatement': if (c.body) c.body.lost = true; unsupported(c, node, 'An exception', 'What can go wrong is a value, or a verdict with a name.', "Return undefined, or drop('reason')."); return [];
    case 'FunctionDeclaration': unsupported(c, node, 'A function declared in a function', 'It would be there before what it uses.', 'Write `const f = (…) => …`, or move it to the top of the file.'); return [];
    case 'ClassDeclaration': unsupported(c, node, 'A class in a function', 'Classes are declared once.', 'Move it to the top of the file.'); return [];
    case 'LabeledStatement': if (c.body) c.body.lost = true; unsupported(c, node, 'A label', 'Loops are left from the inside out.', 'Put the loops into a function, and return.'); return [];
    default: unsupported(c, node, 'This statement', 'The module language is a part of TypeScript.', 'Write it with simpler means.'); return [];
  }
}

function expressionStatement(c: Context, node: Expression): readonly Statement[] {
  if (node.type === 'AssignmentExpression' || node.type === 'UpdateExpression') return assignment(c, node);
  const e = expr(c, node);
  if (!e) return [];
  if (e.type.kind === 'verdict' || (e.type.kind === 'optional' && e.type.of.kind === 'verdict')) { report(c, 'IOV5003', node, { name: nameOf(e) }); return []; }
  return [{ kind: 'expression', at: placeOf(c, node), value: e }];
}

function nameOf(e: Expr): string {
  return e.kind === 'call' ? e.function.name : e.kind;
}

function ifStatement(c: Context, node: IfStatement): readonly Statement[] {
  const test = condition(c, node.test);
  const before = c.facts;
  c.facts = before && test ? both(before, factsOf(c.shared, test, true)) : before;
  const then = single(c, node.consequent);
  const afterThen = c.facts;
  c.facts = before && test ? both(before, factsOf(c.shared, test, false)) : before;
  const otherwise = node.alternate ? single(c, node.alternate) : undefined;
  c.facts = either(afterThen, c.facts);
  return test ? [{ kind: 'if', at: placeOf(c, node), condition: test, then, ...(otherwise && { else: otherwise }) }] : [];
}

function returnStatement(c: Context, node: ReturnStatement): readonly Statement[] {
  const at = placeOf(c, node);
  const { body } = c;
  const result = body?.result;
  const list: Statement[] = [];
  if (!node.argument) {
    if (result && result.kind !== 'void') {
      const undefinedToo = result.kind === 'optional' || result.kind === 'undefined';
      if (undefinedToo) list.push({ kind: 'return', at, value: { kind: 'undefined', at, type: result } });
      else report(c, 'IOV2004', node, { from: 'Nothing', to: 'a value' });
    } else list.push({ kind: 'return', at });
  } else if (result?.kind === 'void') {
    const e = expr(c, node.argument);
    if (e && e.type.kind !== 'void') report(c, 'IOV2004', node.argument, { from: 'A value', to: 'nothing' });
    else if (e) list.push({ kind: 'expression', at, value: e }, { kind: 'return', at });
  } else {
    const e = result ? value(c, node.argument, result) : expr(c, node.argument);
    if (e) { body?.returned.push(e); list.push({ kind: 'return', at, value: e }); } else if (body) body.failed = true;
  }
  c.facts = undefined;
  return list;
}
