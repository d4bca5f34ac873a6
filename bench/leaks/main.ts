// `npm run leaks`: an endpoint and its network, and every some times a router and a firewall around it, are made and taken away thousands of times. What
// the process and the kernel hold is counted before and behind: descriptors, pins, records, devices, objects of bpf(2), memory.

import { createNamespace } from '../../src/netlink/namespaces.ts';
import { cycle, holdings, Seen } from '../../src/datapath/fixtures/cycles.ts';
import { openKernelDatapath } from '../../src/datapath/kernel/open.ts';
import { Attr, tryBpf } from '../../src/kernel/command.ts';
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
const WHOLE_EVERY = 50, LOOK_EVERY = 100;
/** Of the heap, once it has found its size. */
const MOST_GROWTH_BYTES = 32 << 20;

process.exitCode = await watched(leaks).catch((error: unknown) => {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
});

async function leaks(stop: AbortSignal): Promise<number> {
  const root = `${PINS}/leaks`, stateDir = `${RUN_DIR}/leaks`;
  const server = createNamespace(`${PREFIX}s`), host = createNamespace(`${PREFIX}h`);
  const datapath = openKernelDatapath({ server: 'leaks', root, netnsPath: server, stateDir });
  const network = imageOf('modules/bridge/bridge.ts'), filter = imageOf('modules/firewall/firewall.ts'), router = imageOf('modules/router/router.ts');
  const at = { root, stateDir, netns: [server, host] };
  const seen = new Seen(root), stays = new Seen(root);
  for (let n = 0; n < 20; n++) cycle(datapath, { network, filter, router }, host);
  stays.look();
  const before = { ...holdings(at), ...kernelHas() };
  let resident = 0;
  for (let n = 1; n <= CYCLES; n++) {
    cycle(datapath, n % WHOLE_EVERY === 0 ? { network, filter, router } : { network }, host, () => { if (n % LOOK_EVERY === 0) seen.look(); });
    if (n === Math.ceil(CYCLES / 4)) resident = process.memoryUsage.rss();
    if (n % Math.max(1, Math.floor(CYCLES / 10)) === 0) {
      console.log(`  ${n} cycles, ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB resident`);
      await new Promise(done => setTimeout(done, 0));
      stop.throwIfAborted();
    }
  }
  for (let tries = 0; tries < 100 && seen.left().length > stays.count(); tries++) await new Promise(done => setTimeout(done, 50));
  const after = { ...holdings(at), ...kernelHas() };
  console.log(`\n  ${'held'.padEnd(34)} before  behind`);
  for (const [what, count] of Object.entries(before)) console.log(`  ${what.padEnd(34)} ${String(count).padStart(6)}  ${String(after[what as keyof typeof after]).padStart(6)}`);
  const growth = process.memoryUsage.rss() - resident;
  console.log(`  memory since the first quarter     ${(growth / 2 ** 20).toFixed(1)} MiB more`);
  const failures = [
    ...Object.entries(holdings(at)).filter(([what, count]) => count !== before[what as keyof typeof before]).map(([what, count]) => `${what}: ${count}, before ${before[what as keyof typeof before]}`),
    ...seen.left().length > stays.count() ? [`still there: ${seen.left().join(', ')}`] : [],
    ...growth > MOST_GROWTH_BYTES ? [`memory grew by ${(growth / 2 ** 20).toFixed(0)} MiB`] : [],
  ];
  datapath.destroy();
  for (const failure of failures) console.error(`FAILED  ${failure}`);
  return failures.length === 0 ? 0 : 1;
}

/** Of the whole machine: others may be at work on it, so these are told and not judged. */
function kernelHas(): Record<string, number> {
  const count = (command: 'MAP_GET_NEXT_ID' | 'PROG_GET_NEXT_ID' | 'LINK_GET_NEXT_ID'): number => {
    let ids = 0;
    for (let id = 0; ; ids++) {
      const attr = new Attr(12).u32(0, id);
      if (tryBpf(command, attr) < 0) return ids;
      id = attr.readU32(4);
    }
  };
  const vmalloc = /^VmallocUsed:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
  const perCpu = /^Percpu:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
  return {
    'maps of the machine': count('MAP_GET_NEXT_ID'), 'programs of the machine': count('PROG_GET_NEXT_ID'), 'links of the machine': count('LINK_GET_NEXT_ID'),
    'vmalloc of the machine, KiB': Number(vmalloc), 'per-CPU memory of the machine, KiB': Number(perCpu),
  };
}
