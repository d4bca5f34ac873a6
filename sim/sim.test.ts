// The simulation with fixed seeds holds; the same seed is the same run; and a bug that is put in on purpose is found.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLANTS } from './faults.ts';
import { simulate } from './simulate.ts';

for (const seed of [1, 2, 3, 20, 2026]) {
  test(`seed ${seed}: no network leaks, no status overclaims, the healed zone converges`, () => {
    const result = simulate({ seed, servers: 4, ticks: 600 });
    assert.deepEqual(result.violations, []);
    assert.ok(result.revision > 20 && result.reports > 100, 'something happened');
  });
}

test('the same seed is the same run', () => {
  assert.deepEqual(simulate({ seed: 7, servers: 3, ticks: 300 }), simulate({ seed: 7, servers: 3, ticks: 300 }));
});

const FOUND = { 'wrong-vni': /tunnel of VNI/, 'wrong-station': /a station .* of nobody/, overclaim: /is ready, and it is not there/, forgetful: /not converged .* put-endpoint/, rash: /gave up \d+ of \d+ workloads/ } as const;
/** Where it comes up early. */
const SEEDS: Readonly<Partial<Record<string, number>>> = { rash: 3, forgetful: 2 };
for (const plant of PLANTS) {
  if (plant === 'none') continue;
  test(`a planted bug is found: ${plant}`, () => {
    const { violations } = simulate({ seed: SEEDS[plant] ?? 1, servers: 3, ticks: 800, plant });
    assert.match(violations.join('\n'), FOUND[plant]);
  });
}
