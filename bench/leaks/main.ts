// `npm run leaks`: an endpoint, its network and its workload's namespace, and every some times a router and a firewall around it, are made and taken away
// thousands of times. What the process and the kernel hold is counted before and behind: descriptors, pins, records, devices, namespaces, memory, and of
// every object of bpf(2) that was pinned in any cycle whether the kernel still has it.

import { createNamespace, deleteNamespace, listNamespaces } from '../../src/netlink/namespaces.ts';
import { cycle, holdings, Seen } from '../../src/datapath/fixtures/cycles.ts';
import { openKernelDatapath } from '../../src/datapath/kernel/open.ts';
import { idsAfter } from '../../src/kernel/info.ts';
import { readFileSync } from 'node:fs';
import { readArguments } from '../../scripts/arguments.ts';
import { PINS, PREFIX, RUN_DIR } from '../leftovers.ts';
import { imageOf } from '../../src/compiler/fixtures/image-of.ts';
import { watched } from '../watched.ts';

const { values, whole } = readArguments(`usage: npm run leaks -- [--cycles N]

  --cycles  so often (10000; a third of a second each)

Exit 1: something is left over.`, { options: { cycles: { type: 'string', default: '10000' } } });
const CYCLES = whole('cycles', values.cycles, 1, 1_000_000);
/** Firewall and router are verified anew each time, which takes long. */
const WHOLE_EVERY = 50;
const ROWS = 20, WORKLOAD = `${PREFIX}h`;
/** Of the heap, once it has found its size. */
const MOST_GROWTH_BYTES = 32 << 20;

process.exitCode = await watched(leaks).catch((error: unknown) => {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
});

async function leaks(stop: AbortSignal): Promise<number> {
  const root = `${PINS}/leaks`, stateDir = `${RUN_DIR}/leaks`;
  const server = createNamespace(`${PREFIX}s`);
  const datapath = openKernelDatapath({ server: 'leaks', root, netnsPath: server, stateDir });
  const network = imageOf('modules/bridge/bridge.ts'), filter = imageOf('modules/firewall/firewall.ts'), router = imageOf('modules/router/router.ts');
  const held = (): Record<string, number> => ({ ...holdings({ root, stateDir, netns: [server] }), namespaces: listNamespaces(PREFIX).length });
  const seen = new Seen(root), stays = new Seen(root);
  const one = (all: boolean): void => {
    cycle(datapath, all ? { network, filter, router } : { network }, createNamespace(WORKLOAD), () => { seen.look(); });
    deleteNamespace(WORKLOAD);
  };
  for (let n = 0; n < 20; n++) one(true);
  stays.look();
  const before = { ...held(), ...machineHas() };
  let resident = 0;
  console.log(`  cycles  MiB resident  ${Object.keys(machineHas()).join('  ')}`);
  for (let n = 1; n <= CYCLES; n++) {
    one(n % WHOLE_EVERY === 0);
    if (n === Math.ceil(CYCLES / 4)) resident = process.memoryUsage.rss();
    if (n % Math.max(1, Math.floor(CYCLES / ROWS)) === 0) {
      console.log(`  ${String(n).padStart(6)}  ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0).padStart(12)}  ${Object.entries(machineHas()).map(([what, count]) => String(count).padStart(what.length)).join('  ')}`);
    }
    await new Promise(done => setImmediate(done));
    stop.throwIfAborted();
  }
  for (let tries = 0; tries < 100 && seen.left().length > stays.count(); tries++) await new Promise(done => setTimeout(done, 50));
  const after = { ...held(), ...machineHas() };
  console.log(`\n  ${'held'.padEnd(34)} before  behind`);
  for (const [what, count] of Object.entries(before)) console.log(`  ${what.padEnd(34)} ${String(count).padStart(6)}  ${String(after[what as keyof typeof after]).padStart(6)}`);
  console.log(`  objects of bpf(2) that were there  ${String(seen.count()).padStart(6)}  ${String(seen.left().length).padStart(6)}`);
  const growth = process.memoryUsage.rss() - resident;
  console.log(`  memory since the first quarter     ${(growth / 2 ** 20).toFixed(1)} MiB more`);
  const failures = [
    ...Object.entries(held()).filter(([what, count]) => count !== before[what as keyof typeof before]).map(([what, count]) => `${what}: ${count}, before ${before[what as keyof typeof before]}`),
    ...seen.left().length > stays.count() ? [`still there: ${seen.left().join(', ')}`] : [],
    ...growth > MOST_GROWTH_BYTES ? [`memory grew by ${(growth / 2 ** 20).toFixed(0)} MiB`] : [],
  ];
  datapath.destroy();
  for (const failure of failures) console.error(`FAILED  ${failure}`);
  return failures.length === 0 ? 0 : 1;
}

/** Of the whole machine: others may be at work on it, so these are told and not judged. */
function machineHas(): Record<string, number> {
  const memory = readFileSync('/proc/meminfo', 'utf8');
  const kibibytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(memory)?.[1]);
  return {
    maps: [...idsAfter('map')].length, programs: [...idsAfter('program')].length, links: [...idsAfter('link')].length,
    'vmalloc, KiB': kibibytes('VmallocUsed'), 'per-CPU, KiB': kibibytes('Percpu'), 'slab, KiB': kibibytes('SUnreclaim'),
  };
}
