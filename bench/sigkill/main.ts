// `npm run sigkill -- --times 1000`: the command of sigkill.ts.

import { readArguments } from '../../scripts/arguments.ts';
import { sigkill } from './sigkill.ts';

const { values, whole } = readArguments(`usage: npm run sigkill -- [--times N] [--writers N] [--seed S]

  --times    the Director is killed so often (1000; about a minute a hundred)
  --writers  so many write at once (4)
  --seed     of the moments and the writes (1)

Exit 1: a write that was acknowledged is not there, or one is there by half.`, { options: { times: { type: 'string', default: '1000' }, writers: { type: 'string', default: '4' }, seed: { type: 'string', default: '1' } } });
const [times, writers, seed] = [whole('times', values.times, 1, 1_000_000), whole('writers', values.writers, 1, 1000), whole('seed', values.seed, 1, 2 ** 31)];
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());
const begun = performance.now();
const result = await sigkill({ times, writers, seed, stop: stop.signal, say: what => console.error(`  ${((performance.now() - begun) / 1000).toFixed(0).padStart(5)} s  ${what}`) });
console.log(`${result.kills} kills of the Director: ${result.applies} writes acknowledged, ${result.revision} revisions, ${(result.storeBytes / 2 ** 20).toFixed(0)} MiB of store, longest start ${result.longestStartMs.toFixed(0)} ms: ${result.violations.length === 0 ? 'all of them there, none by half' : 'VIOLATED'}`);
for (const violation of result.violations) console.log(`  ${violation}`);
process.exitCode = result.violations.length > 0 || result.kills < times ? 1 : 0;
