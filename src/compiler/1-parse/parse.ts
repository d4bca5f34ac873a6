// Text → syntax tree (ESTree with TypeScript nodes, by oxc-parser). Knows nothing of the module language.

import { parseSync, type Program } from 'oxc-parser';
import { diagnostic, type Diagnostic } from '../diagnostics/diagnostic.ts';
import { depthExceeds, MOST_BYTES, MOST_DEPTH, tooDeep } from './guard.ts';
import { linesOf, spanOf, type Lines } from './lines.ts';

interface Parsed {
  readonly lines: Lines;
  /** Not there after a syntax error. */
  readonly tree?: Program;
  readonly diagnostics: readonly Diagnostic[];
}

export function parse(file: string, text: string): Parsed {
  const lines = linesOf(text);
  const at = (start: number, end: number) => ({ file, ...spanOf(lines, start, end) });
  if (text.length > MOST_BYTES) return { lines, diagnostics: [diagnostic('IOV1002', at(0, 1), { bytes: text.length, most: MOST_BYTES })] };
  if (tooDeep(text)) return { lines, diagnostics: [diagnostic('IOV1003', at(0, 1), { most: MOST_DEPTH })] };

  const result = parseSync(file, text, { lang: 'ts', sourceType: 'module', astType: 'ts', preserveParens: false });
  if (result.errors.length > 0) {
    return {
      lines,
      diagnostics: result.errors.slice(0, MOST_ERRORS).map(e => {
        const label = e.labels[0];
        const help = e.helpMessage === null ? '' : ` (${e.helpMessage})`;
        return diagnostic('IOV1001', at(label?.start ?? 0, label?.end ?? 1), { text: `${e.message}${help}` });
      }),
    };
  }
  const tree = result.program;
  const deep = depthExceeds(tree, MOST_DEPTH);
  if (deep) return { lines, diagnostics: [diagnostic('IOV1003', at(deep.start, deep.end), { most: MOST_DEPTH })] };
  return { lines, tree, diagnostics: [] };
}

/** One mistake often makes the parser stumble many times. */
const MOST_ERRORS = 10;
