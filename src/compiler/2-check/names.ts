// What a name stands for where it is used: locals, then the file's names.

import type { Span } from '../1-parse/syntax.ts';
import { hint, lookUp, report, type Context, type Meaning } from './context.ts';
import { topMeaning } from './declare.ts';
import { NAMES_ELSEWHERE } from './elsewhere.ts';
import { isLibraryName } from './library.ts';

export function meaningOf(c: Context, name: string, node: Span): Meaning | undefined {
  const found = lookUp(c.scope, name) ?? topMeaning(c.shared, c.file, name, { context: c, node });
  if (found) return found;
  const help = isLibraryName(name) ? ": it is in 'iovisor/module'" : hint(name, namesAround(c));
  const cure = Object.hasOwn(NAMES_ELSEWHERE, name) ? NAMES_ELSEWHERE[name] : undefined;
  return report(c, 'IOV2001', node, { name, hint: help, ...(cure !== undefined && { cause: 'It is not in the module language.', cure }) });
}

function* namesAround(c: Context): Iterable<string> {
  for (let s: Context['scope'] | undefined = c.scope; s; s = s.parent) yield* s.names.keys();
  yield* c.file.names.keys();
}
