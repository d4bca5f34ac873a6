// From an instruction back to the author's line: what engines do with the line table of a linked program.

import type { LineEntry } from './image.ts';

/** Where a program's slots come from. `lines[].file` indexes `files`. */
export interface SourceLines {
  readonly files: readonly string[];
  readonly lines: readonly LineEntry[];
}

export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The place that the slot's code comes from; undefined before the first entry. */
export function placeOf(source: SourceLines, slot: number): SourcePlace | undefined {
  let found: LineEntry | undefined;
  for (const entry of source.lines) if (entry.slot <= slot && (!found || entry.slot >= found.slot)) found = entry;
  const file = found && source.files[found.file];
  return found && file !== undefined ? { file, line: found.line, column: found.column } : undefined;
}
