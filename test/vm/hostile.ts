// The hostile area of `npm run fuzz`: sequences changed so that no verifier lets them through, and instructions that nobody wrote, in WebAssembly
// and in the interpreter: the same refusal, fault or result, and never an exception.

import type { FuzzOptions, FuzzResult } from '../../scripts/fuzz.ts';
import { createVm } from '../../src/vm/vm.ts';
import { both, compare, save, shrink } from './fuzz.ts';
import { mutated } from './mutate.ts';
import { badCode } from './random-bad.ts';
import { randomSequence } from './random-sequence.ts';
import { becameOf, BAD_FUEL } from './readings.ts';
import { tapeOf, tapeReader } from './tape.ts';

/** They may write over values that the next would find, so a difference counts if it is there in new engines. */
const REUSE = 500;

export function fuzzHostile({ seed, stop, say }: FuzzOptions): FuzzResult {
  const failures: string[] = [];
  let readings = both();
  let vms = (['wasm', 'interpreter'] as const).map(implementation => createVm({ implementation, fuel: BAD_FUEL }));
  let rounds = 0;
  for (; !stop(); rounds++) {
    if (rounds % REUSE === REUSE - 1) {
      readings = both();
      vms = (['wasm', 'interpreter'] as const).map(implementation => createVm({ implementation, fuel: BAD_FUEL }));
    }
    const tape = tapeOf(seed + rounds);
    const sequence = mutated(randomSequence(tape), tapeReader(tape.toReversed()));
    if (compare(sequence, readings) !== undefined) {
      readings = both();
      const difference = compare(sequence, readings);
      if (difference !== undefined) {
        const name = save(`hostile-${seed + rounds}`, shrink(sequence, candidate => compare(candidate, both())));
        failures.push(name);
        say(`${name}\n${difference}`);
      }
    }
    const code = badCode(tapeReader(tape));
    const [a, b] = vms.map(vm => becameOf(vm, code)) as [string, string];
    if (a === b || a === 'fuel' || b === 'fuel') continue;
    failures.push(Buffer.from(code).toString('hex'));
    say(`seed ${seed + rounds}: WebAssembly ${a}, interpreter ${b}\n${failures.at(-1)}`);
  }
  return { programs: 2 * rounds, failures, note: '' };
}
