// `npm run demo`: the product's main job on this machine. Two servers, two tenants with the same subnet, real packets; exit 0 only if
// every expectation was measured. As root on Linux it uses the kernel engine, else the vm engine, and says which.

import { whyNoKernel } from '../../src/cli/engine.ts';
import { readArguments } from '../arguments.ts';
import { measure } from './measure.ts';
import { forPeople, jsonLines } from './report.ts';
import type { World } from './world.ts';

const USAGE = `usage: npm run demo -- [--engine kernel|vm] [--json]

  --engine   kernel: namespaces, eBPF, real processes (root on Linux); vm: simulated servers, no privileges. Default: the best that works here
  --json     results as JSON lines on standard output; progress goes to standard error`;

const options = read();
const started = performance.now();
const say = (what: string): void => {
  const line = `  ${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s  ${what}`;
  if (options.json) console.error(line); else console.log(line);
};

process.exitCode = await demo();

async function demo(): Promise<number> {
  const why = whyNoKernel();
  if (options.engine === 'kernel' && why !== undefined) {
    console.error(`error: ${why}\n  to mend it: run as root on Linux, or use --engine vm`);
    return 3;
  }
  const engine = options.engine ?? (why === undefined ? 'kernel' : 'vm');
  if (!options.json) {
    console.log(engine === 'kernel'
      ? 'IO Visor demo on the kernel engine: eBPF in this Linux, servers are network namespaces'
      : `IO Visor demo on the vm engine: the same bytecode in WebAssembly, servers are simulated${why === undefined ? '' : ` (${why})`}`);
  }
  const world = await worldOf(engine);
  const interrupted = new Promise<never>((_, fail) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => fail(new Error(`stopped by ${signal}`)));
  });
  interrupted.catch(() => undefined);
  let failures: readonly string[] = [];
  let crashed: unknown;
  try {
    failures = await Promise.race([run(world), interrupted]);
  } catch (error) {
    crashed = error;
  }
  const left = await world.stop();
  for (const line of [...failures, ...left.map(l => `left behind: ${l}`)]) console.error(`FAILED  ${line}`);
  if (crashed !== undefined) {
    console.error(`FAILED  ${crashed instanceof Error ? (options.verbose ? crashed.stack : crashed.message) : String(crashed)}`);
    return 1;
  }
  const ok = failures.length === 0 && left.length === 0;
  if (!options.json) console.log(ok ? `\nevery expectation was measured and met, nothing is left behind (${((performance.now() - started) / 1000).toFixed(1)} s)` : '\nNOT as it should be');
  return ok ? 0 : 1;
}

async function run(world: World): Promise<readonly string[]> {
  const workloads = await world.start(say);
  const measured = await measure(world, workloads, say);
  if (options.json) for (const line of jsonLines(world.engine, workloads, measured)) console.log(line);
  else console.log(`\n${forPeople(workloads, measured)}`);
  return measured.failures;
}

async function worldOf(engine: 'kernel' | 'vm'): Promise<World> {
  return engine === 'kernel' ? (await import('./kernel-world.ts')).kernelWorld() : (await import('./vm-world.ts')).vmWorld();
}

function read(): { readonly engine: 'kernel' | 'vm' | undefined; readonly json: boolean; readonly verbose: boolean } {
  const { values: { engine, json = false, verbose = false }, refuse } = readArguments(USAGE, { options: { engine: { type: 'string' }, json: { type: 'boolean' }, verbose: { type: 'boolean' } } });
  return engine === undefined || engine === 'kernel' || engine === 'vm' ? { engine, json, verbose } : refuse(`--engine is kernel or vm, not '${engine}'`);
}
