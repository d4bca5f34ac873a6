// Reports of a status: whatever is said in turn, who hears all of it has the status; who missed one says so.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { reportOf, reportSchema, statusOf, type Reported } from './report.ts';
import type { VisorStatus } from './status.ts';

const status: fc.Arbitrary<VisorStatus> = fc.record({
  server: fc.constant('s1'), engine: fc.constant('vm' as const), started: fc.constantFrom('1', '2'), received: fc.constant(null), applied: fc.constantFrom(null, { epoch: 'e', revision: 1, planner: 1 }),
  elements: fc.constantFrom([], [{ uid: 'n1', name: 'Network/a/b', state: 'ready' as const }]), endpoints: fc.constantFrom([], [{ uid: 'e1', name: 'a/b', state: 'ready' as const }]),
  degraded: fc.constantFrom([], [{ object: 'x', message: 'y', attempts: 1 }]), changes: fc.nat(3), drops: fc.constantFrom([], [{ module: 'm', file: 'f', line: 1, reason: 'r', packets: 2 }]),
}, { noNullPrototype: true });

test('what is heard is what was said; a report behind one that was lost is refused, and then all is said', () => {
  fc.assert(fc.property(fc.array(fc.record({ status, isLost: fc.boolean() }), { maxLength: 8 }), said => {
    let sent: Reported | undefined, heard: Reported | undefined;
    for (const [number, { status, isLost }] of said.entries()) {
      const report = reportSchema.parse(JSON.parse(JSON.stringify(reportOf(status, number, sent))));
      const taken = statusOf(report, heard);
      if (taken) { assert.deepEqual(taken, { number, status }); heard = taken; } else heard = statusOf(reportSchema.parse(reportOf(status, number, undefined)), heard);
      assert.deepEqual(heard?.status, status);
      // Its answer may be lost: the visor goes on from the report before, which is not the last.
      if (!isLost) sent = { number, status };
    }
  }));
});

test('what stays is not said', () => {
  const [was] = fc.sample(status, { numRuns: 1, seed: 7 });
  const report = reportOf({ ...was!, changes: 9 }, 2, { number: 1, status: was! });
  assert.deepEqual([report.elements, report.endpoints, report.degraded, report.drops, report.changes, report.behind], [undefined, undefined, undefined, undefined, 9, 1]);
  const taken = statusOf(report, { number: 1, status: was! });
  assert.equal(taken?.status.endpoints, was!.endpoints);
  for (const last of [undefined, { number: 0, status: was! }, { number: 1, status: { ...was!, started: 'other' } }]) assert.equal(statusOf(report, last), undefined);
});
