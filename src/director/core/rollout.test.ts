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
  const uid = functionGiven(zone.state.world, 'red/guard')?.elements['web']?.uid ?? 'gone';
  const generation = { epoch: zone.state.epoch, revision: zone.state.revision, planner: 1 };
  const said: VisorStatus = {
    server, engine: 'vm', started: 'x', received: generation, applied: generation, endpoints: [], degraded: [], changes: 0,
    elements: [{ uid, name: 'Function/red/guard/web', state: more.state ?? 'ready', ...more.message !== undefined && { message: more.message } }],
    drops: [{ element: uid, module: 'knock', file: 'k.ts', line: 1, reason: 'no', packets: more.drops ?? 0 }],
  };
  zone.step({ kind: 'status', status: said });
  zone.run();
}

function tick(zone: Zone): void {
  zone.step({ kind: 'tick' });
  zone.run();
}

/** Time goes by, and only these say something. */
function only(zone: Zone, seconds: number, ...servers: readonly string[]): void {
  for (let s = 0; s < seconds; s++) {
    zone.nowMs += 1000;
    for (const server of servers) heard(zone, server);
    tick(zone);
  }
}

const next = (zone: Zone): unknown => zone.apply(resource('Function', 'red/guard', { module: 'knock@2', on: { network: 'web' } }));
const on = (zone: Zone): (string | undefined)[] => ['s1', 's2'].map(s => hashOn(zone, s));

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
  for (let s = 0; s < 4; s++) {
    zone.nowMs += 1000;
    heard(zone, 's1', { state: 'degraded', message: 'the verifier refused it' });
    tick(zone);
    if (s === 0) assert.equal(hashOn(zone, 's1'), '2', 'the first word may still be about the version before');
  }
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

test('a canary that is away lets another try; one that falls silent with it sends it back', () => {
  const zone = started();
  pass(zone, 3);
  next(zone);
  only(zone, 25, 's2');
  assert.deepEqual(on(zone), ['2', '1'], 'it may come back');
  only(zone, 10, 's2');
  assert.deepEqual(on(zone), ['1', '2']);
  only(zone, 20, 's2');
  assert.deepEqual(on(zone), ['1', '2'], 'it has its own time');
  only(zone, 20, 's2');
  assert.deepEqual(on(zone), ['2', '2']);

  const fallen = started();
  next(fallen);
  only(fallen, 10, 's1', 's2');
  only(fallen, 25, 's2');
  assert.deepEqual(on(fallen), ['2', '1'], 'it stood for less than its time, by its own word');
  only(fallen, 10, 's2');
  assert.deepEqual(on(fallen), ['1', '1']);
  assert.match(String(status(fallen)['message']), /s1 was not heard any more when it had it/);

  const nobody = started();
  next(nobody);
  only(nobody, 120);
  assert.deepEqual(on(nobody), ['2', '1'], 'nobody is there to try it');
  only(nobody, 40, 's2');
  assert.deepEqual(on(nobody), ['2', '2']);
});

test('a canary that is deleted or cut off hands on, and the next has its own time and its own drops', () => {
  for (const gone of [
    (zone: Zone): unknown => zone.write({ kind: 'delete', key: 'Endpoint/red/a' }),
    (zone: Zone): unknown => zone.apply(resource('Server', 's1', { underlay: '192.0.2.1', keys: [] })),
  ]) {
    const zone = started();
    pass(zone, 10);
    next(zone);
    only(zone, 25, 's1', 's2');
    gone(zone);
    for (const s of [1, 2]) { zone.nowMs += 1000 * s; heard(zone, 's2', { drops: 100_000 }); tick(zone); }
    assert.equal(hashOn(zone, 's2'), '2', 'it tries it');
    assert.match(String(status(zone)['message']), /s2 tries knock@2/);
    for (let s = 0; s < 20; s++) { zone.nowMs += 1000; heard(zone, 's2', { drops: 100_000 }); tick(zone); }
    assert.match(String(status(zone)['message']), /s2 tries knock@2/);
    for (let s = 0; s < 15; s++) { zone.nowMs += 1000; heard(zone, 's2', { drops: 100_000 }); tick(zone); }
    assert.deepEqual([hashOn(zone, 's2'), status(zone)['tries'], status(zone)['refused']], ['2', undefined, undefined]);
  }
});

test('what is troubled beside it holds nothing up; a function that goes, or finds its network empty, ends the trial', () => {
  const zone = started();
  next(zone);
  const { uid } = functionGiven(zone.state.world, 'red/guard')!.elements['web']!;
  const generation = { epoch: zone.state.epoch, revision: zone.state.revision, planner: 1 };
  for (let s = 0; s < 40; s++) {
    zone.nowMs += 1000;
    zone.step({ kind: 'status', status: { server: 's1', engine: 'vm', started: 'x', received: generation, applied: null, endpoints: [], degraded: [{ object: 'endpoint e9', message: 'no device', attempts: 3 }], changes: 0, elements: [{ uid, name: 'Function/red/guard/web', state: 'ready' }], drops: [] } });
    tick(zone);
  }
  assert.deepEqual(on(zone), ['2', '2']);

  const deleted = started();
  next(deleted);
  deleted.write({ kind: 'delete', key: 'Function/red/guard' });
  only(deleted, 40, 's1', 's2');
  assert.equal(deleted.state.watching.seen.size, 0);
  assert.equal(deleted.write({ kind: 'delete', key: 'Module/knock@1' }).ok, true);

  const empty = started();
  next(empty);
  for (const name of ['a', 'b']) empty.write({ kind: 'delete', key: `Endpoint/red/${name}` });
  assert.equal(functionGiven(empty.state.world, 'red/guard')!.rollout, undefined);
});

test('a Director that starts anew watches anew: for the whole time, and without a word about before it judges no drops', () => {
  const zone = started();
  pass(zone, 10, 100);
  next(zone);
  const drops = pass(zone, 25, 100, 1000);
  const again = new Zone(zone.store);
  again.nowMs = zone.nowMs;
  const from = pass(again, 25, 100, drops);
  assert.deepEqual(on(again), ['2', '1']);
  pass(again, 10, 100, from);
  assert.deepEqual(on(again), ['2', '2']);
});
