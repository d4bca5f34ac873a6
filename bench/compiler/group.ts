// Our compiler beside clang: the same functions from TypeScript and from C, by size and by the time a packet takes.

import type { KernelProgram } from '../../src/kernel/program.ts';
import { emptyProgram } from '../empty-program.ts';
import { type Group, type GroupOptions, type GroupResult, median, Rounds } from '../measurement.ts';
import { imageOf } from '../../src/compiler/fixtures/image-of.ts';
import { clangVersion } from '../tools.ts';
import { compileTime } from './compile-time.ts';
import { CLANG, counterpart } from './counterpart.ts';
import { compareFates } from './fates.ts';
import { ourSide } from './ours.ts';
import { many, once, single } from './runs.ts';
import type { LoadedEntry, Side, Subject, Work } from './subject.ts';
import { SUBJECTS } from './subjects.ts';
import { totals } from './totals.ts';

export const compilerGroup: Group = {
  name: 'compiler',
  about: 'network functions from TypeScript by our compiler, from C by clang 19: size, verifier steps, ns a packet',
  run,
};

/** Of either hook. */
const EMPTY = 'mov %r0, 0\nexit';

type Pair = readonly [c: Side, ours: Side];
type Empty = Readonly<Record<'tc' | 'xdp', LoadedEntry>>;

async function run({ rounds, say, stop, subjects: wanted = [] }: GroupOptions): Promise<GroupResult> {
  const gathered = new Rounds();
  using disposal = new DisposableStack();
  const subjects = chosen(wanted);
  const pairs = new Map<string, Pair>();
  for (const subject of subjects) {
    say(`compiling and loading ${subject.name}`);
    const image = imageOf(subject.module);
    for (const variant of subject.variants) {
      const c = disposal.use(counterpart(subject, image, variant));
      const ours = disposal.use(ourSide(subject, image, variant, name => c.capacity(name)));
      pairs.set(`${subject.name} ${variant.name}`, [c, ours]);
      say(`${subject.name}, ${variant.name}: ${compareFates(subject, variant, [c, ours])} packets have the same fate in both, byte for byte`);
      for (const side of [c, ours]) sizes(subject, variant.name, side, gathered);
    }
    stop.throwIfAborted();
  }
  const empty = { tc: emptyProgram('tc', EMPTY, disposal), xdp: emptyProgram('xdp', EMPTY, disposal) };

  for (let round = 1; round <= rounds; round++) {
    say(`round ${round} of ${rounds}`);
    for (const subject of subjects) {
      compileTime(subject, gathered, round);
      for (const work of subject.works) {
        measureWork(subject, work, pairs.get(`${subject.name} ${work.variant}`)!, empty, gathered);
        await new Promise(done => setImmediate(done));            // a signal's handler gets its turn
        stop.throwIfAborted();
      }
    }
  }
  const measurements = gathered.all();
  return {
    measurements, reference: CLANG,
    notes: [
      ...totals(measurements, subjects.map(({ name }) => name)),
      `C by ${clangVersion()}, -O2 -mcpu=v3. Both have maps of the same kinds, layouts and capacities. Times are net of an empty program's. Compile time is of a warm process, reading files included.`,
    ],
  };
}

function chosen(wanted: readonly string[]): readonly Subject[] {
  const unknown = wanted.find(name => !SUBJECTS.some(subject => subject.name === name));
  if (unknown !== undefined) throw new Error(`there is no subject '${unknown}'; there are ${SUBJECTS.map(({ name }) => name).join(', ')}`);
  return wanted.length === 0 ? SUBJECTS : SUBJECTS.filter(({ name }) => wanted.includes(name));
}

/** Each beside the other and beside the empty program, first one ahead and then the other: drift hits all alike. */
function measureWork(subject: Subject, work: Work, pair: Pair, empty: Empty, gathered: Rounds): void {
  const measure = work.runs === 'many' ? many : single;
  for (const side of pair) for (const sent of work.before ?? []) once(side.programs.get(sent.entry)!, sent);
  const entries = pair.map(side => side.programs.get(work.sent.entry)!);
  const beside = empty[entries[0]!.hook];
  const nothing = [measure(beside, work.sent)];
  const first = entries.map(entry => measure(entry, work.sent));
  nothing.push(measure(beside, work.sent));
  const second = entries.toReversed().map(entry => measure(entry, work.sent)).reverse();
  nothing.push(measure(beside, work.sent));
  for (const [i, side] of pair.entries()) {
    const ns = (first[i]! + second[i]!) / 2 - median(nothing);
    gathered.add({ group: 'compiler', work: `${subject.name}, ${work.name}`, subject: side.name, quantity: 'time', unit: 'ns', better: 'less' }, ns);
  }
}

function sizes(subject: Subject, variant: string, side: Side, gathered: Rounds): void {
  for (const [entry, { program, slots, behind = [] }] of side.programs) {
    const infos = [program, ...behind.map(stage => stage.program)].map((p: KernelProgram) => p.info());
    const sum = (of: (info: (typeof infos)[number]) => number): number => infos.reduce((all, info) => all + of(info), 0);
    const what = [subject.name, subject.variants.length > 1 ? variant : '', side.programs.size > 1 ? entry : ''].filter(part => part !== '').join(', ');
    const add = (quantity: string, unit: string, value: number): void => {
      gathered.add({ group: 'compiler', work: what, subject: side.name, quantity, unit, better: 'less' }, value);
    };
    if (variant === subject.variants[0]!.name) add('slots', '', behind.reduce((all, stage) => all + stage.slots, slots));
    add('machine code', 'bytes', sum(info => info.jitedBytes));
    add('verifier steps', '', sum(info => info.verifiedInsns));
  }
}
