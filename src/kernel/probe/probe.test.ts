// Probes on this machine, and what they say where nothing is permitted.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { kernelTest } from '../../../test/require.ts';
import { SysError } from '../../sys/errors.ts';
import { helperProbe } from './helper-functions.ts';
import { firstObstacle, probeMachine, PROBES } from './machine.ts';
import { ask, type Probe } from './probe.ts';

test('a refusal is a no with its cure; what is no refusal could not be told', () => {
  const probe: Probe = { name: 'p', title: 'p', need: 'required', cure: 'mend it', run: () => { throw new SysError('bpf', 22); } };
  assert.deepEqual(ask(probe), { name: 'p', title: 'p', need: 'required', answer: 'no', reason: 'bpf: EINVAL', cure: 'mend it' });
  assert.equal(ask({ ...probe, run: () => { throw new TypeError('x'); } }).answer, 'could-not-tell');
});

test('names are unique', () => {
  assert.equal(new Set(PROBES.map(probe => probe.name)).size, PROBES.length);
});

kernelTest('this machine has all that is required', () => {
  const results = probeMachine();
  assert.deepEqual(results.filter(result => result.answer !== 'yes' && result.need === 'required'), []);
  assert.equal(firstObstacle(results), undefined);
});

kernelTest('a helper that no kernel knows is a no; one that is refused for its arguments is a yes', () => {
  assert.equal(ask(helperProbe({ name: 'none', id: 99_999, since: '9.9', need: 'useful' })).answer, 'no');
  assert.equal(ask(helperProbe({ name: 'map_lookup_elem', id: 1, since: '3.19', need: 'useful' })).answer, 'yes');
});

kernelTest('without privileges nothing throws, and the obstacle says what to do', () => {
  const module = new URL('./machine.ts', import.meta.url).href;
  const script = `process.setgid(65534); process.setuid(65534); const m = await import('${module}'); console.log(JSON.stringify(m.firstObstacle(m.probeMachine())))`;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.equal(child.status, 0, child.stderr);
  const obstacle = JSON.parse(child.stdout);
  assert.equal(obstacle.name, 'privileges');
  assert.match(obstacle.cure, /root/);
});
