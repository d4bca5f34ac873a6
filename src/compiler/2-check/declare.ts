// Names at the top of files: what each stands for, found when it is first asked for. Files are read through the caller.

import type {
  ArrowFunctionExpression, Class, Declaration, Function as FunctionDecl, ImportDeclaration, Span, TSTypeAliasDeclaration, VariableDeclarator,
} from '../1-parse/syntax.ts';
import { CONSTANTS, HEADERS } from '../../lang/headers.ts';
import { parse } from '../1-parse/parse.ts';
import { typeOf } from './annotate.ts';
import { classMeaning } from './classes.ts';
import { hint, report, unsupported, type Context, type Meaning, type Shared, type SourceFile } from './context.ts';
import { NOTHING } from './facts.ts';
import { functionOf } from './functions.ts';
import { functionTypeOf, isTemplate } from './templates.ts';
import { U32 } from './kinds.ts';
import { isLibraryName, LIBRARY, libraryNames } from './library.ts';
import { variableMeaning } from './variables.ts';

export type FunctionNode = FunctionDecl | ArrowFunctionExpression;

export type TopLevel = { meaning?: Meaning; resolving?: boolean; readonly exported: boolean } & (
  | { readonly kind: 'import'; readonly from: string; readonly name: string; readonly node: Span }
  | { readonly kind: 'class'; readonly node: Class }
  | { readonly kind: 'function'; readonly node: FunctionDecl }
  | { readonly kind: 'variable'; readonly node: VariableDeclarator; readonly constant: boolean }
  | { readonly kind: 'alias'; readonly node: TSTypeAliasDeclaration }
);

const MOST_FILES = 64;
/** Declarations that need each other before they are read in order. */
const MOST_NESTING = 64;

export function contextOf(shared: Shared, file: SourceFile): Context {
  return { shared, file, scope: { names: new Map(), parent: undefined }, facts: NOTHING, body: undefined };
}

/** Reads a file and collects its names, once. `from`: who imports it. */
export function loadFile(shared: Shared, path: string, from?: { readonly context: Context; readonly node: Span; readonly text: string }): SourceFile | undefined {
  const known = shared.paths.get(path);
  if (known !== undefined) return known === 'broken' ? undefined : known;
  const text = shared.read(path);
  if (text === undefined || shared.files.length >= MOST_FILES) {
    shared.paths.set(path, 'broken');
    if (from) report(from.context, text === undefined ? 'IOV1004' : 'IOV1007', from.node, { name: from.text, most: MOST_FILES });
    return undefined;
  }
  const { lines, tree, diagnostics } = parse(path, text);
  shared.diagnostics.push(...diagnostics);
  if (!tree) { shared.paths.set(path, 'broken'); return undefined; }
  const file: SourceFile = { path, index: shared.files.length, lines, tree, names: new Map(), exported: new Set() };
  shared.files.push(file);
  shared.paths.set(path, file);
  collect(contextOf(shared, file));
  return file;
}

function collect(c: Context): void {
  for (const node of c.file.tree.body) {
    switch (node.type) {
      case 'ImportDeclaration': collectImport(c, node); break;
      case 'ExportNamedDeclaration':
        if (node.declaration) collectDeclaration(c, node.declaration, true);
        else if (node.source || node.specifiers.length > 0) report(c, 'IOV1006', node);
        break;
      case 'ExportDefaultDeclaration': break;
      case 'ExportAllDeclaration': case 'TSExportAssignment': case 'TSNamespaceExportDeclaration': report(c, 'IOV1006', node); break;
      case 'EmptyStatement': break;
      case 'ClassDeclaration': case 'FunctionDeclaration': case 'VariableDeclaration': case 'TSTypeAliasDeclaration':
      case 'TSInterfaceDeclaration': case 'TSEnumDeclaration': case 'TSModuleDeclaration':
        collectDeclaration(c, node, false); break;
      default: report(c, 'IOV5017', node, { what: 'A statement' });
    }
  }
}

function collectImport(c: Context, node: ImportDeclaration): void {
  for (const specifier of node.specifiers) {
    if (specifier.type !== 'ImportSpecifier' || specifier.imported.type === 'Literal') { report(c, 'IOV1006', specifier); continue; }
    declareTop(c, specifier.local.name, specifier, { kind: 'import', from: node.source.value, name: specifier.imported.name, node: specifier, exported: false });
  }
  if (node.specifiers.length === 0) report(c, 'IOV1006', node);
}

function collectDeclaration(c: Context, node: Declaration, exported: boolean): void {
  switch (node.type) {
    case 'ClassDeclaration': if (node.id) declareTop(c, node.id.name, node.id, { kind: 'class', node, exported }); break;
    case 'FunctionDeclaration': if (node.id) declareTop(c, node.id.name, node.id, { kind: 'function', node, exported }); break;
    case 'TSTypeAliasDeclaration': declareTop(c, node.id.name, node.id, { kind: 'alias', node, exported }); break;
    case 'VariableDeclaration':
      for (const declarator of node.declarations) {
        if (declarator.id.type !== 'Identifier') { unsupported(c, declarator.id, 'Destructuring at the top of a file', 'Declarations of a module each have a name of their own.', 'Declare them one by one.'); continue; }
        if (node.kind !== 'const') unsupported(c, node, `'${node.kind}' at the top of a file`, 'A module has no variables of its own: state is in maps.', "Use 'const', or a map.");
        declareTop(c, declarator.id.name, declarator.id, { kind: 'variable', node: declarator, constant: node.kind === 'const', exported });
      }
      break;
    case 'TSEnumDeclaration': unsupported(c, node, "'enum'", 'It is more than types, so Node could not run the file.', 'Write `const Kind = { A: 1, B: 2 } as const`.'); break;
    case 'TSInterfaceDeclaration': unsupported(c, node, "'interface'", 'How a value lies in memory is said by a class with initial values.', 'Write a class.'); break;
    case 'TSModuleDeclaration': unsupported(c, node, 'A namespace', 'A file is a namespace already.', 'Move it to a file of its own, and import its names.'); break;
    default: unsupported(c, node, 'This declaration', 'A module declares constants, classes, functions and types.', 'Use one of these.');
  }
}

function declareTop(c: Context, name: string, node: Span, top: TopLevel): void {
  if (c.file.names.has(name)) { report(c, 'IOV2002', node, { name }); return; }
  c.file.names.set(name, top);
  if (top.exported) c.file.exported.add(name);
}

/** What a name at the top of `file` stands for. */
export function topMeaning(shared: Shared, file: SourceFile, name: string, asker?: { readonly context: Context; readonly node: Span }): Meaning | undefined {
  const top = file.names.get(name);
  if (!top) return undefined;
  if (top.meaning) return top.meaning;
  const c = contextOf(shared, file);
  if (top.resolving || shared.depth > MOST_NESTING) {
    const code = top.kind === 'class' ? 'IOV2026' : top.kind === 'function' ? 'IOV5012' : 'IOV2028';
    report(asker?.context ?? c, code, asker?.node ?? top.node, { name, type: name, why: `'${name}' is needed to find the type of its own result.` });
    return { kind: 'broken' };
  }
  top.resolving = true;
  shared.depth++;
  const silent = shared.silent;
  shared.silent = 0;
  const meaning = resolve(c, name, top) ?? { kind: 'broken' };
  shared.silent = silent;
  shared.depth--;
  top.meaning = meaning;
  return meaning;
}

function resolve(c: Context, name: string, top: TopLevel): Meaning | undefined {
  switch (top.kind) {
    case 'import': return importMeaning(c, top.from, top.name, top.node);
    case 'class': return classMeaning(c, top.node, name);
    case 'function': return functionMeaning(c, top.node, name);
    case 'alias': return aliasMeaning(c, top.node);
    case 'variable': return variableMeaning(c, top.node, name, top.exported);
  }
}

export function functionMeaning(c: Context, node: FunctionNode, name: string): Meaning | undefined {
  if (isTemplate(c, node)) return { kind: 'template', template: { node, name, context: c, closure: false } };
  const made = functionOf(c, node, name);
  return made && { kind: 'function', function: made };
}

function aliasMeaning(c: Context, node: TSTypeAliasDeclaration): Meaning | undefined {
  if (node.typeParameters) return unsupported(c, node, 'A generic type', 'The types of values are definite.', 'Write the type out where it is used.');
  const callable = functionTypeOf(c, node.typeAnnotation);
  if (callable) return { kind: 'function-type', ...callable };
  const type = typeOf(c, node.typeAnnotation);
  return type && { kind: 'alias', type };
}

function importMeaning(c: Context, from: string, name: string, node: Span): Meaning | undefined {
  if (from === LIBRARY) {
    if (!isLibraryName(name)) return report(c, 'IOV1005', node, { file: from, name, hint: hint(name, libraryNames()) });
    return libraryMeaning(name);
  }
  const path = resolvePath(c.file.path, from);
  if (path === undefined) return report(c, 'IOV1004', node, { name: from });
  const file = loadFile(c.shared, path, { context: c, node, text: from });
  if (!file) return undefined;
  if (!file.exported.has(name)) return report(c, 'IOV1005', node, { file: from, name, hint: hint(name, file.exported) });
  return topMeaning(c.shared, file, name, { context: c, node });
}

function libraryMeaning(name: string): Meaning {
  const header = HEADERS.get(name);
  if (header) return { kind: 'header', header };
  const constants = CONSTANTS[name];
  if (constants) {
    const at = { file: 0, line: 1, column: 1 };
    return { kind: 'enum', members: new Map(Object.entries(constants).map(([key, value]) => [key, { kind: 'const', at, type: U32, value: BigInt(value) }])) };
  }
  return { kind: 'library', name };
}

/** `iovisor/answer` is `iovisor/answer.ts`; other files are named relative to the importing one. */
export function resolvePath(from: string, specifier: string): string | undefined {
  const library = /^iovisor\/([a-z0-9-]+)$/.exec(specifier);
  if (library) return `iovisor/${library[1]}.ts`;
  if (!/^\.\.?\//.test(specifier) || !specifier.endsWith('.ts')) return undefined;
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '.') continue;
    if (part !== '..') { parts.push(part); continue; }
    if (parts.length === 0) return undefined;
    parts.pop();
  }
  return parts.join('/');
}

