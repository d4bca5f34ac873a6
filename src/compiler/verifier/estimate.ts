// From a walk to what an author reads: how many instructions the verifier looks at, and where, if that is too much for it.

import type { Program } from '../../image/image.ts';
import { diagnostic, type Diagnostic } from '../diagnostics/diagnostic.ts';
import { MOST_WAITING, walk, type Maps, type Walk } from './walk.ts';

/** BPF_COMPLEXITY_LIMIT_INSNS, since 5.2. */
const MOST_STEPS = 1_000_000;
/**
 * Our estimate is nearly exact for a program alone, but joints and other code around it shift what the kernel remembers, for some to twice or half of the steps: so beyond
 * `SURELY` no kernel goes, and the warning begins at a fifth. No module of ours comes near it.
 */
const SURELY = 2 * MOST_STEPS, LIKELY = MOST_STEPS / 5;
/** Places that a message names. */
const MOST_PLACES = 3;

interface Estimate {
  readonly program: string;
  readonly steps: number;
  readonly diagnostics: readonly Diagnostic[];
}

/** `maps`, `files`: of the image. Undefined: the program is none. */
export function estimate(program: Program, maps: Maps, files: readonly string[]): Estimate | undefined {
  const walked = walk(program, maps, SURELY);
  if (walked === undefined) return undefined;
  const { steps, cut } = walked;
  if (cut === undefined && steps < LIKELY) return { program: program.name, steps, diagnostics: [] };
  const places = placesOf(program, walked);
  const { file, line, column } = places[0] ?? { file: 0, line: 1, column: 1 };
  const where = { file: files[file] ?? '', line, column, endColumn: column + 1 };
  const values = { what: cut === 'waiting' ? `it would have to remember more than ${grouped(MOST_WAITING)} branches at once` : `it would look at more than ${grouped(SURELY)} instructions, of ${grouped(MOST_STEPS)}`, steps: grouped(steps), most: grouped(MOST_STEPS), places: places.map(p => `${files[p.file] ?? ''}:${p.line} (${Math.round(100 * p.share)} %)`).join(', ') };
  return { program: program.name, steps, diagnostics: [diagnostic(cut !== undefined ? 'IOV6006' : 'IOV6007', where, values)] };
}

interface Place { readonly file: number; readonly line: number; readonly column: number; readonly share: number }

/** The lines with most steps. */
function placesOf({ lines }: Program, { steps, visits, starts }: Walk): Place[] {
  const sums = new Map<string, { file: number; line: number; column: number; steps: number }>();
  let entry = -1;
  for (const [i, slot] of starts.entries()) {
    while (entry + 1 < lines.length && (lines[entry + 1]?.slot ?? Infinity) <= slot) entry++;
    const at = lines[entry];
    if (at === undefined || at.line === 0) continue;
    const key = `${at.file} ${at.line}`;
    const sum = sums.get(key);
    if (sum) sum.steps += visits[i] ?? 0; else sums.set(key, { file: at.file, line: at.line, column: at.column, steps: visits[i] ?? 0 });
  }
  return [...sums.values()].sort((a, b) => b.steps - a.steps).slice(0, MOST_PLACES).map(({ file, line, column, steps: mine }) => ({ file, line, column, share: mine / steps }));
}

/** 1,000,000; the same everywhere. */
const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');
