// The estimate of what the kernel's verifier looks at, beside what it looked at: all modules of the tree. And what is refused for it, the
// kernel refuses too.

import assert from 'node:assert/strict';
import { kernelEngine } from '../src/cases/kernel-engine.ts';
import { compile, type Compiled } from '../src/compiler/compile.ts';
import { readSource } from '../src/compiler/fixtures/image-of.ts';
import { link } from '../src/datapath/link/link.ts';
import { modulePiece } from '../src/datapath/link/piece.ts';
import { verdictJoints } from '../src/datapath/link/verdicts.ts';
import type { Image } from '../src/image/image.ts';
import { loadProgram } from '../src/kernel/program.ts';
import { entryOf, MODULE_FOLDERS } from './module-folders.ts';
import { kernelTest } from './require.ts';

const modules = MODULE_FOLDERS.map(entryOf);

function verifiedSteps(image: Image, name: string): number {
  const engine = kernelEngine();
  try {
    const program = [...image.programs, ...image.stages ?? []].find(p => p.name === name);
    assert.ok(program);
    const maps = image.maps.map(decl => engine.createMap(decl));
    const linked = link({ body: modulePiece(program, image.files, { map: i => maps[i]?.handle ?? 0, constant: constant => constant === 'hz' ? 250 : 1 }), joints: verdictJoints() });
    assert.ok(linked.ok, JSON.stringify(linked));
    using loaded = loadProgram({ name, hook: program.hook, code: linked.linked.code });
    return loaded.info().verifiedInsns;
  } finally { engine.close(); }
}

const compiled = (entry: string, walks: boolean): Compiled => compile({ read: readSource, entry, walks });

for (const entry of modules) {
  const { image, steps = [], diagnostics } = compiled(entry, true);
  if (!image || [...image.programs, ...image.stages ?? []].some(p => p.relocations.some(r => r.kind === 'call'))) continue;
  kernelTest(`The estimate of ${image.name} is within 2.5 times of what this kernel's verifier looks at.`, t => {
    assert.deepEqual(diagnostics.filter(d => d.code.startsWith('IOV600')), []);
    assert.equal(image.walked, true);
    for (const { program, steps: estimated } of steps) {
      const real = verifiedSteps(image, program);
      t.diagnostic(`${image.name} ${program}: estimated ${estimated}, verified ${real}, ratio ${(estimated / real).toFixed(2)}`);
      assert.ok(estimated > real / 2.5 && estimated < real * 2.5, `${program}: ${estimated} where the kernel looked at ${real}`);
    }
  });
}

/** A million steps are not tried here: the kernel takes a minute to write its log of them. */
kernelTest('What is refused for its branches, this kernel refuses.', () => {
  const { image } = compiled('test/filetests/reject/too-many-branches.ts', false);
  assert.ok(image);
  assert.equal(image.walked, undefined, 'it was not asked');
  assert.throws(() => verifiedSteps(image, 'main'), /too complex/);
});
