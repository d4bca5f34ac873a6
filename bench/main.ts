// `npm run bench`: measurements side by side, on this machine and in one run. What is measured, how, and its traps: docs/benchmarks.md.

import { readArguments } from '../scripts/arguments.ts';
import { takeCore } from './core.ts';
import type { Group } from './measurement.ts';
import { jsonLines, table } from './report.ts';
import { missing } from './tools.ts';
import { watched } from './watched.ts';

const DEFAULT_ROUNDS = 7;
const MOST_ROUNDS = 1000;
const USAGE = `usage: npm run bench -- [compiler] [datapath] [vm] [endpoints] [composition] [director] [--rounds N] [--subject NAME] [--work NAME] [--json] [--list] [--bless]

  --rounds   measure each so often, in turn with the others; the median counts (${DEFAULT_ROUNDS})
  --subject  only these (of the group datapath: whose names have that in them), may be repeated
  --work     of the group datapath only these (xpps, rr, crr, 'TCP, 1 stream', 'TCP, 4 streams'), may be repeated
  --bless    measure nothing; write slots and verifier steps of our code to bench/snapshot.json and tell what changed
  --json     results as JSON lines on standard output; progress goes to standard error
  --list     the groups, and what they measure`;

interface Options {
  readonly groups: readonly Group[];
  readonly rounds: number;
  readonly json: boolean;
  readonly list: boolean;
  readonly verbose: boolean;
  readonly bless: boolean;
  readonly subjects: readonly string[];
  readonly works: readonly string[];
}

const started = performance.now();
process.exitCode = await bench();

async function bench(): Promise<number> {
  const options = await read();
  if (options.list) {
    for (const group of options.groups) console.log(`${group.name.padEnd(10)} ${group.about}`);
    return 0;
  }
  const [lacking] = options.bless ? [] : missing(options.groups.map(group => group.name));
  if (lacking !== undefined) {
    console.error(`error: ${lacking}`);
    return 3;
  }
  try {
    if (options.bless) {
      const { bless } = await import('./compiler/snapshot.ts');
      const changed = bless();
      console.log(changed.length === 0 ? 'nothing changed' : changed.join('\n'));
      return 0;
    }
    await watched(async stop => {
      // Processes that work together have the machine as it is.
      const timed = options.groups.some(group => group.name !== 'endpoints' && group.name !== 'director');
      if (timed && !takeCore()) console.error('  the bench may not go before other processes here (SCHED_FIFO): they will disturb it');
      for (const group of options.groups) await measure(group, options, stop);
    });
    return 0;
  } catch (error) {
    console.error(`error: ${error instanceof Error ? (options.verbose ? error.stack : error.message) : String(error)}`);
    const detail = error instanceof Error && 'detail' in error ? error.detail : undefined;
    if (typeof detail === 'string' && detail !== '') console.error(detail.slice(-3000));
    return 1;
  }
}

async function measure(group: Group, { rounds, json, subjects, works }: Options, stop: AbortSignal): Promise<void> {
  const say = (what: string): void => console.error(`  ${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s  ${group.name}: ${what}`);
  const result = await group.run({ rounds, say, stop, subjects, works });
  if (json) for (const line of jsonLines(result)) console.log(line);
  else console.log(`\n${group.name}: ${group.about}\nMedians of ${rounds} rounds; in brackets the ratio to: ${result.reference}\n\n${table(result)}\n`);
}

async function read(): Promise<Options> {
  const known = [(await import('./compiler/group.ts')).compilerGroup, (await import('./datapath/group.ts')).datapathGroup, (await import('./vm/group.ts')).vmGroup, (await import('./endpoints/group.ts')).endpointsGroup, (await import('./composition/group.ts')).compositionGroup, (await import('./director/group.ts')).directorGroup];
  const flag = { type: 'boolean', default: false } as const, some = { type: 'string', multiple: true, default: [] as string[] } as const;
  const { values: { rounds, subject: subjects, work: works, ...flags }, positionals, refuse, whole } = readArguments(USAGE, {
    allowPositionals: true, options: { rounds: { type: 'string', default: String(DEFAULT_ROUNDS) }, json: flag, list: flag, verbose: flag, bless: flag, subject: some, work: some },
  });
  const unknown = positionals.find(name => !known.some(group => group.name === name));
  if (unknown !== undefined) refuse(`there is no group '${unknown}'; there are ${known.map(group => group.name).join(', ')}`);
  return { groups: positionals.length === 0 ? known : known.filter(group => positionals.includes(group.name)), rounds: whole('rounds', rounds, 1, MOST_ROUNDS), subjects, works, ...flags };
}
