// The element of a Router: the same on every server that has one of its networks, joined to their elements. What it sends on leaves
// by the network of the receiver, so a packet is routed where it enters and takes at most one tunnel.

import { isV6 } from '../../../model/address.ts';
import type { ElementSection, PlanContents } from '../../../model/plan.ts';
import type { Network, Router } from '../../../model/resource.ts';
import { membersOf } from '../topology.ts';
import { endpointGiven, networkGiven, routerGiven, type Seat } from '../world.ts';
import type { Routing } from './modules.ts';
import { interfacesOf } from '../../../model/interfaces.ts';
import type { Scene } from './scene.ts';
import { uplinkOfRouter } from './uplink.ts';
import { pathOf } from '../../../model/path.ts';

/** What comes over it with an endpoint that is born on its server. */
export function routerContentsWith({ world, modules: { router } }: Scene, path: string, network: string, { mac, addresses }: Seat): PlanContents {
  const port = routerGiven(world, path)!.ports[network]!.router;
  const { neighbors } = router.control({ interfaces: [], neighbors: addresses.map(address => ({ address, mac, port })), routes: [] });
  return neighbors === undefined ? {} : { neighbors };
}

export function routerSection(scene: Scene, path: string): ElementSection {
  const { world, topology, modules: { router } } = scene;
  const given = routerGiven(world, path)!;
  const resource = world.resources.get(`Router/${path}`) as Router;
  const joined = interfacesOf(world.resources, resource).filter(i => topology.routerOf.get(i.network) === path);
  const interfaces: Routing['interfaces'][number][] = [];
  for (const { network, addresses } of joined) {
    const port = given.ports[network]!.router;
    while (interfaces.length <= port) interfaces.push({ mac: '00:00:00:00:00:00' });
    const ip4 = addresses.find(a => !isV6(a));
    const ip6 = addresses.find(isV6);
    const mtu = (world.resources.get(`Network/${network}`) as Network).spec.mtu ?? scene.mtu;
    interfaces[port] = { mac: given.mac, ...ip4 === undefined ? {} : { ip4 }, ...ip6 === undefined ? {} : { ip6 }, mtu };
  }
  const uplink = uplinkOfRouter(scene, path);
  if (uplink) interfaces[0] = uplink.interface;
  const neighbors = joined.flatMap(({ network }) => membersOf(topology, network).flatMap(endpoint => {
    const { mac, addresses } = endpointGiven(world, pathOf(endpoint))!;
    return addresses.map(address => ({ address, mac, port: given.ports[network]!.router }));
  }));
  const hops = new Map([...neighbors.map(({ address, mac, port }) => [address, { mac, port }] as const), ...uplink?.besides ?? []]);
  // Where no endpoint has the address yet, there is no such way.
  const routes = (resource.spec.routes ?? []).map(({ to, via = [], blackhole }): Routing['routes'][number] =>
    ({ prefix: to, via: via.flatMap(address => hops.get(address) ?? []), ...blackhole && { blackhole } }));
  return {
    kind: 'element', owner: `Router/${path}`,
    element: { uid: given.uid, id: given.number, imageHash: router.imageHash },
    keyed: router.keyed,
    contents: router.control({ interfaces, neighbors, routes: [...routes, ...(uplink?.routes ?? []).filter(r => routes.every(own => own.prefix !== r.prefix))] }),
    wires: [
      ...joined.map(({ network }) => ({ port: given.ports[network]!.router, to: 'element' as const, element: networkGiven(world, network)!.uid, entry: given.ports[network]!.network })),
      ...uplink?.wires ?? [],
    ],
  };
}
