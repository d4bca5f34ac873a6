// Keeps texts from the parser that would overflow its stack: it is native and recursive. A coarse count over characters, which
// may count what is in comments and text; real modules are far below the limits.

export const MOST_BYTES = 131_072;
/** Levels of the syntax tree. */
export const MOST_DEPTH = 200;

const MOST_OPEN = 1000;
const MOST_OPERATORS = 5000;

/** Whether the text may nest deeper than the parser bears. */
export function tooDeep(text: string): boolean {
  let open = 0;
  let angles = 0;
  let extended = 0;
  let operators = 0;
  for (const [token] of text.matchAll(/[([{)\]}<>;!~+\-*/%&|^?:.,=]|\bextends\b|\b(?:if|else|for|while|do|typeof|void|new|await|yield)\b|\n(?:export|import|const|let|function)\b/g)) {
    switch (token) {
      case '(': case '[': case '{': if (++open > MOST_OPEN) return true; break;
      case ')': case ']': case '}': open = Math.max(0, open - 1); break;
      case '<': if (++angles > MOST_OPEN) return true; break;
      case '>': angles = Math.max(0, angles - 1); break;
      case 'extends': if (++extended > MOST_OPEN) return true; break;
      case ';': operators = 0; break;
      default:
        if (token.startsWith('\n')) operators = 0;
        else if (++operators > MOST_OPERATORS) return true;
    }
  }
  return false;
}

/** Depth of a syntax tree, counted without recursion; stops above `most`. */
export function depthExceeds(root: object, most: number): { readonly start: number; readonly end: number } | undefined {
  let level: object[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) return level.find(isNode) ?? { start: 0, end: 1 };
    const below: object[] = [];
    for (const node of level) {
      for (const value of Object.values(node) as unknown[]) {
        if (Array.isArray(value)) for (const item of value) { if (item !== null && typeof item === 'object') below.push(item as object); }
        else if (value !== null && typeof value === 'object' && !(value instanceof RegExp)) below.push(value);
      }
    }
    level = below;
  }
  return undefined;
}

function isNode(value: object): value is { start: number; end: number } {
  return 'start' in value && typeof value.start === 'number';
}
