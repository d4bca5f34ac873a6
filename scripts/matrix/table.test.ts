// What is refused counts only where the program claims to load; versions are numbers and not text.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions, type Job, type Loaded } from './job.ts';
import { type Column, refusals, refusalText, series, table } from './table.ts';

const job: Job = { subject: 'modules/x/x.ts', program: 'main', joined: 'alone', target: '6.1', hook: 'tc', code: Buffer.alloc(16).toString('base64'), maps: [], files: [], lines: [] };
const column = (release: string, result: Omit<Loaded & { ok: false }, 'job'> | Omit<Loaded & { ok: true }, 'job'>): Column =>
  ({ kernel: { wanted: series(release), package: '', path: '', modules: [] }, booted: { release, results: [{ job: 0, ...result } as Loaded], seconds: 1 } });

test('versions', () => {
  assert.deepEqual(['6.12', '6.1', '7.3', '5.10', '6.1.0-56', '6.1.0-0.deb11.52'].sort(compareVersions), ['5.10', '6.1', '6.1.0-0.deb11.52', '6.1.0-56', '6.12', '7.3']);
  assert.equal(series('6.12.117+deb12-cloud-amd64'), '6.12');
});

test('a refusal below the target is told and does not count', () => {
  const refused = { ok: false, reason: 'no', place: 'modules/x/x.ts:3:1' } as const;
  const found = refusals([job], [column('5.10.0-46-cloud-amd64', refused), column('6.1.0-56-cloud-amd64', refused), column('6.12.1', { ok: true, steps: 7 })]);
  assert.deepEqual(found.map(({ release, claimed }) => [series(release), claimed]), [['5.10', false], ['6.1', true]]);
  assert.equal(refusalText(found[1]!), '6.1 refuses main of modules/x/x.ts (alone): no; at modules/x/x.ts:3:1');
});

test('a row for each program, a column for each kernel', () => {
  const text = table([job], [column('5.10.0', { ok: true, steps: 0 }), column('6.1.0', { ok: true, steps: 7 }), column('6.12.0', { ok: false, reason: 'no' })]);
  assert.deepEqual(text.split('\n').map(line => line.replaceAll(/ +/g, ' ')).filter((_, i) => i !== 1),
    ['| file | program | joined | slots | 5.10 | 6.1 | 6.12 |', '| modules/x/x.ts | main | alone | 2 | loaded | 7 | refused |']);
});
