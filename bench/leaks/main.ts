// `npm run leaks`: endpoints, networks, routers and policies are made and taken away thousands of times, by a data path of this process and by a Director and a visor
// as processes. What they and the kernel hold is counted before and behind: descriptors, pins, records, devices, namespaces, resources, memory, and of every
// object of bpf(2) that was pinned in any cycle whether the kernel still has it.

import { readArguments } from '../../scripts/arguments.ts';
import { removeAll } from '../leftovers.ts';
import { watched } from '../watched.ts';
import { dataPathLeaks } from './data-path.ts';
import { zoneLeaks } from './zone.ts';

const PARTS: Readonly<Record<string, (cycles: number, stop: AbortSignal) => Promise<string[]>>> = { datapath: dataPathLeaks, zone: zoneLeaks };

const { values, whole, refuse } = readArguments(`usage: npm run leaks -- [--cycles N] [--part datapath|zone]

  --cycles  so often in each part (10000; a fifth of a second each)
  --part    that one alone

Exit 1: something is left over.`, { options: { cycles: { type: 'string', default: '10000' }, part: { type: 'string' } } });
const CYCLES = whole('cycles', values.cycles, 1, 1_000_000);
if (values.part !== undefined && !(values.part in PARTS)) refuse(`there is no part '${values.part}'`);

process.exitCode = await watched(async stop => {
  let failed = false;
  for (const [part, body] of Object.entries(PARTS).filter(([part]) => (values.part ?? part) === part)) {
    for (const failure of await body(CYCLES, stop)) {
      console.error(`FAILED  ${part}: ${failure}`);
      failed = true;
    }
    removeAll();
  }
  return failed ? 1 : 0;
}).catch((error: unknown) => {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
});
