// What packet cases cannot say of stages: a jump that leads nowhere is a drop with a name, and the state is read before anything else runs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CaseEngine } from '../src/cases/engine.ts';
import { kernelEngine } from '../src/cases/kernel-engine.ts';
import { vmEngine } from '../src/cases/vm-engine.ts';
import { imageOf } from '../src/compiler/fixtures/image-of.ts';
import { link } from '../src/datapath/link/link.ts';
import { modulePiece } from '../src/datapath/link/piece.ts';
import { readVerdict, verdictJoints } from '../src/datapath/link/verdicts.ts';
import type { Image } from '../src/image/image.ts';
import { kernelTest } from './require.ts';

const SOURCE = `
import { drop, module, stage, to, type u32 } from 'iovisor/module';
class State { n: u32 = 0 }
const second = stage((pkt, state: State) => to(state.n & 0xff));
const first = stage((pkt, state: State) => state.n > 7 ? drop('large') : second(pkt, { n: state.n + 1 }));
export default module(pkt => first(pkt, { n: pkt.port }));
`;

/** Verdicts by how many stages the table holds. */
function verdicts(engine: CaseEngine, port: number): string[] {
  const image = imageOf('two.ts', { text: SOURCE });
  const maps = image.maps.map(decl => engine.createMap(decl));
  const load = (program: Image['programs'][number]) => {
    const body = modulePiece(program, image.files, { map: index => maps[index]?.handle ?? 0, constant: () => 1 });
    const linked = link({ body, joints: verdictJoints() });
    assert.ok(linked.ok);
    return engine.load(program, linked.linked);
  };
  const table = maps[image.maps.findIndex(decl => decl.kind === 'stages')];
  const [entry, ...stages] = [...image.programs, ...image.stages ?? []].map(load);
  const word = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
  const run = (): string => {
    const verdict = readVerdict(entry?.run(new Uint8Array(60), [port, 0, 0, 0, 0]).result ?? 0);
    return verdict?.exit === 'drop' ? image.sites[verdict.value]?.reason ?? '' : `${verdict?.exit} ${verdict?.value}`;
  };
  const all = [run()];
  // In the order of the file: second, then first.
  for (const slot of [1, 0]) {
    table?.live.update(word(slot), word(stages[slot]?.reference ?? 0));
    all.push(run());
  }
  engine.close();
  return all;
}

test('vm: a jump to no stage is a named drop', () => assert.deepEqual([verdicts(vmEngine(), 3), verdicts(vmEngine(), 9)], EXPECTED));
kernelTest('kernel: a jump to no stage is a named drop', () => assert.deepEqual([verdicts(kernelEngine(), 3), verdicts(kernelEngine(), 9)], EXPECTED));

const EXPECTED = [['stage-not-reached', 'stage-not-reached', 'to 4'], ['stage-not-reached', 'large', 'large']];
