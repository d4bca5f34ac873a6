// How elements are joined: five in a row, by tail calls, in one program, or as functions, one path alone and many in turn, in turns with each other.

import { ipv4, eth, tcp } from '../../src/lang/packets.ts';
import { build } from '../../src/lang/packets/build.ts';
import type { KernelProgram } from '../../src/kernel/program.ts';
import { testRun } from '../../src/kernel/test-run.ts';
import { type Group, type GroupOptions, type GroupResult, Rounds } from '../measurement.ts';
import { FLOW, type Form, FORMS, Paths } from './paths.ts';
import { stageImages } from './stages.ts';

const PATHS = 200, FLOWS = 100_000, REPEAT = 400_000, WARM = 2000;
const PACKET = build([eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' }), ipv4({ src: FLOW.src, dst: FLOW.dst }), tcp({ srcPort: FLOW.srcPort, dstPort: FLOW.dstPort, flags: 'A' })]);

export const compositionGroup: Group = {
  name: 'composition',
  about: 'five elements in a row: constant-key tail calls, one fused program, functions; 1,000 elements of each',
  run: options => Promise.resolve(run(options)),
};

function run({ rounds, say, stop }: GroupOptions): GroupResult {
  const gathered = new Rounds();
  const images = stageImages();
  using paths = new Paths(images, FLOWS);
  const empty = paths.empty();
  const subjects: { readonly subject: string; readonly one: KernelProgram; readonly many: KernelProgram }[] = [];
  for (const subject of FORMS) {
    const entries = Array.from({ length: PATHS }, () => paths.make(subject));
    say(`${PATHS} paths by ${subject}: ${PATHS * images.length} elements`);
    subjects.push({ subject, one: entries[0]!, many: paths.inTurn(entries) });
  }
  const nothing = { one: empty, many: paths.inTurn(Array.from({ length: PATHS }, () => paths.empty())) };
  for (const { subject, one, many } of subjects) for (const program of [one, many]) {
    const { verdict } = testRun(program, { packet: PACKET, repeat: WARM });
    if (verdict !== 0) throw new Error(`${subject}: the packet ends with ${verdict}`);
  }
  for (let round = 0; round < rounds; round++) {
    say(`round ${round + 1} of ${rounds}`);
    for (const [work, which] of [['one path', 'one'], [`${PATHS} paths in turn`, 'many']] as const) {
      const time = (program: KernelProgram): number => testRun(program, { packet: PACKET, repeat: REPEAT }).durationNs;
      const without = time(nothing[which]);
      for (let i = 0; i < subjects.length; i++) {
        const { subject, [which]: program } = subjects[(i + round) % subjects.length]!;
        gathered.add({ group: 'composition', work, subject, quantity: 'time', unit: 'ns a packet', better: 'less' }, time(program) - without);
        stop.throwIfAborted();
      }
    }
  }
  const place = (subject: string): number => FORMS.indexOf(subject as Form);
  return { measurements: gathered.all().toSorted((a, b) => place(a.subject) - place(b.subject)), reference: 'one program', notes: [`Less the empty program, with the choice of a path where there are many. ${FLOWS} flows of others in the shared table.`] };
}
