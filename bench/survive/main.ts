// `npm run survive`: visors are killed and started again, and the images of all modules are swapped, while packets flow: within a server, between
// servers through router and firewall, and out by a Gateway with NAT. Exit 0 only if no ping was lost and no connection broken.

import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import pino from 'pino';
import type { LoadedModule, LoadedModules } from '../../src/director/core/loaded-module.ts';
import { loadModules } from '../../src/director/shell/modules.ts';
import { runDirector } from '../../src/director/shell/run.ts';
import { decodeImage, encodeImage } from '../../src/image/codec.ts';
import { imageHash } from '../../src/image/image-hash.ts';
import type { Image } from '../../src/image/image.ts';
import { addAddress } from '../../src/netlink/addresses.ts';
import { Netlink } from '../../src/netlink/client.ts';
import { createVeth, indexOf, setLink } from '../../src/netlink/links.ts';
import { createNamespace } from '../../src/netlink/namespaces.ts';
import { addRoute } from '../../src/netlink/routes.ts';
import { readArguments } from '../../scripts/arguments.ts';
import { PINS, PREFIX, RUN_DIR } from '../leftovers.ts';
import { watched } from '../watched.ts';
import { Zone } from '../zone.ts';
import { Talk } from './talk.ts';

const { values, whole } = readArguments(`usage: npm run survive -- [--restarts N] [--swaps N]

  --restarts  of each visor (100)
  --swaps     of the images of all modules (100)

Exit 1: a ping was lost or a connection broke.`, { options: { restarts: { type: 'string', default: '100' }, swaps: { type: 'string', default: '100' } } });
const restarts = whole('restarts', values.restarts, 0, 1_000_000), swaps = whole('swaps', values.swaps, 0, 1_000_000);
const SERVERS = { a: '192.0.2.1', b: '192.0.2.2' } as const;
type Server = keyof typeof SERVERS;
const OUTSIDE = '198.51.100.1', GATEWAY = '198.51.100.2', MACHINE = '198.51.100.3';
const started = performance.now();
const say = (what: string): void => { console.log(`  ${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${what}`); };

process.exitCode = await watched(survive).catch((error: unknown) => {
  console.error(`error: ${error instanceof Error ? error.stack : String(error)}`);
  return 1;
});

async function survive(stop: AbortSignal): Promise<number> {
  const spaces = { a: createNamespace(`${PREFIX}a`), b: createNamespace(`${PREFIX}b`) };
  layUnderlay(spaces);
  const outside = layOutside(spaces.b);
  const variants = variantsOf(await loadModules());
  await using zone = new Zone({ folder: `${RUN_DIR}/zone`, pins: PINS });
  let director = await directorOf(variants[0]!);
  try {
    for (const server of ['a', 'b'] as const) await zone.startVisor(server, spaces[server], SERVERS[server]);
    for (const name of ['a', 'b']) await zone.registered(name);
    await zone.director.apply(resources());
    const addresses = new Map<string, string>();
    const hosts = new Map<string, string>();
    for (const [name, network, server] of [['web-1', 'web', 'a'], ['web-2', 'web', 'a'], ['db-1', 'db', 'b']] as const) {
      hosts.set(name, createNamespace(PREFIX + name));
      const { addresses: given } = await zone.visor(server).attach({ domain: 'red', network, name, netns: hosts.get(name)!, timeoutMs: 60_000 });
      addresses.set(name, given.find(a => a.includes('.'))!.split('/')[0]!);
    }
    await zone.settled(['a', 'b']);
    await using talk = new Talk();
    for (const at of [hosts.get('web-2')!, hosts.get('db-1')!, outside]) await talk.answer(at);
    const from = hosts.get('web-1')!;
    await talk.begin('web-1 to web-2, one server', from, addresses.get('web-2')!);
    await talk.begin('web-1 to db-1, two servers, router and firewall', from, addresses.get('db-1')!);
    await talk.begin('web-1 to the outside, NAT at the other server', from, OUTSIDE);
    await pause(500);
    const before = await dropsOf(zone), traffic = await trafficOf(zone);

    let changes = 0;
    for (let n = 1; n <= restarts; n++) {
      const server = n % 2 === 0 ? 'a' : 'b';
      await zone.kill(server);
      await zone.startVisor(server, spaces[server]);
      await zone.settled([server]);
      changes += (await zone.answer(() => zone.visor(server).status())).changes;
      if (n % 10 === 0) say(`${n} restarts, ${changes} changes by them`);
      stop.throwIfAborted();
    }
    for (let n = 1; n <= swaps; n++) {
      const modules = variants[n % variants.length]!;
      await director.close();
      director = await directorOf(modules);
      await haveImages(modules);
      if (n % 10 === 0) say(`${n} swaps of the images of all modules`);
      stop.throwIfAborted();
    }
    await pause(500);
    const talked = await talk.end();
    const after = await dropsOf(zone);
    const lost = [...after].flatMap(([name, packets]) => packets > (before.get(name) ?? 0) ? [`${packets - (before.get(name) ?? 0)} packets dropped: ${name}`] : []);
    const failures = [...lost];
    if (changes > 0) failures.push(`restarted visors changed ${changes} things`);
    for (const [name, { pings, tcp }] of talked) {
      say(`${name}: ${pings.sent} pings, ${pings.lost} lost, longest ${pings.longestMs.toFixed(0)} ms; TCP ${(tcp.bytes / 2 ** 20).toFixed(0)} MiB there and back${tcp.broken === undefined ? '' : `, BROKEN: ${tcp.broken}`}, longest pause ${tcp.longestMs.toFixed(0)} ms`);
      if (pings.lost > 0) failures.push(`${name}: ${pings.lost} of ${pings.sent} pings lost`);
      if (tcp.broken !== undefined) failures.push(`${name}: ${tcp.broken}`);
    }
    const pings = [...talked.values()].reduce((sum, t) => sum + t.pings.sent, 0);
    const counted = await trafficOf(zone) - traffic;
    say(`${counted} packets more counted at ports`);
    if (counted < 2 * pings) failures.push(`counters were set back: ${counted} packets counted of at least ${2 * pings}`);
    for (const failure of failures) console.error(`FAILED  ${failure}`);
    return failures.length === 0 ? 0 : 1;
  } finally {
    await director.close();
  }

  async function directorOf(modules: LoadedModules) {
    const made = await runDirector({ listen: `unix:${RUN_DIR}/zone/director.sock`, stateDir: `${RUN_DIR}/zone/director`, modules, version: '0', logger: pino({ level: 'silent' }) });
    await zone.answer(() => zone.director.health());
    return made;
  }

  /** Until visors have these and no others: they let go of an image when nothing uses it. */
  async function haveImages(modules: LoadedModules): Promise<void> {
    const wanted = new Set(Object.values(modules).map(m => `${m.planned.imageHash}.json`));
    for (const end = performance.now() + 300_000; ;) {
      const settled = (['a', 'b'] as const).every(server => readdirSync(`${RUN_DIR}/zone/${server}/images`).every(file => wanted.has(file) || !file.endsWith('.json')));
      if (settled) { await zone.settled(['a', 'b']); return; }
      if (performance.now() > end) throw new Error(`the new images are not taken over in five minutes\n${await zone.troubles(['a', 'b'])}`);
      await pause(20);
    }
  }
}

/** The modules as they are, with their sites in other columns, and with more room in their maps. */
function variantsOf(modules: LoadedModules): LoadedModules[] {
  const variant = (change: (image: Image) => Image): LoadedModules => Object.fromEntries(Object.entries(modules).map(([name, module]) => [name, changed(module as LoadedModule<unknown>, change)])) as unknown as LoadedModules;
  return [
    modules,
    variant(image => ({ ...image, sites: image.sites.map(site => ({ ...site, column: site.column + 1 })) })),
    variant(image => ({ ...image, maps: image.maps.map(map => map.kind.includes('hash') || map.kind === 'expiring' || map.kind === 'lpm' ? { ...map, capacity: map.capacity + 64 } : map) })),
  ];
}

function changed({ planned, imageText }: LoadedModule<unknown>, change: (image: Image) => Image): LoadedModule<unknown> {
  const decoded = decodeImage(imageText);
  if (!decoded.ok) throw new Error(decoded.message);
  const image = change(decoded.image);
  return { imageText: encodeImage(image), planned: { ...planned, imageHash: imageHash(image) } };
}

async function dropsOf(zone: Zone): Promise<Map<string, number>> {
  const sums = new Map<string, number>();
  for (const server of ['a', 'b']) for (const { module, reason, packets } of await zone.answer(() => zone.visor(server).drops())) sums.set(`${server} ${module} ${reason}`, (sums.get(`${server} ${module} ${reason}`) ?? 0) + packets);
  return sums;
}

async function trafficOf(zone: Zone): Promise<number> {
  let packets = 0;
  for (const server of ['a', 'b']) for (const { rxPackets, txPackets } of (await zone.answer(() => zone.visor(server).stats())).ports) packets += rxPackets + txPackets;
  return packets;
}

function resources(): object[] {
  const resource = (kind: string, name: string, spec: object, domain?: string): object => ({ apiVersion: 'iovisor/v1', kind, metadata: { name, ...domain !== undefined && { domain } }, spec });
  const network = (name: string, subnet: string): object => resource('Network', name, { subnets: [subnet], dhcp: {}, attach: { grant: { tier: name } } }, 'red');
  return [
    resource('Gateway', 'edge', { servers: ['b'], device: 'eth1', addresses: [`${GATEWAY}/24`], nextHop: [OUTSIDE] }),
    resource('Domain', 'red', {}), network('web', '10.1.0.0/24'), network('db', '10.2.0.0/24'),
    resource('Router', 'r', { networks: ['web', 'db'], uplink: { gateway: 'edge' } }, 'red'),
    resource('Nat', 'out', { router: 'r', masquerade: [{ from: { network: 'web' } }] }, 'red'),
    resource('Policy', 'db', { group: { tier: 'db' }, ingress: [{ from: { tier: 'web' } }] }, 'red'),
    resource('Policy', 'web', { group: { tier: 'web' }, ingress: [{ from: { tier: 'web' } }] }, 'red'),
  ];
}

function layUnderlay(spaces: Readonly<Record<Server, string>>): void {
  using near = new Netlink({ netns: spaces.a });
  using far = new Netlink({ netns: spaces.b });
  createVeth(near, { name: 'underlay', mtu: 1600 }, { name: 'underlay', mtu: 1600, netns: spaces.b });
  for (const [netlink, server] of [[near, 'a'], [far, 'b']] as const) {
    addAddress(netlink, indexOf(netlink, 'underlay'), `${SERVERS[server]}/24`);
    for (const device of ['underlay', 'lo']) setLink(netlink, device, { state: 'up' });
  }
}

/** A neighbour of the server's own device; what it answers goes by that. */
function layOutside(server: string): string {
  const netns = createNamespace(`${PREFIX}outside`);
  using here = new Netlink({ netns: server });
  createVeth(here, { name: 'eth1', state: 'up' }, { name: 'eth0', netns });
  using there = new Netlink({ netns });
  addAddress(here, indexOf(here, 'eth1'), `${MACHINE}/24`);
  addAddress(there, indexOf(there, 'eth0'), `${OUTSIDE}/24`);
  setLink(there, 'eth0', { state: 'up' });
  addRoute(there, { destination: '0.0.0.0/0', via: GATEWAY, index: indexOf(there, 'eth0') });
  return netns;
}
