// What the parts of the checker share while a module is checked: files, scopes, symbols, what is known at this point.

import type { Expression, Function as FunctionSyntax, Program, Span, TSFunctionType } from '../1-parse/syntax.ts';
import type { HeaderClass } from '../../lang/headers.ts';
import type { Lines } from '../1-parse/lines.ts';
import { spanOf } from '../1-parse/lines.ts';
import type { Code } from '../diagnostics/catalogue.ts';
import { diagnostic, type Diagnostic } from '../diagnostics/diagnostic.ts';
import type { Expr, Func, Local, MapSymbol, MapType, Place, PortSymbol, SettingsSymbol, StageSymbol, StructClass, Type } from './tree.ts';
import type { FunctionNode, TopLevel } from './declare.ts';
import type { Facts } from './facts.ts';

export interface SourceFile {
  readonly path: string;
  readonly index: number;
  readonly lines: Lines;
  readonly tree: Program;
  /** Names at its top, and those of them that it exports. */
  readonly names: Map<string, TopLevel>;
  readonly exported: Set<string>;
}

/** What a name stands for. */
export type Meaning =
  | { readonly kind: 'value'; readonly value: Expr }
  | { readonly kind: 'local'; readonly local: Local }
  | { readonly kind: 'function'; readonly function: Func }
  /** A function that is made anew for the types, or the functions, that it is given. */
  | { readonly kind: 'template'; readonly template: Template }
  | { readonly kind: 'function-type'; readonly node: TSFunctionType; readonly context: Context }
  /** A function, class or object of iovisor/module, by its name there. */
  | { readonly kind: 'library'; readonly name: string }
  | { readonly kind: 'header'; readonly header: HeaderClass }
  | { readonly kind: 'struct'; readonly class: StructClass; readonly initial: readonly Expr[] }
  /** An `as const` object. */
  | { readonly kind: 'enum'; readonly members: ReadonlyMap<string, Expr> }
  | { readonly kind: 'alias'; readonly type: Type }
  | { readonly kind: 'program' }
  | { readonly kind: 'stage'; readonly stage: StageSymbol }
  /** A local whose first value is being looked at. */
  | { readonly kind: 'unfinished' }
  /** Its declaration is wrong, and was reported. */
  | { readonly kind: 'broken' };

export interface Template {
  readonly node: FunctionNode;
  readonly name: string;
  /** Where it stands. */
  readonly context: Context;
  readonly closure: boolean;
}

/** A method or getter of a class, found when first asked for. */
export interface Method {
  readonly kind: 'method' | 'get';
  readonly node: FunctionSyntax;
  readonly function: () => Func | undefined;
}

/** What stands for an argument that is not given. */
export interface Default { readonly node?: Expression; readonly context: Context }

export interface Scope {
  readonly names: Map<string, Meaning>;
  readonly parent: Scope | undefined;
}

/** Things of the whole module. */
export interface Shared {
  readonly read: (path: string) => string | undefined;
  readonly entry: string;
  readonly files: SourceFile[];
  readonly paths: Map<string, SourceFile | 'broken'>;
  readonly diagnostics: Diagnostic[];
  readonly maps: MapSymbol[];
  /** What a `set` that may make an entry was written for: a map, or, of one that came as an argument, all of its type. */
  readonly grown: (MapSymbol | MapType)[];
  readonly settings: SettingsSymbol[];
  readonly ports: PortSymbol[];
  readonly stages: StageSymbol[];
  readonly functions: Map<FunctionNode, Func>;
  /** Functions whose bodies are still to be checked. */
  readonly pending: (() => void)[];
  readonly calls: Map<Func, { readonly to: Func; readonly context: Context; readonly at: Span }[]>;
  /** Functions made of a template, by the types they are for; 'open' while the type of their result is looked for. */
  readonly instances: Map<FunctionNode, Map<string, Func | 'open' | 'broken'>>;
  /** How many, of all templates. */
  instanceCount: number;
  /** Templates that are being made with functions for arguments. */
  readonly making: FunctionNode[];
  /** By struct or header class. */
  readonly methods: WeakMap<object, ReadonlyMap<string, Method>>;
  /** Syntax of functions, and of methods by their names: for what they may write (effects.ts). */
  readonly origins: WeakMap<Func, { readonly node: FunctionNode; readonly file: SourceFile }>;
  readonly methodNodes: Map<string, { readonly node: FunctionNode; readonly file: SourceFile }[]>;
  /** One for each parameter of a function that has any. */
  readonly defaults: WeakMap<Func, readonly (Default | undefined)[]>;
  readonly classKeys: WeakMap<object, string>;
  readonly keys: WeakMap<Local, string>;
  /** What a constant local's truth or falsehood says of others. */
  readonly aliases: WeakMap<Local, { readonly yes: Facts; readonly no: Facts }>;
  /** Keys of locals that may be assigned. */
  readonly variables: Set<string>;
  /** First values of locals that are never assigned. */
  readonly initials: WeakMap<Local, Expr>;
  /** Ranges that were known where an expression was made. */
  readonly ranges: WeakMap<Expr, { readonly low: bigint; readonly high: bigint }>;
  hook: 'tc' | 'xdp';
  kind: 'module' | 'filter' | 'xdp';
  lastKey: number;
  /** Nesting of declarations that need each other. */
  depth: number;
  /** Above zero: mistakes are not reported, for the same code is checked again. */
  silent: number;
}

/** Where the checker is. */
export interface Context {
  readonly shared: Shared;
  readonly file: SourceFile;
  scope: Scope;
  /** Undefined: this point is not reached. */
  facts: Facts | undefined;
  readonly body: Body | undefined;
}

/** The function that the checker is in. */
export interface Body {
  readonly function: Func | undefined;
  /** Undefined: inferred from what is returned. */
  readonly result: Type | undefined;
  readonly returned: Expr[];
  /** A returned expression was wrong: the type of the result cannot be learned. */
  failed: boolean;
  /** A statement was wrong that may have ended every way. */
  lost: boolean;
  readonly outer: Body | undefined;
  /** What `break` and `continue` leave, and what is known where they do: `exits` behind it, `rounds` at the end of a round. */
  readonly inside: { readonly of: 'loop' | 'switch'; exits: Facts | undefined; rounds?: Facts | undefined }[];
  /** All locals declared, for what must be forgotten at once. */
  readonly locals: Local[];
}

export function placeOf(c: Context, node: Span): Place {
  const { line, column } = spanOf(c.file.lines, node.start, node.end);
  return { file: c.file.index, line, column };
}

export function report(c: Context, code: Code, node: Span, values: Readonly<Record<string, string | number | bigint>> = {}): undefined {
  if (c.shared.silent > 0) return undefined;
  const found = diagnostic(code, { file: c.file.path, ...spanOf(c.file.lines, node.start, node.end) }, { source: sourceOf(c, node), ...values });
  const again = c.shared.diagnostics.some(d => d.code === code && d.file === found.file && d.line === found.line && d.column === found.column);
  if (!again && c.shared.diagnostics.length < MOST_DIAGNOSTICS) c.shared.diagnostics.push(found);
  return undefined;
}

/** What the author wrote, shortened. */
export function sourceOf(c: Context, node: Span): string {
  const text = c.shared.read(c.file.path)?.slice(node.start, Math.min(node.end, node.start + 200)).replace(/\s+/g, ' ') ?? '';
  return text.length > MOST_SOURCE ? `${text.slice(0, MOST_SOURCE)}…` : text;
}
const MOST_SOURCE = 40;

export function unsupported(c: Context, node: Span, what: string, why: string, cure: string): undefined {
  return report(c, 'IOV1009', node, { what, why, cure });
}

export function lookUp(scope: Scope | undefined, name: string): Meaning | undefined {
  for (let s = scope; s; s = s.parent) {
    const meaning = s.names.get(name);
    if (meaning) return meaning;
  }
  return undefined;
}

export function keyOf(shared: Shared, local: Local): string {
  const known = shared.keys.get(local);
  if (known !== undefined) return known;
  const key = `#${++shared.lastKey}`;
  shared.keys.set(local, key);
  return key;
}


/** More help nobody. */
const MOST_DIAGNOSTICS = 100;

/** `; did you mean 'x'?` or nothing. */
export function hint(name: string, known: Iterable<string>): string {
  let best: string | undefined;
  let least = name.length < 3 ? 0 : name.length < 6 ? 2 : Math.floor(name.length / 3) + 1;
  let looked = 0;
  for (const other of known) {
    if (++looked > 500 || name.length > 40 || other.length > 40) continue;
    const d = distance(name.toLowerCase(), other.toLowerCase());
    if (d < least) { least = d; best = other; }
  }
  return best === undefined ? '' : `; did you mean '${best}'?`;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
