// Whether calling a function may write packets or structs, by names alone, before its body is checked: what is known of fields
// outlives calls that cannot change them. Where this cannot see, it says yes.

import type { Context, Shared, SourceFile } from './context.ts';
import { resolvePath, type FunctionNode } from './declare.ts';
import { LIBRARY } from './library.ts';

const WRITES = new Set(['rewrite', 'fresh', 'insert', 'remove', 'trim']);
interface Place { readonly node: FunctionNode; readonly file: SourceFile }

/** `name` as it is called in the context's file. */
export function mayWrite(c: Context, name: string): boolean {
  const first = functionNamed(c.shared, c.file, name);
  if (first === 'library') return false;
  if (!first) return true;
  const todo = [first];
  const seen = new Set<FunctionNode>([first.node]);
  for (let place = todo.pop(); place; place = todo.pop()) {
    const called = calledBy(place);
    if (!called) return true;
    for (const next of called) {
      const found = functionNamed(c.shared, place.file, next);
      if (!found) return true;
      if (found === 'library' || seen.has(found.node)) continue;
      seen.add(found.node);
      todo.push(found);
    }
  }
  return false;
}

const memory = new WeakMap<FunctionNode, ReadonlySet<string> | 'writes'>();

/** Names of functions that the body calls, or undefined: it writes by itself. */
function calledBy({ node: root }: Place): ReadonlySet<string> | undefined {
  const known = memory.get(root);
  if (known) return known === 'writes' ? undefined : known;
  const names = new Set<string>();
  const todo: unknown[] = [root.body];
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    if (node === null || typeof node !== 'object') continue;
    if (isNode(node) && writes(node)) { memory.set(root, 'writes'); return undefined; }
    if (isNode(node) && node.type === 'CallExpression' && isNode(node.callee) && node.callee.type === 'Identifier') names.add(String(node.callee.name));
    for (const child of Object.values(node) as unknown[]) if (child !== undefined) todo.push(child);
  }
  memory.set(root, names);
  return names;
}

interface Node { readonly type: string; readonly [key: string]: unknown }

function isNode(value: unknown): value is Node {
  return value !== null && typeof value === 'object' && 'type' in value && typeof value.type === 'string';
}

function writes(node: Node): boolean {
  const target = node.type === 'AssignmentExpression' ? node.left : node.type === 'UpdateExpression' ? node.argument : undefined;
  if (isNode(target) && target.type === 'MemberExpression') return true;
  return node.type === 'MemberExpression' && isNode(node.property) && WRITES.has(String(node.property.name));
}

function functionNamed(shared: Shared, file: SourceFile, name: string): Place | 'library' | undefined {
  const top = file.names.get(name);
  switch (top?.kind) {
    case 'function': return { node: top.node, file };
    case 'variable': return top.node.init?.type === 'ArrowFunctionExpression' ? { node: top.node.init, file } : undefined;
    case 'import': {
      if (top.from === LIBRARY) return 'library';
      const path = resolvePath(file.path, top.from);
      const other = path === undefined ? undefined : shared.paths.get(path);
      return other && other !== 'broken' && other.exported.has(top.name) && other.names.get(top.name)?.kind !== 'import' ? functionNamed(shared, other, top.name) : undefined;
    }
    default: return undefined;
  }
}
