// The way out of a Router, on the server of its gateway: an uplink at the device, and before it the NAT if there is one. Other servers send what
// leaves to the first of the two by a tunnel of its own VNI; what comes back is routed on the gateway's server, as what enters anywhere is.

import type { ElementSection, PlannedWire } from '../../../model/plan.ts';
import type { Nat, Router, Server } from '../../../model/resource.ts';
import { bare, isV6, nextHopsOf, uplinkOf, uplinkServer, type Uplink } from '../../../model/uplinks.ts';
import { DEFAULT_UNDERLAY_MTU_BYTES } from '../../../model/validate.ts';
import { pathOf, reachOf } from '../topology.ts';
import { endpointGiven, natGiven, routerGiven } from '../world.ts';
import type { Routing, Translation } from './modules.ts';
import type { Scene } from './scene.ts';
import { parseForward } from '../../../model/ports.ts';

/** Of modules/uplink and modules/nat44. From the third on: from other servers. */
const INSIDE = 0, OUTSIDE = 1, FIRST_TUNNEL = 2;
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
  const device: PlannedWire = { port: OUTSIDE, to: 'device', device: uplink.gateway.spec.device, via: nextHopsOf(uplink), claims: [...uplink.addresses.map(a => `${a}/${isV6(a) ? 128 : 32}`), ...uplink.routed].sort() };
  return {
    kind: 'element', owner: `Uplink/${path}`,
    element: { uid, id: number, imageHash: module.imageHash },
    keyed: module.keyed,
    contents: module.control({ router: given.mac, addresses: uplink.addresses }),
    wires: [inner, device, ...nat ? [] : tunnels(scene, path, uplink)],
  };
}

/** `path`: of the router. */
export function natSection(scene: Scene, path: string): ElementSection {
  const { world, modules: { nat44: module } } = scene;
  const uplink = uplinkAt(scene, path)!;
  const nat = uplink.nat!;
  const router = routerGiven(world, path)!;
  const { uid, number } = natOf(scene, uplink)!;
  return {
    kind: 'element', owner: `Nat/${path}`,
    element: { uid, id: number, imageHash: module.imageHash },
    keyed: module.keyed,
    contents: module.control({ address: uplink.natAddress!, masqueraded: uplink.masqueraded, forwards: forwardsOf(scene, nat) }),
    wires: [
      { port: INSIDE, to: 'element', element: router.uid, entry: ROUTER_PORT }, { port: OUTSIDE, to: 'element', element: router.uplink!.uid, entry: INSIDE },
      ...tunnels(scene, path, uplink),
    ],
  };
}

/** What the router's own element has of it: an interface, routes and wires. Undefined: it has no uplink. */
export function uplinkOfRouter(scene: Scene, path: string): { readonly interface: Routing['interfaces'][number]; readonly routes: Routing['routes']; readonly wires: readonly PlannedWire[] } | undefined {
  const { world } = scene;
  const uplink = uplinkAt(scene, path);
  const given = routerGiven(world, path);
  if (!uplink || !given?.uplink) return undefined;
  const server = uplinkServer(uplink);
  const { uid, vni } = given.uplink;
  const [ip4, ip6] = [uplink.addresses.find(a => !isV6(a)), uplink.addresses.find(isV6)];
  const out = [{ mac: given.mac, port: ROUTER_PORT }];
  const subnets = uplink.router.spec.networks.flatMap(n => Object(world.resources.get(`Network/${uplink.router.metadata.domain}/${n}`)).spec?.subnets as string[] | undefined ?? []);
  return {
    interface: { outside: true, mac: given.mac, ...ip4 === undefined ? {} : { ip4 }, ...ip6 === undefined ? {} : { ip6 }, mtu: uplink.gateway.spec.mtu ?? DEFAULT_UNDERLAY_MTU_BYTES },
    routes: [
      ...nextHopsOf(uplink).map(hop => ({ prefix: isV6(hop) ? '::/0' : '0.0.0.0/0', via: out })),
      // What is in a network and is nobody's does not go out.
      ...subnets.map(prefix => ({ prefix, via: [{ mac: NOBODY, port: NO_PORT }] })),
    ],
    wires: [
      { port: ROUTER_PORT, to: 'tunnel', server, remote: remoteOf(scene, server), vni, mtu: scene.mtu, floods: false },
      { port: ROUTER_PORT, to: 'element', element: natOf(scene, uplink)?.uid ?? uid, entry: INSIDE, server },
    ],
  };
}

function uplinkAt({ world }: Scene, path: string): Uplink | undefined {
  return uplinkOf(world.resources, world.resources.get(`Router/${path}`) as Router);
}

function natOf({ world }: Scene, { nat }: Uplink): ReturnType<typeof natGiven> {
  return nat && natGiven(world, pathOf(nat));
}

/** Their numbers tell nobody anything: they may change with the servers. */
function tunnels(scene: Scene, path: string, uplink: Uplink): PlannedWire[] {
  const { vni } = routerGiven(scene.world, path)!.uplink!;
  const network = scene.topology.networksOf.get(path)?.[0];
  const others = network === undefined ? [] : reachOf(scene.topology, network).filter(s => s !== uplinkServer(uplink));
  return others.map((server, i) => ({ port: FIRST_TUNNEL + i, to: 'tunnel', server, remote: remoteOf(scene, server), vni, mtu: scene.mtu, floods: false }));
}

function remoteOf({ world }: Scene, server: string): string {
  return (world.resources.get(`Server/${server}`) as Server).spec.underlay;
}

function forwardsOf({ world }: Scene, nat: Nat): Translation['forwards'] {
  return (nat.spec.forward ?? []).flatMap(({ to, ports }) => {
    const address = to.address ?? endpointGiven(world, `${nat.metadata.domain}/${to.endpoint}`)?.addresses.map(bare).find(a => !isV6(a));
    return address === undefined ? [] : ports.map(text => {
      const { protocol, port, toPort } = parseForward(text)!;
      return { protocol, port, to: { address, port: toPort } };
    });
  });
}
