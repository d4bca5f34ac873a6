// Where state lives, proven: every class of flow, both ways, through firewall, router, NAT and uplink, over servers that are a gateway's and one that
// is not; and endpoints that move while their flows go on. Frames are sent one by one and looked at where they arrive; no host answers by itself.
// What it found is in ARCHITECTURE.md, *Placement, proven*.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { VisorClient } from '../src/client/visor.ts';
import { parse } from '../src/datapath/vm/arrived.ts';
import type { LabDevice } from '../src/datapath/vm/lab-host.ts';
import { resource } from '../src/director/core/zone.fixture.ts';
import { ipv4Text, ipv6Text } from '../src/lang/packets/address.ts';
import { build } from '../src/lang/packets/build.ts';
import * as p from '../src/lang/packets.ts';
import type { RunningVisor } from '../src/visor/shell/run.ts';
import { until, Zone } from './zone.ts';

type Family = 4 | 6;
const FAMILIES = [4, 6] as const;
const SERVERS = { s1: '192.0.2.1', s2: '192.0.2.2', s3: '192.0.2.3' } as const;
type ServerName = keyof typeof SERVERS;
/** s1 and s2 are the gateway's. Outside, both wires lead to one world, which has these addresses. */
const WORLD = { 4: '203.0.113.9', 6: '2001:db8:9::9' } as const;
const DEVICE = { s1: '02:00:00:00:0e:01', s2: '02:00:00:00:0e:02' } as const;
const WORLD_MAC = '02:00:00:00:0e:09';
/** What masqueraded senders bear, and the prefix of web outside. */
const SHARED = '198.51.100.2', PREFIX6 = '2001:db8:7::';
const CLIENT_PORT = 40_000, SERVICE = 7;

/** A frame as a line: who, what, and of an ICMP error what it quotes. Undefined: it is not understood, or a checksum is wrong. */
function told(frame: Uint8Array): string | undefined {
  const arrived = parse(frame);
  switch (arrived?.kind) {
    case 'tcp': return `${arrived.from} ${arrived.srcPort} > ${arrived.to} ${arrived.dstPort} tcp ${[...'FSRPA'].filter((_, i) => arrived.flags & [1, 2, 4, 8, 16][i]!).join('')}`;
    case 'udp': return `${arrived.from} ${arrived.srcPort} > ${arrived.to} ${arrived.dstPort} udp`;
    case 'echo': return `${arrived.from} ${arrived.id} > ${arrived.to} ${arrived.op}`;
    default: return error(frame);
  }
}

function error(frame: Uint8Array): string | undefined {
  const isSix = frame[12] === 0x86;
  const quoted = frame.subarray(isSix ? 14 + 40 + 8 : 14 + 20 + 8);
  if (isSix ? frame[20] !== 58 || frame[54] !== 1 : frame[23] !== 1 || frame[34] !== 3) return undefined;
  const [text, at, bytes, ports] = isSix ? [ipv6Text, 8, 16, 40] as const : [ipv4Text, 12, 4, 20] as const;
  const ends = (of: Uint8Array): [string, string] => [text(of.subarray(at, at + bytes)), text(of.subarray(at + bytes, at + 2 * bytes))];
  const port = (i: number): number => quoted[ports + i]! << 8 | quoted[ports + i + 1]!;
  const [[from, to], [src, dst]] = [ends(frame.subarray(14)), ends(quoted)];
  return `${from} > ${to} error about ${src} ${port(0)} > ${dst} ${port(2)}`;
}

class Place {
  readonly zone: Zone;
  readonly visors = new Map<ServerName, VisorClient>();
  readonly running = new Map<ServerName, RunningVisor>();
  readonly world = new Map<string, LabDevice>();
  router = '';

  constructor(t: TestContext) {
    this.zone = new Zone(t);
  }

  async start(resources: readonly unknown[]): Promise<void> {
    const { zone } = this;
    await zone.startDirector();
    for (const name of Object.keys(SERVERS) as ServerName[]) await this.startVisor(name);
    for (const [i, name] of (['s1', 's2'] as const).entries()) {
      const device = zone.lab.server(name).addLink('eth1', {
        mac: DEVICE[name], own: [`198.51.100.${20 + i}`], host: zone.lab.addHost(`world-${name}`),
        device: { device: 'eth0', mac: WORLD_MAC, addresses: ['198.51.100.1/24', '2001:db8:5::1/64', `${WORLD[4]}/32`, `${WORLD[6]}/128`], gateways: [], mtu: 1450 },
      });
      device.workload = () => {};
      this.world.set(name, device);
    }
    await until(async () => (await zone.client.list({ kind: 'Server' })).items.length === 3);
    await zone.client.apply(resources);
    await zone.settled();
    this.router = Object(await zone.client.get({ kind: 'Router', domain: 'red', name: 'r' })).status.mac;
  }

  async startVisor(name: ServerName): Promise<void> {
    const { visor, running } = await this.zone.startVisor(name, SERVERS[name]);
    this.visors.set(name, visor);
    this.running.set(name, running);
  }

  async attach(name: string, network: string, server: ServerName): Promise<void> {
    await this.visors.get(server)!.attach({ domain: 'red', network, netns: name, name });
    await this.zone.settled();
    this.device(name).workload = () => {};
  }

  /** As a workload is moved: its endpoint stays what it is, with its addresses. */
  async move(name: string, network: string, [from, to]: readonly [ServerName, ServerName]): Promise<void> {
    await this.visors.get(from)!.detach({ netns: name, device: 'eth0' });
    await this.zone.client.apply([resource('Endpoint', `red/${name}`, { network, server: to })]);
    await this.attach(name, network, to);
  }

  device(name: string): LabDevice {
    return this.zone.lab.host(name).device();
  }

  /** By name: of an endpoint, or of the world. */
  address(name: string, family: Family): string {
    if (name.startsWith('world')) return WORLD[family];
    return this.device(name).spec.addresses.map(a => a.split('/')[0]!).find(a => a.includes(':') === (family === 6))!;
  }

  /** What of a packet arrives at one of these, and at whom. */
  send(from: string, layers: readonly p.Layer[], at: readonly string[]): { readonly at: string; readonly told: string } | undefined {
    const seen: { at: string; told: string }[] = [];
    for (const name of at) this.#deviceOf(name).workload = frame => { const text = told(frame); if (text !== undefined) seen.push({ at: name, told: text }); };
    const [dst, src] = from.startsWith('world') ? [DEVICE[from.slice(6) as keyof typeof DEVICE], WORLD_MAC] : [this.router, this.device(from).spec.mac];
    this.#deviceOf(from).send(build([p.eth({ dst, src }), ...layers]));
    for (const name of at) this.#deviceOf(name).workload = () => {};
    assert.ok(seen.length < 2, `twice: ${seen.map(s => s.told).join()}`);
    return seen[0];
  }

  #deviceOf(name: string): LabDevice {
    return name.startsWith('world') ? this.world.get(name.slice(6))! : this.device(name);
  }

  async drops(): Promise<string[]> {
    const all = await Promise.all([...this.visors.values()].map(v => v.drops()));
    return all.flat().map(d => `${d.module} ${d.reason} ${d.packets}`).sort();
  }
}

const ip = (src: string, dst: string): p.Layer => src.includes(':') ? p.ipv6({ src, dst }) : p.ipv4({ src, dst });
const tcp = (src: string, srcPort: number, dst: string, dstPort: number, flags: string): p.Layer[] => [ip(src, dst), p.tcp({ srcPort, dstPort, flags, seq: 1, ackSeq: flags === 'S' ? 0 : 1 }), ...flags.includes('P') ? [p.data('text')] : []];
const udp = (src: string, srcPort: number, dst: string, dstPort: number): p.Layer[] => [ip(src, dst), p.udp({ srcPort, dstPort }), p.data('question')];
const echo = (src: string, dst: string, isReply: boolean, id: number): p.Layer[] => [ip(src, dst), src.includes(':') ? p.icmpv6({ type: isReply ? 129 : 128, id, seq: 1 }) : p.icmp({ type: isReply ? 0 : 8, id, seq: 1 }), p.data('ping')];
/** From whoever is at `about`'s destination. */
const unreachable = (from: string, about: readonly p.Layer[], to: string): p.Layer[] => [ip(from, to), from.includes(':') ? p.icmpv6({ type: 1, code: 4 }) : p.icmp({ type: 3, code: 3 }), ...about];

/**
 * All classes between two, the opener first; `seen` is the opener's address and ports as the other sees them. `back`: by which way what
 * answers goes, of the world.
 */
function classes(place: Place, from: string, to: string, family: Family, { dst = place.address(to, family), dstPort = SERVICE, back = to }: { readonly dst?: string; readonly dstPort?: number; readonly back?: string } = {}): void {
  const arrivals = to.startsWith('world') ? ['world-s1', 'world-s2'] : [to];
  const openers = from.startsWith('world') ? ['world-s1', 'world-s2'] : [from];
  const [src, service] = [place.address(from, family), place.address(to, family)];
  const label = `${from} to ${to}, IPv${family}, back by ${back}`;
  const heard = (layers: readonly p.Layer[], protocol: string): { address: string; port: number } => {
    const found = place.send(from, layers, arrivals)?.told;
    const match = found?.match(/^(\S+) (\d+) > (\S+)( \d+)? (.*)$/);
    assert.ok(match && match[3] === service && match[5] === protocol, `${label}, ${protocol} out: ${found}`);
    return { address: match[1]!, port: Number(match[2]) };
  };
  const answered = (layers: readonly p.Layer[], expected: string): void => assert.equal(place.send(back, layers, openers)?.told, expected, `${label}, back`);

  const syn = heard(tcp(src, CLIENT_PORT, dst, dstPort, 'S'), 'tcp S');
  answered(tcp(service, SERVICE, syn.address, syn.port, 'SA'), `${dst} ${dstPort} > ${src} ${CLIENT_PORT} tcp SA`);
  heard(tcp(src, CLIENT_PORT, dst, dstPort, 'A'), 'tcp A');
  heard(tcp(src, CLIENT_PORT, dst, dstPort, 'PA'), 'tcp PA');
  answered(tcp(service, SERVICE, syn.address, syn.port, 'PA'), `${dst} ${dstPort} > ${src} ${CLIENT_PORT} tcp PA`);

  const asked = heard(udp(src, CLIENT_PORT, dst, dstPort), 'udp');
  answered(udp(service, SERVICE, asked.address, asked.port), `${dst} ${dstPort} > ${src} ${CLIENT_PORT} udp`);
  answered(unreachable(service, udp(asked.address, asked.port, service, SERVICE), asked.address), `${dst} > ${src} error about ${src} ${CLIENT_PORT} > ${dst} ${dstPort}`);
  if (dst !== service) return;
  const pinged = heard(echo(src, dst, false, 77), 'request');
  answered(echo(service, pinged.address, true, pinged.port), `${dst} 77 > ${src} reply`);
}

const network = (name: string, ...subnets: string[]): unknown => resource('Network', `red/${name}`, { subnets, attach: { grant: { tier: name } } });
const ZONE: readonly unknown[] = [
  resource('Domain', 'red'), network('web', '10.1.0.0/24', 'fd00:1::/64'), network('db', '10.2.0.0/24', 'fd00:2::/64'),
  resource('Gateway', 'edge', { servers: ['s1', 's2'], device: 'eth1', addresses: [`${SHARED}/24`, '2001:db8:5::2/64'], nextHop: ['198.51.100.1', '2001:db8:5::1'] }),
  resource('Router', 'red/r', { networks: ['web', 'db'], uplink: { gateway: 'edge' } }),
  resource('Policy', 'red/db', { group: { tier: 'db' }, ingress: [{ from: { tier: 'web' }, ports: ['tcp/7', 'udp/7', 'icmp'] }, { cidr: ['203.0.113.0/24'], ports: ['tcp/7', 'udp/7'] }], egress: [] }),
  resource('Policy', 'red/web', { group: { tier: 'web' }, ingress: [], egress: [{ to: { tier: 'db' } }, { cidr: ['203.0.113.0/24', '2001:db8:9::/64'] }] }),
];
/** Each kind of server has one of each, and they have their endpoints before they are attached, as those that move have. */
const ENDPOINTS = (['web', 'db'] as const).flatMap(kind => (['s1', 's2', 's3'] as const).map(server => ({ name: `${kind}-${server}`, network: kind, server })));

async function zoneWithEndpoints(t: TestContext): Promise<Place> {
  const place = new Place(t);
  await place.start([...ZONE, ...ENDPOINTS.map(({ name, network: of, server }) => resource('Endpoint', `red/${name}`, { network: of, server })),
    resource('Nat', 'red/out', { router: 'r', masquerade: [{ from: { network: 'web' } }], oneToOne: [{ inside: 'fd00:1::/64', outside: `${PREFIX6}/64` }], forward: ENDPOINTS.filter(e => e.network === 'db').map(({ name }, i) => ({ to: { endpoint: name }, ports: [`tcp/808${i}:7`, `udp/808${i}:7`] })) })]);
  await Promise.all(ENDPOINTS.map(({ name, network: of, server }) => place.attach(name, of, server)));
  return place;
}

test('state lives where flows find it', { timeout: 300_000 }, async t => {
  const place = await zoneWithEndpoints(t);
  await t.test('every class of flow, both ways, wherever its ends are: through both firewalls and the router, and out and back by either server of the gateway', () => everywhere(place));
  await t.test('an endpoint moves, and its flows go on: within the zone and out of it, whoever speaks first', () => moves(place));
  await t.test('a server of the gateway is silent: the other speaks for its addresses, tells the wire so, and serves whom it served; until it is back', () => isReplaced(place));
});

async function everywhere(place: Place): Promise<void> {
  for (const family of FAMILIES) {
    for (const client of ['web-s1', 'web-s2', 'web-s3']) {
      for (const server of ['db-s1', 'db-s2', 'db-s3']) classes(place, client, server, family);
      for (const back of ['world-s1', 'world-s2']) classes(place, client, 'world-s1', family, { back });
    }
  }
  // To a shared address, by either server.
  for (const way of ['world-s1', 'world-s2']) {
    for (const [i, server] of ['db-s1', 'db-s2', 'db-s3'].entries()) classes(place, way, server, 4, { dst: SHARED, dstPort: 8080 + i });
  }
  assert.deepEqual(await place.drops(), []);
  // Who leaves by which: its own server, where that is the gateway's.
  const left = (name: string): string | undefined => place.send(name, udp(place.address(name, 4), 5000, WORLD[4], 9), ['world-s1', 'world-s2'])?.at;
  assert.deepEqual([left('web-s1'), left('web-s2')], ['world-s1', 'world-s2']);
  assert.match(left('web-s3') ?? '', /^world-s[12]$/);
  // And what is not allowed is not, by the same ways.
  assert.equal(place.send('db-s1', tcp(place.address('db-s1', 4), CLIENT_PORT, place.address('web-s2', 4), SERVICE, 'S'), ['web-s2']), undefined);
  assert.equal(place.send('world-s2', udp(WORLD[4], 9, place.address('web-s1', 4), 5000), ['web-s1']), undefined);
}

async function moves(place: Place): Promise<void> {
  const flows = FAMILIES.map(family => {
    const [web, db] = [place.address('web-s1', family), place.address('db-s3', family)];
    const open = (from: string, layers: readonly p.Layer[], at: readonly string[]): string => {
      const found = place.send(from, layers, at)?.told;
      assert.ok(found);
      return found;
    };
    for (const flags of ['S', 'A']) open('web-s1', tcp(web, CLIENT_PORT, db, SERVICE, flags), ['db-s3']);
    open('web-s1', udp(web, CLIENT_PORT, db, SERVICE), ['db-s3']);
    const out = open('web-s1', tcp(web, CLIENT_PORT, WORLD[family], SERVICE, 'S'), ['world-s1', 'world-s2']).match(/^(\S+) (\d+)/)!;
    const asked = open('web-s1', udp(web, CLIENT_PORT, WORLD[family], SERVICE), ['world-s1', 'world-s2']).match(/^(\S+) (\d+)/)!;
    for (const { 1: outside, 2: port } of [out]) open('world-s1', tcp(WORLD[family], SERVICE, outside!, Number(port), 'SA'), ['web-s1']);
    return { family, web, db, outside: out[1]!, tcpPort: Number(out[2]), udpPort: Number(asked[2]) };
  });
  const goesOn = (first: 'inside' | 'outside', step: string): void => {
    for (const { family, web, db, outside, tcpPort, udpPort } of flows) {
      const label = `${step}, IPv${family}, ${first} first`;
      const from = (name: string, layers: readonly p.Layer[], at: readonly string[], what: string): void => assert.equal(place.send(name, layers, at)?.told, what, label);
      const worlds = ['world-s1', 'world-s2'];
      const out = (): void => {
        from('web-s1', tcp(web, CLIENT_PORT, db, SERVICE, 'PA'), ['db-s3'], `${web} ${CLIENT_PORT} > ${db} ${SERVICE} tcp PA`);
        from('web-s1', udp(web, CLIENT_PORT, db, SERVICE), ['db-s3'], `${web} ${CLIENT_PORT} > ${db} ${SERVICE} udp`);
        from('web-s1', tcp(web, CLIENT_PORT, WORLD[family], SERVICE, 'PA'), worlds, `${outside} ${tcpPort} > ${WORLD[family]} ${SERVICE} tcp PA`);
        from('web-s1', udp(web, CLIENT_PORT, WORLD[family], SERVICE), worlds, `${outside} ${udpPort} > ${WORLD[family]} ${SERVICE} udp`);
      };
      const back = (): void => {
        from('db-s3', tcp(db, SERVICE, web, CLIENT_PORT, 'PA'), ['web-s1'], `${db} ${SERVICE} > ${web} ${CLIENT_PORT} tcp PA`);
        for (const world of worlds) from(world, tcp(WORLD[family], SERVICE, outside, tcpPort, 'PA'), ['web-s1'], `${WORLD[family]} ${SERVICE} > ${web} ${CLIENT_PORT} tcp PA`);
      };
      if (first === 'inside') { out(); back(); } else { back(); out(); }
    }
  };
  goesOn('inside', 'before');
  await place.move('web-s1', 'web', ['s1', 's2']);
  goesOn('inside', 'to the other server of the gateway');
  await place.move('web-s1', 'web', ['s2', 's3']);
  goesOn('outside', 'to a server that is not of it, where the other end is');
  await place.move('db-s3', 'db', ['s3', 's1']);
  goesOn('outside', 'the server of the connection moves too');
  await place.move('web-s1', 'web', ['s3', 's1']);
  goesOn('inside', 'home again');
}

async function isReplaced(place: Place): Promise<void> {
  const { zone } = place;
  const gateway = { servers: ['s1', 's2'], device: 'eth1', addresses: [`${SHARED}/24`, '2001:db8:5::2/64'], nextHop: ['198.51.100.1', '2001:db8:5::1'], failoverSeconds: 5 };
  await zone.client.apply([resource('Gateway', 'edge', gateway)]);
  const replaced = async (): Promise<unknown> => Object(await zone.client.get({ kind: 'Gateway', name: 'edge' })).status.servers.map((s: { replaced?: true }) => s.replaced === true);
  const toldBy = (world: string): boolean => place.world.get(world)!.heard.some(f => f[0] === 0xff && f[12] === 8 && f[13] === 6 && ipv4Text(f.subarray(28, 32)) === SHARED && ipv4Text(f.subarray(38, 42)) === SHARED);
  const left = (): string | undefined => place.send('web-s3', udp(place.address('web-s3', 4), 6000, WORLD[4], 9), ['world-s1', 'world-s2'])?.at;
  await zone.settled();
  const speaker = 's1';                                                    // of the first address
  for (const device of place.world.values()) device.heard.length = 0;
  await place.running.get(speaker)!.close();
  await until(async () => String(await replaced()) === 'true,false');
  await until(async () => toldBy('s2') && left() === 'world-s2');
  classes(place, 'world-s2', 'db-s3', 4, { dst: SHARED, dstPort: 8082 });
  // What stands on the silent server goes on: only its visor is gone.
  classes(place, 'web-s1', 'world-s1', 4, { back: 'world-s2' });
  for (const device of place.world.values()) device.heard.length = 0;
  await place.startVisor(speaker);
  await until(async () => String(await replaced()) === 'false,false' && toldBy('s1'));
  await zone.settled();
  classes(place, 'web-s1', 'world-s1', 4, { back: 'world-s1' });
}
