// Gateways of several servers, one-to-one translation, routes by machines beside a gateway: as plans. Packets are src/visor/shell/visor.long.test.ts's.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlanContents } from '../../model/plan.ts';
import { wayOutOf } from '../../model/uplinks.ts';
import { DEFAULT_FAILOVER_SECONDS } from '../../model/fields.ts';
import { planOf } from './step.ts';
import { endpointGiven, gatewayGiven } from './world.ts';
import { resource, twoTenants, Zone } from './zone.fixture.ts';

const FAILOVER_AFTER_MS = DEFAULT_FAILOVER_SECONDS * 1000;
const server = (name: string): unknown => resource('Server', name, { underlay: `192.0.2.${name.slice(1)}` });
const edge = (servers: readonly string[], more: object = {}): unknown =>
  resource('Gateway', 'edge', { servers, device: 'eth1', addresses: ['198.51.100.2/24', '198.51.100.3/24', '2001:db8:5::2/64'], nextHop: ['198.51.100.1', 'fe80::1'], ...more });
const router = (more: object = {}): unknown => resource('Router', 'red/r', { networks: ['web'], uplink: { gateway: 'edge' }, ...more });
const nat = (more: object = {}): unknown => resource('Nat', 'red/out', { router: 'r', masquerade: [{ from: { network: 'web' } }], ...more });

function zoneOf(servers: readonly string[]): Zone {
  const zone = new Zone();
  const result = zone.apply(...twoTenants, server('s3'), server('s4'), edge(servers), router(), nat());
  assert.ok(result.ok, JSON.stringify(result));
  return zone;
}
const own = (zone: Zone, name: string): { contents: Record<string, PlanContents>; wires: Record<string, readonly { readonly port: number; readonly announces?: readonly string[] }[]> } => Object(planOf(zone.state, name).own!.section);
const shared = (zone: Zone, name: string, owner: string): PlanContents => planOf(zone.state, name).elements.find(e => e.section.owner === owner)!.section.contents;
const move = (zone: Zone, to: string): unknown => zone.apply(resource('Endpoint', 'red/a', { network: 'web', server: to }));
/** Only what the Director hears of; `ms` later. */
function hear(zone: Zone, ms: number, ...servers: string[]): void {
  zone.nowMs += ms;
  for (const name of servers) zone.step({ kind: 'status', status: { server: name, engine: 'vm', started: 'x', received: null, applied: null, elements: [], endpoints: [], degraded: [], changes: 0, drops: [] } });
  zone.step({ kind: 'tick' });
  zone.run();
}

test('servers of a gateway share its addresses: each has ports of its own, speaks for some of them, and knows the others', () => {
  const zone = zoneOf(['s1', 's3']);
  const settings = (name: string): unknown => Object(own(zone, name).contents['Nat/red/r']).settings;
  assert.deepEqual([settings('s1'), settings('s3')], [{ address: '198.51.100.2', first: 1024, count: 32768, self: 2 }, { address: '198.51.100.2', first: 33792, count: 31744, self: 3 }]);
  assert.deepEqual([own(zone, 's1'), own(zone, 's3')].map(o => o.wires['Uplink/red/r']![0]!.announces), [['198.51.100.2', '2001:db8:5::2'], ['198.51.100.3']]);
  assert.deepEqual(own(zone, 's1').contents['Uplink/red/r'], { addresses: [['198.51.100.2', { speaks: true, echoes: true }], ['2001:db8:5::2', { speaks: true, echoes: true }]] });
  assert.deepEqual(Object(own(zone, 's2').wires['Router/red/r']![0]).server, wayOutOf('s2', ['s1', 's3']));
  assert.equal(own(zone, 's1').wires['Router/red/r'], undefined, 'what is on a server of the gateway leaves by it');
});

test('ports of servers that come and go: the blocks are stored, and whoever stays keeps its own', () => {
  const zone = zoneOf(['s1']);
  const blocks = (): unknown => gatewayGiven(zone.state.world, 'edge')!.blocks.map(b => [b.server, b.first, b.count]);
  assert.deepEqual(blocks(), [['s1', 1024, 64512]]);
  zone.apply(edge(['s1', 's3', 's4']));
  assert.deepEqual(blocks(), [['s1', 1024, 16384], ['s4', 17408, 16384], ['s3', 33792, 31744]]);
  zone.apply(edge(['s3', 's4']));
  assert.deepEqual(blocks(), [['s4', 1024, 32768], ['s3', 33792, 31744]]);
});

test('an endpoint is translated where it was first, wherever it moves; one that never moved is in no table', () => {
  const zone = zoneOf(['s1', 's3']);
  const homes = (): unknown => shared(zone, 's3', 'Nat/red/r')['homes'];
  const [address] = endpointGiven(zone.state.world, 'red/a')!.addresses;
  assert.deepEqual([endpointGiven(zone.state.world, 'red/a')!.home, homes()], ['s1', []]);
  move(zone, 's3');
  assert.deepEqual([endpointGiven(zone.state.world, 'red/a')!.home, homes()], ['s1', [[address, 2]]]);
  move(zone, 's1');
  assert.deepEqual(homes(), []);
  move(zone, 's3');
  zone.apply(edge(['s3', 's4']));
  assert.deepEqual([endpointGiven(zone.state.world, 'red/a')!.home, homes()], ['s3', []], 'its home is no more');
});

test('of a server that is not heard for long another takes over what it speaks for and whom it serves, until it is back; a Director that has just begun waits, and one that hears nobody does nothing', () => {
  const zone = zoneOf(['s1', 's3']);
  const spoken = (name: string): unknown => own(zone, name).wires['Uplink/red/r']![0]!.announces;
  move(zone, 's4');
  hear(zone, FAILOVER_AFTER_MS, 's3');
  assert.equal(gatewayGiven(zone.state.world, 'edge')!.away, undefined);
  hear(zone, 1, 's3');
  assert.deepEqual(gatewayGiven(zone.state.world, 'edge')!.away, ['s1']);
  assert.deepEqual([spoken('s3'), spoken('s1')], [['198.51.100.2', '198.51.100.3', '2001:db8:5::2'], undefined]);
  assert.equal(Object(own(zone, 's2').wires['Router/red/r']![0]).server, 's3');
  assert.deepEqual(shared(zone, 's3', 'Nat/red/r')['homes'], [], 'who was translated by it is translated where it comes');
  assert.deepEqual(gatewayGiven(zone.state.world, 'edge')!.blocks.map(b => b.server), ['s1', 's3'], 'its ports stay its own');
  const revision = zone.state.revision;
  hear(zone, 1000, 's3');
  assert.equal(zone.state.revision, revision, 'said once');
  hear(zone, 1000, 's1', 's3');
  assert.equal(gatewayGiven(zone.state.world, 'edge')!.away, undefined);
  assert.deepEqual(spoken('s3'), ['198.51.100.3']);
  hear(zone, FAILOVER_AFTER_MS * 2);
  assert.equal(gatewayGiven(zone.state.world, 'edge')!.away, undefined);
});

test('one-to-one: an endpoint or a prefix is claimed at the device, spoken for if it is on the wire, and goes out as another', () => {
  const zone = zoneOf(['s1']);
  zone.apply(resource('Network', 'red/six', { subnets: ['fd00:1::/64'] }), router({ networks: ['web', 'six'] }),
    nat({ oneToOne: [{ endpoint: 'a', outside: '198.51.100.9' }, { inside: 'fd00:1::/64', outside: '2001:db8:7::/64' }] }));
  const [address] = endpointGiven(zone.state.world, 'red/a')!.addresses;
  assert.deepEqual(shared(zone, 's1', 'Nat/red/r')['oneToOne'], [{ inside: address, outside: '198.51.100.9/32' }, { inside: 'fd00:1::/64', outside: '2001:db8:7::/64' }]);
  const [device] = own(zone, 's1').wires['Uplink/red/r']!;
  assert.deepEqual(Object(device).claims, ['198.51.100.2/32', '198.51.100.3/32', '198.51.100.9/32', '2001:db8:5::2/128', '2001:db8:7::/64']);
  assert.deepEqual(device!.announces, ['198.51.100.2', '198.51.100.3', '2001:db8:5::2', '198.51.100.9']);
  assert.deepEqual(Object(shared(zone, 's1', 'Uplink/red/r')['addresses']).at(-1), ['198.51.100.9', { speaks: false, echoes: false }]);
});

test('routes by machines beside the gateway leave by a port of their own; what is on its wire goes there directly', () => {
  const zone = zoneOf(['s1']);
  zone.apply(router({ routes: [{ to: '192.168.7.0/24', via: ['198.51.100.7'] }] }));
  const routes = new Map(shared(zone, 's1', 'Router/red/r')['routes'] as unknown as [string, { via: { mac: string; port: number }[] }][]);
  assert.deepEqual([routes.get('192.168.7.0/24')!.via, routes.get('198.51.100.0/24')!.via], [[{ mac: '06:69:6f:76:00:03', port: 0 }], [{ mac: '06:69:6f:76:00:02', port: 0 }]]);
  assert.deepEqual(routes.get('198.51.100.255/32'), { via: [], blackhole: true });
  assert.deepEqual([...routes.keys()].filter(prefix => prefix.startsWith('2001:')), ['2001:db8:5::2/128', '2001:db8:5::/64']);
  const wires = planOf(zone.state, 's1').elements.find(e => e.section.owner === 'Uplink/red/r')!.section.wires;
  assert.deepEqual(wires.flatMap(w => w.to === 'device' ? [[w.port, w.via]] : []), [[1, ['198.51.100.1', 'fe80::1']], [2, 'direct'], [3, ['198.51.100.7']]]);
});

test('what cannot be is refused', () => {
  const zone = zoneOf(['s1']);
  const says = (written: unknown, message: RegExp): void => {
    const result = zone.apply(written);
    assert.match(result.ok ? 'taken' : result.error.message, message);
  };
  const one = (...oneToOne: object[]): unknown => nat({ oneToOne });
  says(edge(['s1', 's1']), /names a server twice/);
  says(one({ outside: '198.51.100.9' }), /needs 'endpoint', or 'inside', and not both/);
  says(one({ endpoint: 'nobody', outside: '198.51.100.9' }), /unknown Endpoint 'nobody'/);
  says(one({ endpoint: 'a', outside: '198.51.100.2' }), /198.51.100.2 is the address that others share/);
  says(one({ endpoint: 'a', outside: '2001:db8:5::9' }), /Endpoint red\/a has no IPv6 address/);
  says(one({ endpoint: 'a', outside: '198.51.100.8/30' }), /is more than one address/);
  says(one({ inside: '10.1.0.0/25', outside: '198.51.100.128/26' }), /are not of one size/);
  says(one({ inside: '10.9.0.0/28', outside: '198.51.100.16/28' }), /is in no subnet of the router's networks/);
  says(one({ endpoint: 'a', outside: '198.51.100.9' }, { endpoint: 'b', outside: '198.51.100.9' }), /overlaps 198.51.100.9/);
  says(router({ routes: [{ to: '192.168.7.0/24', via: ['203.0.113.7'] }] }), /203.0.113.7 is in no subnet of the router's networks \(10.1.0.0\/24\), and no machine beside its gateway/);
  says(router({ routes: [{ to: '192.168.7.0/24', via: ['198.51.100.2'] }] }), /198.51.100.2 is in no subnet/);
});

test('a server that was cut off and is let in again has tunnels to all that came meanwhile', () => {
  const zone = new Zone();
  zone.apply(...twoTenants, resource('Server', 's3', { underlay: '192.0.2.3', keys: ['a'.repeat(64)] }));
  assert.equal(zone.apply(resource('Server', 's3', { underlay: '192.0.2.3', keys: [] })).ok, true);
  assert.equal(zone.apply(resource('Endpoint', 'red/far', { network: 'web', server: 's3' })).ok, true);
  assert.equal(zone.apply(resource('Server', 's3', { underlay: '192.0.2.3', keys: ['b'.repeat(64)] })).ok, true);
  const web = planOf(zone.state, 's1').elements.find(e => e.section.owner === 'Network/red/web')!;
  assert.deepEqual(web.section.wires.flatMap(w => w.to === 'tunnel' ? [w.server] : []), ['s1', 's2', 's3']);
});
