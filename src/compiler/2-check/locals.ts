// Declarations in functions.

import type { BindingPattern, BindingRestElement, ObjectPattern, VariableDeclaration, VariableDeclarator } from '../1-parse/syntax.ts';
import { memberOf } from './access.ts';
import { typeOf } from './annotate.ts';
import { isConstant } from './constants.ts';
import { keyOf, placeOf, report, unsupported, type Context } from './context.ts';
import { read } from './convert.ts';
import { expr, keyName, value } from './expressions.ts';
import { factsOf, type Fact } from './facts.ts';
import { closureOf } from './functions.ts';
import { isTemplate } from './templates.ts';
import { BOOL, show } from './kinds.ts';
import { fixedOnly } from './known.ts';
import type { Expr, Local, Statement, Type } from './tree.ts';

export function declaration(c: Context, node: VariableDeclaration): readonly Statement[] {
  if (node.kind !== 'const' && node.kind !== 'let') { unsupported(c, node, `'${node.kind}'`, 'Names live from their declaration to the end of their block.', "Use 'const' or 'let'."); return []; }
  return node.declarations.flatMap(d => d.id.type === 'ObjectPattern' ? destructured(c, d, d.id, node.kind === 'const') : declared(c, d, node.kind === 'const'));
}

function declared(c: Context, node: VariableDeclarator, constant: boolean): readonly Statement[] {
  if (node.id.type !== 'Identifier') {
    breakAll(c, node.id);
    unsupported(c, node.id, 'This pattern', 'Objects are taken apart by field names.', node.id.type === 'ArrayPattern' ? 'Take the elements one by one, `const a = x[0]`.' : 'Write `const { a, b } = x`.');
    return [];
  }
  const { name } = node.id;
  if (c.scope.names.has(name)) { report(c, 'IOV2002', node.id, { name }); return []; }
  const broken = () => { c.scope.names.set(name, { kind: 'broken' }); return []; };
  c.scope.names.set(name, { kind: 'unfinished' });

  if (node.init?.type === 'ArrowFunctionExpression' && constant) {
    if (isTemplate(c, node.init)) {
      c.scope.names.set(name, { kind: 'template', template: { node: node.init, name, context: { ...c }, closure: true } });
      return [];
    }
    const func = closureOf(c, node.init, name);
    c.scope.names.set(name, func ? { kind: 'function', function: func } : { kind: 'broken' });
    return [];
  }
  const annotation = node.id.typeAnnotation;
  const type = annotation ? typeOf(c, annotation.typeAnnotation) : undefined;
  if (annotation && !type) return broken();
  if (!node.init) {
    if (!type) { report(c, 'IOV2025', node.id, { name }); return broken(); }
    return letOf(c, name, type, undefined, false, node);
  }
  const init = type ? value(c, node.init, type) : expr(c, node.init);
  if (!init) {
    // The type is known all the same: what follows can be checked.
    if (type) letOf(c, name, type, undefined, constant, node); else broken();
    return [];
  }
  if (init.type.kind === 'void' || init.type.kind === 'undefined' || init.type.kind === 'meta' || init.type.kind === 'tlvs') {
    report(c, 'IOV2004', node.init, { from: show(init.type), to: 'a value' });
    return broken();
  }
  if (constant && init.kind === 'const') { c.scope.names.set(name, { kind: 'value', value: init }); return []; }
  return letOf(c, name, type ?? init.type, init, constant, node);
}

function letOf(c: Context, name: string, type: Type, init: Expr | undefined, constant: boolean, node: VariableDeclarator): Statement[] {
  const at = placeOf(c, node);
  const local: Local = { kind: 'local', name, type, mutable: false, at };
  c.body?.locals.push(local);
  c.scope.names.set(name, { kind: 'local', local });
  const key = keyOf(c.shared, local);
  if (!constant) c.shared.variables.add(key);
  if (init && constant) remember(c, local, init);
  if (init) know(c, key, init);
  return [{ kind: 'let', at, local, ...(init && { value: init }) }];
}

/** A constant local stands for its first value, in ranges and in tests. */
function remember(c: Context, local: Local, init: Expr): void {
  const { shared } = c;
  shared.initials.set(local, init);
  const test: Expr | undefined = init.type.kind === 'bool' ? init : init.type.kind === 'optional' ? { kind: 'present', at: init.at, type: BOOL, value: init } : undefined;
  if (!test) return;
  const no = init.type.kind === 'bool' ? factsOf(shared, init, false) : new Map<string, Fact>();
  shared.aliases.set(local, { yes: fixedOnly(shared, factsOf(shared, test, true)), no: fixedOnly(shared, no) });
}

/** After `x = value` where value is there, so is x. */
export function know(c: Context, key: string, init: Expr): void {
  if (init.kind === 'wrap' && c.facts) c.facts = new Map(c.facts).set(key, { present: true });
}

function destructured(c: Context, node: VariableDeclarator, pattern: ObjectPattern, constant: boolean): readonly Statement[] {
  if (!node.init) return [];
  const object = expr(c, node.init);
  if (!object) { breakAll(c, pattern); return []; }
  if (object.type.kind === 'optional') { report(c, 'IOV2009', node.init, { type: show(object.type) }); breakAll(c, pattern); return []; }
  const list: Statement[] = [];
  let source = object;
  if (object.kind !== 'local' && object.kind !== 'settings' && !isConstant(object)) {
    const at = placeOf(c, node.init);
    const local: Local = { kind: 'local', name: 'taken', type: object.type, mutable: false, at };
    c.body?.locals.push(local);
    c.shared.initials.set(local, object);
    list.push({ kind: 'let', at, local, value: object });
    source = read(local, at);
  }
  for (const property of pattern.properties) {
    const name = property.type === 'Property' && !property.computed ? keyName(property.key) : undefined;
    if (property.type !== 'Property' || property.value.type !== 'Identifier' || name === undefined) {
      unsupported(c, property, 'This pattern', 'Objects are taken apart by field names, one level deep.', 'Write `const { a, b: c } = x`.');
      breakAll(c, property.type === 'Property' ? property.value : property);
      continue;
    }
    const local = property.value.name;
    if (c.scope.names.has(local)) { report(c, 'IOV2002', property, { name: local }); continue; }
    const member = memberOf(c, source, name, { whole: property, object: node.init, property: property.key });
    if (!member) { c.scope.names.set(local, { kind: 'broken' }); continue; }
    if (member.kind === 'const' && constant) { c.scope.names.set(local, { kind: 'value', value: member }); continue; }
    list.push(...letOf(c, local, member.type, member, constant, node));
  }
  return list;
}

/** The names of a pattern, however deep: what is wrong with it is said once. */
function breakAll(c: Context, pattern: BindingPattern | BindingRestElement): void {
  switch (pattern.type) {
    case 'Identifier': c.scope.names.set(pattern.name, { kind: 'broken' }); break;
    case 'AssignmentPattern': breakAll(c, pattern.left); break;
    case 'RestElement': breakAll(c, pattern.argument); break;
    case 'ArrayPattern': for (const element of pattern.elements) if (element) breakAll(c, element); break;
    case 'ObjectPattern': for (const property of pattern.properties) breakAll(c, property.type === 'Property' ? property.value : property); break;
  }
}
