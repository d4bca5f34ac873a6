// Random sequences on WebAssembly, interpreter and kernel: a few here, many by `npm run fuzz -- vm`, and those again that once differed.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { encode } from '../../src/isa/encode.ts';
import { kernelTest } from '../require.ts';
import { differenceOf } from './fuzz.ts';
import { mutated } from './mutate.ts';
import { randomSequence, type Sequence } from './random-sequence.ts';
import { kernelReading, vmReading, type Reading } from './readings.ts';
import { parseSequence, sequenceText } from './sequence-text.ts';
import { tapeOf, tapeReader } from './tape.ts';

const SAVED = new URL('sequences/', import.meta.url);
const saved = existsSync(SAVED) ? readdirSync(SAVED) : [];
const ROUNDS = 60;

function agree(sequence: Sequence, readings: readonly Reading[]): void {
  const reads = readings.map(reading => ({ name: reading.name, read: reading.read(sequence) }));
  assert.equal(differenceOf(reads), undefined);
}

const vms = (): Reading[] => [vmReading('wasm'), vmReading('interpreter')];

test('random sequences, and changed ones, mean the same in WebAssembly and in the interpreter', () => {
  const readings = vms();
  for (let seed = 0; seed < ROUNDS; seed++) agree(randomSequence(tapeOf(seed)), readings);
  for (let seed = 0; seed < ROUNDS / 4; seed++) {
    const tape = tapeOf(seed);
    agree(mutated(randomSequence(tape), tapeReader(tape.toReversed())), vms());
  }
});

kernelTest('the kernel accepts random sequences and reads them alike', () => {
  using kernel = kernelReading();
  const readings = [kernel, ...vms()];
  let accepted = 0;
  for (let seed = 1000; seed < 1000 + ROUNDS; seed++) {
    const sequence = randomSequence(tapeOf(seed));
    const reads = readings.map(reading => ({ name: reading.name, read: reading.read(sequence) }));
    if (reads[0]!.read.kind === 'refused') continue;
    accepted++;
    assert.equal(differenceOf(reads), undefined, `seed ${seed}`);
  }
  assert.ok(accepted > ROUNDS / 2, `${accepted} of ${ROUNDS}`);
});

for (const file of saved) {
  const sequence = parseSequence(readFileSync(new URL(file, SAVED), 'utf8'));
  test(`${file} in the vm`, () => { agree(sequence, vms()); });
  kernelTest(`${file} on all three`, () => {
    using kernel = kernelReading();
    if (kernel.read(sequence).kind === 'ran') agree(sequence, [kernel, ...vms()]);
  });
}

test('a sequence is read back as it was written', () => {
  for (let seed = 0; seed < 20; seed++) {
    const sequence = randomSequence(tapeOf(seed));
    const again = parseSequence(sequenceText(sequence));
    const bytes = (s: Sequence): unknown => ({ ...s, programs: s.programs.map(encode) });
    assert.deepEqual(bytes(again), bytes(sequence));
  }
});
