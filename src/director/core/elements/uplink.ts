// The way out of a Router, on the servers of its gateway: on each an uplink at the device, and before it the NAT if there is one. Other servers send
// what leaves to the first of the two on one of them, by a tunnel of its own VNI; what comes back is routed where it comes in, as what enters
// anywhere is. What servers of one gateway have apart from each other is gateway-server.ts's.

import { bare, formatPrefix, hostPrefix, isV6, networkOf, parsePrefix, stationRange } from '../../../model/address.ts';
import type { ElementSection, PlannedWire } from '../../../model/plan.ts';
import type { Nat, Network, Router, Server } from '../../../model/resource.ts';
import { besides, isOnLink, nextHopsOf, uplinkOf, wayOutOf, type Uplink } from '../../../model/uplinks.ts';
import { DEFAULT_UNDERLAY_MTU_BYTES } from '../../../model/validate.ts';
import { membersOf, reachOf } from '../topology.ts';
import { endpointGiven, gatewayGiven, natGiven, routerGiven } from '../world.ts';
import type { Routing, Translation, WayOut } from './modules.ts';
import { onceIn, type Scene } from './scene.ts';
import { parseForward } from '../../../model/ports.ts';
import { pathOf } from '../../../model/path.ts';

/** Of modules/uplink and modules/nat44. */
const INSIDE = 0, OUTSIDE = 1;
/** Of modules/uplink: to whom it is for, on the wire of the gateway; from the next one on, by a machine beside it; behind them, from other servers. */
const DIRECT = 2, FIRST_BESIDE = 3;
/** Of modules/nat44: servers of the gateway, in its order; behind them all others. */
const FIRST_FELLOW = 2;
/** Of the router's element; no network has it. */
const ROUTER_PORT = 0;
const NOBODY = '00:00:00:00:00:00';
/** No interface of a router has it: "no route". */
const NO_PORT = 0xffff;

/** `path`: of the router. */
export function uplinkSection(scene: Scene, path: string): ElementSection {
  const { world, modules: { uplink: module } } = scene;
  const uplink = uplinkAt(scene, path)!;
  const given = routerGiven(world, path)!;
  const { uid, number } = given.uplink!;
  const nat = natOf(scene, uplink);
  const inner: PlannedWire = nat ? { port: INSIDE, to: 'element', element: nat.uid, entry: OUTSIDE } : { port: INSIDE, to: 'element', element: given.uid, entry: ROUTER_PORT };
  const { device } = uplink.gateway.spec;
  const others = besides(uplink);
  return {
    kind: 'element', owner: `Uplink/${path}`,
    element: { uid, id: number, imageHash: module.imageHash },
    keyed: module.keyed,
    contents: module.control({ router: given.mac, addresses: addressesOf(uplink).map(a => ({ ...a, speaks: false })) }),
    wires: [
      inner, deviceWire(uplink), { port: DIRECT, to: 'device', device, via: 'direct', claims: [] },
      ...others.map((via, i): PlannedWire => ({ port: FIRST_BESIDE + i, to: 'device', device, via: [via], claims: [] })),
      ...nat ? [] : tunnels(scene, path, uplink, FIRST_BESIDE + others.length),
    ],
  };
}

/** Where most of what leaves goes, and all that comes in. */
export function deviceWire(uplink: Uplink, announces: readonly string[] = []): PlannedWire {
  const claims = [...uplink.addresses.map(hostPrefix), ...uplink.routed, ...uplink.oneToOne.map(one => one.outside)];
  return { port: OUTSIDE, to: 'device', device: uplink.gateway.spec.device, via: nextHopsOf(uplink), claims: [...new Set(claims)].sort(), ...announces.length > 0 && { announces } };
}

/** What some server of the gateway speaks for: the router's addresses, and those that workloads have on its wire, which answer their own pings. */
export function addressesOf({ addresses, oneToOne, gateway }: Uplink): readonly Omit<WayOut['addresses'][number], 'speaks'>[] {
  const whole = oneToOne.map(one => one.outside).filter(prefix => isHost(prefix) && isOnLink(gateway.spec.addresses, bare(prefix))).map(bare);
  return [...new Set([...addresses, ...whole])].map(address => ({ address, echoes: !whole.includes(address) }));
}

/** `path`: of the router. */
export function natSection(scene: Scene, path: string): ElementSection {
  const { world, modules: { nat44: module } } = scene;
  const uplink = uplinkAt(scene, path)!;
  const router = routerGiven(world, path)!;
  const { uid, number } = natOf(scene, uplink)!;
  return {
    kind: 'element', owner: `Nat/${path}`,
    element: { uid, id: number, imageHash: module.imageHash },
    keyed: module.keyed,
    contents: module.control(translationOf(scene, path)),
    wires: [
      { port: INSIDE, to: 'element', element: router.uid, entry: ROUTER_PORT }, { port: OUTSIDE, to: 'element', element: router.uplink!.uid, entry: INSIDE },
      ...tunnels(scene, path, uplink, FIRST_FELLOW),
    ],
  };
}

/** What all servers of the gateway have. `path`: of a router with a NAT. */
export const translationOf = onceIn((scene, path): Translation => {
  const uplink = uplinkAt(scene, path)!;
  const nat = uplink.nat!;
  return {
    ...uplink.natAddress !== undefined && { address: uplink.natAddress },
    masqueraded: uplink.masqueraded, forwards: forwardsOf(scene, nat), homes: homesOf(scene, path, uplink),
    oneToOne: uplink.oneToOne.flatMap(({ endpoint, inside, outside }) => {
      const own = inside ?? addressOf(scene, nat, endpoint!, isV6(outside));
      return own === undefined ? [] : [{ inside: own, outside }];
    }),
  };
});

/** Of a server of the gateway: how it is known to the others, and who owns which ports. Undefined: there is one alone. */
export function sharingOf({ world }: Scene, uplink: Uplink, server: string): Pick<Translation, 'ports' | 'fellows' | 'self'> | undefined {
  const servers = uplink.servers;
  const blocks = (gatewayGiven(world, uplink.gateway.metadata.name)?.blocks ?? []).filter(b => servers.includes(b.server));
  const own = blocks.find(b => b.server === server);
  if (servers.length < 2 || !own) return undefined;
  const portOf = (of: string): number => FIRST_FELLOW + servers.indexOf(of);
  return { ports: { first: own.first, count: own.count }, self: portOf(server), fellows: blocks.map(({ server: of, first, count }) => ({ first, count, port: portOf(of) })) };
}

/** Those of the gateway that are heard; if none is, all. */
export function liveServers({ world }: Scene, uplink: Uplink): readonly string[] {
  const away = gatewayGiven(world, uplink.gateway.metadata.name)?.away ?? [];
  const live = uplink.servers.filter(s => !away.includes(s));
  return live.length > 0 ? live : uplink.servers;
}

/** Endpoints that have moved away from where they are translated. */
function homesOf(scene: Scene, path: string, uplink: Uplink): NonNullable<Translation['homes']> {
  const servers = uplink.servers;
  if (servers.length < 2) return [];
  const live = liveServers(scene, uplink);
  return (scene.topology.networksOf.get(path) ?? []).flatMap(network => membersOf(scene.topology, network)).flatMap(endpoint => {
    const { home, addresses } = endpointGiven(scene.world, pathOf(endpoint))!;
    if (home === undefined || !live.includes(home) || home === wayOutOf(endpoint.spec.server, live)) return [];
    return addresses.filter(a => !isV6(a)).map(address => ({ address: bare(address), port: FIRST_FELLOW + servers.indexOf(home) }));
  });
}

/** What the router's own element has of it: an interface, routes and wires. Undefined: it has no uplink. */
export function uplinkOfRouter(scene: Scene, path: string): { readonly interface: Routing['interfaces'][number]; readonly routes: Routing['routes']; readonly besides: ReadonlyMap<string, Routing['routes'][number]['via'][number]>; readonly wires: readonly PlannedWire[] } | undefined {
  const { world } = scene;
  const uplink = uplinkAt(scene, path);
  const given = routerGiven(world, path);
  if (!uplink || !given?.uplink) return undefined;
  const { uid } = given.uplink;
  const [ip4, ip6] = [uplink.addresses.find(a => !isV6(a)), uplink.addresses.find(isV6)];
  const out = [{ mac: given.mac, port: ROUTER_PORT }];
  const hops = nextHopsOf(uplink);
  const isLeft = (prefix: string): boolean => hops.some(hop => isV6(hop) === isV6(prefix));
  const subnets = uplink.router.spec.networks.flatMap(n => (world.resources.get(`Network/${uplink.router.metadata.domain}/${n}`) as Network | undefined)?.spec.subnets ?? []);
  const own = [...uplink.addresses.map(hostPrefix), ...uplink.oneToOne.map(one => one.outside)];
  return {
    interface: { outside: true, mac: given.mac, ...ip4 === undefined ? {} : { ip4 }, ...ip6 === undefined ? {} : { ip6 }, mtu: uplink.gateway.spec.mtu ?? DEFAULT_UNDERLAY_MTU_BYTES },
    routes: [
      ...hops.map(hop => ({ prefix: isV6(hop) ? '::/0' : '0.0.0.0/0', via: out })),
      // What is for its own addresses goes as far as the NAT, and what is on the wire to whom it is for.
      ...[...new Set(own)].filter(isLeft).map(prefix => ({ prefix, via: out })),
      ...[...new Set(uplink.gateway.spec.addresses.filter(isLeft).map(networkText))].map(prefix => ({ prefix, via: [{ mac: wayMac(DIRECT), port: ROUTER_PORT }] })),
      // It would go to all on the wire, and all would answer (RFC 2644).
      ...[...new Set(uplink.gateway.spec.addresses.filter(isLeft).flatMap(broadcastOf))].map(prefix => ({ prefix, via: [], blackhole: true })),
      // What is in a network and is nobody's does not go out.
      ...subnets.map(prefix => ({ prefix, via: [{ mac: NOBODY, port: NO_PORT }] })),
    ],
    besides: new Map(besides(uplink).map((address, i) => [address, { mac: wayMac(FIRST_BESIDE + i), port: ROUTER_PORT }])),
    wires: uplink.servers.map((server): PlannedWire => ({ port: ROUTER_PORT, to: 'element', element: natOf(scene, uplink)?.uid ?? uid, entry: INSIDE, server })),
  };
}

/** What the router of another server sends out goes to one of the gateway's. */
export function wireOut(scene: Scene, path: string, server: string): PlannedWire | undefined {
  const uplink = uplinkAt(scene, path);
  const given = routerGiven(scene.world, path);
  if (!uplink || !given?.uplink || uplink.servers.includes(server)) return undefined;
  const gateway = wayOutOf(server, liveServers(scene, uplink));
  return { port: ROUTER_PORT, to: 'tunnel', server: gateway, remote: remoteOf(scene, gateway), vni: given.uplink.vni, mtu: scene.mtu, floods: false };
}

/** `path`: of the router. */
export const uplinkAt = onceIn(({ world }, path) => uplinkOf(world.resources, world.resources.get(`Router/${path}`) as Router));

function natOf({ world }: Scene, { nat }: Uplink): ReturnType<typeof natGiven> {
  return nat && natGiven(world, pathOf(nat));
}

/** From all other servers: those of the gateway first, in its order, so that these numbers hold. The others' tell nobody anything. */
function tunnels(scene: Scene, path: string, uplink: Uplink, first: number): PlannedWire[] {
  const { vni } = routerGiven(scene.world, path)!.uplink!;
  const network = scene.topology.networksOf.get(path)?.[0];
  const gateways = uplink.servers;
  const others = network === undefined ? [] : reachOf(scene.topology, network).filter(s => !gateways.includes(s));
  return [...gateways, ...others].map((server, i) => ({ port: first + i, to: 'tunnel', server, remote: remoteOf(scene, server), vni, mtu: scene.mtu, floods: false }));
}

function remoteOf({ world }: Scene, server: string): string {
  return (world.resources.get(`Server/${server}`) as Server).spec.underlay;
}

function forwardsOf(scene: Scene, nat: Nat): Translation['forwards'] {
  return (nat.spec.forward ?? []).flatMap(({ to, ports }) => {
    const address = to.address ?? addressOf(scene, nat, to.endpoint!, false);
    return address === undefined ? [] : ports.map(text => {
      const { protocol, port, toPort } = parseForward(text)!;
      return { protocol, port, to: { address, port: toPort } };
    });
  });
}

function addressOf({ world }: Scene, { metadata: { domain } }: Nat, endpoint: string, six: boolean): string | undefined {
  return endpointGiven(world, `${domain}/${endpoint}`)?.addresses.map(bare).find(a => isV6(a) === six);
}

/** How the router tells modules/uplink which port to leave by. */
function wayMac(port: number): string {
  return `06:69:6f:76:${(port >> 8).toString(16).padStart(2, '0')}:${(port & 255).toString(16).padStart(2, '0')}`;
}

function isHost(prefix: string): boolean {
  return prefix === hostPrefix(bare(prefix));
}

/** Of an address with the length of its subnet: the one that is all stations', as a prefix. Only IPv4 has one, where more than two stations have room (RFC 3021). */
function broadcastOf(addressWithLength: string): readonly string[] {
  const prefix = parsePrefix(addressWithLength)!;
  if (prefix.family === 6 || prefix.bits > 30) return [];
  return [formatPrefix({ family: 4, bits: 32, value: stationRange(prefix)!.last + 1n })];
}

function networkText(addressWithLength: string): string {
  return formatPrefix(networkOf(parsePrefix(addressWithLength)!));
}
