// Expressions: one entry for every kind of node. `want` is a hint of what is needed (constants and objects follow it), not a demand.

import type { Expression, ObjectExpression } from '../1-parse/syntax.ts';
import { access, callOf } from './access.ts';
import { chainOf } from './chains.ts';
import { convert, temporary, read, constInt, common } from './convert.ts';
import { hint, keyOf, lookUp, placeOf, report, unsupported, type Context, type Meaning } from './context.ts';
import { OPERATORS_ELSEWHERE } from './elsewhere.ts';
import { both, either, factsOf, NOTHING, type Facts } from './facts.ts';
import { condition as conditionOf, isCondition, truth } from './conditions.ts';
import { BOOL, I32, I64, optional, rangeOf, show, U128, U32, U64, UNDEFINED } from './kinds.ts';
import { intervalOf, union, type Interval } from './interval.ts';
import { methodNames } from './methods.ts';
import { meaningOf } from './names.ts';
import { arith, compareOf, unaryOf } from './operators.ts';
import type { HeaderClass } from '../../lang/headers.ts';
import type { Expr, FieldValue, IntType, Local, StructClass, Type } from './tree.ts';

/** An expression that must be of this type. */
export function value(c: Context, node: Expression, type: Type): Expr | undefined {
  const e = expr(c, node, type);
  return e && convert(c, e, type, node);
}

export function expr(c: Context, node: Expression, want?: Type): Expr | undefined {
  switch (node.type) {
    case 'Literal': return literal(c, node, want);
    case 'Identifier': return identifier(c, node);
    case 'UnaryExpression': return unaryOf(c, node, want);
    case 'BinaryExpression': return binary(c, node, want);
    case 'LogicalExpression': return logical(c, node, want);
    case 'ConditionalExpression': return conditional(c, node, want);
    case 'MemberExpression': return access(c, node, []);
    case 'CallExpression': return callOf(c, node, [], want);
    case 'ChainExpression': return chainOf(c, node);
    case 'ObjectExpression': return object(c, node, want);
    case 'ArrayExpression': return array(c, node, want);
    case 'TaggedTemplateExpression': return callOf(c, node, [], want);
    case 'TemplateLiteral': return report(c, 'IOV1011', node);
    case 'ParenthesizedExpression': return expr(c, node.expression, want);
    case 'ArrowFunctionExpression': case 'FunctionExpression': case 'ClassExpression': return report(c, 'IOV5011', node);
    case 'NewExpression': return newOf(c, node);
    case 'AssignmentExpression': case 'UpdateExpression':
      return unsupported(c, node, 'An assignment inside an expression', 'What a program writes stands in a statement of its own.', 'Make it a statement.');
    case 'ImportExpression': return unsupported(c, node, 'An import inside a function', 'All that a module uses is known before it runs.', 'Import at the top of the file.');
    case 'AwaitExpression': case 'YieldExpression':
      return unsupported(c, node, 'Waiting', 'A program runs from its packet to its verdict without a pause.', 'Remove it.');
    case 'TSAsExpression': case 'TSSatisfiesExpression': case 'TSTypeAssertion':
      return unsupported(c, node, 'A type assertion', 'The compiler believes no claims about types.', 'Convert with `u16(…)` and the like, or test the value.');
    case 'TSNonNullExpression':
      return unsupported(c, node, "The assertion '!'", 'The compiler believes no claims about types.', 'Test the value: `if (!x) return …`.');
    case 'SequenceExpression': return unsupported(c, node, 'The comma operator', 'One expression, one value.', 'Write two statements.');
    case 'ThisExpression': {
      const self = lookUp(c.scope, 'this');
      return self?.kind === 'local' ? local(c, self.local, node) : unsupported(c, node, "'this' here", 'Only methods and getters of classes have it.', 'Use a function with parameters.');
    }
    case 'Super': return unsupported(c, node, "'super'", 'Classes have no parents but Header.', 'Use a function with parameters.');
    default: return unsupported(c, node, 'This expression', 'The module language is a part of TypeScript.', 'Write it with simpler means.');
  }
}

function literal(c: Context, node: Expression & { type: 'Literal' }, want: Type | undefined): Expr | undefined {
  const at = placeOf(c, node);
  const v: unknown = node.value;
  if (typeof v === 'boolean') return { kind: 'const', at, type: BOOL, value: v };
  if (typeof v === 'bigint' && 'bigint' in node) return number(c, node, v, want, [U64, U128, I64]);
  if (typeof v === 'number') {
    if (/^0\d/.test(node.raw ?? '')) return unsupported(c, node, 'A number that begins with 0', 'In some languages it is octal, in others not.', `Write ${v.toString()}, or \`0o${v.toString(8)}\` for an octal number.`);
    if (!Number.isSafeInteger(v) || /[.e]/i.test(node.raw?.startsWith('0x') ? '' : node.raw ?? '')) return report(c, 'IOV1010', node);
    return number(c, node, BigInt(v), want, [U32, I32]);
  }
  if (typeof v === 'string') return report(c, 'IOV1011', node);
  if (v === null && node.raw === 'null') return unsupported(c, node, "'null'", 'What is not there is undefined.', 'Use undefined.');
  return unsupported(c, node, 'A regular expression', 'There is no text in packets\' programs.', 'Compare numbers.');
}

/** A constant: of the wanted type if it can be, else of the first of `types` that holds it. */
export function number(c: Context, node: Expression, v: bigint, want: Type | undefined, types: readonly IntType[]): Expr | undefined {
  const inner = want?.kind === 'optional' ? want.of : want;
  const fits = (type: IntType) => v >= rangeOf(type).low && v <= rangeOf(type).high;
  const asked = inner?.kind === 'int' && (inner.bits > 32) === ((types[0]?.bits ?? 0) > 32) && fits(inner) ? inner : undefined;
  const type = asked ?? types.find(fits);
  if (!type && inner?.kind === 'mac') return report(c, 'IOV2004', node, { from: 'A number', to: 'Mac' });
  if (!type) return report(c, 'IOV2005', node, { value: v, type: show(types[0] ?? U32), ...rangeOf(types[0] ?? U32), ...(v > 0n && types[0] === U32 && { cure: `Write it as a wide integer, \`${v}n\`.` }) });
  return constInt(placeOf(c, node), type, v);
}

function identifier(c: Context, node: Expression & { type: 'Identifier' }): Expr | undefined {
  if (node.name === 'undefined') return { kind: 'undefined', at: placeOf(c, node), type: UNDEFINED };
  if (node.name === 'NaN' || node.name === 'Infinity') return report(c, 'IOV1010', node);
  const meaning = meaningOf(c, node.name, node);
  return meaning && meant(c, meaning, node.name, node);
}

export function meant(c: Context, meaning: Meaning, name: string, node: Expression): Expr | undefined {
  switch (meaning.kind) {
    case 'value': return meaning.value.kind === 'const' ? { ...meaning.value, at: placeOf(c, node) } : meaning.value;
    case 'local': return local(c, meaning.local, node);
    case 'broken': return undefined;
    case 'function': case 'template': case 'stage': return report(c, 'IOV5011', node);
    case 'header': case 'struct': return report(c, 'IOV2027', node, { name, what: 'a class' });
    case 'enum': return report(c, 'IOV2027', node, { name, what: 'an object of constants' });
    case 'alias': case 'function-type': return report(c, 'IOV2027', node, { name, what: 'a type' });
    case 'program': return report(c, 'IOV2027', node, { name, what: 'a program' });
    case 'unfinished': return report(c, 'IOV2001', node, { name, hint: ': here it is not there yet', cause: `'${name}' is used in its own first value.` });
    case 'library': return report(c, 'IOV2027', node, { name, what: 'of the library' });
  }
}

/** A local, as what is known of it here. */
function local(c: Context, of: Local, node: Expression): Expr | undefined {
  const at = placeOf(c, node);
  const fact = c.facts?.get(keyOf(c.shared, of));
  if (fact?.stale !== undefined) return report(c, 'IOV3006', node, { name: of.name, line: fact.stale });
  let e: Expr = read(of, at);
  if (fact?.present && e.type.kind === 'optional') e = { kind: 'unwrap', at, type: e.type.of, value: e };
  if (fact?.header && e.type.kind === 'view' && e.type.header !== fact.header) e = { kind: 'refine', at, type: { kind: 'view', header: fact.header }, value: e };
  return e;
}

function binary(c: Context, node: Expression & { type: 'BinaryExpression' }, want: Type | undefined): Expr | undefined {
  if (node.left.type === 'PrivateIdentifier') return unsupported(c, node, 'A private name', 'Structs have plain fields.', 'Use a plain name.');
  if (node.operator === 'instanceof') return instanceOf(c, node);
  switch (node.operator) {
    case '===': case '!==': case '<': case '<=': case '>': case '>=': return compareOf(c, node.operator, node.left, node.right, node);
    case '==': case '!=':
      return unsupported(c, node, `'${node.operator}'`, 'Comparisons never convert.', `Write '${node.operator}='.`);
    case '+': case '-': case '*': case '/': case '%': case '&': case '|': case '^': case '<<': case '>>': case '>>>': {
      const inner = want?.kind === 'optional' ? want.of : want;
      const left = expr(c, node.left, inner);
      const right = expr(c, node.right, inner);
      return left && right && arith(c, node.operator === '>>>' ? '>>' : node.operator, left, right, node);
    }
    default: return unsupported(c, node, `'${node.operator}'`, 'The operators are + - * / % & | ^ ~ << >> and comparisons.', OPERATORS_ELSEWHERE[node.operator] ?? 'Write it with these.');
  }
}

function instanceOf(c: Context, node: Expression & { type: 'BinaryExpression' }): Expr | undefined {
  const e = expr(c, node.left as Expression);
  const meaning = node.right.type === 'Identifier' ? meaningOf(c, node.right.name, node.right) : undefined;
  if (!e) return undefined;
  if (meaning?.kind !== 'header') return report(c, 'IOV3001', node.right, { name: node.right.type === 'Identifier' ? node.right.name : 'this' });
  if (e.type.kind === 'optional' && e.type.of.kind === 'view') {
    const held = e.kind === 'local' ? e : read(temporary(c, 'value', e.type, e.at), e.at);
    const is = instanceOfView(c, node, { kind: 'unwrap', at: e.at, type: e.type.of, value: held }, e.type.of.header, meaning.header);
    const both: Expr | undefined = is && { kind: 'and', at: placeOf(c, node), type: BOOL, left: { kind: 'present', at: e.at, type: BOOL, value: held }, right: is };
    return both && (held === e || held.kind !== 'local' ? both : { kind: 'bind', at: e.at, type: BOOL, local: held.local, value: e, then: both });
  }
  if (e.type.kind !== 'view') return report(c, 'IOV2010', node, { op: 'instanceof', type: show(e.type), works: 'views' });
  return instanceOfView(c, node, e, e.type.header, meaning.header);
}

function instanceOfView(c: Context, node: Expression & { type: 'BinaryExpression' }, e: Expr, is: HeaderClass, asked: HeaderClass): Expr | undefined {
  if (is === asked) return { kind: 'const', at: placeOf(c, node), type: BOOL, value: true };
  if (!is.kinds.includes(asked.name) && !asked.parents.includes(is.name)) {
    return report(c, 'IOV3002', node, { outer: is.name, inner: asked.name, cause: `A view of ${is.name} is never one of ${asked.name}.`, cure: is.kinds.length > 0 ? `Ask for one of its kinds: ${is.kinds.join(', ')}.` : 'Leave the test out.' });
  }
  return { kind: 'instanceof', at: placeOf(c, node), type: BOOL, value: e, header: asked };
}

/** Checks `what` with more known, and forgets it again. */
export function knowing<T>(c: Context, facts: Facts, what: () => T): T {
  const before = c.facts;
  c.facts = before && both(before, facts);
  const result = what();
  // What is known no more afterwards, and what is stale, stays so.
  c.facts = before && either(before, c.facts);
  return result;
}

function logical(c: Context, node: Expression & { type: 'LogicalExpression' }, want: Type | undefined): Expr | undefined {
  const at = placeOf(c, node);
  const left = expr(c, node.left, node.operator === '&&' ? undefined : want);
  if (!left) { expr(c, node.right, want); return undefined; }
  const type = left.type;

  if (node.operator === '??') {
    const right = expr(c, node.right, want);
    if (!right) return undefined;
    if (type.kind !== 'optional' && type.kind !== 'undefined') return left;
    const bare: Expr = type.kind === 'optional' ? { ...left, type: type.of } : left;
    const result = common(type.kind === 'undefined' ? left : bare, right);
    if (!result) return report(c, 'IOV2004', node.right, { from: show(right.type), to: show(bare.type) });
    const l = convert(c, left, optional(result), node.left);
    const r = convert(c, right, result, node.right);
    return l && r && { kind: 'coalesce', at, type: result, left: l, right: r };
  }

  if (node.operator === '&&') {
    const test = truth(c, left);
    const right = knowing(c, test ? factsOf(c.shared, test, true) : NOTHING, () => expr(c, node.right, want));
    if (!right) return undefined;
    if (type.kind === 'bool' && right.type.kind === 'bool') return { kind: 'and', at, type: BOOL, left, right };
    if (type.kind === 'optional' && !isCondition(type.of)) {
      const result = right.type.kind === 'void' ? right.type : optional(right.type);
      const then = result.kind === 'void' ? right : convert(c, right, result, node.right);
      return then && { kind: 'chain', at, type: result, base: left, local: temporary(c, 'value', type.of, at), then };
    }
    const sum = type.kind === 'int' && right.type.kind === 'int' ? common(left, right) : undefined;
    if (sum?.kind === 'int') {
      const l = convert(c, left, sum, node.left);
      const r = convert(c, right, sum, node.right);
      return l && r && chosen(c, sum, l, held => ({ then: r, else: held }));
    }
    return report(c, 'IOV2010', node, { op: '&&', type: `${show(type)} and ${show(right.type)}`, works: 'conditions, and for what may be undefined' });
  }

  if (type.kind === 'bool') {
    const right = knowing(c, factsOf(c.shared, left, false), () => expr(c, node.right, want));
    if (!right) return undefined;
    if (right.type.kind === 'bool') return { kind: 'or', at, type: BOOL, left, right };
    return report(c, 'IOV2010', node, { op: '||', type: `${show(type)} and ${show(right.type)}`, works: 'conditions and integers' });
  }
  const right = expr(c, node.right, want);
  if (!right) return undefined;
  const inner = type.kind === 'optional' ? type.of : type;
  const bare = type.kind === 'optional' ? { ...left, type: inner } : left;
  const result = common(bare, right);
  if (!result || result.kind === 'bool') return report(c, 'IOV2010', node, { op: '||', type: `${show(type)} and ${show(right.type)}`, works: 'conditions and integers' });
  if (type.kind === 'optional') {
    if (isCondition(inner)) return report(c, 'IOV2010', node, { op: '||', type: show(type), works: 'conditions and integers; what may be undefined has ??' });
    const l = convert(c, left, optional(result), node.left);
    const r = convert(c, right, result, node.right);
    return l && r && { kind: 'coalesce', at, type: result, left: l, right: r };
  }
  if (type.kind !== 'int') return left;
  const l = convert(c, left, result, node.left);
  const r = convert(c, right, result, node.right);
  if (!l || !r || result.kind !== 'int') return undefined;
  return chosen(c, result, l, held => ({ then: held, else: r }));
}

/** `a || b` and `a && b` of integers: by whether `left` is zero. */
function chosen(c: Context, type: IntType, left: Expr, sides: (held: Expr) => { readonly then: Expr; readonly else: Expr }): Expr {
  const { at } = left;
  const held = temporary(c, 'value', type, at);
  const condition: Expr = { kind: 'compare', at, type: BOOL, op: '!=', left: read(held, at), right: constInt(at, type, 0n) };
  return { kind: 'bind', at, type, local: held, value: left, then: { kind: 'select', at, type, condition, ...sides(read(held, at)) } };
}

function conditional(c: Context, node: Expression & { type: 'ConditionalExpression' }, want: Type | undefined): Expr | undefined {
  const condition = conditionOf(c, node.test);
  const ranges: Interval[] = [];
  const branch = (side: Expression, truth: boolean) => knowing(c, condition ? factsOf(c.shared, condition, truth) : NOTHING, () => {
    const e = expr(c, side, want);
    if (e) ranges.push(intervalOf(c.shared, c.facts, e));
    return e;
  });
  const then = branch(node.consequent, true);
  const otherwise = branch(node.alternate, false);
  if (!condition || !then || !otherwise) return undefined;
  if (then.type.kind === 'void' || otherwise.type.kind === 'void') return unsupported(c, node, "'?:' between effects", 'It chooses between values.', 'Write `if … else`.');
  const type = common(then, otherwise);
  if (!type) return report(c, 'IOV2004', node.alternate, { from: show(otherwise.type), to: show(then.type) });
  const a = convert(c, then, type, node.consequent);
  const b = convert(c, otherwise, type, node.alternate);
  if (!a || !b) return undefined;
  const made: Expr = { kind: 'select', at: placeOf(c, node), type, condition, then: a, else: b };
  const [x, y] = ranges;
  if (x && y) c.shared.ranges.set(made, union(x, y));
  return made;
}

function object(c: Context, node: ObjectExpression, want: Type | undefined): Expr | undefined {
  const type = want?.kind === 'optional' ? want.of : want;
  if (type?.kind !== 'struct') return report(c, 'IOV2018', node);
  return structLiteral(c, node, type.class);
}

/** `new Struct()`: its initial values. Maps are made at the top of a file only. */
function newOf(c: Context, node: Expression & { type: 'NewExpression' }): Expr | undefined {
  const meaning = node.callee.type === 'Identifier' ? meaningOf(c, node.callee.name, node.callee) : undefined;
  if (meaning?.kind === 'broken' || (node.callee.type === 'Identifier' && !meaning)) return undefined;
  if (meaning?.kind === 'library') return report(c, 'IOV4001', node, { what: 'A map', name: 'x' });
  if (meaning?.kind !== 'struct') return unsupported(c, node, "'new' of this", 'A struct is made of a class; a view is taken of a packet.', meaning?.kind === 'header' ? 'Write `pkt.at(…)` or `fresh(…)`.' : 'Write `{ field: value }`.');
  if (node.arguments.length > 0) return report(c, 'IOV2014', node, { name: `new ${meaning.class.name}`, takes: 'no arguments', given: node.arguments.length });
  const fields = meaning.class.fields.flatMap((field, i) => { const value = meaning.initial[i]; return value ? [{ field, value }] : []; });
  return { kind: 'struct', at: placeOf(c, node), type: { kind: 'struct', class: meaning.class }, fields };
}

function structLiteral(c: Context, node: ObjectExpression, of: StructClass): Expr | undefined {
  const [method] = methodNames(c, { kind: 'struct', class: of });
  if (method !== undefined) return report(c, 'IOV2031', node, { type: of.name, name: method });
  const given = new Map<string, Expr>();
  let base: Expr | undefined;
  let spread = false;
  let whole = true;
  for (const [i, property] of node.properties.entries()) {
    if (property.type === 'SpreadElement') {
      spread = true;
      if (i > 0) { unsupported(c, property, "'…' behind other fields", 'It would overwrite them.', "Put '…' first."); whole = false; continue; }
      base = value(c, property.argument, { kind: 'struct', class: of });
      whole &&= base !== undefined;
      continue;
    }
    const name = keyName(property.key);
    const field = of.fields.find(f => f.name === name);
    if (name === undefined || property.computed || property.method || property.kind !== 'init') { unsupported(c, property, 'This property', 'An object gives fields by name.', 'Write `name: value`.'); whole = false; continue; }
    if (!field) { report(c, 'IOV2020', property, { name, type: of.name, hint: hint(name, of.fields.map(f => f.name)) }); whole = false; continue; }
    if (given.has(name)) { report(c, 'IOV2002', property, { name }); whole = false; continue; }
    const v = value(c, property.value, field.type);
    if (v) given.set(name, v); else { whole = false; given.set(name, { kind: 'undefined', at: placeOf(c, node), type: UNDEFINED }); }
  }
  const fields: FieldValue[] = [];
  for (const field of of.fields) {
    const v = given.get(field.name);
    if (v) fields.push({ field, value: v });
    else if (!spread) { report(c, 'IOV2019', node, { name: field.name, type: of.name }); whole = false; }
  }
  return whole ? { kind: 'struct', at: placeOf(c, node), type: { kind: 'struct', class: of }, fields, ...(base && { base }) } : undefined;
}

export function keyName(key: { readonly type: string; readonly name?: unknown; readonly value?: unknown }): string | undefined {
  return key.type === 'Identifier' && typeof key.name === 'string' ? key.name : key.type === 'Literal' && typeof key.value === 'string' ? key.value : undefined;
}

function array(c: Context, node: Expression & { type: 'ArrayExpression' }, want: Type | undefined): Expr | undefined {
  const type = want?.kind === 'optional' ? want.of : want;
  if (type?.kind !== 'array') return report(c, 'IOV2018', node);
  if (node.elements.length !== type.length) return report(c, 'IOV2014', node, { name: show(type), takes: `${type.length} elements`, given: node.elements.length, cause: 'The length of a tuple is part of its type.', cure: `Write ${type.length} elements.` });
  const elements = node.elements.map(e => e === null || e.type === 'SpreadElement'
    ? unsupported(c, node, 'This element', 'A tuple gives each element.', 'Write every element.') : value(c, e, type.element));
  return elements.some(e => e === undefined) ? undefined : { kind: 'array', at: placeOf(c, node), type, elements: elements as Expr[] };
}
