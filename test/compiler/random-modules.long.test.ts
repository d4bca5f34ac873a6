// A short run of the compiler's fuzzing with fixed seeds; long ones are `npm run fuzz -- compiler --seconds N --seed S`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareReadings } from './differential.ts';
import { tapeOf } from './fuzz.ts';
import { packetsOf } from './random-frames.ts';
import { randomModule } from './random-module.ts';
import { kernelEngine } from '../../src/cases/kernel-engine.ts';
import { vmEngine } from '../../src/cases/vm-engine.ts';
import type { CaseEngine } from '../../src/cases/engine.ts';
import { kernelTest } from '../require.ts';

const PROGRAMS = 60;
/** Random text is refused now and then; were it most of it, the test would say little. */
const LEAST_ACCEPTED = PROGRAMS / 2;

function agree(first: number, engines: Readonly<Record<string, () => CaseEngine>>): void {
  let accepted = 0;
  for (let seed = first; seed < first + PROGRAMS; seed++) {
    const tape = tapeOf(seed);
    const difference = compareReadings(randomModule(tape), packetsOf(tape), engines);
    if (difference?.kind === 'refused') continue;
    accepted++;
    assert.equal(difference, undefined, `npm run fuzz -- compiler --seed ${seed}`);
  }
  assert.ok(accepted >= LEAST_ACCEPTED, `${accepted} of ${PROGRAMS} were accepted`);
}

test('Random modules mean in the vm what they say.', () => agree(1000, { vm: vmEngine }));
kernelTest('Random modules pass the verifier and mean in the kernel what they say.', () => agree(2000, { kernel: kernelEngine }));
