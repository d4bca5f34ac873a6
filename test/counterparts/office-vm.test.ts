// examples/office with simulated clients: Director and visor as processes run them, the vm engine below, no privileges. With real clients, on the
// kernel engine: office.test.ts.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { build } from '../../src/lang/packets/build.ts';
import { dns, eth, ipv4, tcp, udp, type Layer } from '../../src/lang/packets.ts';
import { parseFiles } from '../../src/model/parse.ts';
import { until, Zone } from '../zone.ts';

const EDGE = '198.51.100.2', EDGE6 = '2001:db8:5::2', FAR = '198.51.100.1', FAR6 = '2001:db8:5::1';
const FAR_MAC = '02:00:00:00:0e:02', EDGE_MAC = '02:00:00:00:0e:01';
const ROUTER = { desks: ['10.20.1.1', '2001:db8:20:1::1'], servers: ['10.20.2.1', '2001:db8:20:2::1'] } as const;
const WEB = ['10.20.2.10', '2001:db8:20:2::10'] as const;

test('examples/office in the vm: addresses, names, routes, what may pass and what not, the way out and back in', { timeout: 120_000 }, async t => {
  const zone = new Zone(t);
  await zone.startDirector();
  const { visor } = await zone.startVisor('s1', '192.0.2.1');
  const outside = zone.lab.server('s1').addLink('eth1', {
    mac: EDGE_MAC, own: ['198.51.100.3'], host: zone.lab.addHost('outside'),
    device: { device: 'eth0', mac: FAR_MAC, addresses: [`${FAR}/24`, `${FAR6}/64`], gateways: [EDGE, EDGE6], mtu: 1500 },
  });
  await until(async () => (await zone.client.list({ kind: 'Server' })).items.length === 1);
  const { resources, problems } = parseFiles([{ file: 'office.yaml', text: readFileSync(new URL('../../examples/office/office.yaml', import.meta.url), 'utf8') }]);
  assert.deepEqual(problems, []);
  await zone.client.apply(resources.map(r => r.resource));
  const attach = (network: string, name: string, addresses?: readonly string[]) =>
    visor.attach({ domain: 'office', network, netns: name, name, ...addresses && { addresses: [...addresses] } });
  const [desk, , web] = await Promise.all([attach('desks', 'desk-1'), attach('desks', 'desk-2'), attach('servers', 'web', WEB)]);
  await zone.settled();
  const device = (name: string) => zone.lab.host(name).device();
  const stack = (name: string) => device(name).stack;
  const own = desk!.addresses.map(a => a.replace(/\/.*/, ''));
  const reaches = (from: typeof outside.stack, to: string): boolean[] => [from.ping(to), from.udp(to, 'hello'), from.tcp(to, 'x'.repeat(5000))];
  const all = [true, true, true], none = [false, false, false];

  // By DHCP.
  const offer = stack('desk-1').dhcp({ kind: 'discover' });
  assert.deepEqual([offer?.address, offer?.router, offer?.dns, offer?.domain, offer?.host, offer?.mtu], [own[0], ROUTER.desks[0], [ROUTER.desks[0]], 'desks.office.example', 'desk-1', desk!.mtu]);
  assert.equal(stack('desk-1').dhcp({ kind: 'request', wanted: own[0]!, server: ROUTER.desks[0] })?.kind, 'ack');

  // By names.
  const routerMac = Array.from(device('desk-1').heard.at(-1)!.subarray(6, 12), b => b.toString(16).padStart(2, '0')).join(':');
  const sends = (name: string, layers: readonly Layer[]): Uint8Array | undefined => {
    const before = device(name).heard.length;
    device(name).send(build(layers));
    return device(name).heard.slice(before).at(-1);
  };
  const named = sends('desk-1', [eth({ dst: routerMac, src: desk!.mac }), ipv4({ src: own[0]!, dst: ROUTER.desks[0] }), udp({ srcPort: 5353, dstPort: 53 }), dns({ id: 7, name: 'web.servers.office.example' })]);
  assert.deepEqual([...named!.subarray(-4)], WEB[0].split('.').map(Number));

  // Who reaches whom. Nobody a desk, as long as it has said nothing itself: simulated pings have all the same identifier.
  for (const to of own) assert.deepEqual([reaches(stack('web'), to), reaches(stack('desk-2'), to)], [none, none], `to a desk, ${to}`);
  assert.equal(outside.stack.ping(own[1]!), false);
  for (const to of [...ROUTER.desks, ...ROUTER.servers]) assert.equal(stack('desk-1').ping(to), true, to);
  for (const to of [...WEB, FAR, FAR6]) assert.deepEqual(reaches(stack('desk-1'), to), all, `a desk to ${to}`);
  assert.deepEqual(reaches(outside.stack, WEB[1]), [true, false, false], 'from outside port 80 and ping alone');

  // Out by one address, and back in by a port of it.
  const senders = new Set(outside.heard.filter(f => f[12] === 8 && f[13] === 0).map(f => [...f.subarray(26, 30)].join('.')));
  assert.deepEqual([...senders], [EDGE]);
  const heard = device('web').heard.length;
  outside.send(build([eth({ dst: EDGE_MAC, src: FAR_MAC }), ipv4({ src: FAR, dst: EDGE }), tcp({ srcPort: 4000, dstPort: 8080, flags: 'S' })]));
  const opened = device('web').heard.slice(heard)[0]!;
  assert.deepEqual([...opened.subarray(30, 34), (opened[36] ?? 0) << 8 | (opened[37] ?? 0)], [...WEB[0].split('.').map(Number), 80]);
  assert.equal(web!.addresses.length, 2);

  const { ports, drops } = await visor.stats();
  for (const port of ports.filter(p => p.to === 'element')) {
    const other = ports.find(p => p.owner === port.peer && p.peer === port.owner);
    assert.deepEqual([other?.rxPackets, other?.txPackets], [port.txPackets, port.rxPackets], `${port.owner} and ${port.peer}`);
  }
  assert.ok(drops.some(d => d.owner === 'Policies/office/desks' && d.packets > 0));
});
