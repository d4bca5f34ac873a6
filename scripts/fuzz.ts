// npm run fuzz -- AREA --seconds N --seed S
// Looks for differences between readings of the same program, from a seed on, for so many seconds. Each area is a row below.
// What fails is shrunk, saved as a filetest and shown; the exit code is 1 then. The same seed goes the same way.

import { parseArgs } from 'node:util';
import { fuzzCompiler } from '../test/compiler/fuzz.ts';
import { fuzzPackets } from '../test/packets/fuzz.ts';
import { fuzzVm } from '../test/vm/fuzz.ts';
import { fuzzHostile } from '../test/vm/hostile.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** Asked before each program. */
  readonly stop: () => boolean;
  readonly say: (line: string) => void;
}
/** How many programs ran, and the files of those that failed. */
export interface FuzzResult { readonly programs: number; readonly failures: readonly string[]; readonly note: string }
export type FuzzArea = (options: FuzzOptions) => FuzzResult | Promise<FuzzResult>;

const AREAS: Readonly<Record<string, { readonly about: string; readonly run: FuzzArea }>> = {
  compiler: { about: 'random modules: evaluator of the typed tree, vm and (as root) kernel', run: fuzzCompiler },
  vm: { about: 'random eBPF: WebAssembly, interpreter and (as root) kernel', run: fuzzVm },
  hostile: { about: 'eBPF that no verifier lets through: WebAssembly and interpreter', run: fuzzHostile },
  packets: { about: 'malformed and mutated packets into examples/office: vm and (as root) kernel', run: fuzzPackets },
};

const DEFAULT_SECONDS = 60;

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true, options: { seconds: { type: 'string' }, seed: { type: 'string' }, list: { type: 'boolean' } },
  });
  const names = positionals.length > 0 ? positionals : Object.keys(AREAS);
  if (values.list || names.some(n => AREAS[n] === undefined)) {
    for (const [name, { about }] of Object.entries(AREAS)) console.log(`${name.padEnd(12)}${about}`);
    return values.list ? 0 : 2;
  }
  const seconds = Number(values.seconds ?? DEFAULT_SECONDS);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  if (!Number.isFinite(seconds) || !Number.isInteger(seed)) { console.error('--seconds and --seed are numbers'); return 2; }
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
