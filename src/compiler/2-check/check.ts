// Checks a module: syntax trees in, typed tree and diagnostics out. Total: no input makes it throw.

import { diagnostic, type Diagnostic } from '../diagnostics/diagnostic.ts';
import type { Shared, SourceFile } from './context.ts';
import { contextOf, loadFile, topMeaning } from './declare.ts';
import { sameType } from './kinds.ts';
import { entriesOf, findProgram } from './program.ts';
import { orderCalls } from './recursion.ts';
import { checkJumps } from './stages.ts';
import type { Func, MapSymbol, Module, Place } from './tree.ts';

interface Checked {
  /** Not there if anything is an error. */
  readonly module?: Module;
  readonly diagnostics: readonly Diagnostic[];
}

export interface CheckOptions {
  /** Text of a source file, or undefined. `iovisor/answer` is asked for as `iovisor/answer.ts`. */
  readonly read: (path: string) => string | undefined;
  /** The module's file. */
  readonly entry: string;
}

export function check({ read, entry }: CheckOptions): Checked {
  const shared = sharedOf(read, entry);
  const file = loadFile(shared, entry);
  if (!file) {
    if (shared.diagnostics.length > 0) return { diagnostics: shared.diagnostics };
    return { diagnostics: [diagnostic('IOV1004', { file: entry, line: 1, column: 1, endColumn: 2 }, { name: entry })] };
  }
  const c = contextOf(shared, file);
  const program = findProgram(c);
  if (program) {
    shared.kind = program.kind;
    shared.hook = program.kind === 'xdp' ? 'xdp' : 'tc';
  }
  for (const name of file.names.keys()) topMeaning(shared, file, name);
  const made = program && entriesOf(c, program);
  for (let i = 0; i < shared.pending.length; i++) shared.pending[i]?.();
  const order = orderCalls(shared, [...shared.functions.values()]);
  checkJumps(shared, order);

  const diagnostics = sorted(shared);
  if (!made || diagnostics.some(d => d.severity === 'error')) return { diagnostics };
  const entries = new Set([...made.entries, ...shared.stages].map(e => e.function));
  const reached = reachable(shared, made.entries.map(e => e.function));
  const module: Module = {
    name: entry.replace(/^.*\//, '').replace(/\.ts$/, ''), kind: shared.kind, ...(made.placement && { placement: made.placement }),
    files: shared.files.map(f => f.path), entries: made.entries,
    stages: shared.stages.filter(s => reached.has(s.function)),
    maps: shared.maps.toSorted(byPlace), grown: grownMaps(shared), settings: shared.settings.toSorted(byPlace), ports: shared.ports,
    functions: order.filter(f => !f.closure && !entries.has(f) && reached.has(f)),
  };
  return { module, diagnostics };
}

function sharedOf(read: CheckOptions['read'], entry: string): Shared {
  const texts = new Map<string, string | undefined>();
  return {
    entry,
    // A file has one text, whatever happens to it meanwhile.
    read: path => { if (!texts.has(path)) texts.set(path, read(path)); return texts.get(path); },
    files: [], paths: new Map(), diagnostics: [], maps: [], grown: [], settings: [], ports: [], stages: [], functions: new Map(), pending: [], calls: new Map(),
    instances: new Map(), instanceCount: 0, making: [], methods: new WeakMap(), origins: new WeakMap(), methodNodes: new Map(),
    defaults: new WeakMap(), classKeys: new WeakMap(), keys: new WeakMap(), aliases: new WeakMap(), variables: new Set(), initials: new WeakMap(), ranges: new WeakMap(),
    hook: 'tc', kind: 'module', lastKey: 0, depth: 0, silent: 0,
  };
}

function grownMaps({ maps, grown }: Shared): ReadonlySet<MapSymbol> {
  return new Set(maps.filter(map => grown.some(what => what === map || (what.kind === 'map' && 'map' in what && sameType(what, map.type)))));
}

function reachable(shared: Shared, roots: readonly Func[]): ReadonlySet<Func> {
  const seen = new Set(roots);
  for (const func of seen) for (const call of shared.calls.get(func) ?? []) seen.add(call.to);
  return seen;
}

function byPlace(a: { readonly at: Place }, b: { readonly at: Place }): number {
  return a.at.file - b.at.file || a.at.line - b.at.line || a.at.column - b.at.column;
}

function sorted(shared: Shared): Diagnostic[] {
  const order = new Map(shared.files.map((f: SourceFile) => [f.path, f.index]));
  return shared.diagnostics.toSorted((a, b) => (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0) || a.line - b.line || a.column - b.column);
}

