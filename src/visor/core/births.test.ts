// Births while the Director is away, from what it leased to the server, and what becomes of them when it is back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Server, zoneWithNetworks } from '../../../test/visor-core.ts';
import { generationOf } from '../../director/core/step.ts';
import { Zone, resource, twoTenants } from '../../director/core/zone.fixture.ts';
import type { Attached } from '../../model/visor-api.ts';
import type { LocalResult } from './events.ts';
import { OFFLINE_PATIENCE_MS } from './local.ts';
import { statusOf } from './report.ts';

/** The Director hears the visor, and leases. */
function hear(server: Server): void {
  const { zone } = server;
  for (let before = -1; before !== zone.state.revision;) {
    before = zone.state.revision;
    zone.nowMs += 20_000;
    zone.step({ kind: 'status', status: { ...statusOf(server.state) } });
    zone.step({ kind: 'status', status: { ...statusOf(server.state), server: 's2', left: generationOf(zone.state) } });
    zone.step({ kind: 'tick' });
    zone.run();
    if (server.state.online) server.news();
  }
}

/** One endpoint of red/web is on s1, and leases; then the Director goes away. */
function parted(...more: unknown[]): Server {
  const zone = new Zone();
  zone.apply(...twoTenants.filter(r => (r as { kind: string }).kind !== 'Endpoint'), ...more);
  const server = new Server(zone);
  server.connect();
  assert.ok(server.attach({ netns: 'first', name: 'first' })?.ok);
  hear(server);
  server.step({ kind: 'offline', message: 'no Director listens on there', how: 'away' });
  return server;
}

function back(server: Server): void {
  server.step({ kind: 'online' });
  server.news();
  hear(server);
}

const body = (result: LocalResult | undefined): Attached => { assert.ok(result?.ok, JSON.stringify(result)); return result.body as Attached; };
const failure = (result: LocalResult | undefined): string => { assert.ok(result && !result.ok); return result.error.message; };
const resourceOf = (server: Server, name: string) => server.zone.state.world.resources.get(`Endpoint/red/${name}`);
const stateOf = (server: Server, name: string): readonly [string | undefined, string | undefined] => { const e = statusOf(server.state).endpoints.find(e => e.name === `red/${name}`); return [e?.state, e?.message]; };

test('born at once from what was leased, in the elements that are here; told when the Director is back, it is the very same', () => {
  const server = parted();
  const made = body(server.attach({ netns: 'b', name: 'b' }));
  assert.deepEqual(made.addresses, ['10.1.0.128/24']);
  const element = server.datapath.elements.get(server.datapath.endpoints.get(made.uid)!.element)!;
  assert.ok(element.wires.some(w => w.to === 'endpoint' && w.endpoint === made.uid));
  assert.match(JSON.stringify(element.contents), new RegExp(`"${made.mac}"`));
  assert.deepEqual(statusOf(server.state).born, [made.uid]);

  // Its visor returns alone.
  const again = new Server(server.zone, server.datapath, server.document, [...server.disk]);
  again.step({ kind: 'tick' });
  assert.deepEqual([again.done, stateOf(again, 'b')[0]], [[], 'ready']);
  const before = server.datapath.endpoints.get(made.uid);
  back(again);
  assert.deepEqual(again.zone.state.world.given.get('Endpoint/red/b'), { id: before!.id, uid: made.uid, port: before!.port, mac: made.mac, addresses: ['10.1.0.128'] });
  assert.deepEqual(server.datapath.endpoints.get(made.uid), before);
  assert.deepEqual([statusOf(again.state).born, again.state.durable.endpoints.some(e => e.leased)], [undefined, false]);
});

test('who is detached before the Director knew of it leaves nothing, and nobody is given the same again before it knows', () => {
  const server = parted();
  const { uid } = body(server.attach({ netns: 'b', name: 'b' }));
  assert.deepEqual(server.detach('b'), { ok: true, body: { found: true, endpoint: 'red/b' } });
  assert.equal(server.datapath.endpoints.has(uid), false);
  assert.notEqual(body(server.attach({ netns: 'c', name: 'c' })).uid, uid);
  assert.deepEqual(statusOf(server.state).spent, [uid]);
  back(server);
  assert.deepEqual([statusOf(server.state).spent, resourceOf(server, 'b')], [undefined, undefined]);
  assert.equal(server.state.durable.plan?.own?.section.seats?.some(s => s.uid === uid), false);
});

test('what cannot be born is refused in two seconds with its cause: no lease left, a network that is not here, an address of its own', () => {
  const server = parted(resource('Network', 'red/db', { subnets: ['10.2.0.0/24'] }));
  for (let i = 0; i < 8; i++) assert.ok(server.attach({ netns: `n${i}`, name: `n${i}` })?.ok);
  const refusal = (more: Parameters<Server['attach']>[0]): string => {
    assert.equal(server.attach(more), undefined);
    server.pass(OFFLINE_PATIENCE_MS);
    return failure(server.replies[0]);
  };
  assert.match(refusal({ netns: 'x', name: 'x' }), /the Director is away \(no Director listens on there, since 1970-01-01T.*\), and of the 8 endpoints of Network red\/web that it leased to this server none is left/);
  assert.match(refusal({ netns: 'y', name: 'y', network: 'db' }), /Network red\/db is not on this server/);
  assert.match(refusal({ netns: 'z', name: 'z', addresses: ['10.1.0.9'] }), /it alone gives endpoints a MAC or addresses that they ask for/);
  assert.equal(server.state.durable.endpoints.length, 9);
});

for (const [answers, sentence] of [['never were', 'that does not answer'], ['are lost', 'whose answer is lost']] as const) {
  test(`with a Director ${sentence} it is born in two seconds, and what was asked for before does not stay beside it`, () => {
    const server = parted();
    back(server);
    server.answers = answers;
    assert.equal(server.attach({ netns: 'b', name: 'b' }), undefined);
    server.pass(OFFLINE_PATIENCE_MS + 250);
    const made = body(server.replies[0]);
    assert.deepEqual(made.addresses, ['10.1.0.128/24']);
    server.answers = 'come';
    server.pass(40_000);
    back(server);
    const given = server.zone.state.world.given.get('Endpoint/red/b') as { uid: string; addresses: string[] };
    assert.deepEqual([given.uid, given.addresses], [made.uid, ['10.1.0.128']]);
    assert.ok(server.datapath.endpoints.has(made.uid));
    assert.deepEqual(stateOf(server, 'b'), ['ready', undefined]);
  });
}

test('the name is another\'s by then: it stays with what it has, and is degraded until it is detached, or the other is gone', () => {
  const server = parted();
  const made = body(server.attach({ netns: 'b', name: 'b' }));
  server.zone.apply(resource('Endpoint', 'red/b', { network: 'web', server: 's2' }));
  back(server);
  const [state, message] = stateOf(server, 'b');
  assert.equal(state, 'degraded');
  assert.match(message ?? '', /another endpoint red\/b, on server s2/);
  assert.deepEqual(server.datapath.endpoints.get(made.uid)?.addresses, made.addresses);
  assert.ok(server.zone.write({ kind: 'delete', key: 'Endpoint/red/b' }).ok);
  server.pass(40_000);
  assert.deepEqual([(server.zone.state.world.given.get('Endpoint/red/b') as { uid: string }).uid, stateOf(server, 'b')[0]], [made.uid, 'ready']);
});

test('the domain does not admit the server any more, or the network is gone: off the data path, degraded; detached, nothing is left', () => {
  for (const [what, close] of [
    ['does not admit', (zone: Zone) => assert.ok(zone.apply(resource('Domain', 'red', { servers: ['s2'] })).ok)],
    ['has Network red/web here no more|unknown Network', (zone: Zone) => assert.ok(zone.write({ kind: 'delete', key: 'Network/red/web' }).ok)],
  ] as const) {
    const server = parted();
    const made = body(server.attach({ netns: 'b', name: 'b' }));
    assert.ok(server.zone.write({ kind: 'delete', key: 'Endpoint/red/first' }).ok);
    close(server.zone);
    back(server);
    const [state, message] = stateOf(server, 'b');
    assert.deepEqual([state, server.datapath.endpoints.has(made.uid)], ['degraded', false]);
    assert.match(message ?? '', new RegExp(what));
    assert.ok(server.detach('b')?.ok);
    back(server);
    assert.deepEqual([server.state.durable.endpoints.map(e => e.endpoint), server.state.durable.spent], [[], []]);
    assert.deepEqual([...server.zone.state.world.held.keys()].filter(k => k.includes('/red/')), []);
  }
});

test('a Director that refuses this server is not away, also once it is: nobody is born, and why, and the way back, are said', () => {
  const server = parted();
  const refuse = { message: 'the certificate of Server s1 was revoked', cure: 'iov server token s1' };
  const isTold = (): void => {
    assert.equal(server.attach({ netns: 'b', name: 'b' }), undefined);
    server.pass(OFFLINE_PATIENCE_MS);
    const [result] = server.replies;
    assert.deepEqual(result, { ok: false, error: { error: 'unavailable', message: 'the Director refuses this server (the certificate of Server s1 was revoked), and it gives addresses to new endpoints', cure: 'iov server token s1' } });
    assert.deepEqual(statusOf(server.state).degraded.map(d => [d.object, d.message]), [['director', 'it refuses this server: the certificate of Server s1 was revoked; iov server token s1; what is here goes on meanwhile']]);
  };
  server.step({ kind: 'offline', how: 'refused', ...refuse });
  isTold();
  server.step({ kind: 'offline', message: 'no Director listens on there', how: 'away' });
  isTold();
  back(server);
  assert.deepEqual([statusOf(server.state).degraded, server.attach({ netns: 'b', name: 'b' })?.ok], [[], true]);
});

test('refused by the answer to a birth, before its watch ends: the birth waits, and what was born before stays', () => {
  const server = parted();
  const { uid } = body(server.attach({ netns: 'b', name: 'b' }));
  server.answers = 'are lost';
  server.step({ kind: 'online' });
  const [flight] = [...server.state.flights].find(([, f]) => f.work.kind === 'register')!;
  server.step({ kind: 'registered', effect: flight, endpoint: 'red/b', outcome: { kind: 'unreachable', message: 'revoked', cutOff: { message: 'revoked' } } });
  assert.equal(server.attach({ netns: 'c', name: 'c' }), undefined);
  server.pass(OFFLINE_PATIENCE_MS);
  assert.match(failure(server.replies[0]), /the Director refuses this server \(revoked\)/);
  assert.ok(server.datapath.endpoints.has(uid));
});

test('an end that the Director cannot take over, for a Nat forwards to it: attached again it is the same again; when nothing names it, it goes', () => {
  const zone = zoneWithNetworks();
  zone.apply(resource('Gateway', 'edge', { servers: ['s2'], device: 'eth1', addresses: ['198.51.100.2/24'], nextHop: ['198.51.100.1'] }), resource('Router', 'red/r', { networks: ['web'], uplink: { gateway: 'edge' } }));
  const server = new Server(zone);
  server.connect();
  const first = body(server.attach({ netns: 'a', name: 'a' }));
  assert.ok(zone.apply(resource('Nat', 'red/out', { router: 'r', forward: [{ to: { endpoint: 'a' }, ports: ['tcp/8080:80'] }] })).ok);
  server.news();
  assert.ok(server.detach('a')?.ok);
  server.pass(60_000);
  assert.equal(server.datapath.endpoints.has(first.uid), false);
  assert.match(statusOf(server.state).degraded.find(d => d.object === 'director red/a')?.message ?? '', /is used by Nat red\/out/);

  // Long pauses are between two tries by now; who waits does not wait for their end.
  const again = body(server.attach({ netns: 'a2', name: 'a' }));
  assert.deepEqual([again.uid, again.addresses, again.netns], [first.uid, first.addresses, 'a2']);
  assert.deepEqual(stateOf(server, 'a'), ['ready', undefined]);
  assert.deepEqual([server.state.wanted.gone, statusOf(server.state).degraded], [[], []]);

  assert.ok(server.detach('a')?.ok);
  assert.equal(server.attach({ netns: 'b', name: 'a', network: 'db', timeoutMs: 1000 }), undefined);
  server.pass(2_000);
  assert.match(failure(server.replies[0]), /still waiting for the Director to know it, which says: Endpoint red\/a: is used by Nat red\/out/);

  zone.write({ kind: 'delete', key: 'Nat/red/out' });
  server.pass(60_000);
  assert.equal(resourceOf(server, 'a'), undefined);
  assert.deepEqual([server.state.wanted.gone, statusOf(server.state).degraded], [[], []]);
});
