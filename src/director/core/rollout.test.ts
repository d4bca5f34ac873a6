// Versions of a user's module: on one server first; on to the others, or back by what its visor says. Plans in steps equal plans from scratch all along.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Module } from '../../model/resource.ts';
import type { VisorStatus } from '../../model/status.ts';
import { buildAll } from './planner.ts';
import { planOf } from './step.ts';
import { view } from './view.ts';
import { functionGiven } from './world.ts';
import { Zone, modules, resource, twoTenants } from './zone.fixture.ts';

const spec = (digit: string): Module['spec'] => ({ entry: 'k.ts', sources: { 'k.ts': digit }, imageHash: digit.repeat(64), image: '{}', type: 'filter', keyed: [], exports: [] });
const hashOn = (zone: Zone, server: string): string | undefined => planOf(zone.state, server).elements.find(e => e.section.owner.startsWith('Function/'))?.section.element.imageHash[0];
const status = (zone: Zone): Record<string, unknown> => view(zone.state, zone.state.world.resources.get('Function/red/guard')!, zone.nowMs).status as Record<string, unknown>;

function started(): Zone {
  const zone = new Zone();
  zone.apply(...twoTenants);
  for (const digit of ['1', '2']) zone.write({ kind: 'push', name: 'knock', spec: spec(digit) });
  zone.apply(resource('Function', 'red/guard', { module: 'knock@1', on: { network: 'web' }, config: { settings: { a: 1 } } }));
  return zone;
}

function heard(zone: Zone, server: string, more: { state?: 'ready' | 'degraded'; drops?: number; message?: string } = {}): void {
  const { uid } = functionGiven(zone.state.world, 'red/guard')!.elements['web']!;
  const generation = { epoch: zone.state.epoch, revision: zone.state.revision, planner: 1 };
  const said: VisorStatus = {
    server, engine: 'vm', started: 'x', received: generation, applied: generation, endpoints: [], degraded: [], changes: 0,
    elements: [{ uid, name: 'Function/red/guard/web', state: more.state ?? 'ready', ...more.message !== undefined && { message: more.message } }],
    drops: [{ element: uid, module: 'knock', file: 'k.ts', line: 1, reason: 'no', packets: more.drops ?? 0 }],
  };
  zone.step({ kind: 'status', status: said });
  zone.run();
}

/** Time goes by, with a word of the servers each second; `drops`: a second, on s1. */
function pass(zone: Zone, seconds: number, drops = 0, from = 0): number {
  for (let s = 0; s < seconds; s++) {
    zone.nowMs += 1000;
    from += drops;
    for (const server of ['s1', 's2']) heard(zone, server, { drops: from });
    zone.step({ kind: 'tick' });
    zone.run();
    assert.deepEqual([...zone.state.built.elements].map(([k, v]) => [k, v.hash]).sort(), [...buildAll(zone.state.world, modules).elements].map(([k, v]) => [k, v.hash]).sort());
  }
  return from;
}

test('one server tries the next version; when it stood for a while all have it', () => {
  const zone = started();
  assert.deepEqual(['s1', 's2'].map(s => hashOn(zone, s)), ['1', '1']);
  zone.apply(resource('Function', 'red/guard', { module: 'knock@2', on: { network: 'web' }, config: { settings: { b: 2 } } }));
  assert.deepEqual(['s1', 's2'].map(s => hashOn(zone, s)), ['2', '1']);
  assert.deepEqual(['s1', 's2'].map(s => planOf(zone.state, s).elements.find(e => e.section.owner.startsWith('Function/'))!.section.contents), [{ settings: { b: 2 } }, { settings: { a: 1 } }]);
  assert.equal(status(zone)['message'], 's1 tries knock@2; the others have knock@1');
  const refused = zone.write({ kind: 'delete', key: 'Module/knock@1' });
  assert.match(refused.ok ? '' : refused.error.message, /runs on servers of Function red\/guard until the next version is on all/);
  pass(zone, 20);
  assert.deepEqual(['s1', 's2'].map(s => hashOn(zone, s)), ['2', '1'], 'not before its time');
  pass(zone, 15);
  assert.deepEqual(['s1', 's2'].map(s => hashOn(zone, s)), ['2', '2']);
  assert.deepEqual([status(zone)['tries'], status(zone)['refused']], [undefined, undefined]);
  assert.equal(zone.write({ kind: 'delete', key: 'Module/knock@1' }).ok, true);
});

test('what does not load goes back, with its config, and says why', () => {
  const zone = started();
  zone.apply(resource('Function', 'red/guard', { module: 'knock@2', on: { network: 'web' } }));
  zone.nowMs += 1000;
  heard(zone, 's1', { state: 'degraded', message: 'the verifier refused it' });
  zone.step({ kind: 'tick' });
  zone.run();
  assert.deepEqual(['s1', 's2'].map(s => hashOn(zone, s)), ['1', '1']);
  const f = zone.state.world.resources.get('Function/red/guard')!;
  assert.deepEqual(f.kind === 'Function' && [f.spec.module, f.spec.config], ['knock@1', { settings: { a: 1 } }]);
  assert.equal((status(zone)['refused'] as { why: string }).why, 's1 refused it: the verifier refused it');
  assert.equal(zone.store.read(0).at(-1)?.changeSet.by, 'Director');
  // Who wants it all the same says so.
  zone.apply(resource('Function', 'red/guard', { module: 'knock@2', on: { network: 'web' }, canarySeconds: 0 }));
  assert.deepEqual(['s1', 's2'].map(s => hashOn(zone, s)), ['2', '2']);
});

test('drops that jump send it back; the usual ones do not', () => {
  for (const [before, after, stays] of [[0, 100, false], [100, 120, true], [100, 900, false], [0, 5, true]] as const) {
    const zone = started();
    const drops = pass(zone, 10, before);
    zone.apply(resource('Function', 'red/guard', { module: 'knock@2', on: { network: 'web' } }));
    pass(zone, 35, after, drops);
    assert.deepEqual(['s1', 's2'].map(s => hashOn(zone, s)), stays ? ['2', '2'] : ['1', '1'], `${before} a second before, ${after} after`);
    if (!stays) assert.match((status(zone)['refused'] as { why: string }).why, new RegExp(`on s1 it dropped ${after} packets a second, ${before} before`));
  }
});
