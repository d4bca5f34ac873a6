// An author's mistake as a value: what is wrong, why, and what to do, at a place of the source. Never thrown.

import { CATALOGUE, type Code } from './catalogue.ts';

export interface Diagnostic {
  readonly code: Code;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly cause: string;
  readonly cure: string;
  readonly file: string;
  /** From 1; `endColumn` is on the same line, behind the last character. */
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
}

/** Fills the catalogue's entry of `code`; `{name}` in its texts stands for `values.name`. Where a place knows better, `values.cause` and `values.cure` are said instead. */
export function diagnostic(
  code: Code, where: Pick<Diagnostic, 'file' | 'line' | 'column' | 'endColumn'>, values: Readonly<Record<string, string | number | bigint>> = {},
): Diagnostic {
  const entry = CATALOGUE[code];
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => short(String(values[name] ?? ''))).replace(/\?\.$/, '?');
  const said = (text: string, instead: string | number | bigint | undefined) => fill(instead === undefined ? text : String(instead));
  return {
    code, severity: entry.severity, message: fill(entry.message).replace(/^a /, 'A '), cause: said(entry.cause, values['cause']), cure: said(entry.cure, values['cure']),
    file: where.file, line: where.line, column: where.column, endColumn: where.endColumn,
  };
}

/** A name of 100,000 letters helps nobody. */
const MOST_LETTERS = 200;
function short(text: string): string {
  return text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}…` : text;
}

/** For people: `modules/x/x.ts:3:7 IOV2001 …`, the cause and the cure. */
export function formatDiagnostic(d: Diagnostic): string {
  const kind = d.severity === 'warning' ? 'warning ' : '';
  return `${d.file}:${d.line}:${d.column} ${kind}${d.code} ${d.message}\n    why:  ${d.cause}\n    cure: ${d.cure}`;
}
