// From offsets in a text to lines and columns, both from 1.

export interface Lines { readonly starts: readonly number[]; readonly length: number }

export function linesOf(text: string): Lines {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return { starts, length: text.length };
}

export function lineAndColumn(lines: Lines, offset: number): { readonly line: number; readonly column: number } {
  let low = 0;
  let high = lines.starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lines.starts[middle] ?? 0) <= offset) low = middle; else high = middle - 1;
  }
  return { line: low + 1, column: offset - (lines.starts[low] ?? 0) + 1 };
}

/** The span on the line where it begins. */
export function spanOf(lines: Lines, start: number, end: number): { readonly line: number; readonly column: number; readonly endColumn: number } {
  const { line, column } = lineAndColumn(lines, start);
  const lineEnd = (lines.starts[line] ?? lines.length + 1) - 1;
  const length = Math.min(end, lineEnd) - start;
  return { line, column, endColumn: column + Math.max(1, length) };
}
