// What calling a function may do, by names alone, before its body is checked: whether it writes packets or structs (what is known of
// fields is then forgotten) and whether it moves bytes (views are then stale). Functions that it is handed are the caller's own
// closures: their code is looked at where they are made.

import { lookUp, type Context, type Shared, type SourceFile } from './context.ts';
import { resolvePath, type FunctionNode } from './declare.ts';
import { LIBRARY } from './library.ts';
import type { Func } from './tree.ts';

interface Effects { readonly writes: boolean; readonly moves: boolean }

const WRITES = new Set(['rewrite', 'fresh', 'insert', 'remove', 'trim']);
const MOVES = new Set(['insert', 'remove']);
interface Place { readonly node: FunctionNode; readonly file: SourceFile }

/** `func` as it is called here, where closures that it calls are in scope. */
export function effectsOf(c: Context, func: Func): Effects {
  const first = c.shared.origins.get(func);
  if (!first) return { writes: true, moves: true };
  let writes = false;
  let moves = false;
  const todo: Place[] = [first];
  const seen = new Set<FunctionNode>([first.node]);
  const add = (place: Place | undefined): void => {
    if (!place || seen.has(place.node)) return;
    seen.add(place.node);
    todo.push(place);
  };
  // Closures handed to it, and those that these call.
  for (const inner of closuresOf(func)) add(c.shared.origins.get(inner));
  for (let place = todo.pop(); place; place = todo.pop()) {
    const done = summaryOf(place.node);
    writes ||= done.writes;
    moves ||= done.moves;
    for (const name of done.calls) {
      const near = lookUp(c.scope, name);
      add(functionNamed(c.shared, place.file, name) ?? (near?.kind === 'function' ? c.shared.origins.get(near.function) : near?.kind === 'template' ? { node: near.template.node, file: near.template.context.file } : undefined));
    }
    for (const name of done.members) for (const method of c.shared.methodNodes.get(name) ?? []) add(method);
  }
  return { writes, moves };
}

/** Closures in the body of one that was checked already. */
function closuresOf(func: Func): ReadonlySet<Func> {
  const found = new Set<Func>();
  if (!func.closure) return found;
  const seen = new Set<object>();
  const todo: unknown[] = [func.body];
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    if (node === null || typeof node !== 'object' || seen.has(node)) continue;
    seen.add(node);
    if ('kind' in node && node.kind === 'function') {
      found.add(node as Func);
      if ((node as Func).closure) todo.push((node as Func).body);
      continue;
    }
    for (const [key, child] of Object.entries(node) as [string, unknown][]) {
      if (child !== undefined && key !== 'type' && key !== 'at' && key !== 'header' && key !== 'symbol' && key !== 'field' && key !== 'member') todo.push(child);
    }
  }
  return found;
}

interface Summary extends Effects { readonly calls: ReadonlySet<string>; readonly members: ReadonlySet<string> }
const memory = new WeakMap<FunctionNode, Summary>();

function summaryOf(root: FunctionNode): Summary {
  const known = memory.get(root);
  if (known) return known;
  const calls = new Set<string>();
  const members = new Set<string>();
  let writes = false;
  const todo: unknown[] = [root.body, root.params];
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    if (node === null || typeof node !== 'object') continue;
    if (isNode(node)) {
      writes ||= assigns(node);
      if (node.type === 'CallExpression') for (const called of [node.callee, ...node.arguments as unknown[]]) if (isNode(called) && called.type === 'Identifier') calls.add(String(called.name));
      if (node.type === 'MemberExpression' && isNode(node.property)) members.add(String(node.property.name));
    }
    for (const child of Object.values(node) as unknown[]) if (child !== undefined) todo.push(child);
  }
  const made = { writes: writes || [...members].some(m => WRITES.has(m)), moves: [...members].some(m => MOVES.has(m)), calls, members };
  memory.set(root, made);
  return made;
}

interface Node { readonly type: string; readonly [key: string]: unknown }

function isNode(value: unknown): value is Node {
  return value !== null && typeof value === 'object' && 'type' in value && typeof value.type === 'string';
}

function assigns(node: Node): boolean {
  const target = node.type === 'AssignmentExpression' ? node.left : node.type === 'UpdateExpression' ? node.argument : undefined;
  return isNode(target) && target.type === 'MemberExpression';
}

function functionNamed(shared: Shared, file: SourceFile, name: string): Place | undefined {
  const top = file.names.get(name);
  switch (top?.kind) {
    case 'function': return { node: top.node, file };
    case 'variable': return top.node.init?.type === 'ArrowFunctionExpression' ? { node: top.node.init, file } : undefined;
    case 'import': {
      if (top.from === LIBRARY) return undefined;
      const path = resolvePath(file.path, top.from);
      const other = path === undefined ? undefined : shared.paths.get(path);
      return other && other !== 'broken' && other.exported.has(top.name) && other.names.get(top.name)?.kind !== 'import' ? functionNamed(shared, other, top.name) : undefined;
    }
    default: return undefined;
  }
}
