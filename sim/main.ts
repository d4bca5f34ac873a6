// `npm run sim -- --seed N --servers M --ticks T --runs R`: simulated zones on all cores, and what they found. The same seed, the same run.

import { availableParallelism } from 'node:os';
import { attempt, type Attempt } from './attempt.ts';
import { PLANTS, type Plant } from './faults.ts';
import { readArguments } from '../scripts/arguments.ts';
import { runMany } from './many.ts';
import type { SimOptions } from './simulate.ts';
import { Tally } from './tally.ts';

const PROGRESS_EVERY_MS = 5_000;
const USAGE = `usage: npm run sim -- [--seed N] [--servers M] [--ticks T] [--runs R] [--jobs J] [--each] [--plant BUG]

  --seed     the first run's; the same seed goes the same way (default: another each time)
  --servers  visors in each run (5)
  --ticks    how long the world is rough, in tenths of a second (2000); then it heals
  --runs     so many seeds (1), --jobs at once (as many as there are cores)
  --each     tell of all runs, not only of those that found something
  --plant    put in a bug, which must be found: ${PLANTS.join(', ')}

Exit 1: something was violated; the command that shows it again is printed.`;

const { values, whole, refuse } = readArguments(USAGE, {
  options: {
    seed: { type: 'string' }, servers: { type: 'string', default: '5' }, ticks: { type: 'string', default: '2000' },
    runs: { type: 'string', default: '1' }, jobs: { type: 'string', default: String(availableParallelism()) }, each: { type: 'boolean', default: false },
    plant: { type: 'string', default: 'none' },
  },
});

if (!(PLANTS as readonly string[]).includes(values.plant)) refuse(`--plant is one of ${PLANTS.join(', ')}, not '${values.plant}'`);
const runs = whole('runs', values.runs, 1, 1_000_000);
const first = whole('seed', values.seed ?? String(Date.now() % 1_000_000), 0, 0xffff_ffff - runs);
const common = { servers: whole('servers', values.servers, 1, 250), ticks: whole('ticks', values.ticks, 1, 10_000_000), plant: values.plant as Plant };
const jobs = Math.min(runs, whole('jobs', values.jobs, 1, 1024));

const tell = ({ seed, tookMs, result: r }: Attempt): void => {
  console.log(`seed ${seed}: ${common.servers} servers, ${(r.simulatedMs / 1000).toFixed(0)} s simulated in ${Math.round(tookMs)} ms, ${r.revision} revisions, ${r.endpoints} endpoints, ${r.reports} statuses, trace ${r.trace.toString(16).padStart(8, '0')}, converged ${(r.healedInMs / 1000).toFixed(0)} s after healing`);
  for (const v of r.violations) console.log(`  ${v}`);
  if (r.violations.length > 0) console.log(`  again: npm run sim -- --seed ${seed} --servers ${common.servers} --ticks ${common.ticks}${common.plant === 'none' ? '' : ` --plant ${common.plant}`}`);
};

if (runs === 1) {
  const only = attempt({ seed: first, ...common });
  tell(only);
  process.exitCode = only.result.violations.length > 0 ? 1 : 0;
} else {
  const tally = new Tally();
  const begunMs = performance.now();
  const tookMs = (): number => performance.now() - begunMs;
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const progress = setInterval(() => console.error(tally.progress(runs, tookMs())), PROGRESS_EVERY_MS);
  const all = function* (): Generator<SimOptions> { for (let seed = first; seed < first + runs; seed++) yield { seed, ...common }; };
  try {
    await runMany(all(), { jobs, stop: stop.signal, onDone: done => { tally.add(done); if (values.each || done.result.violations.length > 0) tell(done); } });
  } finally {
    clearInterval(progress);
  }
  console.log(`${stop.signal.aborted ? 'stopped; ' : ''}seeds from ${first}, ${common.servers} servers, ${common.ticks} ticks, ${jobs} at once: ${tally.summary(tookMs())}`);
  process.exitCode = tally.bad.length > 0 ? 1 : stop.signal.aborted ? 130 : 0;
}
