// Rules between resources, one by one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkResource } from './check.ts';
import { showProblem } from './problem.ts';
import { endpointSchema, keyOf, type Resource } from './resource.ts';
import { unfit, validate, type Given } from './validate.ts';

const make = (kind: string, path: string, spec?: unknown): Resource => {
  const [a, b] = path.split('/');
  const checked = checkResource({ apiVersion: 'iovisor/v1', kind, metadata: b === undefined ? { name: a } : { domain: a, name: b }, ...(spec === undefined ? {} : { spec }) });
  assert.ok(checked.ok, JSON.stringify(checked));
  return checked.resource;
};
const errors = (resources: Resource[], given?: Map<string, Given>): string[] => validate(new Map(resources.map(r => [keyOf(r), r])), given).map(showProblem);

const red = make('Domain', 'red');
const s1 = make('Server', 's1', { underlay: '192.0.2.1' });
const web = make('Network', 'red/web', { subnets: ['10.1.0.0/24'] });

test('a sound set has no problems, and domains may overlap each other', () => {
  assert.deepEqual(errors([red, s1, web, make('Domain', 'blue'), make('Network', 'blue/web', { subnets: ['10.1.0.0/24'] }),
    make('Endpoint', 'red/a', { network: 'web', server: 's1', addresses: ['10.1.0.9'] }), make('Endpoint', 'red/b', { network: 'web', server: 's1' })]), []);
});

test('more endpoints and servers of a network than one flood reaches', () => {
  const crowd = Array.from({ length: 255 }, (_, i) => make('Endpoint', `red/e${i}`, { network: 'web', server: 's1' }));
  assert.deepEqual(errors([red, s1, web, ...crowd]), []);
  const far = [make('Server', 's2', { underlay: '192.0.2.2' }), make('Endpoint', 'red/far', { network: 'web', server: 's2' })];
  assert.deepEqual(errors([red, s1, web, ...crowd, ...far]),
    ['Endpoint red/e254: spec.network: Network red/web would have 255 endpoints on s1 and 1 other servers, together more than 255; use fewer servers for it, or make another network']);
});

test('dangling references', () => {
  assert.deepEqual(errors([red, s1, web, make('Endpoint', 'red/a', { network: 'wbe', server: 's2' })]), [
    "Endpoint red/a: spec.network: unknown Network 'wbe' in domain red; did you mean 'web'?",
    "Endpoint red/a: spec.server: unknown Server 's2'; did you mean 's1'?",
  ]);
});

test('overlapping subnets in one domain', () => {
  assert.deepEqual(errors([red, web, make('Network', 'red/all', { subnets: ['10.0.0.0/8'] })]),
    ['Network red/all: spec.subnets.0: subnet 10.0.0.0/8 overlaps 10.1.0.0/24 of Network red/web; subnets of one domain must not']);
});

test('addresses that no station of the network may have', () => {
  assert.deepEqual(errors([red, s1, web, make('Endpoint', 'red/a', { network: 'web', server: 's1', addresses: ['10.2.0.1', '10.1.0.255'] })]), [
    'Endpoint red/a: spec.addresses.0: address 10.2.0.1 is in no subnet of Network red/web (10.1.0.0/24)',
    'Endpoint red/a: spec.addresses.1: address 10.1.0.255 is the first or last of 10.1.0.0/24; no station may have it',
  ]);
});

test('duplicate MAC, address, VNI and underlay; what was allocated counts, and the newcomer is told', () => {
  const a = make('Endpoint', 'red/a', { network: 'web', server: 's1', mac: '02:00:00:00:00:01', addresses: ['10.1.0.2'] });
  const b = make('Endpoint', 'red/b', { network: 'web', server: 's1' });
  assert.deepEqual(errors([red, s1, web, a, b], new Map([[keyOf(b), { mac: '02:00:00:00:00:01', addresses: ['10.1.0.2'] }]])), [
    'Endpoint red/a: spec.mac: MAC 02:00:00:00:00:01 belongs to Endpoint red/b in the same network',
    'Endpoint red/a: spec.addresses.0: address 10.1.0.2 belongs to Endpoint red/b in the same network',
  ]);
  assert.deepEqual(errors([red, make('Network', 'red/x', { vni: 7 }), make('Network', 'red/y', { vni: 7 }), s1, make('Server', 's2', { underlay: '192.0.2.1' })]), [
    'Network red/y: spec.vni: VNI 7 belongs to Network red/x; leave it out and one is allocated',
    'Server s2: spec.underlay: underlay address 192.0.2.1 belongs to Server s1',
  ]);
});

test('the address that a DHCP server needs, where no router has one', () => {
  const first = make('Endpoint', 'red/a', { network: 'web', server: 's1', addresses: ['10.1.0.1'] });
  const dhcp = make('Network', 'red/web', { subnets: ['10.1.0.0/24'], dhcp: {} });
  assert.deepEqual(errors([red, s1, dhcp, first]), ['Network red/web: spec.dhcp: the DHCP server\'s address 10.1.0.1 belongs to Endpoint red/a in the same network']);
  assert.deepEqual(errors([red, s1, dhcp, first, make('Router', 'red/r', { networks: ['web'], addresses: { web: ['10.1.0.254'] } })]), []);
});

test('names: what is served, once; records that are nobody else\'s; an address to ask', () => {
  const dns = (path: string, spec: object = {}): Resource => make('Dns', path, { zone: 'red.internal', ...spec });
  const raw = make('Network', 'red/raw', {});
  const a = make('Endpoint', 'red/a', { network: 'web', server: 's1' });
  assert.deepEqual(errors([red, s1, web, raw, a, dns('red/x', { records: [{ name: 'printer', addresses: ['10.1.0.9'] }], services: [{ name: '_http._tcp', of: {}, port: 80 }] })]), []);
  assert.deepEqual(errors([red, s1, web, raw, a, dns('red/x', {
    zone: 'a.b.c.d.e.f.g.h', networks: ['wbe', 'raw'],
    records: [{ name: 'a.web', addresses: ['10.1.0.9'] }, { name: 'dns', addresses: ['10.1.0.9'] }, { name: 'b', addresses: ['::9'] }, { name: 'b', addresses: ['::8'] }, { name: Array.from({ length: 4 }, () => 'x'.repeat(60)).join('.'), addresses: ['::7'] }],
    services: [{ name: '_http._tcp', of: { tier: 'web' }, port: 80 }],
  })]), [
    "Dns red/x: spec.networks.0: unknown Network 'wbe' in domain red; did you mean 'web'?",
    "Dns red/x: spec.services.0.of: unknown group 'tier: web'; no network grants labels: see 'attach.grant' of Network",
    'Dns red/x: spec.zone: a.b.c.d.e.f.g.h has 8 labels, and 7 are the most of a zone',
    'Dns red/x: spec.networks.1: Network red/raw has no subnets, so there is no address for a server',
    'Dns red/x: spec.records.0.name: a.web.a.b.c.d.e.f.g.h is the name of Endpoint red/a',
    'Dns red/x: spec.records.1.name: dns.a.b.c.d.e.f.g.h is the name of the server itself',
    "Dns red/x: spec.records.3.name: b.a.b.c.d.e.f.g.h is at spec.records.2 already; several addresses of one name are a list in 'addresses'",
    `Dns red/x: spec.records.4.name: ${'x'.repeat(40)}… has 259 letters, and 253 are the most of a name`,
  ]);
  assert.deepEqual(errors([red, s1, web, dns('red/x'), dns('red/y', { networks: ['web'] })]), ["Dns red/y: spec.networks.0: Network red/web is served by Dns red/x already; say by 'networks' which of them serves it"]);
  const first = make('Endpoint', 'red/a', { network: 'web', server: 's1', addresses: ['10.1.0.1'] });
  assert.deepEqual(errors([red, s1, web, first, dns('red/x')]), ["Dns red/x: spec: the DNS server's address 10.1.0.1 belongs to Endpoint red/a in the same network"]);
  assert.deepEqual(errors([red, s1, make('Network', 'red/web', { subnets: ['10.1.0.0/24'], dhcp: {} }), dns('red/x')]), [], 'the one of DHCP is the same');
  assert.deepEqual(errors([red, s1, web, first, dns('red/x'), make('Router', 'red/r', { networks: ['web'], addresses: { web: ['10.1.0.254'] } })]), []);
});

test('routers: unknown networks, two routers of one network, addresses that are not theirs', () => {
  const db = make('Network', 'red/db', { subnets: ['10.2.0.0/24'] });
  assert.deepEqual(errors([red, web, db, make('Router', 'red/r', { networks: ['web', 'db'], addresses: { db: ['10.2.0.254'] } })]), []);
  assert.deepEqual(errors([red, web, db, make('Router', 'red/a', { networks: ['web', 'bd'] }), make('Router', 'red/b', { networks: ['db', 'web', 'db'], addresses: { web: ['10.2.0.1'], x: ['10.1.0.1'] } })]), [
    "Router red/a: spec.networks.1: unknown Network 'bd' in domain red; did you mean 'db'?",
    'Router red/b: spec.addresses.web.0: address 10.2.0.1 is in no subnet of Network red/web (10.1.0.0/24)',
    "Router red/b: spec.addresses.x: network x is not among its networks (db, web, db)",
    'Router red/b: spec.networks.1: network web is joined by Router red/a already; a network has one router',
    'Router red/b: spec.networks.2: network db is here twice',
  ]);
  const taken = make('Endpoint', 'red/x', { network: 'web', server: 's1', addresses: ['10.1.0.1'] });
  assert.deepEqual(errors([red, s1, web, taken, make('Router', 'red/r', { networks: ['web'] })]), ['Router red/r: spec.networks.0: address 10.1.0.1 belongs to Endpoint red/x in the same network']);
});

test('what is behind a device is behind one, and has its own addresses', () => {
  const behind = (name: string, spec: object): Resource => make('Endpoint', `red/${name}`, { network: 'web', server: 's1', device: 'eth1', ...spec });
  const edge = make('Gateway', 'edge', { servers: ['s1'], device: 'eth1', addresses: ['198.51.100.2/24'], nextHop: ['198.51.100.1'] });
  assert.deepEqual(errors([red, s1, web, edge, behind('a', { vlan: 5 }), behind('b', { vlan: 6 }), behind('c', { device: 'eth2' })]), []);
  assert.deepEqual(errors([red, s1, web, edge, behind('a', { vlan: 5 }), behind('b', { vlan: 5 }), behind('c', {})]), [
    "Endpoint red/b: spec.device: VLAN 5 at eth1 of server s1 is Endpoint red/a's",
    "Endpoint red/c: spec.device: what comes without a tag at eth1 of server s1 is Gateway edge's",
  ]);
  const spec = (more: object): string[] => endpointSchema.safeParse({ apiVersion: 'iovisor/v1', kind: 'Endpoint', metadata: { domain: 'red', name: 'a' }, spec: { network: 'web', server: 's1', ...more } }).error?.issues.map(i => i.path.join('.')) ?? [];
  assert.deepEqual([spec({ vlan: 5 }), spec({ device: 'eth1', mac: '02:00:00:00:00:01' }), spec({ device: 'eth1', addresses: ['10.1.0.2'] }), spec({ device: 'eth1', vlan: 4095 }), spec({ device: 'eth1', vlan: 1 })], [['spec.vlan'], ['spec.device'], ['spec.device'], ['spec.vlan'], []]);
});

test('routes: by addresses of its networks, once a prefix', () => {
  const router = make('Router', 'red/r', { networks: ['web'], routes: [{ to: '0.0.0.0/0', via: ['10.1.0.9', '10.1.0.1'] }, { to: '192.0.2.7/24', via: ['10.9.0.1'] }, { to: '192.0.2.0/24', blackhole: true }, { to: '::/0', via: ['10.1.0.9'] }] });
  assert.deepEqual(errors([red, s1, web, router]), [
    "Router red/r: spec.routes.0.via.1: 10.1.0.1 is the router's own address",
    "Router red/r: spec.routes.1.via.0: 10.9.0.1 is in no subnet of the router's networks (10.1.0.0/24)",
    "Router red/r: spec.routes.2.to: there is a route to 192.0.2.0/24 already; several ways of one route are a list in 'via'",
    'Router red/r: spec.routes.3.via.0: 10.1.0.9 and ::/0 are not both IPv4 or IPv6',
  ]);
});

test('an MTU that does not fit the underlay', () => {
  assert.deepEqual(errors([red, s1, make('Network', 'red/x', { mtu: 1500 })]),
    ["Network red/x: spec.mtu: mtu 1500 does not fit the underlay: at most 1450, or raise 'mtu' of the servers"]);
});

test('more addresses than modules have room for are refused', () => {
  const addresses = (from: number, count: number): string[] => Array.from({ length: count }, (_, i) => `10.${Math.floor((from + i) / 65_536)}.${Math.floor((from + i) / 256) % 256}.${(from + i) % 256}`);
  const endpoints = Array.from({ length: 1251 }, (_, i) => ({ apiVersion: 'iovisor/v1', kind: 'Endpoint', metadata: { domain: 'd', name: `e${i}` }, spec: { network: 'n', server: `s${i % 100}`, addresses: addresses(32 * i + 256, 32) } }));
  const resources = [
    { apiVersion: 'iovisor/v1', kind: 'Domain', metadata: { name: 'd' }, spec: {} }, { apiVersion: 'iovisor/v1', kind: 'Network', metadata: { domain: 'd', name: 'n' }, spec: { subnets: ['10.0.0.0/8'] } },
    ...Array.from({ length: 100 }, (_, i) => ({ apiVersion: 'iovisor/v1', kind: 'Server', metadata: { name: `s${i}` }, spec: { underlay: `192.0.2.${i}` } })), ...endpoints,
  ] as unknown as Resource[];
  assert.deepEqual(unfit(new Map(resources.map(r => [keyOf(r), r]))).map(p => p.message), ['would have 40032 addresses, more than 40000: make another network, and join both by a Router']);
});
