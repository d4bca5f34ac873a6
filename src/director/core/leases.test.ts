// Leases: what servers hold for workloads that come without the Director, who gets it, and when it is given again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlannedSeat } from '../../model/plan.ts';
import type { VisorStatus } from '../../model/status.ts';
import { AWAY_AFTER_MS } from './ended.ts';
import { DEFAULT_LEASES } from './leases.ts';
import { buildAll } from './planner.ts';
import { generationOf, planOf } from './step.ts';
import { Zone, resource, twoTenants } from './zone.fixture.ts';

const status = (zone: Zone, server: string, more: Partial<VisorStatus> = {}): VisorStatus => ({
  server, engine: 'vm', started: '1', received: null, applied: null, left: generationOf(zone.state), elements: [], endpoints: [], degraded: [], changes: 0, drops: [], ...more,
});

/** Visors speak, and the Director does what is its own, until it has no more to do. */
function settle(zone: Zone, servers: readonly string[] = ['s1', 's2'], more: Partial<VisorStatus> = {}): void {
  for (let before = -1; before !== zone.state.revision;) {
    before = zone.state.revision;
    for (const server of servers) zone.step({ kind: 'status', status: status(zone, server, more) });
    zone.nowMs += AWAY_AFTER_MS;
    for (const server of servers) zone.step({ kind: 'status', status: status(zone, server, more) });
    zone.step({ kind: 'tick' });
    zone.run();
  }
}

const seatsOf = (zone: Zone, server: string, network = 'red/web'): readonly PlannedSeat[] => (planOf(zone.state, server).own?.section.seats ?? []).filter(s => s.network === network);
const birth = (lease: string, more: object = {}): unknown => resource('Endpoint', 'red/w', { network: 'web', server: 's1', ephemeral: true, lease, ...more });
const held = (zone: Zone, kind: string): string[] => [...zone.state.world.held.keys()].filter(k => k.startsWith(`${kind}/`)).sort();
function ready(...more: unknown[]): Zone {
  const zone = new Zone();
  assert.ok(zone.apply(...twoTenants, ...more).ok);
  settle(zone);
  return zone;
}

test('a server whose visor is heard has leases of the networks that it has endpoints of, stored before its plan has them; nobody else has any of it', () => {
  const zone = new Zone();
  zone.apply(...twoTenants);
  zone.step({ kind: 'tick' });
  zone.run();
  assert.deepEqual(seatsOf(zone, 's1'), [], 'nobody is there to give them to');
  settle(zone, ['s1']);
  assert.deepEqual([seatsOf(zone, 's1').length, seatsOf(zone, 's2').length], [DEFAULT_LEASES, 0]);
  settle(zone);
  const all = [...seatsOf(zone, 's1'), ...seatsOf(zone, 's2')];
  for (const what of [(s: PlannedSeat) => s.uid, (s: PlannedSeat) => s.mac, (s: PlannedSeat) => String(s.port), (s: PlannedSeat) => s.addresses[0]!]) assert.equal(new Set(all.map(what)).size, 2 * DEFAULT_LEASES);
  assert.deepEqual(all[0]!.addresses, ['10.1.0.128/24'], 'of the upper half: people choose from below');
  const stored = zone.store.snapshot().values.filter(v => v.key.startsWith('held:Lease/red/web/')).flatMap(v => (v.value as unknown as { seats: { uid: string }[] }).seats.map(s => s.uid));
  assert.deepEqual(stored.sort(), all.map(s => s.uid).sort());
  assert.deepEqual(buildAll(zone.state.world, zone.state.modules).servers.get('s1')?.own, zone.state.built.servers.get('s1')?.own, 'in steps as from scratch');
  const [seat] = seatsOf(zone, 's1');
  assert.deepEqual(Object.keys(seat!.contents), ['Network/red/web']);
  assert.match(JSON.stringify(seat!.contents), new RegExp(`"10.1.0.128","${seat!.mac}"`));
});

test('a birth claims what was leased to its server, whole; another server, another store, twice: refused', () => {
  const zone = ready();
  const [seat, next] = seatsOf(zone, 's1');
  const refusal = (endpoint: unknown): string => { const r = zone.write({ kind: 'create', resource: endpoint }); assert.ok(!r.ok); return r.error.message; };
  assert.match(refusal(birth(seat!.uid, { server: 's2' })), /is not leased to Server s2/);
  assert.match(refusal(birth('e99-feed')), /e99-feed is not leased to Server s1, in Network red\/web/);
  assert.match(refusal(resource('Endpoint', 'red/p', { network: 'web', server: 's1', addresses: [next!.addresses[0]!.split('/')[0]] })), /address 10\.1\.0\.129 of Network red\/web is leased to Server s1/);
  assert.ok(zone.write({ kind: 'create', resource: birth(seat!.uid) }).ok);
  const own = planOf(zone.state, 's1').own!.section;
  const { contents: _, ...identity } = seat!;
  assert.deepEqual(own.endpoints.find(e => e.endpoint === 'red/w'), { ...identity, endpoint: 'red/w', ephemeral: true });
  assert.equal(seatsOf(zone, 's1').some(s => s.uid === seat!.uid), false);
  assert.match(refusal(resource('Endpoint', 'red/v', { network: 'web', server: 's1', ephemeral: true, lease: seat!.uid })), /is not leased/);
  // Of a store that is lost it says what it has.
  assert.ok(zone.write({ kind: 'create', resource: resource('Endpoint', 'red/old', { network: 'web', server: 's1', ephemeral: true, lease: 'e7-feed', mac: '02:11:00:00:00:07', addresses: ['10.1.0.77'] }) }).ok);
});

test('what ends is given again only when its server, and all others that are heard, have said that it is over', () => {
  const zone = ready();
  zone.write({ kind: 'delete', key: 'Endpoint/red/b' });
  const [ended] = held(zone, 'Ended').filter(k => k.includes('/s2/'));
  assert.ok(ended);
  const past = { ...generationOf(zone.state), revision: zone.state.revision - 1 };
  const say = (s1: VisorStatus['left'], s2: VisorStatus['left'] | 'silent'): void => {
    zone.step({ kind: 'status', status: status(zone, 's1', { left: s1 }) });
    if (s2 !== 'silent') zone.step({ kind: 'status', status: status(zone, 's2', { left: s2 }) });
    zone.step({ kind: 'tick' });
    zone.run();
  };
  const now = generationOf(zone.state);
  zone.nowMs += 1000;
  say(now, past);
  assert.ok(held(zone, 'Ended').includes(ended), 'its own server has not');
  zone.nowMs += 10 * AWAY_AFTER_MS;
  say(generationOf(zone.state), 'silent');
  assert.ok(held(zone, 'Ended').includes(ended), 'however long it is away');
  say(past, generationOf(zone.state));
  assert.ok(held(zone, 'Ended').includes(ended), 'another that is heard has not');
  say(generationOf(zone.state), generationOf(zone.state));
  assert.equal(held(zone, 'Ended').includes(ended), false);
});

test('born and not told yet is not over; what was born and ended untold is leased no more; a network that goes takes its leases with it', () => {
  const zone = ready();
  const [seat, spent] = seatsOf(zone, 's1');
  assert.ok(zone.apply(resource('Network', 'red/web', { subnets: ['10.1.0.0/24'], attach: { leases: 0 } })).ok);
  settle(zone, ['s1', 's2'], { born: [seat!.uid] });
  assert.deepEqual(held(zone, 'Lease').filter(k => k.includes('/red/')), []);
  assert.deepEqual(held(zone, 'Ended').map(k => k.split('/').at(-1)), [seat!.uid], 'all others were given back');
  assert.ok(zone.write({ kind: 'create', resource: birth(seat!.uid) }).ok, 'and who was born with it has it');
  assert.ok(zone.apply(resource('Network', 'red/web', { subnets: ['10.1.0.0/24'] })).ok);
  settle(zone);
  assert.equal(seatsOf(zone, 's1').some(s => s.uid === spent!.uid), false);
  const [used] = seatsOf(zone, 's1');
  settle(zone, ['s1', 's2'], { spent: [used!.uid] });
  assert.equal(seatsOf(zone, 's1').some(s => s.uid === used!.uid), false);
  for (const name of ['a', 'b', 'w']) assert.ok(zone.write({ kind: 'delete', key: `Endpoint/red/${name}` }).ok);
  assert.ok(zone.write({ kind: 'delete', key: 'Network/red/web' }).ok);
  assert.deepEqual([...held(zone, 'Lease'), ...held(zone, 'Ended')].filter(k => k.includes('/red/web/')), []);
});

test('leases are a quarter of a subnet at most, as much on each server; who changes the subnets gets others', () => {
  const zone = ready(resource('Network', 'red/small', { subnets: ['10.3.0.0/28'] }), ...['s1', 's2'].map(s => resource('Endpoint', `red/of-${s}`, { network: 'small', server: s })));
  assert.deepEqual(['s1', 's2'].map(s => seatsOf(zone, s, 'red/small').length), [1, 1]);
  const before = seatsOf(zone, 's1').map(s => s.uid);
  assert.ok(zone.apply(resource('Network', 'red/web', { subnets: ['10.1.0.0/24', 'fd00:1::/64'], attach: { grant: { tier: 'web' } } })).ok);
  settle(zone);
  const after = seatsOf(zone, 's1');
  assert.deepEqual([after.length, after.every(s => s.addresses.length === 2 && !before.includes(s.uid))], [DEFAULT_LEASES, true]);
  assert.equal(new Set(after.map(s => s.group)).size, 1);
});
