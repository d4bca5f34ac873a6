// `npm run sigkill -- --times 1000`: the command of sigkill.ts.

import { parseArgs } from 'node:util';
import { sigkill } from './sigkill.ts';

const { values } = parseArgs({ options: { times: { type: 'string', default: '1000' }, writers: { type: 'string', default: '4' }, seed: { type: 'string', default: '1' } } });
const [times, writers, seed] = [values.times, values.writers, values.seed].map(Number) as [number, number, number];
if (![times, writers, seed].every(n => Number.isInteger(n) && n >= 1)) {
  console.error('--times, --writers and --seed are whole numbers from 1');
  process.exit(2);
}
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());
const begun = performance.now();
const result = await sigkill({ times, writers, seed, stop: stop.signal, say: what => console.error(`  ${((performance.now() - begun) / 1000).toFixed(0).padStart(5)} s  ${what}`) });
console.log(`${result.kills} kills of the Director: ${result.applies} writes acknowledged, ${result.revision} revisions, ${(result.storeBytes / 2 ** 20).toFixed(0)} MiB of store, longest start ${result.longestStartMs.toFixed(0)} ms: ${result.violations.length === 0 ? 'all of them there, none by half' : 'VIOLATED'}`);
for (const violation of result.violations) console.log(`  ${violation}`);
process.exitCode = result.violations.length > 0 || result.kills < times ? 1 : 0;
