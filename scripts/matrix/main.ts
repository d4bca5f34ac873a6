// `npm run matrix`: loads every module and every filetest that must load on old and new kernels of Debian's, each booted in an emulated machine,
// and tells what their verifiers say; runs the data path itself where there is no tcx. Exit 0: all that claims a kernel loads there; 1: something is refused; 3: it could not be run.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readArguments } from '../arguments.ts';
import { boot, checkEmulator } from './boot.ts';
import { writeInitramfs } from './initramfs.ts';
import { kernelOf } from './kernels.ts';
import type { Loaded } from './job.ts';
import { programs, RANDOM, randomPrograms } from './programs.ts';
import { isWithoutTcx, runSuite } from './suite.ts';
import { type Column, refusalText, refusals, series, table } from './table.ts';
import { MatrixUnavailable } from './unavailable.ts';

const KERNELS = ['oldest', '6.1', '6.12', 'newest'];
const DOCUMENT = resolve(import.meta.dirname, '../../docs/kernels.md');
const USAGE = `usage: npm run matrix -- [--kernel VERSION]… [--only PART] [--random N] [--seed S] [--json] [--verbose] [--refresh] [--write]

  --kernel    6.1, 6.12, 6.18 …, oldest or newest; default: ${KERNELS.join(', ')}
  --only      what has this in its path: nat44, filetests/run; programs alone, the data path is not tried
  --random    so many modules of the fuzzer as well, from --seed on (default: 1); they are counted and not in the table
  --json      one JSON object on standard output; progress goes to standard error
  --verbose   the end of the verifier's log of each refusal
  --refresh   kernels anew, not those of the cache
  --write     the table goes into docs/kernels.md

It needs apt with Debian's packages (once), and qemu-system-x86 for software emulation.`;

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof MatrixUnavailable)) throw error;
  console.error(`error: ${error.message}\n  to mend it: ${error.cure}`);
  process.exitCode = 3;
}

async function main(): Promise<number> {
  const options = read();
  const say = (what: string): void => { (options.json ? console.error : console.log)(what); };
  checkEmulator();
  const kernels = (options.kernel ?? KERNELS).map(wanted => kernelOf(wanted, { refresh: options.refresh, say }));
  const { jobs: written, failures: unmade } = await programs(options.only);
  const random = randomPrograms(options.random, options.seed);
  const jobs = [...written, ...random.jobs];
  const failures = [...unmade, ...random.failures];
  if (jobs.length + failures.length === 0) throw new MatrixUnavailable(`no module and no filetest has '${options.only ?? ''}' in its path`, 'give another --only');

  const columns: Column[] = [];
  const broken: string[] = [];
  const work = mkdtempSync(join(tmpdir(), 'iov-matrix-'));
  process.once('exit', () => { rmSync(work, { recursive: true, force: true }); });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));
  const guest = writeInitramfs(join(work, 'loader.cpio'), ['scripts/matrix/guest.ts'], new Map([['/matrix/jobs.json', new TextEncoder().encode(JSON.stringify(jobs))]]));
  for (const kernel of kernels) {
    try {
      const booted = await boot<Loaded>(kernel.path, guest);
      columns.push({ kernel, booted });
      const loaded = booted.results.filter(r => r.ok).length;
      say(`${kernel.wanted}: ${booted.release}, ${loaded} of ${jobs.length} programs load, ${booted.seconds.toFixed(0)} s`);
      if (options.only === undefined && isWithoutTcx(booted.release)) broken.push(...await attached(kernel.wanted, work, say));
    } catch (error) {
      if (error instanceof MatrixUnavailable) throw error;
      broken.push(`${kernel.wanted} (${kernel.package}): ${(error as Error).message}`);
    }
  }

  const refused = refusals(jobs, columns);
  if (options.json) {
    const rows = jobs.map(({ subject, program, joined, target, code }, index) => ({
      file: subject, program, joined, target, slots: Buffer.from(code, 'base64').length / 8,
      kernels: columns.map(({ booted }) => ({ release: booted.release, ...booted.results.find(r => r.job === index) })),
    }));
    console.log(JSON.stringify({ programs: rows, failures, broken }));
  } else {
    console.log(`\n${table(written, columns)}\n`);
    if (random.jobs.length > 0) console.log(`and ${random.jobs.length} random modules from seed ${options.seed} on\n`);
    for (const refusal of refused) console.log(`${refusalText(refusal)}${options.verbose ? `\n${refusal.result.log ?? ''}\n` : ''}`);
    for (const { subject, reason } of failures) console.log(`${subject}: ${reason}`);
    for (const text of broken) console.log(text);
  }
  if (options.write) write(columns, [table(written, columns), ...(refused.length > 0 ? [refused.filter(r => !r.job.subject.startsWith(RANDOM)).map(r => `- ${refusalText(r)}`).join('\n')] : [])].join('\n\n'));
  return broken.length > 0 || failures.length > 0 || refused.some(r => r.claimed) || columns.some(c => c.booted.results.length < jobs.length) ? 1 : 0;
}

/** What of the data path does not go there, in words. */
async function attached(wanted: string, work: string, say: (what: string) => void): Promise<string[]> {
  const { release, results, seconds } = await runSuite(wanted, work, say);
  say(`${wanted}: ${release}, ${results.filter(r => r.ok).length} of ${results.length} tests of the data path pass, attached by clsact, ${seconds.toFixed(0)} s`);
  if (results.length === 0) return [`${wanted}: no test of the data path was run`];
  return results.flatMap(({ test, ok, reason }) => ok ? [] : [`${wanted}: ${test}: ${reason}`]);
}

function read() {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values, refuse, whole } = readArguments(USAGE, { options: { kernel: { ...text, multiple: true }, only: text, random: { ...text, default: '0' }, seed: { ...text, default: '1' }, json: flag, verbose: flag, refresh: flag, write: flag } });
  if (values.kernel?.some(version => !/^(\d+\.\d+|oldest|newest)$/.test(version))) refuse('a kernel is asked for as 6.1, oldest or newest');
  return { ...values, random: whole('random', values.random, 0, 1_000_000), seed: whole('seed', values.seed, 0, 2 ** 31) };
}

/** Between the marks of the document stands one real run. */
function write(columns: readonly Column[], body: string): void {
  const [begin, end] = ['<!-- run -->', '<!-- end of run -->'];
  const text = readFileSync(DOCUMENT, 'utf8');
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end);
  if (from < begin.length || to < from) throw new Error(`${DOCUMENT} has lost its marks ${begin} and ${end}`);
  const releases = columns.map(({ booted }) => `${series(booted.release)} is \`${booted.release}\``).join(', ');
  writeFileSync(DOCUMENT, `${text.slice(0, from)}\n\nKernels of this run: ${releases}.\n\n${body}\n\n${text.slice(to)}`);
}
