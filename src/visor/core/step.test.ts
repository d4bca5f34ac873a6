// The visor's core, step by step: order of operations, refusals, restarts, births and ends of endpoints. Faults in every mix: sim/.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Zone, resource, twoTenants } from '../../director/core/zone.fixture.ts';
import { MemoryStore } from '../../director/core/memory-store.ts';
import { planOf } from '../../director/core/step.ts';
import type { LocalResult } from './events.ts';
import { OFFLINE_PATIENCE_MS } from './local.ts';
import { statusOf } from './report.ts';
import { Server, zoneWithNetworks } from '../../../test/visor-core.ts';
import { EFFECT_PATIENCE_MS, MOST_RETRY_MS } from './asking.ts';

const failure = (result: LocalResult | undefined): string => { assert.ok(result && !result.ok); return result.error.message; };

test('an endpoint is born: image, tunnel, element, endpoint, in this order; a second attach of it is the same', () => {
  const server = new Server(zoneWithNetworks());
  server.connect();
  const result = server.attach({ netns: '/run/netns/w1', name: 'w1' });
  assert.deepEqual(result, { ok: true, body: { endpoint: 'red/w1', uid: 'e1-c0ffee', mac: '02:c0:00:00:00:01', addresses: ['10.1.0.2/24'], mtu: 1450, netns: '/run/netns/w1', device: 'eth0' } });
  // The tunnel goes up with the plan; nothing else was to be done before.
  assert.deepEqual(server.done, ['put-tunnel tunnel', 'put-image bridge-image', 'put-element n3-c0ffee', 'put-endpoint e1-c0ffee']);
  assert.deepEqual(server.attach({ netns: '/run/netns/w1' }), result);
  assert.equal(server.done.length, 4);
  assert.deepEqual(server.endpoints(), ['red/w1 ready']);
  assert.equal(statusOf(server.state).applied?.revision, server.zone.state.revision);
});

test('an endpoint that the plan has before its birth is answered is born: its element is put once, with its wire', () => {
  const server = new Server(zoneWithNetworks());
  server.connect();
  server.answers = 'are lost';
  assert.equal(server.attach({ netns: '/run/netns/w1', name: 'w1' }), undefined);
  server.done = [];
  server.news();
  assert.deepEqual(server.replies.map(r => r.ok && 'uid' in r.body && r.body.uid), ['e1-c0ffee']);
  assert.deepEqual(server.done, ['put-image bridge-image', 'put-element n3-c0ffee', 'put-endpoint e1-c0ffee']);
  // Its answer comes after all.
  const { epoch, revision } = server.zone.state;
  for (const effect of server.state.flights.keys()) server.step({ kind: 'registered', effect, endpoint: 'red/w1', outcome: { kind: 'created', epoch, revision } });
  assert.deepEqual([server.endpoints(), server.done.length], [['red/w1 ready'], 3]);
  server.detach('w1');
  assert.equal(server.zone.state.world.resources.has('Endpoint/red/w1'), false);
});

test('a visor that returns, with its Director away, adopts everything and changes nothing', () => {
  const before = new Server(zoneWithNetworks());
  before.connect();
  before.attach({ netns: '/run/netns/w1', name: 'w1' });
  const after = new Server(before.zone, before.datapath, before.document, ['bridge-image']);
  after.pass(20_000);
  assert.deepEqual([after.done, after.endpoints()], [[], ['red/w1 ready']]);
  after.connect();
  assert.deepEqual(after.done, []);
});

test('without plan and record nothing that stands is removed, and it stays when the plan knows it', () => {
  const before = new Server(zoneWithNetworks());
  before.connect();
  before.attach({ netns: '/run/netns/w1', name: 'w1' });
  const after = new Server(before.zone, before.datapath);
  after.pass(5000);
  assert.deepEqual(after.done, []);
  after.connect();
  assert.deepEqual([after.done, after.endpoints()], [[], ['red/w1 absent']]);
});

test('detach removes: endpoint, element, image; the Director forgets what was born here', () => {
  const server = new Server(zoneWithNetworks());
  server.connect();
  server.attach({ netns: '/run/netns/w1', name: 'w1' });
  server.done = [];
  assert.deepEqual(server.detach('w1'), { ok: true, body: { found: true, endpoint: 'red/w1' } });
  assert.deepEqual(server.done, ['put-element n3-c0ffee', 'remove-endpoint e1-c0ffee', 'remove-element n3-c0ffee', 'remove-image bridge-image']);
  assert.equal(server.zone.state.world.resources.has('Endpoint/red/w1'), false);
  assert.deepEqual(server.detach('w1'), { ok: true, body: { found: false } });
});

test('an image that was let go is fetched again when it is wanted again', () => {
  const server = new Server(zoneWithNetworks());
  server.connect();
  for (let n = 0; n < 2; n++) {
    assert.ok(server.attach({ netns: '/run/netns/w1', name: 'w1' })?.ok, `time ${n}`);
    assert.ok(server.detach('w1')?.ok);
  }
});

test('detach succeeds with the Director away, and the Director is told later', () => {
  const server = new Server(zoneWithNetworks());
  server.connect();
  server.attach({ netns: '/run/netns/w1', name: 'w1' });
  server.step({ kind: 'offline', message: 'gone', how: 'away' });
  assert.ok(server.detach('w1')?.ok);
  assert.equal(server.datapath.endpoints.size, 0);
  assert.equal(server.zone.state.world.resources.has('Endpoint/red/w1'), true);
  server.connect();
  assert.equal(server.zone.state.world.resources.has('Endpoint/red/w1'), false);
});

test('with the Director away an attach is refused in two seconds, saying why, and leaves nothing', () => {
  const server = new Server(zoneWithNetworks());
  server.step({ kind: 'offline', message: 'connection refused', how: 'away' });
  assert.equal(server.attach({ netns: '/run/netns/w1' }), undefined);
  server.pass(OFFLINE_PATIENCE_MS);
  assert.match(failure(server.replies[0]), /the Director is away \(connection refused, since .*Network red.web is not on this server/);
  server.connect();
  server.pass(1000);
  assert.deepEqual([server.document?.endpoints, [...server.zone.state.world.resources.keys()].filter(k => k.startsWith('Endpoint'))], [[], []]);
});

test('what the Director refuses is told at once', () => {
  const server = new Server(zoneWithNetworks());
  server.connect();
  assert.match(failure(server.attach({ netns: '/run/netns/w1', network: 'wbe', name: 'w1' })), /unknown Network 'wbe' in domain red; did you mean 'web'\?/);
  assert.deepEqual([server.document?.endpoints, server.document?.gone], [[], []]);
});

test('an endpoint that a person wrote is attached by its name, stays planned after its detach, and can be attached again', () => {
  const zone = zoneWithNetworks();
  zone.apply(resource('Endpoint', 'red/a', { network: 'web', server: 's1', addresses: ['10.1.0.77'] }));
  const server = new Server(zone);
  server.connect();
  assert.deepEqual(server.endpoints(), ['red/a absent']);
  const result = server.attach({ netns: '/run/netns/a', name: 'a' });
  assert.ok(result?.ok && 'addresses' in result.body && result.body.addresses[0] === '10.1.0.77/24');
  assert.ok(server.detach('a')?.ok);
  assert.deepEqual([server.datapath.endpoints.size, zone.state.world.resources.has('Endpoint/red/a')], [0, true]);
  assert.ok(server.attach({ netns: '/run/netns/a', name: 'a' })?.ok);
  assert.equal(server.datapath.endpoints.size, 1);
});

test('what people delete at the Director goes here too', () => {
  const server = new Server(zoneWithNetworks());
  server.connect();
  server.attach({ netns: '/run/netns/w1', name: 'w1' });
  server.zone.write({ kind: 'delete', key: 'Endpoint/red/w1' });
  server.news();
  assert.deepEqual([server.datapath.endpoints.size, server.document?.endpoints], [0, []]);
});

test('a refused change keeps the last good form, is tried again with growing pauses, and says so', () => {
  const server = new Server(zoneWithNetworks());
  server.connect();
  server.attach({ netns: '/run/netns/w1', name: 'w1' });
  server.done = [];
  let tries = 0;
  server.refuse = what => {
    if (!what.startsWith('put-element')) return undefined;
    tries++;
    return 'the verifier said no';
  };
  server.zone.apply(resource('Endpoint', 'red/other', { network: 'web', server: 's2' }));
  server.news();
  server.pass(60_000);
  assert.ok(tries >= 4 && tries <= 9, `${tries} tries in 60 s`);
  assert.deepEqual([server.done, server.datapath.elements.size, server.datapath.endpoints.size], [[], 1, 1]);
  const status = statusOf(server.state);
  assert.equal(status.elements[0]?.state, 'degraded');
  assert.match(status.degraded[0]?.message ?? '', /the verifier said no/);
  assert.ok((status.applied?.revision ?? 0) < server.zone.state.revision);
  server.refuse = () => undefined;
  server.pass(MOST_RETRY_MS);
  assert.equal(statusOf(server.state).applied?.revision, server.zone.state.revision);
  assert.deepEqual(statusOf(server.state).degraded, []);
});

test('an attach whose namespace is not there fails at once with the cause, and leaves nothing', () => {
  const server = new Server(zoneWithNetworks());
  server.datapath.namespaces = new Set();
  server.refuse = what => what.startsWith('put-endpoint') ? 'namespace /run/netns/x is gone' : undefined;
  server.connect();
  assert.match(failure(server.attach({ netns: '/run/netns/x', name: 'x' })), /endpoint red\/x cannot be attached: namespace \/run\/netns\/x is gone/);
  server.pass(1000);
  assert.equal(server.zone.state.world.resources.has('Endpoint/red/x'), false);
  assert.equal(server.datapath.elements.size, 0);
});

test('a completion that never comes is found out by looking', () => {
  const server = new Server(zoneWithNetworks());
  const carryOut = server.carryOut.bind(server);
  let lost = 0;
  server.carryOut = effect => {
    const events = carryOut(effect);
    if (effect.kind !== 'datapath' || effect.operation.kind !== 'put-element' || lost > 0) return events;
    lost++;
    return [];
  };
  server.connect();
  server.attach({ netns: '/run/netns/w1', name: 'w1', timeoutMs: 60_000 });
  assert.deepEqual([lost, server.endpoints()], [1, ['red/w1 pending']]);
  server.pass(EFFECT_PATIENCE_MS);
  assert.deepEqual(server.endpoints(), ['red/w1 ready']);
});

test('a Director on another, empty store takes nothing away; when it has the networks again, workloads are born again as they are', () => {
  const before = new Server(zoneWithNetworks());
  before.connect();
  const attached = before.attach({ netns: '/run/netns/w1', name: 'w1' });
  assert.ok(attached?.ok);
  const other = new Zone(new MemoryStore('deadbeef'));
  const server = new Server(other, before.datapath, before.document, ['bridge-image']);
  server.connect();
  server.pass(MOST_RETRY_MS);
  assert.deepEqual(server.done, []);
  assert.deepEqual(server.endpoints(), ['red/w1 ready']);
  assert.match(statusOf(server.state).degraded.find(d => d.object === 'plan')?.message ?? '', /lacks 1 of the endpoints here, such as red\/w1/);

  other.apply(...twoTenants.filter(r => (r as { kind: string }).kind !== 'Endpoint'));
  server.news();
  server.pass(MOST_RETRY_MS);
  assert.deepEqual(server.endpoints(), ['red/w1 ready']);
  assert.deepEqual(statusOf(server.state).degraded, []);
  assert.equal(server.document?.plan?.generation.epoch, other.state.epoch);
  const again = server.attach({ netns: '/run/netns/w1' });
  assert.ok(again?.ok);
  const { mac, addresses } = attached.body as { mac: string; addresses: string[] };
  assert.deepEqual([(again.body as { mac: string }).mac, (again.body as { addresses: string[] }).addresses], [mac, addresses]);
});

test('a plan that takes away more than a fifth of the endpoints here is held until a person lets it pass, or they are planned again', () => {
  const zone = zoneWithNetworks();
  const server = new Server(zone);
  server.connect();
  const names = Array.from({ length: 10 }, (_, i) => `w${i}`);
  for (const name of names) { server.attach({ netns: `/run/netns/${name}`, name }); server.news(); }
  const ready = names.map(n => `red/${n} ready`);
  const gone = (n: number): void => { for (const name of names.slice(0, n)) zone.write({ kind: 'delete', key: `Endpoint/red/${name}` }); };
  gone(3);
  server.news();
  server.pass(MOST_RETRY_MS);
  assert.deepEqual(server.endpoints(), ready.slice(3), 'few of them go without a word');

  gone(9);
  server.done = [];
  server.news();
  server.pass(MOST_RETRY_MS);
  assert.deepEqual([server.endpoints(), server.done], [ready.slice(3), []]);
  assert.match(statusOf(server.state).degraded.find(d => d.object === 'plan')?.message ?? '', /takes away 6 of the 7 endpoints here, such as red\/w3.*iov server resume/);
  assert.notDeepEqual(statusOf(server.state).applied, planOf(zone.state, 's1').generation);

  const again = new Server(zone, server.datapath, server.document, ['bridge-image']);
  again.connect();
  assert.deepEqual(again.endpoints(), ready.slice(3), 'a restart does not forget to hold it');
  again.step({ kind: 'resume', request: 'r' });
  assert.deepEqual(again.replies.at(-1), { ok: true, body: { held: true } });
  again.pass(MOST_RETRY_MS);
  assert.deepEqual(again.endpoints(), ready.slice(9));
  assert.deepEqual(statusOf(again.state).degraded, []);
  again.step({ kind: 'resume', request: 'r' });
  assert.deepEqual(again.replies.at(-1), { ok: true, body: { held: false } });
});

test('what another store lacks goes when it is detached here', () => {
  const before = new Server(zoneWithNetworks());
  before.connect();
  before.attach({ netns: '/run/netns/w1', name: 'w1' });
  const server = new Server(new Zone(new MemoryStore('deadbeef')), before.datapath, before.document, ['bridge-image']);
  server.connect();
  assert.deepEqual(server.detach('w1'), { ok: true, body: { found: true, endpoint: 'red/w1' } });
  server.pass(MOST_RETRY_MS);
  assert.deepEqual(server.endpoints(), []);
  assert.deepEqual(server.datapath.observe().endpoints, []);
});
