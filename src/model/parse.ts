// YAML text with any number of documents → resources, each with its places in the file; or every mistake with file, line and column.
// It opens no file, and knows no rule between resources.

import { LineCounter, isAlias, isCollection, isMap, isPair, isScalar, parseAllDocuments, type Document, type Node, type ParsedNode } from 'yaml';
import { checkResource } from './check.ts';
import { keyOf, showKey, type Resource } from './resource.ts';
import { twice, type PlacedProblem, type Problem } from './problem.ts';

export const MAX_FILE_BYTES = 16 << 20;

/** A resource, and how to find a field of it in the file. */
interface Placed {
  readonly resource: Resource;
  readonly file: string;
  readonly place: (path: readonly (string | number)[], at?: 'key' | 'value') => { readonly line: number; readonly column: number };
}

type Parsed = { readonly resources: readonly Placed[]; readonly problems: readonly PlacedProblem[] };

/** All problems of all files at once: nothing may be applied while there is one. */
export function parseFiles(files: readonly { readonly file: string; readonly text: string }[]): Parsed {
  const resources: Placed[] = [];
  const problems: PlacedProblem[] = [];
  for (const { file, text } of files) {
    const parsed = parseResources(file, text);
    resources.push(...parsed.resources);
    problems.push(...parsed.problems);
  }
  problems.push(...twice(resources, r => keyOf(r.resource), (r, other) => {
    const there = other.place(['metadata', 'name']);
    return { file: r.file, ...r.place(['metadata', 'name']), subject: showKey(keyOf(r.resource)), message: `is here twice; the first is at ${other.file}:${there.line}:${there.column}` };
  }));
  return { resources, problems };
}

function parseResources(file: string, text: string): Parsed {
  if (text.length > MAX_FILE_BYTES) return { resources: [], problems: [{ file, line: 1, column: 1, subject: '', message: `the file is larger than ${MAX_FILE_BYTES >> 20} MiB; split it` }] };
  const lines = new LineCounter();
  const resources: Placed[] = [];
  const problems: PlacedProblem[] = [];
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  for (const document of Array.isArray(documents) ? documents : []) {
    if (document.errors.some(e => /stack (size|overflow)/i.test(e.message))) {
      problems.push({ file, line: 1, column: 1, subject: '', message: 'YAML: is nested too deeply to be read' });
      continue;
    }
    if (document.errors.length > 0) {
      for (const e of document.errors) problems.push({ file, ...position(lines, e.pos[0]), subject: '', message: `YAML: ${e.message}` });
      continue;
    }
    if (document.contents === null || isEmpty(document.contents)) continue;
    const placeFrom = (prefix: readonly number[]): Placed['place'] => (path, at = 'value') => position(lines, offsetOf(document, [...prefix, ...path], at));
    let value: unknown;
    try { value = document.toJS({ maxAliasCount: 100 }); } catch (e) {
      problems.push({ file, ...placeFrom([])([]), subject: '', message: `YAML: ${(e as Error).message}` });
      continue;
    }
    // A list of resources is as good as a document for each: `iov get -o json` prints one.
    for (const [i, one] of Array.isArray(value) ? value.entries() : [[undefined, value] as const]) {
      const place = placeFrom(i === undefined ? [] : [i]);
      const checked = checkResource(one);
      if (checked.ok) resources.push({ resource: checked.resource, file, place });
      else for (const p of checked.problems) problems.push({ file, ...place(p.path, p.at), subject: checked.subject, message: p.message });
    }
  }
  return { resources, problems };
}

/** Problems that were found later (rules between resources, by the Director), brought back to their lines. */
export function placeProblems(parsed: readonly Placed[], problems: readonly Problem[]): { readonly placed: readonly PlacedProblem[]; readonly rest: readonly Problem[] } {
  const placed: PlacedProblem[] = [];
  const rest: Problem[] = [];
  const byKey = new Map(parsed.map(r => [keyOf(r.resource), r]));
  for (const p of problems) {
    const found = byKey.get(p.key ?? '');
    if (found) placed.push({ file: found.file, ...found.place(p.path), subject: showKey(p.key!), message: p.message });
    else rest.push(p);
  }
  return { placed, rest };
}

function isEmpty(node: Node): boolean {
  return isScalar(node) && node.value === null;
}

function position(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

/** Where a path begins; a path that is not there leads to the deepest part of it that is. */
function offsetOf(document: Document.Parsed, path: readonly (string | number)[], at: 'key' | 'value'): number {
  let node: ParsedNode | null = document.contents;
  let offset = node?.range[0] ?? 0;
  for (const [i, step] of path.entries()) {
    if (isAlias(node) || !isCollection(node)) return offset;
    if (isMap(node)) {
      const pair = (node.items as unknown[]).find(item => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step));
      if (!isPair(pair)) return offset;
      const key = pair.key as ParsedNode;
      const value = pair.value as ParsedNode | null;
      const last = i === path.length - 1;
      // A block collection begins at its first child, which says nothing to people: its key does.
      offset = last && (at === 'key' || isCollection(value)) || !value?.range ? key.range[0] : value.range[0];
      node = value;
    } else {
      const item = (node.items as unknown[])[Number(step)] as ParsedNode | undefined;
      if (!item?.range) return offset;
      offset = item.range[0];
      node = item;
    }
  }
  return offset;
}
