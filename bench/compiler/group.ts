// Our compiler beside clang: the same bridge from TypeScript and from C, by size and by the time a packet takes.

import { assemble } from '../../src/isa/assemble.ts';
import { encode } from '../../src/isa/encode.ts';
import { type KernelProgram, loadProgram } from '../../src/kernel/program.ts';
import { enableStatistics } from '../../src/kernel/statistics.ts';
import { testRun } from '../../src/kernel/test-run.ts';
import { bridgeImage } from '../bridge-image.ts';
import { type Group, type GroupOptions, type GroupResult, median, Rounds } from '../measurement.ts';
import { clangVersion } from '../tools.ts';
import { uninterrupted } from '../uninterrupted.ts';
import { CLANG, cBridge } from './c-bridge.ts';
import { ourBridge } from './ours.ts';
import { COMPARED, type Sent, WORKS, type Work } from './packets.ts';
import { SHAPES, type Shape, type Subject } from './subject.ts';

const MANY = 400_000;
const SINGLES = 2_000;
const WARM = 20_000;
/** struct __sk_buff up to its last field that the kernel takes; the port of entry is in cb[0] (src/image/abi.ts). */
const CONTEXT_BYTES = 192;
const CB_AT = 48;

export const compilerGroup: Group = {
  name: 'compiler',
  about: 'modules/bridge from TypeScript by our compiler, from C by clang 19: size, verifier steps, ns a packet',
  run,
};

async function run({ rounds, say, stop }: GroupOptions): Promise<GroupResult> {
  const gathered = new Rounds();
  say('compiling and loading both bridges');
  const image = bridgeImage();
  using disposal = new DisposableStack();
  const subjects = new Map<Shape, readonly Subject[]>();
  for (const shape of SHAPES) {
    const pair = [cBridge(shape), ourBridge(image, shape)].map(subject => disposal.use(subject));
    subjects.set(shape, pair);
    say(`${shape}: ${compareFates(pair, shape)} packets have the same fate in both, byte for byte`);
    for (const subject of pair) sizes(subject, shape, gathered);
  }
  const empty = disposal.use(emptyProgram());

  for (let round = 1; round <= rounds; round++) {
    say(`round ${round} of ${rounds}`);
    for (const work of WORKS) {
      measureWork(work, subjects.get(work.shape)!, empty, gathered);
      await new Promise(done => setImmediate(done));            // a signal's handler gets its turn
      stop.throwIfAborted();
    }
  }
  return {
    measurements: gathered.all(), reference: CLANG,
    notes: [`C by ${clangVersion()}, -O2 -mcpu=v3. Both have maps of the same kinds and capacities; a MAC's key is 12 bytes in C (padded), 10 in ours. Times are net of an empty program's.`],
  };
}

/** Each beside the other and beside the empty program, first one ahead and then the other: drift hits all alike. */
function measureWork(work: Work, pair: readonly Subject[], empty: KernelProgram, gathered: Rounds): void {
  const measure = work.runs === 'many' ? many : single;
  for (const subject of pair) for (const sent of work.before ?? []) once(subject.program, sent);
  const nothing = [measure(empty, work.sent)];
  const first = pair.map(subject => measure(subject.program, work.sent));
  nothing.push(measure(empty, work.sent));
  const second = pair.toReversed().map(subject => measure(subject.program, work.sent)).reverse();
  nothing.push(measure(empty, work.sent));
  for (const [i, subject] of pair.entries()) {
    const ns = (first[i]! + second[i]!) / 2 - median(nothing);
    gathered.add({ group: 'compiler', work: work.name, subject: subject.name, quantity: 'time', unit: 'ns', better: 'less' }, ns);
  }
}

/** ns a run, by the wall clock around one call of many runs. The program must leave the packet as it is. */
function many(program: KernelProgram, sent: Sent): number {
  const input = { packet: sent.frame, context: contextOf(sent) };
  return uninterrupted(() => {
    testRun(program, { ...input, repeat: WARM });
    const before = process.hrtime.bigint();
    testRun(program, { ...input, repeat: MANY });
    return Number(process.hrtime.bigint() - before) / MANY;
  });
}

/** ns a run by the kernel's own statistics of the program: caches are colder, and the clock's reading is inside. */
function single(program: KernelProgram, sent: Sent): number {
  using _statistics = enableStatistics();
  const before = program.info();
  for (let i = 0; i < SINGLES; i++) once(program, sent);
  const after = program.info();
  return Number(after.runTimeNs - before.runTimeNs) / Number(after.runCount - before.runCount);
}

function once(program: KernelProgram, sent: Sent): { readonly result: number; readonly frame: Uint8Array } {
  const { verdict, packet } = uninterrupted(() => testRun(program, { packet: sent.frame, context: contextOf(sent) }));
  return { result: verdict >>> 0, frame: packet };
}

function contextOf({ port }: Sent): Uint8Array {
  const context = new Uint8Array(CONTEXT_BYTES);
  new DataView(context.buffer).setUint32(CB_AT, port, true);
  return context;
}

/** Gives how many packets were compared. @throws Error  where the two differ, or a packet meets another fate than it should: no figure would mean anything */
function compareFates(pair: readonly Subject[], shape: Shape): number {
  const works = WORKS.filter(work => work.shape === shape);
  for (const { before = [], sent, verdict } of works) {
    for (const subject of pair) for (const earlier of before) once(subject.program, earlier);
    compare(pair, sent, verdict);
  }
  for (const sent of COMPARED) compare(pair, sent);
  return works.length + COMPARED.length;
}

function compare(pair: readonly Subject[], sent: Sent, expected?: string): void {
  const fates = pair.map(subject => {
    const { result, frame } = once(subject.program, sent);
    return { name: subject.name, verdict: subject.verdict(result), frame: Buffer.from(frame).toString('hex') };
  });
  const [first] = fates as [typeof fates[0]];
  if (fates.every(fate => fate.verdict === (expected ?? first.verdict) && fate.frame === first.frame)) return;
  const told = fates.map(fate => `  ${fate.name}: ${fate.verdict} ${fate.frame}`).join('\n');
  throw new Error(`the bridges cannot be compared, for a packet has not the fate that it should have${expected === undefined ? '' : ` (${expected})`}:\n${told}`);
}

function sizes(subject: Subject, shape: Shape, gathered: Rounds): void {
  const info = subject.program.info();
  const add = (quantity: string, unit: string, value: number): void => {
    gathered.add({ group: 'compiler', work: `program, ${shape}`, subject: subject.name, quantity, unit, better: 'less' }, value);
  };
  add('slots', '', subject.slots);
  add('slots after the verifier', '', info.xlatedBytes / 8);
  add('machine code', 'bytes', info.jitedBytes);
  add('verifier steps', '', info.verifiedInsns);
}

function emptyProgram(): KernelProgram {
  const text = assemble('mov %r0, 0\nexit');
  if (!text.ok) throw new Error(text.errors.map(e => e.message).join('; '));
  return loadProgram({ name: 'empty', hook: 'tc', code: encode(text.insns) });
}
