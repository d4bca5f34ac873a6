// Loops: each with a bound that is known while compiling.

import type { Expression, ForOfStatement, ForStatement, Node, Statement as SyntaxStatement } from '../1-parse/syntax.ts';
import { assignment } from './assignments.ts';
import { condition } from './conditions.ts';
import { constantInt } from './constants.ts';
import { keyOf, lookUp, placeOf, report, unsupported, type Body, type Context } from './context.ts';
import { expr, value } from './expressions.ts';
import { both, either, factsOf, forget, NOTHING, type Facts } from './facts.ts';
import { intervalOf } from './interval.ts';
import { show, U32 } from './kinds.ts';
import { declaration } from './locals.ts';
import { meaningOf } from './names.ts';
import { single } from './statements.ts';
import type { Block, Expr, Local, Statement, Type } from './tree.ts';

/** Rounds of one loop. */
const MOST_ROUNDS = 4096;

/**
 * The body of a loop; afterwards only what holds after any number of rounds is known. If a round leaves less known than it began with
 * (a view became stale, a function assigned a variable), the body is checked again for the rounds that follow. `ofRound` is known anew in each.
 */
function looped(c: Context, node: SyntaxStatement, before: Facts | undefined, ofRound: Facts, behind: Facts = NOTHING): Block {
  let start = before;
  for (let i = 0; ; i++) {
    const loop: Body['inside'][number] = { of: 'loop', exits: undefined, rounds: undefined };
    c.body?.inside.push(loop);
    c.facts = start && both(start, ofRound);
    const body = single(c, node) as Block;
    c.body?.inside.pop();
    const end = either(loop.rounds, c.facts);
    const next = start && (i < MOST_PASSES ? either(start, end) : staleOnly(either(start, end) ?? NOTHING));
    if (i > MOST_PASSES || !start || !next || same(start, next)) {
      c.facts = either(start && both(start, behind), loop.exits);
      return body;
    }
    start = next;
  }
}

/** Passes over the body of a loop, before all that is known is given up. */
const MOST_PASSES = 3;

function same(a: Facts, b: Facts): boolean {
  if (a.size !== b.size) return false;
  for (const [path, x] of a) {
    const y = b.get(path);
    if (!y || x.present !== y.present || x.header !== y.header || x.low !== y.low || x.high !== y.high || (x.stale === undefined) !== (y.stale === undefined)) return false;
  }
  return true;
}

function staleOnly(facts: Facts): Facts {
  return new Map([...facts].flatMap(([path, { stale }]) => stale === undefined ? [] : [[path, { stale }]]));
}

/** What is still known where a loop may come again: nothing of what it assigns. */
function forgetAssigned(c: Context, node: Node): void {
  const keys = new Set<string>();
  for (const name of assignedIn(node)) {
    const meaning = lookUp(c.scope, name);
    if (meaning?.kind === 'local') keys.add(keyOf(c.shared, meaning.local));
  }
  if (c.facts) c.facts = forget(c.facts, path => path.includes('.') || keys.has(path));
}

/** Names that are assigned somewhere in a part of the syntax. */
function assignedIn(root: object): Set<string> {
  const names = new Set<string>();
  const todo: unknown[] = [root];
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    if (node === null || typeof node !== 'object') continue;
    if (!Array.isArray(node) && 'type' in node) {
      const target = node.type === 'AssignmentExpression' ? (node as { left?: unknown }).left : node.type === 'UpdateExpression' ? (node as { argument?: unknown }).argument : undefined;
      if (target !== null && typeof target === 'object' && 'type' in target && target.type === 'Identifier' && 'name' in target) names.add(String(target.name));
    }
    for (const child of Array.isArray(node) ? node as unknown[] : Object.values(node) as unknown[]) if (child !== undefined) todo.push(child);
  }
  return names;
}

export function forStatement(c: Context, node: ForStatement): readonly Statement[] {
  const scope = c.scope;
  c.scope = { names: new Map(), parent: scope };
  const made = counted(c, node);
  c.scope = scope;
  return made ? [made] : [];
}

function counted(c: Context, node: ForStatement): Statement | undefined {
  const why = (text: string) => report(c, 'IOV5006', { start: node.start, end: node.body.start }, { why: text, most: MOST_ROUNDS });
  const declared = node.init?.type === 'VariableDeclaration' && node.init.kind === 'let' && node.init.declarations.length === 1 ? node.init : undefined;
  const start = declared ? declaration(c, declared) : [];
  const first = start[0];
  if (start.length !== 1 || first?.kind !== 'let' || !first.value) { if (!declared) why('it starts otherwise than `let i = …`'); return undefined; }
  const { local } = first;
  if (local.type.kind !== 'int') return why(`'${local.name}' is ${show(local.type)}`);
  const startRange = intervalOf(c.shared, c.facts, first.value);
  if (assignedIn(node.body).has(local.name)) return report(c, 'IOV5013', node.body, { name: local.name });
  forgetAssigned(c, node);

  if (!node.test) return why('it has no condition');
  const test = condition(c, node.test);
  if (!test) return undefined;
  const counter = test.kind === 'compare' ? (test.left.kind === 'convert' ? test.left.value : test.left) : undefined;
  if (test.kind !== 'compare' || (test.op !== '<' && test.op !== '<=') || counter?.kind !== 'local' || counter.local !== local) return why(`its condition is not \`${local.name} < …\` or \`${local.name} <= …\``);
  if (assignedIn(node.body).size > 0 && node.test.type === 'BinaryExpression' && node.test.right.type === 'Identifier' && assignedIn(node.body).has(node.test.right.name)) {
    return report(c, 'IOV5013', node.body, { name: node.test.right.name });
  }
  const end = intervalOf(c.shared, c.facts, test.right).high + (test.op === '<=' ? 1n : 0n);

  const increment = stepOf(c, node.update, local);
  if (increment === undefined) return why(`its step is not \`${local.name}++\`, or \`${local.name} += 2\` by a constant`);
  const rounds = end <= startRange.low ? 1n : (end - startRange.low + increment - 1n) / increment;
  if (rounds > BigInt(MOST_ROUNDS)) return why(`it may run ${rounds} times, of at most ${MOST_ROUNDS}`);

  const before = c.facts;
  const key = keyOf(c.shared, local);
  const ofRound = both(factsOf(c.shared, test, true), new Map([[key, { low: startRange.low, high: end - 1n }]]));
  const body = looped(c, node.body, before, ofRound, factsOf(c.shared, test, false));
  const after = c.facts;
  c.facts = before && both(before, ofRound);
  const step = node.update && (node.update.type === 'UpdateExpression' || node.update.type === 'AssignmentExpression') ? assignment(c, node.update)[0] : undefined;
  c.facts = after;
  local.mutable = true;
  return { kind: 'for', at: placeOf(c, node), start: first, condition: test, step, body, rounds: Number(rounds) };
}

function stepOf(c: Context, node: Expression | null | undefined, local: Local): bigint | undefined {
  if (node?.type === 'UpdateExpression' && node.operator === '++' && node.argument.type === 'Identifier' && node.argument.name === local.name) return 1n;
  if (node?.type === 'AssignmentExpression' && node.operator === '+=' && node.left.type === 'Identifier' && node.left.name === local.name) {
    const by = expr(c, node.right);
    return by?.kind === 'const' && typeof by.value === 'bigint' && by.value > 0n ? by.value : undefined;
  }
  return undefined;
}

export function forOf(c: Context, node: ForOfStatement): readonly Statement[] {
  const scope = c.scope;
  c.scope = { names: new Map(), parent: scope };
  const made = goneOver(c, node);
  c.scope = scope;
  return made ? [made] : [];
}

function goneOver(c: Context, node: ForOfStatement): Statement | undefined {
  const at = placeOf(c, node);
  const declarator = node.left.type === 'VariableDeclaration' && node.left.kind === 'const' ? node.left.declarations[0] : undefined;
  if (declarator?.id.type !== 'Identifier' || node.await) return unsupported(c, node.left, 'This loop', 'A loop has a constant of its own for each round.', 'Write `for (const x of …)`.');
  const { name } = declarator.id;
  const variable = (type: Type): Local => {
    const local: Local = { kind: 'local', name, type, mutable: false, at: placeOf(c, declarator) };
    c.body?.locals.push(local);
    c.scope.names.set(name, { kind: 'local', local });
    return local;
  };
  const call = node.right.type === 'CallExpression' && node.right.callee.type === 'Identifier' ? node.right : undefined;
  const called = call?.callee.type === 'Identifier' ? meaningOf(c, call.callee.name, call.callee) : undefined;
  if (call && called?.kind === 'library' && called.name === 'range') {
    const [n, mostNode] = call.arguments;
    if (!n || !mostNode || n.type === 'SpreadElement' || mostNode.type === 'SpreadElement' || call.arguments.length !== 2) return report(c, 'IOV2014', call, { name: 'range', takes: '2 arguments', given: call.arguments.length });
    const count = value(c, n, U32);
    const bound = expr(c, mostNode);
    if (!count || !bound) return undefined;
    if (bound.kind !== 'const' || typeof bound.value !== 'bigint') return report(c, 'IOV5006', mostNode, { why: '`most` is not a constant', most: MOST_ROUNDS });
    if (bound.value < 1n || bound.value > BigInt(MOST_ROUNDS)) return report(c, 'IOV5006', mostNode, { why: `\`most\` is ${bound.value}`, most: MOST_ROUNDS });
    const local = variable(U32);
    forgetAssigned(c, node);
    const before = c.facts;
    const high = bound.value - 1n;
    const body = looped(c, node.body, before, new Map([[keyOf(c.shared, local), { low: 0n, high }]]));
    return { kind: 'for-range', at, local, count, most: Number(bound.value), body };
  }
  const run = call && called?.kind === 'library' && called.name === 'tlvs' ? tlvRun(c, call.arguments as Expression[], call) : expr(c, node.right);
  if (!run) return undefined;
  if (run.type.kind !== 'tlvs') {
    const length = run.type.kind === 'array' || run.type.kind === 'bytes' ? run.type.length : 8;
    return report(c, 'IOV2004', node.right, { from: show(run.type), to: '`range(n, most)` or a run of TLVs', cause: 'A loop goes over numbers, or over the options of a header.', cure: `Go over its indexes: \`for (const i of range(${length}, ${length}))\`.` });
  }
  const local = variable({ kind: 'tlv' });
  forgetAssigned(c, node);
  const before = c.facts;
  const body = looped(c, node.body, before, NOTHING);
  return { kind: 'for-tlvs', at, local, run, body };
}

const MOST_TLVS = 64n;

function tlvRun(c: Context, args: readonly Expression[], node: Expression): Expr | undefined {
  const [pkt, run] = args;
  const packet = pkt && expr(c, pkt);
  if (packet?.type.kind !== 'packet' || run?.type !== 'ObjectExpression') return report(c, 'IOV2014', node, { name: 'tlvs', takes: 'a packet and `{ offset, end, most }`', given: 'something else' });
  const given = new Map<string, Expression>();
  for (const p of run.properties) if (p.type === 'Property' && p.key.type === 'Identifier') given.set(p.key.name, p.value);
  const asValue = (name: string) => { const e = given.get(name); return e ? value(c, e, U32) : report(c, 'IOV2019', run, { name, type: 'the run' }); };
  const asNumber = (name: string) => { const e = given.get(name); return e && constantInt(c, e, `'${name}' is known while compiling.`); };
  const offset = asValue('offset');
  const end = asValue('end');
  const most = asNumber('most');
  if (!offset || !end || most === undefined) return undefined;
  if (most < 1n || most > MOST_TLVS) return report(c, 'IOV5006', run, { why: `\`most\` is ${most}`, most: MOST_TLVS });
  const pad = asNumber('pad');
  const stop = asNumber('stop');
  return {
    kind: 'tlvs', at: placeOf(c, node), type: { kind: 'tlvs' }, packet, offset, end, most: Number(most),
    ...(pad !== undefined && { pad: Number(pad) }), ...(stop !== undefined && { stop: Number(stop) }),
    lengthUnit: asNumber('lengthUnit') === 8n ? 8 : 1, lengthCoversHeader: given.has('lengthCoversHeader'),
  };
}

