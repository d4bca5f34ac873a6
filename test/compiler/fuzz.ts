// The compiler area of `npm run fuzz`: random modules until time is up. What differs is made smaller and saved as a filetest, with
// what the evaluator says as its expectation, so that it is green once it is mended.

import { mkdirSync, writeFileSync } from 'node:fs';
import { compareReadings, evaluated, type Difference } from './differential.ts';
import { packetsOf } from './random-frames.ts';
import { GIVEN, GIVEN_MAPS } from './random-head.ts';
import { randomModule } from './random-module.ts';
import { styleOf } from './random-text.ts';
import { kernelEngine } from '../../src/cases/kernel-engine.ts';
import { vmEngine } from '../../src/cases/vm-engine.ts';
import type { CaseEngine } from '../../src/cases/engine.ts';
import type { FuzzOptions, FuzzResult } from '../../scripts/fuzz.ts';

/** Ways that shrinking tries. */
const REPORT_EVERY = 500;
const MOST_SHRINKS = 300;
const FOLDER = new URL('../filetests/', import.meta.url);

/** The tape of a seed (xorshift32). */
export function tapeOf(seed: number): number[] {
  let state = Math.imul(seed + 1, 0x9e37_79b1) | 1;
  const next = (): number => { state ^= state << 13; state ^= state >>> 17; state ^= state << 5; return state >>> 0; };
  for (let i = 0; i < 8; i++) next();
  // Most are short: they say as much, and run faster.
  const most = next() % 8 === 0 ? 460 : 160;
  return Array.from({ length: 30 + next() % most }, () => next() % 9973);
}

const IN_PROCESS = { vm: vmEngine, interpreter: () => vmEngine('interpreter') };

function enginesHere(): Record<string, () => CaseEngine> {
  return process.getuid?.() === 0 ? { ...IN_PROCESS, kernel: kernelEngine } : IN_PROCESS;
}

export function fuzzCompiler({ seed, stop, say }: FuzzOptions): FuzzResult {
  const engines = enginesHere();
  const failures: string[] = [];
  let [programs, refused] = [0, 0];
  for (let round = 0; !stop(); round++) {
    const tape = tapeOf(seed + round);
    const difference = compareReadings(randomModule(tape), packetsOf(tape), engines);
    if (difference?.kind === 'refused') { refused++; if (refused <= 3) say(difference.diagnostics.split('\n')[0] ?? ''); continue; }
    programs++;
    if (programs % REPORT_EVERY === 0) say(`${programs} programs: ${refused} refused, ${failures.length} failures`);
    if (difference === undefined) continue;
    const small = shrink(tape, difference, engines);
    const name = save(small.tape, small.difference, seed + round);
    failures.push(name);
    say(`${name}: ${small.difference.kind}\n${text(small.difference)}`);
  }
  return { programs, failures, note: `${refused} refused by the checker${'kernel' in engines ? '' : '; no kernel: not root'}` };
}

const text = (d: Difference): string => (d.kind === 'refused' ? d.diagnostics : d.message).slice(0, 1500);

/** Shorter tapes and smaller numbers that fail alike. */
function shrink(tape: number[], difference: Difference, engines: Record<string, () => CaseEngine>): { tape: number[]; difference: Difference } {
  let best = { tape, difference };
  let tries = 0;
  const better = (t: number[]): boolean => {
    if (tries++ > MOST_SHRINKS) return false;
    const d = compareReadings(randomModule(t), packetsOf(t), engines);
    if (d?.kind !== difference.kind) return false;
    best = { tape: t, difference: d };
    return true;
  };
  for (let size = Math.ceil(tape.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.tape.length;) if (!better([...best.tape.slice(0, at), ...best.tape.slice(at + size)])) at += size;
  }
  for (let at = 0; at < best.tape.length; at++) if (best.tape[at] !== 0) better(best.tape.map((n, i) => i === at ? 0 : n));
  return best;
}

/** Without declarations and imports that nothing names: they are the same in every random module. */
function pruned(source: string): string {
  const [body = '', ...head] = source.split(/\n(?=class |const |export const |function |export default )/).reverse();
  const [imports = '', ...declarations] = head.reverse();
  let kept = [...declarations];
  const count = (name: string): number => [...kept, body].join('\n').match(new RegExp(`\\b${name}\\b`, 'g'))?.length ?? 0;
  for (let before = -1; before !== kept.length;) {
    before = kept.length;
    kept = kept.filter(text => count(/^(?:export )?(?:class|const|function) (\w+)/.exec(text)?.[1] ?? '') > 1);
  }
  const used = imports.replace(/\{ (.*) \}/, (_all, names: string) => `{ ${names.split(', ').filter(name => count(name.replace('type ', '')) > 0).join(', ')} }`);
  return `${[used.trim(), ...kept.map(text => text.trimEnd()), '', body].join('\n')}`;
}

function save(tape: readonly number[], difference: Difference, seed: number): string {
  const source = pruned(randomModule(tape));
  const kind = difference.kind === 'differs' ? 'run' : 'verify';
  let steps = '';
  if (kind === 'run') {
    const sent = packetsOf(tape);
    const { program } = styleOf(tape);
    const rows = [...Object.entries(GIVEN).map(([name, all]) => [name, all.map(([prefix, value]) => [prefix, value])] as const), ...Object.entries(GIVEN_MAPS)];
    const given = rows.filter(([name]) => source.includes(`const ${name} =`)).map(([name, values]) => `${name}: ${JSON.stringify(values)}`);
    steps = given.length > 0 ? `// given: { ${given.join(', ')} }\n` : '';
    steps += evaluated(source, sent).map((trace, i) => {
      const [exit, value] = trace.verdict.split(' ') as [string, string];
      const frame = `[bytes('${trace.frame}')]`;
      const outcome = exit === 'next' ? `passed(${frame})` : exit === 'to' ? `to(${value}, ${frame})` : exit === 'drop' ? `dropped('${value}')` : exit === 'punt' ? `punted('${value}')` : `${exit === 'flood' ? 'flooded' : 'replied'}(${frame})`;
      return `// run: send(${program === 'module' ? sent[i]?.port : program === 'filter' ? "'egress'" : "'main'"}, [bytes('${Buffer.from(sent[i]?.frame ?? []).toString('hex')}')], ${outcome})\n`;
    }).join('');
  }
  const name = `${kind}/fuzz-${seed}.ts`;
  mkdirSync(new URL(`${kind}/`, FOLDER), { recursive: true });
  writeFileSync(new URL(name, FOLDER), `// filetest: ${kind}\n// Found by npm run fuzz -- compiler --seed ${seed}.\n${source}\n${steps}`);
  return `test/filetests/${name}`;
}
