// npm run fuzz -- AREA --seconds N --seed S
// Looks for differences between readings of the same program, from a seed on, for so many seconds. Each area is a row below.
// What fails is shrunk, saved as a filetest and shown; the exit code is 1 then. The same seed goes the same way.

import { fuzzCompiler } from '../test/compiler/fuzz.ts';
import { fuzzPackets } from '../test/packets/fuzz.ts';
import { fuzzVm } from '../test/vm/fuzz.ts';
import { fuzzHostile } from '../test/vm/hostile.ts';
import { readArguments } from './arguments.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** Asked before each program. */
  readonly stop: () => boolean;
  readonly say: (line: string) => void;
}
/** How many programs ran, and the files of those that failed. */
export interface FuzzResult { readonly programs: number; readonly failures: readonly string[]; readonly note: string }
type FuzzArea = (options: FuzzOptions) => FuzzResult | Promise<FuzzResult>;

const AREAS: Readonly<Record<string, { readonly about: string; readonly run: FuzzArea }>> = {
  compiler: { about: 'random modules: evaluator of the typed tree, vm and (as root) kernel', run: fuzzCompiler },
  vm: { about: 'random eBPF: WebAssembly, interpreter and (as root) kernel', run: fuzzVm },
  hostile: { about: 'eBPF that no verifier lets through: WebAssembly and interpreter', run: fuzzHostile },
  packets: { about: 'malformed and mutated packets into examples/office: vm and (as root) kernel', run: fuzzPackets },
};

const USAGE = `usage: npm run fuzz -- [AREA]… [--seconds N] [--seed S] [--list]

${Object.entries(AREAS).map(([name, { about }]) => `  ${name.padEnd(9)}  ${about}`).join('\n')}

  --seconds  for each area (60)
  --seed     the same seed goes the same way (default: another each time)
  --list     the areas

Exit 1: a difference was found; it is shrunk, saved as a filetest and shown.`;
const MOST_SECONDS = 1_000_000, MOST_SEED = 2 ** 31;

async function main(): Promise<number> {
  const { positionals, values, whole, refuse } = readArguments(USAGE, {
    allowPositionals: true, options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' }, list: { type: 'boolean' } },
  });
  const names = positionals.length > 0 ? positionals : Object.keys(AREAS);
  const unknown = names.find(n => AREAS[n] === undefined);
  if (unknown !== undefined) refuse(`there is no area '${unknown}'`);
  if (values.list) {
    for (const [name, { about }] of Object.entries(AREAS)) console.log(`${name.padEnd(12)}${about}`);
    return 0;
  }
  const seconds = whole('seconds', values.seconds, 1, MOST_SECONDS);
  const seed = values.seed === undefined ? Math.floor(Math.random() * MOST_SEED) : whole('seed', values.seed, 0, MOST_SEED);
  let failed = 0;
  for (const name of names) {
    const until = performance.now() + seconds * 1000;
    console.log(`${name}: seed ${seed}, ${seconds} s`);
    const { programs, failures, note } = await (AREAS[name] as { run: FuzzArea }).run({ seed, stop: () => performance.now() >= until, say: line => console.log(line) });
    console.log(`${name}: ${programs} programs, ${failures.length} failures${note === '' ? '' : `; ${note}`}`);
    failed += failures.length;
  }
  return failed > 0 ? 1 : 0;
}

process.exitCode = await main();
