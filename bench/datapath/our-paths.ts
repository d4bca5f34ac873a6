// Our data path, with the elements, filters and wires that the Director plans for the networks written out here. One server, and two with a
// tunnel between them.

import type { LoadedModules } from '../../src/director/core/loaded-module.ts';
import { resource } from '../../src/director/core/zone.fixture.ts';
import { addAddress } from '../../src/netlink/addresses.ts';
import { Netlink } from '../../src/netlink/client.ts';
import { createVeth, indexOf } from '../../src/netlink/links.ts';
import { OurZone, type StandingServer } from './our-zone.ts';
import { DEVICE, type Path, PORTS, quietNamespace, type Station } from './path.ts';
import { underlay, UNDERLAY_IPS } from './wiring.ts';

export const BRIDGE = 'IO Visor: bridge';
export const FIREWALL_10 = 'bridge + firewall, 10 rules';
export const FIREWALL_10000 = 'bridge + firewall, 10 000 rules';
export const FIREWALL_BOTH = 'bridge + firewall at both ends';
export const ROUTER = 'router + firewall';
export const MASQUERADE = 'masquerade';
export const TWO = 'two servers';
export const TWO_FIREWALL = 'two servers + firewall';
export const TWO_DEVICE = 'two servers by the tunnel device';

const OUTSIDE = { machine: '198.51.100.3', gateway: '198.51.100.2', world: '198.51.100.1', device: 'eth1' } as const;
const MOST_RULES = 1000;
const server = (name: string, i: number): unknown => resource('Server', name, { underlay: UNDERLAY_IPS[i] });
const endpoint = (name: string, on: string, network: string): unknown => resource('Endpoint', `d/${name}`, { server: on, network }, { labels: { role: name } });
/** crr opens thousands of connections a second, and each counts until the minute in which it is over has passed. */
const connections = { most: 65_536 };
const NETWORK = resource('Network', 'd/n', { subnets: ['10.77.0.0/24'], connections });
const DOMAIN = resource('Domain', 'd');

/** What the receiver lets in, of which rules the last two are what the bench needs; `both`: the sender, too, needs rules. */
function policies(rules: number, both?: 'both'): unknown[] {
  const used = [`tcp/${PORTS.server}`, `udp/${PORTS.frames}`];
  const ports = [...Array.from({ length: rules - used.length }, (_, i) => `tcp/${10_000 + i}`), ...used];
  const ingress = Array.from({ length: Math.ceil(rules / MOST_RULES) }, (_, i) => resource('Policy', `d/in-${i}`, {
    group: { role: 'receiver' }, ingress: ports.slice(i * MOST_RULES, (i + 1) * MOST_RULES).map(port => ({ from: { role: 'sender' }, ports: [port] })),
  }));
  return both ? [...ingress, resource('Policy', 'd/out', { group: { role: 'sender' }, egress: [{ to: { role: 'receiver' }, ports: used }] })] : ingress;
}

export function ourBridge(modules: LoadedModules, name: string, rules = 0, both?: 'both'): Path {
  const label = rules === 0 ? 'br' : `fw${rules}${both ?? ''}`;
  const zone = new OurZone(modules, [DOMAIN, NETWORK, server('s1', 0), endpoint('sender', 's1', 'n'), endpoint('receiver', 's1', 'n'), ...rules === 0 ? [] : policies(rules, both)]);
  return onOneServer(zone, label, name);
}

export function ourRouter(modules: LoadedModules): Path {
  const zone = new OurZone(modules, [
    DOMAIN, NETWORK, resource('Network', 'd/m', { subnets: ['10.78.0.0/24'], connections }), resource('Router', 'd/r', { networks: ['n', 'm'] }),
    server('s1', 0), endpoint('sender', 's1', 'n'), endpoint('receiver', 's1', 'm'), ...policies(10),
  ]);
  return onOneServer(zone, 'rt', ROUTER, zone.routerMac('d/r'));
}

/** The receiver is outside of the zone, at a device of the server. */
export function ourMasquerade(modules: LoadedModules): Path {
  const zone = new OurZone(modules, [
    DOMAIN, NETWORK, server('s1', 0), endpoint('sender', 's1', 'n'),
    resource('Gateway', 'edge', { servers: ['s1'], device: OUTSIDE.device, addresses: [`${OUTSIDE.gateway}/24`], nextHop: [OUTSIDE.world] }),
    resource('Router', 'd/r', { networks: ['n'], uplink: { gateway: 'edge' } }),
    resource('Nat', 'd/out', { router: 'r', masquerade: [{ from: { network: 'n' } }] }),
  ]);
  const [host, sender, receiver] = ['h', 's', 'r'].map(end => quietNamespace(`nat-${end}`)) as [string, string, string];
  {
    using here = new Netlink({ netns: host });
    createVeth(here, { name: OUTSIDE.device, state: 'up' }, { name: DEVICE, netns: receiver, state: 'up' });
    addAddress(here, indexOf(here, OUTSIDE.device), `${OUTSIDE.machine}/24`);
    using there = new Netlink({ netns: receiver });
    addAddress(there, indexOf(there, DEVICE), `${OUTSIDE.world}/24`);
  }
  const standing = zone.stand('nat', 's1', host, { 'd/sender': sender });
  return path(MASQUERADE, [standing], { sender, receiver }, stationOf(zone, 's1', 'sender'), { ip: OUTSIDE.world, mac: zone.routerMac('d/r') });
}

/** `by`: programs encapsulate where the server's address is the underlay device's own; where it is the loopback's, the tunnel device does. */
export function ourTwoServers(modules: LoadedModules, name: string, by: 'program' | 'device', rules = 0): Path {
  const label = `two${by === 'program' ? '' : 'd'}${rules === 0 ? '' : 'f'}`;
  const zone = new OurZone(modules, [DOMAIN, NETWORK, server('s1', 0), server('s2', 1), endpoint('sender', 's1', 'n'), endpoint('receiver', 's2', 'n'), ...rules === 0 ? [] : policies(rules)]);
  const [near, far, sender, receiver] = ['h1', 'h2', 's', 'r'].map(end => quietNamespace(`${label}-${end}`)) as [string, string, string, string];
  underlay([near, far], by === 'program' ? 'own' : 'loopback');
  const servers = [zone.stand(`${label}-1`, 's1', near, { 'd/sender': sender }), zone.stand(`${label}-2`, 's2', far, { 'd/receiver': receiver })];
  return path(name, servers, { sender, receiver }, stationOf(zone, 's1', 'sender'), stationOf(zone, 's2', 'receiver'));
}

function onOneServer(zone: OurZone, label: string, name: string, nextHop?: string): Path {
  const [host, sender, receiver] = ['h', 's', 'r'].map(end => quietNamespace(`${label}-${end}`)) as [string, string, string];
  const standing = zone.stand(label, 's1', host, { 'd/sender': sender, 'd/receiver': receiver });
  const to = stationOf(zone, 's1', 'receiver');
  return path(name, [standing], { sender, receiver }, stationOf(zone, 's1', 'sender'), nextHop === undefined ? to : { ...to, mac: nextHop });
}

function stationOf(zone: OurZone, on: string, name: string): Station {
  const found = zone.planned(on).find(e => e.endpoint === `d/${name}`)!;
  return { mac: found.mac, ip: found.addresses[0]!.split('/')[0]! };
}

function path(name: string, servers: readonly StandingServer[], ends: { readonly sender: string; readonly receiver: string }, from: Station, to: Station): Path {
  const [first] = servers;
  return {
    name, ...ends, from, to, firstHop: { netns: first!.netns, device: first!.deviceOf('d/sender') }, programs: servers.map(s => s.pins),
    tidy() { for (const { datapath } of servers) datapath.sweep(); },
    close() { for (const { datapath } of servers) datapath.close(); },
  };
}
