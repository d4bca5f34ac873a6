// Director and visors as processes run them, in one process: real sockets, disks and compiler, the vm engine below.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { Refused } from '../../client/director.ts';
import type { VisorClient } from '../../client/visor.ts';
import { parse } from '../../datapath/vm/arrived.ts';
import { resource } from '../../director/core/zone.fixture.ts';
import { dns, eth, ipv4, ipv6, udp } from '../../lang/packets.ts';
import { build } from '../../lang/packets/build.ts';
import { upstreamOf } from '../dns/upstream.fixture.ts';
import { VisorRefused } from './refused.ts';
import { until, Zone } from '../../../test/zone.ts';

test('a zone of two servers: endpoints are born, adopted after a restart without a Director, and detached', { timeout: 60_000 }, async t => {
  const zone = new Zone(t);
  await zone.startDirector();
  const s1 = await zone.startVisor('s1', '192.0.2.1');
  const s2 = await zone.startVisor('s2', '192.0.2.2');
  await zone.client.apply([resource('Domain', 'red'), resource('Network', 'red/web', { subnets: ['10.1.0.0/24'] })]);
  const [a, b] = await Promise.all([
    s1.visor.attach({ domain: 'red', network: 'web', netns: 'a', name: 'a' }),
    s2.visor.attach({ domain: 'red', network: 'web', netns: 'b', name: 'b' }),
  ]);
  assert.equal(new Set([...a.addresses, ...b.addresses, '10.1.0.2/24', '10.1.0.3/24']).size, 2);
  const settled = async (): Promise<boolean> => {
    const { revision } = await zone.client.health();
    const statuses = await zone.client.statuses();
    return statuses.length === 2 && statuses.every(s => s.status.applied?.revision === revision && s.status.endpoints.every(e => e.state === 'ready'));
  };
  await until(settled);
  const endpoint = await zone.client.get({ kind: 'Endpoint', domain: 'red', name: 'a' });
  assert.deepEqual([endpoint.status?.['state'], endpoint.status?.['mac']], ['ready', a.mac]);
  await until(async () => (await zone.client.get({ kind: 'Server', name: 's2' })).status?.['state'] === 'ready');
  assert.ok((await s1.visor.status()).changes > 0);
  assert.deepEqual((await s1.visor.stats()).ports.map(p => p.owner).filter((n, i, all) => all.indexOf(n) === i), ['Network/red/web']);

  // Both go; the visor returns alone: it adopts what stands.
  await s1.running.close();
  await zone.director.close();
  const again = await zone.startVisor('s1', '192.0.2.1');
  await until(async () => (await again.visor.status()).endpoints[0]?.state === 'ready');
  assert.equal((await again.visor.status()).changes, 0);
  await assert.rejects(again.visor.attach({ domain: 'red', network: 'db', netns: 'c' }), (e: unknown) => e instanceof Refused && /the Director is away .*d\.sock, since .*Network red\/db is not on this server/.test(e.message));
  assert.deepEqual(await again.visor.detach({ netns: 'a', device: 'eth0' }), { found: true, endpoint: 'red/a' });
  assert.deepEqual((await again.visor.status()).endpoints, []);

  await zone.startDirector();
  await until(async () => (await zone.client.list({ kind: 'Endpoint' })).items.length === 1);
  await until(settled);
  assert.deepEqual(await again.visor.detach({ netns: 'a', device: 'eth0' }), { found: false });
});

test('a router joins two networks over two servers: ping, UDP and TCP by IPv4 and IPv6, also where one has no endpoint; taken away, it carries no more', { timeout: 60_000 }, async t => {
  const zone = new Zone(t);
  await zone.startDirector();
  const s1 = await zone.startVisor('s1', '192.0.2.1');
  const s2 = await zone.startVisor('s2', '192.0.2.2');
  await zone.client.apply([
    resource('Domain', 'red'), resource('Network', 'red/web', { subnets: ['10.1.0.0/24', 'fd00:1::/64'] }), resource('Network', 'red/db', { subnets: ['10.2.0.0/24', 'fd00:2::/64'] }),
  ]);
  const attach = (visor: VisorClient, network: string, name: string): Promise<unknown> => visor.attach({ domain: 'red', network, netns: name, name });
  // The router comes when endpoints are there already.
  await Promise.all([attach(s1.visor, 'web', 'web-1'), attach(s1.visor, 'db', 'db-1'), attach(s2.visor, 'db', 'db-2')]);
  await zone.client.apply([resource('Router', 'red/r', { networks: ['web', 'db'] })]);
  const settled = async (): Promise<boolean> => {
    const { revision } = await zone.client.health();
    return (await zone.client.statuses()).every(s => s.status.applied?.revision === revision);
  };
  await until(settled);
  const web = zone.lab.host('web-1').device();
  const addresses = async (name: string): Promise<string[]> => (await zone.client.get({ kind: 'Endpoint', domain: 'red', name })).status?.['addresses'] as string[];
  for (const to of [...await addresses('db-1'), ...await addresses('db-2')]) {
    assert.deepEqual([web.stack.ping(to), web.stack.udp(to, 'hello'), web.stack.tcp(to, 'x'.repeat(5000))], [true, true, true], to);
  }
  for (const gateway of ['10.1.0.1', 'fd00:1::1']) assert.equal(web.stack.ping(gateway), true, gateway);
  for (const gateway of ['10.2.0.1', 'fd00:2::1']) assert.equal(web.stack.ping(gateway), true, `${gateway}, of its other interface`);
  assert.deepEqual([...await s1.visor.drops(), ...await s2.visor.drops()], []);

  // Routes by an endpoint that forwards to itself, by one that is not there, and by nobody.
  const [via] = await addresses('db-2');
  const routed = (routes: readonly object[]): Promise<unknown> => zone.client.apply([resource('Router', 'red/r', { networks: ['web', 'db'], routes })]);
  await routed([{ to: '192.0.2.0/24', via: [via] }, { to: '192.0.2.128/25', via: ['10.2.0.99'] }, { to: '198.51.100.0/24', blackhole: true }]);
  await until(settled);
  const appliance = zone.lab.host('db-2').device();
  const before = appliance.heard.length;
  web.stack.udp('192.0.2.7', 'x');
  assert.equal(appliance.heard.length, before + 1, 'it hears what is for its prefix');
  web.stack.udp('192.0.2.129', 'x');
  const told = web.heard.at(-1)!;
  assert.deepEqual([told[23], told[34], told[35]], [1, 3, 0], 'ICMP: no route');
  web.stack.udp('198.51.100.1', 'x');
  assert.deepEqual((await s1.visor.drops()).map(d => d.reason), ['blackhole']);
  assert.equal(appliance.heard.length, before + 1);
  await zone.client.delete({ kind: 'Router', domain: 'red', name: 'r' });
  await until(settled);
  for (const to of [...await addresses('db-1'), ...await addresses('db-2')]) assert.equal(web.stack.ping(to), false, to);
});

test('a policy closes a group but for what it allows, on its own server and from others; what was open stays so', { timeout: 60_000 }, async t => {
  const zone = new Zone(t);
  await zone.startDirector();
  const s1 = await zone.startVisor('s1', '192.0.2.1');
  const s2 = await zone.startVisor('s2', '192.0.2.2');
  const network = (name: string, subnet: string): unknown => resource('Network', `red/${name}`, { subnets: [subnet], attach: { grant: { tier: name } } });
  await zone.client.apply([resource('Domain', 'red'), network('web', '10.1.0.0/24'), network('db', '10.2.0.0/24'), resource('Router', 'red/r', { networks: ['web', 'db'] })]);
  const attach = (visor: VisorClient, of: string, name: string): Promise<unknown> => visor.attach({ domain: 'red', network: of, netns: name, name });
  await Promise.all([attach(s1.visor, 'web', 'web-1'), attach(s1.visor, 'db', 'db-1'), attach(s2.visor, 'db', 'db-2'), attach(s2.visor, 'web', 'web-2')]);
  await zone.client.apply([resource('Policy', 'red/db', { group: { tier: 'db' }, ingress: [{ from: { tier: 'web' }, ports: ['tcp/7', 'icmp'] }] })]);
  await until(async () => {
    const { revision } = await zone.client.health();
    return (await zone.client.statuses()).every(s => s.status.applied?.revision === revision && s.status.endpoints.every(e => e.state === 'ready'));
  });
  const address = async (name: string): Promise<string> => String(Object(await zone.client.get({ kind: 'Endpoint', domain: 'red', name })).status.addresses[0]);
  const stack = (name: string) => zone.lab.host(name).device().stack;
  const [web1, db1, db2] = await Promise.all(['web-1', 'db-1', 'db-2'].map(address));
  for (const db of [db1!, db2!]) {
    assert.deepEqual(['web-1', 'web-2'].map(w => [stack(w).ping(db), stack(w).tcp(db, 'select 1'), stack(w).udp(db, 'nothing')]), [[true, true, false], [true, true, false]], `web to ${db}`);
  }
  assert.deepEqual([stack('db-1').ping(db2!), stack('db-2').tcp(db1!, 'x')], [false, false], 'its own group is not in the rule');
  assert.deepEqual([stack('db-1').tcp(web1!, 'x'), stack('db-2').udp(web1!, 'y'), stack('web-2').udp(web1!, 'z')], [true, true, true], 'what no policy speaks of is open');
  const drops = [...await s1.visor.drops(), ...await s2.visor.drops()];
  assert.deepEqual([...new Set(drops.map(d => `${d.file}: ${d.reason}`))], ['modules/firewall/firewall.ts: no-rule']);
  assert.equal(drops.reduce((sum, d) => sum + d.packets, 0), 6);
});

test('DHCP: an endpoint gets its address whatever policies say, from a router or without one, and no other', { timeout: 60_000 }, async t => {
  const zone = new Zone(t);
  await zone.startDirector();
  const s1 = await zone.startVisor('s1', '192.0.2.1');
  const s2 = await zone.startVisor('s2', '192.0.2.2');
  const network = (name: string, subnet: string, more: object = {}): unknown => resource('Network', `red/${name}`, { subnets: [subnet], ...more });
  const dhcp = { dns: ['192.0.2.53', '192.0.2.54'], domain: 'red.example', leaseSeconds: 600 };
  await zone.client.apply([
    resource('Domain', 'red'), network('web', '10.1.0.0/24', { dhcp, mtu: 1400 }), network('db', '10.2.0.0/16', { dhcp: {} }), network('plain', '10.3.0.0/24'),
    resource('Router', 'red/r', { networks: ['web'] }), resource('Policy', 'red/closed', { group: {}, ingress: [], egress: [] }),
  ]);
  const attach = (visor: VisorClient, of: string, name: string): Promise<unknown> => visor.attach({ domain: 'red', network: of, netns: name, name });
  await Promise.all([attach(s1.visor, 'web', 'web-1'), attach(s2.visor, 'web', 'web-2'), attach(s2.visor, 'db', 'db-1'), attach(s1.visor, 'plain', 'plain-1')]);
  const settled = async (): Promise<boolean> => {
    const { revision } = await zone.client.health();
    return (await zone.client.statuses()).every(s => s.status.applied?.revision === revision && s.status.endpoints.every(e => e.state === 'ready'));
  };
  await until(settled);
  const address = async (name: string): Promise<string> => String(Object(await zone.client.get({ kind: 'Endpoint', domain: 'red', name })).status.addresses[0]);
  const { stack } = zone.lab.host('web-1').device();
  const own = await address('web-1');
  const told = { address: own, server: '10.1.0.1', router: '10.1.0.1', mask: '255.255.255.0', dns: dhcp.dns, domain: 'red.example', host: 'web-1', mtu: 1400, leaseSeconds: 600 };
  const shown = (answer: object | undefined): unknown => answer && { ...answer, xid: 0 };
  assert.deepEqual(shown(stack.dhcp({ kind: 'discover' })), { kind: 'offer', xid: 0, ...told });
  assert.deepEqual(shown(stack.dhcp({ kind: 'request', wanted: own, server: '10.1.0.1' })), { kind: 'ack', xid: 0, ...told });
  assert.equal(stack.dhcp({ kind: 'request', own })?.kind, 'ack', 'rebinding');
  const router = zone.lab.host('web-1').device().heard.at(-1)!.subarray(6, 12);
  assert.ok((await s1.visor.stats()).ports.every(p => /^(Network|Router)\//.test(p.owner)), 'filters have no ports');
  const server = { mac: Array.from(router, b => b.toString(16).padStart(2, '0')).join(':'), address: '10.1.0.1' };
  assert.equal(stack.dhcp({ kind: 'request', own }, server)?.kind, 'ack', 'renewing');
  assert.deepEqual([stack.dhcp({ kind: 'request', wanted: await address('web-2') })?.kind, stack.dhcp({ kind: 'request', own: '10.1.0.99' })?.kind], ['nak', 'nak']);
  // Without a router, the address that is left for one answers; ARP knows it.
  const db = zone.lab.host('db-1').device().stack;
  const offer = db.dhcp({ kind: 'discover' });
  assert.deepEqual([offer?.address, offer?.server, offer?.router, offer?.mask, offer?.dns, offer?.mtu, offer?.leaseSeconds], [await address('db-1'), '10.2.0.1', undefined, '255.255.0.0', [], 1450, 86400]);
  assert.equal(zone.lab.host('plain-1').device().stack.dhcp({ kind: 'discover' }), undefined, 'no DHCP was asked for');
  assert.equal(stack.ping(await address('web-2')), false, 'the policy holds behind it');
  // It goes as it came.
  await zone.client.apply([network('web', '10.1.0.0/24', { mtu: 1400 })]);
  await until(settled);
  assert.equal(zone.lab.host('web-1').device().stack, stack);
  assert.equal(stack.dhcp({ kind: 'discover' }), undefined);
  await zone.client.delete({ kind: 'Policy', domain: 'red', name: 'closed' });
  await until(settled);
  assert.equal(stack.ping(await address('web-2')), true);
});

test('a way out by one server of two: routed and masqueraded, forwarded ports, a policy of what is outside; IPv4 and IPv6', { timeout: 60_000 }, async t => {
  const zone = new Zone(t);
  await zone.startDirector();
  const s1 = await zone.startVisor('s1', '192.0.2.1');
  const s2 = await zone.startVisor('s2', '192.0.2.2');
  const outside = zone.lab.server('s1').addLink('eth1', {
    mac: '02:00:00:00:0e:01', own: ['198.51.100.3'], host: zone.lab.addHost('outside'),
    device: { device: 'eth0', mac: '02:00:00:00:0e:02', addresses: ['198.51.100.1/24', '203.0.113.9/32', '2001:db8:5::1/64'], gateways: ['198.51.100.2', '2001:db8:5::2'], mtu: 1450 },
  });
  await until(async () => (await zone.client.list({ kind: 'Server' })).items.length === 2);
  const network = (name: string, ...subnets: string[]): unknown => resource('Network', `red/${name}`, { subnets, attach: { grant: { tier: name } } });
  await zone.client.apply([
    resource('Domain', 'red'), network('web', '10.1.0.0/24', 'fd00:1::/64'), network('db', '10.2.0.0/24'),
    resource('Gateway', 'edge', { servers: ['s1'], device: 'eth1', addresses: ['198.51.100.2/24', '2001:db8:5::2/64'], nextHop: ['198.51.100.1', '2001:db8:5::1'] }),
    resource('Router', 'red/r', { networks: ['web', 'db'], uplink: { gateway: 'edge' } }),
  ]);
  const attach = (visor: VisorClient, of: string, name: string): Promise<unknown> => visor.attach({ domain: 'red', network: of, netns: name, name });
  await Promise.all([attach(s1.visor, 'web', 'web-1'), attach(s2.visor, 'web', 'web-2'), attach(s2.visor, 'db', 'db-2')]);
  const settled = async (): Promise<boolean> => {
    const { revision } = await zone.client.health();
    return (await zone.client.statuses()).every(s => s.status.applied?.revision === revision && s.status.degraded.length === 0 && s.status.endpoints.every(e => e.state === 'ready'));
  };
  await until(settled);
  const addresses = async (name: string): Promise<string[]> => Object(await zone.client.get({ kind: 'Endpoint', domain: 'red', name })).status.addresses as string[];
  const stack = (name: string) => zone.lab.host(name).device().stack;
  const reaches = (from: typeof outside.stack, to: string): boolean[] => [from.ping(to), from.udp(to, 'hello'), from.tcp(to, 'x'.repeat(5000))];
  const all = [true, true, true], none = [false, false, false];

  // Routed: the host outside sees them as they are, and reaches them.
  const [web1, web2, db2] = await Promise.all(['web-1', 'web-2', 'db-2'].map(addresses));
  for (const name of ['web-1', 'web-2']) for (const to of ['203.0.113.9', '2001:db8:5::1']) assert.deepEqual(reaches(stack(name), to), all, `${name} to ${to}`);
  for (const to of [...web1!, ...web2!, ...db2!]) assert.deepEqual(reaches(outside.stack, to), all, `from outside to ${to}`);
  for (const to of ['198.51.100.2', '2001:db8:5::2']) assert.equal(outside.stack.ping(to), true, to);

  // Masqueraded: it sees the gateway's address alone; db is forwarded to, and goes out as it is.
  await zone.client.apply([resource('Nat', 'red/out', { router: 'r', masquerade: [{ from: { network: 'web' } }], forward: [{ to: { endpoint: 'db-2' }, ports: ['tcp/8080:7', 'udp/7'] }] })]);
  await until(settled);
  const from = outside.heard.length;
  for (const name of ['web-1', 'web-2', 'db-2']) assert.deepEqual(reaches(stack(name), '203.0.113.9'), all, `${name} to 203.0.113.9`);
  const senders = new Set(outside.heard.slice(from).filter(f => f[12] === 8 && f[13] === 0).map(f => [...f.subarray(26, 30)].join('.')));
  assert.deepEqual([...senders].sort(), [db2![0]!, '198.51.100.2'].sort());
  assert.equal(stack('web-2').ping('2001:db8:5::1'), true, 'IPv6 is routed still');
  assert.equal(outside.stack.udp('198.51.100.2', 'forwarded'), true);
  assert.equal(stack('web-1').udp('198.51.100.2', 'by way of the gateway and back in'), true, 'hairpin');
  for (const to of [web1![0]!, web2![0]!]) assert.deepEqual(reaches(outside.stack, to), none, `${to} is not to be seen`);

  await zone.client.apply([resource('Policy', 'red/web', { group: { tier: 'web' }, egress: [{ cidr: ['203.0.113.0/24'], ports: ['icmp'] }] })]);
  await until(settled);
  for (const name of ['web-1', 'web-2']) assert.deepEqual([stack(name).ping('203.0.113.9'), stack(name).udp('203.0.113.9', 'no'), stack(name).ping('198.51.100.1')], [true, false, false], name);

  // Taken away, nothing is left of it.
  await zone.client.delete({ kind: 'Nat', domain: 'red', name: 'out' });
  await zone.client.apply([resource('Router', 'red/r', { networks: ['web', 'db'] })]);
  await until(settled);
  assert.deepEqual(zone.lab.server('s1').link('eth1')?.program, undefined);
  assert.equal(stack('db-2').ping('203.0.113.9'), false);
});

test('names of a domain: told in the packet\'s way, by the resolver what is long, by others what is theirs; without a visor the domain\'s go on', { timeout: 60_000 }, async t => {
  const zone = new Zone(t);
  await zone.startDirector();
  const s1 = await zone.startVisor('s1', '192.0.2.1');
  const upstream = await upstreamOf({ 'example.com': ['192.0.2.80'] });
  t.after(() => upstream.close());
  await zone.client.apply([
    resource('Domain', 'red'), resource('Network', 'red/web', { subnets: ['10.1.0.0/24', 'fd00:1::/64'], dhcp: {} }),
    resource('Dns', 'red/names', { zone: 'red.internal', upstreams: [`127.0.0.1:${upstream.port}`], records: [{ name: 'many', addresses: Array.from({ length: 40 }, (_, i) => `10.9.0.${i}`) }] }),
  ]);
  for (const name of ['web-1', 'web-2']) await s1.visor.attach({ domain: 'red', network: 'web', netns: name, name });
  const ready = async (): Promise<boolean> => (await zone.client.statuses()).every(s => s.status.degraded.length === 0 && s.status.endpoints.length === 2 && s.status.endpoints.every(e => e.state === 'ready'));
  await until(ready);
  const device = zone.lab.host('web-1').device();
  const told = device.stack.dhcp({ kind: 'discover' });
  assert.deepEqual([told?.dns, told?.domain], [['10.1.0.1'], 'web.red.internal']);
  /** Its code, and the last address that it tells. */
  const asks = async (name: string, to = '10.1.0.1', most = 100): Promise<string> => {
    const before = device.heard.length;
    const [ip, own] = to.includes(':') ? [ipv6, device.spec.addresses[1]!] : [ipv4, device.spec.addresses[0]!];
    device.send(build([eth({ dst: '02:00:00:00:00:99', src: device.spec.mac }), ip({ src: own.split('/')[0]!, dst: to }), udp({ srcPort: 5353, dstPort: 53 }), dns({ id: 7, name })]));
    for (let i = 0; i < most && device.heard.length === before; i++) await new Promise(done => setTimeout(done, 20));
    const answer = parse(device.heard[before] ?? new Uint8Array(0));
    return answer?.kind === 'udp' && answer.from === to && answer.dstPort === 5353 ? `${answer.content[3]! & 15}${answer.content[2]! & 2 ? ' truncated' : ''} ${[...answer.content.subarray(-4)].join('.')}` : 'nothing';
  };
  const other = (Object(await zone.client.get({ kind: 'Endpoint', domain: 'red', name: 'web-2' })).status.addresses as string[])[0];
  assert.equal(await asks('web-2.web.red.internal'), `0 ${other}`);
  assert.equal(await asks('WEB-2.web.red.internal', 'fd00:1::1'), `0 ${other}`);
  assert.match(await asks('many.red.internal'), /^0 truncated/);
  for (let i = 0; i < 3; i++) assert.equal(await asks('example.com'), '0 192.0.2.80');
  assert.deepEqual(upstream.asked, ['udp example.com']);
  assert.match(await asks('nobody.example'), /^3 /);
  const counted = (await s1.visor.stats()).rules.filter(r => r.counter === 'resolver' && r.packets > 0).map(r => `${r.rule} ${r.packets}`);
  assert.deepEqual((await s1.visor.stats()).rules.filter(r => r.counter === 'punts').map(r => `${r.owner} ${r.rule} ${r.packets}`), ['Dns/red/web long-answer 1', 'Dns/red/web another-zone 4']);
  assert.deepEqual(counted, ['asked 5', 'answered 1', 'cached 2', 'forwarded 2']);

  await s1.running.close();
  assert.equal(await asks('web-2.web.red.internal'), `0 ${other}`);
  assert.equal(await asks('example.com', '10.1.0.1', 5), 'nothing');
  const again = await zone.startVisor('s1', '192.0.2.1');
  await until(ready);
  await until(async () => await asks('example.com', '10.1.0.1', 5) === '0 192.0.2.80');
  assert.ok((await again.visor.status()).drops.some(d => d.reason === 'another-zone'));
  await zone.client.delete({ kind: 'Dns', domain: 'red', name: 'names' });
  await until(async () => await asks('web-2.web.red.internal', '10.1.0.1', 5) === 'nothing');
});

test('refusals: what the Director says no to, bad requests, a second visor of the name or of the state', { timeout: 60_000 }, async t => {
  const zone = new Zone(t);
  await zone.startDirector();
  const { visor } = await zone.startVisor('s1', '192.0.2.1');
  await zone.client.apply([resource('Domain', 'red'), resource('Network', 'red/web', { subnets: ['10.1.0.0/24'] })]);
  await assert.rejects(visor.attach({ domain: 'red', network: 'wbe', netns: 'a' }), (e: unknown) => e instanceof Refused && /unknown Network 'wbe' in domain red; did you mean 'web'/.test(e.message));
  await assert.rejects(visor.attach({ domain: 'red', network: 'web', netns: 'a', mac: 'zz' }), (e: unknown) => e instanceof Refused && e.error.error === 'bad-request' && /not a MAC/.test(e.message));
  await visor.attach({ domain: 'red', network: 'web', netns: 'a', name: 'a' });
  await assert.rejects(visor.attach({ domain: 'red', network: 'web', netns: 'b', name: 'a' }), (e: unknown) => e instanceof Refused && e.error.error === 'exists');
  await assert.rejects(zone.startVisor('s1', '192.0.2.1', { stateDir: `${zone.dir}/other`, listen: `unix:${zone.dir}/other.sock` }), (e: unknown) => e instanceof VisorRefused && /a visor named s1 runs on this machine/.test(e.message));
  await assert.rejects(zone.startVisor('s9', '192.0.2.9', { stateDir: `${zone.dir}/s1`, listen: `unix:${zone.dir}/other.sock` }), (e: unknown) => e instanceof VisorRefused && /another visor uses/.test(e.message));
  await assert.rejects(zone.startVisor('S 1', '192.0.2.1'), (e: unknown) => e instanceof VisorRefused && /not the name of a server/.test(e.message));
  assert.deepEqual(await visor.resume(), { held: false });
  assert.deepEqual(readdirSync(`${zone.dir}/s1/images`).length, 1);
});
