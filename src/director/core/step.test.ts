// The Director's core: writes, allocation, plans; completions that are late, doubled or lost; incremental equals from scratch.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mergeContents, type PlannedWire } from '../../model/plan.ts';
import { type Built, buildAll } from './planner.ts';
import type { VisorStatus } from '../../model/status.ts';
import { APPEND_PATIENCE_MS, appliedOf, generationOf, planOf } from './step.ts';
import { view } from './view.ts';
import { endpointGiven, networkGiven, routerGiven } from './world.ts';
import { MemoryStore } from './memory-store.ts';
import { Zone, modules, resource, twoTenants } from './zone.fixture.ts';
import { Table } from '../../model/table.ts';

const refusal = (result: ReturnType<Zone['apply']>): string => { assert.equal(result.ok, false); return result.ok ? '' : `${result.error.error}: ${result.error.message}`; };

test('two tenants with one subnet get their own numbers, VNIs, ports and plans', () => {
  const zone = new Zone();
  assert.equal(zone.apply(...twoTenants).ok, true);
  const plan = planOf(zone.state, 's1');
  assert.deepEqual(plan.elements.map(e => e.section.owner), ['Network/blue/web', 'Network/red/web']);
  const [blue, red] = plan.elements.map(e => e.section);
  const tunnels = (section = red): Extract<PlannedWire, { to: 'tunnel' }>[] => section!.wires.filter(w => w.to === 'tunnel');
  assert.notEqual(tunnels(blue)[0]!.vni, tunnels(red)[0]!.vni);
  assert.notEqual(blue!.element.id, red!.element.id);
  assert.deepEqual(tunnels().map(t => [t.port, t.server, t.remote]), [[1, 's1', '192.0.2.1'], [2, 's2', '192.0.2.2']]);
  const endpoints = plan.own!.section.endpoints;
  assert.deepEqual(endpoints.map(e => [e.endpoint, e.port, e.addresses, e.mtu]), [['blue/a', 1000, ['10.1.0.2/24'], 1450], ['red/a', 1000, ['10.1.0.2/24'], 1450]]);
  assert.notEqual(endpoints[0]!.domain, endpoints[1]!.domain);
  assert.match(endpoints[0]!.mac, /^02:c0:00:00:00:0\d$/);
  const merged = mergeContents(red!.contents, plan.own!.section.contents['Network/red/web']!, red!.keyed);
  const mac = (name: string): string => endpointGiven(zone.state.world, name)!.mac;
  assert.deepEqual(merged['stations'], [[mac('red/a'), { port: 1000, guarded: true }], [mac('red/b'), 2]]);
});

test('a router joins networks on every server that has one of them; floods go only where stations are', () => {
  const zone = new Zone();
  zone.apply(...twoTenants, resource('Network', 'red/db', { subnets: ['10.2.0.0/24'] }), resource('Router', 'red/r', { networks: ['web', 'db'] }), resource('Endpoint', 'red/c', { network: 'db', server: 's2' }));
  const plan = planOf(zone.state, 's1');
  assert.deepEqual(plan.elements.map(e => e.section.owner), ['Network/blue/web', 'Network/red/db', 'Network/red/web', 'Router/red/r']);
  const [, db, web, router] = plan.elements.map(e => e.section);
  assert.deepEqual(db!.wires.map(w => [w.to === 'tunnel' ? w.server : w.to, !('floods' in w)]), [['s1', false], ['s2', true], ['element', false]]);
  const uplink = web!.wires.find(w => w.to === 'element')!;
  const back = router!.wires.find(w => w.to === 'element' && w.element === web!.element.uid)!;
  assert.ok(uplink.to === 'element' && back.to === 'element' && uplink.element === router!.element.uid && uplink.entry === back.port && uplink.port === back.entry);
  assert.deepEqual(plan.own!.section.endpoints.map(e => [e.endpoint, e.gateways]), [['blue/a', []], ['red/a', ['10.1.0.1']]]);
  // No gateway of a family that it has no address of.
  zone.apply(resource('Network', 'red/six', { subnets: ['10.3.0.0/24', 'fd00:3::/64'] }), resource('Router', 'red/r', { networks: ['web', 'db', 'six'] }), resource('Endpoint', 'red/d', { network: 'six', server: 's1', addresses: ['10.3.0.9'] }));
  assert.deepEqual(planOf(zone.state, 's1').own!.section.endpoints.find(e => e.endpoint === 'red/d')!.gateways, ['10.3.0.1']);
  zone.write({ kind: 'delete', key: 'Router/red/r' });
  assert.deepEqual(planOf(zone.state, 's1').elements.map(e => e.section.owner), ['Network/blue/web', 'Network/red/six', 'Network/red/web']);
});

test('policies become rules by identity, in a filter around the networks of their domain alone', () => {
  const zone = new Zone();
  zone.apply(...twoTenants);
  zone.apply(resource('Network', 'red/web', { subnets: ['10.1.0.0/24'], attach: { grant: { tier: 'web' } } }),
    resource('Network', 'red/db', { subnets: ['10.2.0.0/24'], attach: { grant: { tier: 'db' } } }), resource('Router', 'red/r', { networks: ['web', 'db'] }), resource('Endpoint', 'red/c', { network: 'db', server: 's1' }));
  assert.equal(refusal(zone.apply(resource('Policy', 'red/db', { group: { tear: 'db' }, ingress: [] }))), "invalid: Policy red/db: spec.group: unknown group 'tear: db'; did you mean 'tier'?");
  assert.equal(zone.apply(resource('Policy', 'red/db', { group: { tier: 'db' }, ingress: [{ from: { tier: 'web' }, ports: ['tcp/5432', 'icmp'] }, { cidr: ['192.0.2.0/24', '192.0.2.128/25'], ports: ['tcp/22-23'] }] })).ok, true);
  const plan = planOf(zone.state, 's1');
  assert.deepEqual(plan.elements.map(e => e.section.owner), ['Network/blue/web', 'Network/red/db', 'Network/red/web', 'Policies/red/db', 'Policies/red/web', 'Router/red/r']);
  const [blue, db, , filter] = plan.elements.map(e => e.section);
  assert.deepEqual([blue!.filter, db!.filter, filter!.around], [undefined, filter!.element.uid, { element: db!.element.uid, inner: db!.element.uid }]);
  const endpoint = (name: string) => plan.own!.section.endpoints.find(e => e.endpoint === name)!;
  const [web, c] = [endpoint('red/a'), endpoint('red/c')];
  assert.deepEqual([endpoint('blue/a').element, c.element], [blue!.element.uid, filter!.element.uid]);
  const [[set, said]] = filter!.contents['rules'] as unknown as [[number, { closed: boolean; rules: object[] }]];
  const [first, second] = filter!.counters!['hits']!;
  assert.deepEqual(said, { closed: true, rules: [
    { action: 'allow', hits: first![0], identities: [web.group], ports: [{ protocol: 'tcp', ports: [5432, 5432] }, { protocol: 'icmp' }] },
    { action: 'allow', hits: second![0], cidr: ['192.0.2.0/24', '192.0.2.128/25'], ports: [{ protocol: 'tcp', ports: [22, 23] }] },
  ] });
  assert.deepEqual([first![1], second![1], first![0] === second![0]], ['db ingress.0', 'db ingress.1', false]);
  const none = { admin: 0, application: 0, baseline: 0 };
  const membersAt = (network: string): unknown => plan.own!.section.contents[`Policies/red/${network}`]!['members'];
  assert.deepEqual([membersAt('db'), membersAt('web')], [[[c.port, { in: { ...none, application: set }, out: none }]], [[web.port, { in: none, out: none }]]]);
  // Another rule is another set, and only that; tiers have sets of their own.
  const setOf = (tier: 'admin' | 'application'): number => (planOf(zone.state, 's1').own!.section.contents['Policies/red/db']!['members'] as unknown as [[number, { in: Record<string, number> }]])[0][1].in[tier]!;
  zone.apply(resource('Policy', 'red/first', { group: {}, tier: 'admin', ingress: [{ action: 'deny', cidr: ['192.0.2.0/24'], except: ['192.0.2.1/32'] }] }));
  assert.deepEqual([setOf('admin') > 0, setOf('application') === set], [true, true]);
  zone.apply(resource('Policy', 'red/db', { group: { tier: 'db' }, ingress: [{ from: { tier: 'web' }, ports: ['tcp/5433', 'icmp'] }] }));
  assert.ok(![0, set].includes(setOf('application')));
  assert.equal(refusal(zone.apply(resource('Policy', 'red/first', { group: {}, ingress: [{ cidr: ['192.0.2.0/24'], except: ['192.0.3.1/32'] }] }))), "invalid: Policy red/first: spec.ingress.0: a mapping has an 'except' that is not within its 'cidr'");
  zone.write({ kind: 'delete', key: 'Policy/red/first' });
  zone.write({ kind: 'delete', key: 'Policy/red/db' });
  assert.ok(planOf(zone.state, 's1').elements.every(e => !e.section.owner.startsWith('Policies/')));
});

test('names of a domain stand in a filter of each network that is served, between DHCP and policies; DHCP tells who is to be asked', () => {
  const zone = new Zone();
  const dns = (spec: object = {}): unknown => resource('Dns', 'red/names', { zone: 'shop.internal', services: [{ name: '_http._tcp', of: { tier: 'db' }, port: 80 }], records: [{ name: 'printer', addresses: ['10.1.0.77'] }], ...spec });
  zone.apply(...twoTenants);
  zone.apply(resource('Network', 'red/web', { subnets: ['10.1.0.0/24', 'fd00:1::/64'], dhcp: {} }), resource('Network', 'red/db', { subnets: ['10.2.0.0/24'], attach: { grant: { tier: 'db' } } }),
    resource('Endpoint', 'red/c', { network: 'db', server: 's2' }), resource('Policy', 'red/p', { group: {}, ingress: [] }), dns());
  const sections = new Map(planOf(zone.state, 's1').elements.map(({ section }) => [section.owner, section]));
  const [dhcp, names, policies, network] = ['Dhcp', 'Dns', 'Policies', 'Network'].map(kind => sections.get(`${kind}/red/web`)!);
  assert.equal(sections.has('Dns/blue/web'), false);
  const own = [names!.around, names!.resolver?.server] as const;
  assert.deepEqual(own[0], { element: network!.element.uid, inner: policies!.element.uid, outer: dhcp!.element.uid });
  assert.deepEqual(own[1]?.addresses, ['10.1.0.1', 'fd00:1::1'], 'those that are left for a router');
  assert.ok((network!.contents['neighbors'] as [string, string][]).filter(([, mac]) => mac === own[1]?.mac).map(([a]) => a).includes('10.1.0.1'), 'they are answered for');
  const settings = dhcp!.contents['settings'] as { dns: string[]; domain: string; server: { mac: string } };
  assert.deepEqual([settings.dns, settings.domain, settings.server.mac], [['10.1.0.1', 'fd00:1::1'], 'web.shop.internal', own[1]?.mac]);
  assert.deepEqual((names!.contents['hosts'] as [string, string[]][]).map(([name]) => name), ['dns', 'printer', 'c.db', 'a.web', 'b.web']);
  assert.deepEqual(names!.resolver?.zone.services, [{ name: '_http._tcp', priority: 0, weight: 0, port: 80, target: 'c.db' }]);
  assert.deepEqual(planOf(zone.state, 's1').own!.section.endpoints.find(e => e.endpoint === 'red/a')!.element, dhcp!.element.uid);

  zone.apply(resource('Router', 'red/r', { networks: ['web', 'db'], addresses: { web: ['10.1.0.254'] } }));
  const routed = planOf(zone.state, 's1').elements.map(e => e.section).find(s => s.owner === 'Dns/red/web')!.resolver!.server;
  assert.deepEqual(routed, { mac: routerGiven(zone.state.world, 'red/r')!.mac, addresses: ['10.1.0.254'] });
  zone.apply(dns({ networks: ['db'] }));
  assert.deepEqual(planOf(zone.state, 's1').elements.map(e => e.section.owner).filter(o => o.startsWith('Dns/')), ['Dns/red/db']);
});

test('a way out: the router leads to its gateway over a tunnel of its own, and there into the NAT and the uplink', () => {
  const zone = new Zone();
  zone.apply(...twoTenants, resource('Gateway', 'edge', { servers: ['s3'], device: 'eth1', addresses: ['198.51.100.2/24'], nextHop: ['198.51.100.1'] }), resource('Server', 's3', { underlay: '192.0.2.3' }),
    resource('Router', 'red/r', { networks: ['web'], uplink: { gateway: 'edge' } }), resource('Nat', 'red/out', { router: 'r', masquerade: [{ from: { network: 'web' } }] }));
  const [s1, s3] = ['s1', 's3'].map(s => planOf(zone.state, s).elements.map(e => e.section));
  assert.deepEqual([s1!.map(s => s.owner), s3!.map(s => s.owner)], [['Network/blue/web', 'Network/red/web', 'Router/red/r'], ['Nat/red/r', 'Network/red/web', 'Router/red/r', 'Uplink/red/r']]);
  const [nat, , router, uplink] = s3!;
  const { vni } = routerGiven(zone.state.world, 'red/r')!.uplink!;
  assert.deepEqual([router, nat, uplink].map(s => s!.wires.filter(w => !('element' in w && w.entry > 0 && w.port > 0))), [
    [{ port: 0, to: 'element', element: nat!.element.uid, entry: 0, server: 's3' }],
    [{ port: 0, to: 'element', element: router!.element.uid, entry: 0 }, { port: 1, to: 'element', element: uplink!.element.uid, entry: 0 },
      ...['3', '1', '2'].map((n, i) => ({ port: 2 + i, to: 'tunnel', server: `s${n}`, remote: `192.0.2.${n}`, vni, mtu: 1450, floods: false }))],
    [{ port: 0, to: 'element', element: nat!.element.uid, entry: 1 }, { port: 1, to: 'device', device: 'eth1', via: ['198.51.100.1'], claims: ['198.51.100.2/32'] }, { port: 2, to: 'device', device: 'eth1', via: 'direct', claims: [] }],
  ]);
  const own = (server: string): unknown => planOf(zone.state, server).own!.section.wires;
  assert.deepEqual(own('s1'), { 'Router/red/r': [{ port: 0, to: 'tunnel', server: 's3', remote: '192.0.2.3', vni, mtu: 1450, floods: false }] });
  assert.deepEqual(own('s3'), { 'Uplink/red/r': [{ ...uplink!.wires[1], announces: ['198.51.100.2'] }] });
});

test('ways out that cannot be are refused, and both sides are named', () => {
  const zone = new Zone();
  const edge = (more: object = {}): unknown => resource('Gateway', 'edge', { servers: ['s1'], device: 'eth1', addresses: ['198.51.100.2/24'], nextHop: ['198.51.100.1'], ...more });
  const router = (path: string, more: object = {}): unknown => resource('Router', path, { networks: ['web'], uplink: { gateway: 'edge', ...more } });
  zone.apply(...twoTenants, edge(), resource('Network', 'red/db', { subnets: ['10.2.0.0/24'] }), router('red/r'));
  const says = (written: unknown, message: string): void => assert.equal(refusal(zone.apply(written)), `invalid: ${message}`);
  says(edge({ nextHop: ['203.0.113.1'] }), "Gateway edge: spec.nextHop.0: next hop 203.0.113.1 is in the subnet of none of the gateway's addresses (198.51.100.2/24)");
  says(edge({ servers: ['s9'] }), "Gateway edge: spec.servers.0: unknown Server 's9'; did you mean 's1'?");
  says(edge({ addresses: ['198.51.100.0/24'] }), "Gateway edge: spec.addresses.0: '198.51.100.0/24' is the first or last address of its subnet; no station may have it");
  says(router('blue/r'), "Router red/r: spec.uplink: address 198.51.100.2 of Gateway edge is Router blue/r's already; give each router its own in 'spec.uplink.addresses'");
  assert.ok(zone.apply(edge({ addresses: ['198.51.100.2/24', '198.51.100.3/24'] }), router('red/r', { addresses: ['198.51.100.2'] })).ok);
  says(router('blue/r', { addresses: ['198.51.100.3'] }), 'Router red/r: spec.uplink: subnet 10.1.0.0/24 overlaps 10.1.0.0/24 of Router blue/r, and both are routed by Gateway edge; masquerade one of them (kind Nat), or use another gateway');
  assert.ok(zone.apply(router('blue/r', { addresses: ['198.51.100.3'] }), resource('Nat', 'blue/out', { router: 'r', masquerade: [{ from: { network: 'web' } }] })).ok);
  says(resource('Nat', 'red/out', { router: 'r', masquerade: [{ from: { network: 'db' } }] }), 'Nat red/out: spec.masquerade.0.from.network: Network red/db is not joined by Router red/r (web)');
  says(resource('Nat', 'red/out', { router: 'r', forward: [{ to: { endpoint: 'a' }, ports: ['tcp/80'] }, { to: { address: '10.1.0.9' }, ports: ['tcp/80:8080'] }] }), 'Nat red/out: spec.forward.1.ports.0: tcp/80 is forwarded to a already, and cannot go to 10.1.0.9 too');
  assert.equal(refusal(zone.write({ kind: 'delete', key: 'Gateway/edge' })), 'invalid: Gateway edge: is used by Router blue/r, Router red/r: delete them first');
});

test('a section is shared by reference between servers', () => {
  const zone = new Zone();
  zone.apply(...twoTenants);
  assert.equal(planOf(zone.state, 's1').elements[0], planOf(zone.state, 's2').elements[0]);
});

test('a network is planned only where it has endpoints, and a server that is not known must have nothing', () => {
  const zone = new Zone();
  zone.apply(...twoTenants);
  zone.write({ kind: 'delete', key: 'Endpoint/red/b' });
  assert.deepEqual(planOf(zone.state, 's2').elements.map(e => e.section.owner), ['Network/blue/web']);
  assert.deepEqual(planOf(zone.state, 's1').elements.map(e => e.section.wires.flatMap(w => w.to === 'tunnel' ? [w.server] : [])), [['s1', 's2'], ['s1']]);
  assert.equal(planOf(zone.state, 's9').own, undefined);
});

test('nothing of a set with one mistake is applied; a dry run applies nothing either', () => {
  const zone = new Zone();
  assert.equal(refusal(zone.apply(resource('Domain', 'red'), resource('Network', 'red/web', { subnets: ['10.0.0.0/33'] }))),
    "invalid: Network red/web: spec.subnets.0: '10.0.0.0/33' is not a subnet, such as 10.1.1.0/24 or fd00:1::/64");
  const dry = zone.write({ kind: 'apply', resources: twoTenants, dryRun: true });
  assert.ok(dry.ok && dry.changes.every(c => c.action === 'created'));
  assert.deepEqual([zone.state.revision, zone.state.world.resources.size], [0, 0]);
  const row = (name: string, action: string): unknown => ({ name, action });
  assert.deepEqual(dry.plans?.[0], { server: 's1', elements: [row('Network/blue/web', 'created'), row('Network/red/web', 'created')], endpoints: [row('blue/a', 'created'), row('red/a', 'created')] });
  zone.apply(...twoTenants);
  const before = zone.state.built;
  const drop = zone.write({ kind: 'delete', key: 'Endpoint/red/b', dryRun: true });
  assert.deepEqual(drop.ok && drop.plans, [{ server: 's1', elements: [row('Network/red/web', 'changed')], endpoints: [] }, { server: 's2', elements: [row('Network/red/web', 'deleted')], endpoints: [row('red/b', 'deleted')] }]);
  const server = zone.write({ kind: 'patch', key: 'Server/s2', patch: { metadata: { labels: { rack: '1' } } }, dryRun: true });
  assert.deepEqual([server.ok && server.plans, zone.state.built === before], [[], true]);
});

test('applying twice changes nothing', () => {
  const zone = new Zone();
  zone.apply(...twoTenants);
  const again = zone.apply(...twoTenants);
  assert.ok(again.ok && again.revision === 1 && again.changes.every(c => c.action === 'unchanged'));
  const shown = [...zone.state.world.resources.values()].map(r => view(zone.state, r, 0));
  const asShown = zone.apply(...shown);
  assert.ok(asShown.ok && asShown.revision === 1, JSON.stringify(asShown));
});

test('a write against an old revision is a conflict', () => {
  const zone = new Zone();
  zone.apply(...twoTenants);
  assert.ok(zone.write({ kind: 'replace', key: 'Network/red/web', resource: resource('Network', 'red/web', { subnets: ['10.1.0.0/24'], mtu: 1400 }, { revision: 1 }) }).ok);
  assert.match(refusal(zone.write({ kind: 'replace', key: 'Network/red/web', resource: resource('Network', 'red/web', { subnets: [] }, { revision: 1 }) })), /^conflict: .*changed since, in revision 2/);
  assert.match(refusal(zone.write({ kind: 'delete', key: 'Network/red/web', revision: 1 })), /^conflict/);
  assert.match(refusal(zone.write({ kind: 'create', resource: resource('Domain', 'red') })), /^exists/);
  assert.match(refusal(zone.write({ kind: 'delete', key: 'Domain/green' })), /^not-found: there is no Domain green/);
});

test('what is in use cannot be deleted, and says by whom', () => {
  const zone = new Zone();
  zone.apply(...twoTenants);
  assert.equal(refusal(zone.write({ kind: 'delete', key: 'Network/red/web' })), 'invalid: Network red/web: is used by Endpoint red/a, Endpoint red/b: delete them first');
});

test('a full subnet is said, and nothing is stored', () => {
  const zone = new Zone();
  zone.apply(resource('Server', 's', { underlay: '192.0.2.1' }), resource('Domain', 'd'), resource('Network', 'd/n', { subnets: ['10.0.0.0/30'] }), resource('Endpoint', 'd/a', { network: 'n', server: 's' }), resource('Endpoint', 'd/c', { network: 'n', server: 's' }));
  assert.equal(refusal(zone.apply(resource('Endpoint', 'd/b', { network: 'n', server: 's' }))), 'invalid: Endpoint d/b: spec.network: no free address in 10.0.0.0/30 of Network d/n: remove endpoints, or add a subnet');
  assert.equal(zone.state.revision, 1);
});

test('what is given stays, is never given twice in a row, and goes with its resource', () => {
  const zone = new Zone();
  zone.apply(...twoTenants);
  const first = endpointGiven(zone.state.world, 'red/a')!;
  const network = networkGiven(zone.state.world, 'red/web')!;
  zone.apply(resource('Network', 'red/web', { subnets: ['10.1.0.0/24', 'fd00::/64'] }));
  assert.deepEqual(endpointGiven(zone.state.world, 'red/a'), { ...first, addresses: ['10.1.0.2', 'fd00::2'] });
  assert.equal(networkGiven(zone.state.world, 'red/web')!.vni, network.vni);
  zone.write({ kind: 'delete', key: 'Endpoint/red/a' });
  assert.equal(endpointGiven(zone.state.world, 'red/a'), undefined);
  zone.apply(resource('Endpoint', 'red/c', { network: 'web', server: 's1' }));
  const later = endpointGiven(zone.state.world, 'red/c')!;
  for (const field of ['id', 'uid', 'port', 'mac'] as const) assert.notEqual(later[field], first[field], field);
  assert.deepEqual(later.addresses, ['10.1.0.4', 'fd00::4']);
});

test('a restart gives the same plans and generation', () => {
  const store = new MemoryStore('c0ffee00');
  const zone = new Zone(store);
  zone.apply(...twoTenants);
  const again = new Zone(store);
  assert.deepEqual(planOf(again.state, 's1'), planOf(zone.state, 's1'));
});

test('an append whose answer is lost is found in the log, and one that was lost itself is repeated', () => {
  for (const reachesStore of [true, false]) {
    const zone = new Zone();
    zone.step({ kind: 'write', request: 'r', write: { kind: 'apply', resources: twoTenants, dryRun: false } });
    const append = zone.effects.shift()!;
    assert.ok(append.kind === 'append');
    if (reachesStore) zone.store.append(append.expectedRevision, append.changeSet);
    zone.nowMs += APPEND_PATIENCE_MS;
    zone.step({ kind: 'tick' });
    const reply = zone.run().find(e => e.kind === 'reply');
    assert.ok(reply?.kind === 'reply' && reply.result.ok && zone.state.revision === 1);
    // The late answer to the first effect changes nothing.
    const before = zone.state;
    zone.step({ kind: 'appended', effect: append.effect, revision: 1 });
    assert.equal(zone.state, before);
  }
});

test('whatever is written, in whatever order: incremental planning equals planning from scratch, and a restart equals both', () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const server = fc.constantFrom('s1', 's2', 's3');
  const write = fc.oneof(
    fc.record({ kind: fc.constant('Endpoint'), path: name.map(n => `red/${n}`), spec: fc.record({ network: fc.constantFrom('web', 'db'), server }) }),
    fc.record({ kind: fc.constant('Endpoint'), path: fc.constantFrom('red/c', 'red/trunk'), spec: fc.record({ network: fc.constantFrom('web', 'db'), server, device: fc.constantFrom('eth1', 'eth2'), vlan: fc.constantFrom(undefined, 5) }) }),
    fc.record({ kind: fc.constant('Server'), path: server, spec: fc.record({ underlay: fc.constantFrom('192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'), mtu: fc.constantFrom(1500, 9000) }) }),
    fc.record({ kind: fc.constant('Network'), path: fc.constantFrom('red/web', 'red/db'), spec: fc.record({ antiSpoof: fc.constantFrom(undefined, true, false), subnets: fc.constantFrom(['10.0.0.0/29'], ['10.1.0.0/24', 'fd00::/64'], []), attach: fc.constantFrom({ grant: { tier: 'web' } }, { grant: { tier: 'db' } }), dhcp: fc.constantFrom(undefined, {}, { dns: ['192.0.2.53', 'fd00::53'], leaseSeconds: 600, routes: [{ to: '10.9.0.0/16', via: '10.1.0.9' }] }) }) }),
    fc.record({ kind: fc.constantFrom('Endpoint', 'Network'), path: fc.constantFrom('red/a', 'red/b', 'red/web'), gone: fc.constant(true) }),
    fc.record({ kind: fc.constant('Router'), path: fc.constantFrom('red/r', 'red/q'), spec: fc.record({ networks: fc.constantFrom(['web'], ['db'], ['web', 'db']), uplink: fc.constantFrom({ gateway: 'edge' }, undefined), routes: fc.constantFrom(undefined, [{ to: '192.0.2.0/24', via: ['10.1.0.2', '10.1.0.3'] }], [{ to: '0.0.0.0/0', blackhole: true }]) }).map(({ uplink, ...spec }) => ({ ...spec, ...uplink && { uplink } })) }),
    fc.record({ kind: fc.constant('Gateway'), path: fc.constant('edge'), spec: fc.record({ servers: fc.uniqueArray(server, { minLength: 1, maxLength: 3 }), device: fc.constant('eth1'), addresses: fc.constantFrom(['198.51.100.2/24'], ['198.51.100.2/24', '2001:db8::2/64']), nextHop: fc.constant(['198.51.100.1']) }) }),
    fc.record({ kind: fc.constant('Nat'), path: fc.constant('red/out'), spec: fc.record({ router: fc.constantFrom('r', 'q'), masquerade: fc.constantFrom([], [{ from: { network: 'web' } }]), forward: fc.constantFrom([], [{ to: { endpoint: 'a' }, ports: ['tcp/8080:80'] }]) }) }),
    fc.record({ kind: fc.constantFrom('Nat', 'Gateway'), path: fc.constantFrom('red/out', 'edge'), gone: fc.constant(true) }),
    fc.record({ kind: fc.constantFrom('Router', 'Policy', 'Dns'), path: fc.constantFrom('red/r', 'red/q'), gone: fc.constant(true) }),
    fc.record({ kind: fc.constant('Dns'), path: fc.constantFrom('red/r', 'red/q'), spec: fc.record({ zone: fc.constantFrom('red.internal', 'a.b'), networks: fc.constantFrom(undefined, ['web'], ['db']), services: fc.constantFrom(undefined, [{ name: '_x._tcp', of: { tier: 'web' }, port: 80 }]) }) }),
    fc.record({ kind: fc.constant('Policy'), path: fc.constantFrom('red/r', 'red/q'), spec: fc.record({ group: fc.constantFrom({}, { tier: 'web' }), tier: fc.constantFrom('admin', 'application'), priority: fc.constantFrom(0, 7), ingress: fc.constantFrom([], [{ from: { tier: 'db' } }], [{ cidr: ['192.0.2.0/24'], ports: ['tcp/80'] }]), egress: fc.constantFrom([], [{ to: { tier: 'web' }, ports: ['icmp'] }]) }) }),
    fc.record({ kind: fc.constant('Server'), path: server, gone: fc.constant(true) }),
  );
  // The topology beside them has endpoints in no order.
  const plans = ({ elements, servers }: Built): unknown => ({ elements: new Map(elements), servers });
  // Of a table of its own nothing is known yet.
  const scratch = ({ state: { world } }: Zone): unknown => plans(buildAll({ ...world, resources: Table.from(new Map(world.resources)) }, modules));
  fc.assert(fc.property(fc.array(write, { maxLength: 25 }), writes => {
    const store = new MemoryStore('c0ffee00');
    const zone = new Zone(store);
    zone.apply(resource('Domain', 'red'), resource('Server', 's1', { underlay: '192.0.2.1' }), resource('Network', 'red/web', { subnets: ['10.1.0.0/24'] }),
      resource('Gateway', 'edge', { servers: ['s1'], device: 'eth1', addresses: ['198.51.100.2/24'], nextHop: ['198.51.100.1'] }), resource('Router', 'red/r', { networks: ['web'], uplink: { gateway: 'edge' } }));
    for (const w of writes) {
      if ('gone' in w) zone.write({ kind: 'delete', key: `${w.kind}/${w.path}` });
      else zone.apply(resource(w.kind, w.path, w.spec));
      assert.deepEqual(plans(zone.state.built), scratch(zone));
    }
    const again = new Zone(store).state;
    assert.deepEqual([again.revision, plans(again.built)], [zone.state.revision, plans(zone.state.built)]);
  }), { numRuns: 60 });
});

test('a server that has its plan has the newest, though it did not hear of revisions that left the plan as it was', () => {
  const zone = new Zone();
  zone.apply(...twoTenants);
  const generation = generationOf(zone.state);
  const said = (server: string): VisorStatus => ({ server, engine: 'vm', started: 'x', received: generation, applied: generation, elements: [], endpoints: [], degraded: [], changes: 0, drops: [] });
  zone.apply(resource('Domain', 'green'));
  zone.apply(resource('Endpoint', 'red/c', { network: 'web', server: 's2' }));
  zone.apply(resource('Network', 'green/lan', { subnets: ['10.9.0.0/24'] }));
  const { revision } = zone.state;
  assert.deepEqual(['s1', 's2'].map(s => appliedOf(zone.state, said(s))?.revision), [generation.revision, generation.revision], 'both have red/web, which is another since');
  zone.apply(resource('Endpoint', 'green/x', { network: 'lan', server: 's2' }));
  const later = (server: string): VisorStatus => ({ ...said(server), applied: { ...generation, revision } });
  assert.deepEqual(['s1', 's2'].map(s => appliedOf(zone.state, later(s))?.revision), [zone.state.revision, revision]);
  assert.equal(appliedOf(zone.state, { ...later('s1'), applied: { ...generation, epoch: 'other' } })?.epoch, 'other');
});

test('a VNI that was one network’s is no other’s until every server has said that it has let go of it', () => {
  const zone = new Zone();
  const network = (path: string, vni?: number): unknown => resource('Network', path, { subnets: ['10.1.0.0/24'], ...vni !== undefined && { vni } });
  zone.apply(...twoTenants);
  zone.apply(network('red/web', 4001), network('blue/web', 4002));
  const say = (...servers: string[]): void => {
    zone.nowMs += 20_000;
    for (const server of servers) zone.step({ kind: 'status', status: { server, engine: 'vm', started: '1', received: generationOf(zone.state), applied: generationOf(zone.state), elements: [], endpoints: [], degraded: [], changes: 0, drops: [] } });
    zone.step({ kind: 'tick' });
    zone.run();
  };
  // In one change each would be sent what is the other's, by whoever has heard of it later.
  assert.match(refusal(zone.apply(network('red/web', 4002), network('blue/web', 4001))), /Network (blue|red)\/web: spec.vni: VNI 400[12] is Network (red|blue)\/web's until that has another or is gone, and every server has said so/);
  const taken = (): boolean => zone.apply(network('blue/web', 4001)).ok;
  assert.ok(zone.apply(network('red/web', 4003)).ok);
  assert.equal(taken(), false);
  assert.ok(zone.apply(network('red/web', 4001)).ok && zone.apply(network('red/web', 4003)).ok, 'it may go back itself');
  say('s1');
  assert.equal(taken(), false, 's2 is away');
  zone.state = new Zone(zone.store).state;
  zone.nowMs = 0;
  say();
  assert.equal(taken(), false, 'also for a Director that begins');
  say('s1', 's2');
  assert.ok(taken());

  // Of a network that is gone.
  for (const key of ['Endpoint/red/a', 'Endpoint/red/b', 'Network/red/web']) assert.ok(zone.write({ kind: 'delete', key }).ok);
  assert.equal(zone.apply(network('red/db', 4003)).ok, false);
  say('s1', 's2');
  assert.ok(zone.apply(network('red/db', 4003)).ok);
  assert.deepEqual([...zone.state.world.held.keys()].filter(k => k.startsWith('Vni/')), []);
});
