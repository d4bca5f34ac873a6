// `npm run sim -- --seed N --servers M --ticks T`: one simulated zone, and what it found. The same seed, the same run.

import { parseArgs } from 'node:util';
import { PLANTS, type Plant } from './faults.ts';
import { simulate } from './simulate.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' }, servers: { type: 'string', default: '5' }, ticks: { type: 'string', default: '2000' },
    runs: { type: 'string', default: '1' }, plant: { type: 'string', default: 'none' },
  },
});

const whole = (name: string, text: string, least: number, most: number): number => {
  const n = Number(text);
  if (Number.isInteger(n) && n >= least && n <= most) return n;
  console.error(`--${name} must be a whole number from ${least} to ${most}, not '${text}'`);
  process.exit(2);
};
if (!(PLANTS as readonly string[]).includes(values.plant)) {
  console.error(`--plant is one of: ${PLANTS.join(', ')}`);
  process.exit(2);
}
const first = whole('seed', values.seed ?? String(Date.now() % 1_000_000), 0, 0xffff_ffff);
const servers = whole('servers', values.servers, 1, 250);
const ticks = whole('ticks', values.ticks, 1, 10_000_000);

for (let seed = first; seed < first + whole('runs', values.runs, 1, 1_000_000); seed++) {
  const begunMs = performance.now();
  const r = simulate({ seed, servers, ticks, plant: values.plant as Plant });
  const tookMs = Math.round(performance.now() - begunMs);
  console.log(`seed ${seed}: ${servers} servers, ${(r.simulatedMs / 1000).toFixed(0)} s simulated in ${tookMs} ms, ${r.revision} revisions, ${r.endpoints} endpoints, ${r.reports} statuses, trace ${r.trace.toString(16).padStart(8, '0')}, converged ${(r.healedInMs / 1000).toFixed(0)} s after healing`);
  for (const v of r.violations) console.log(`  ${v}`);
  if (r.violations.length === 0) continue;
  console.log(`  again: npm run sim -- --seed ${seed} --servers ${servers} --ticks ${ticks}${values.plant === 'none' ? '' : ` --plant ${values.plant}`}`);
  process.exitCode = 1;
}
