// The filter around the element of a Network that answers DHCP there: modules/dhcp. It is the outermost, so that no policy stands between
// an endpoint and its own address. Each endpoint's first IPv4 address is its lease; the server speaks from the router's address, or
// without a router from the one that is left for it.

import { contains, parseAddress, parsePrefix } from '../../../model/address.ts';
import { dhcpAddressOf, interfacesOf } from '../../../model/interfaces.ts';
import type { ElementSection, PlanContents } from '../../../model/plan.ts';
import type { Endpoint, Network, Router } from '../../../model/resource.ts';
import { pathOf, prefixBits } from '../topology.ts';
import { endpointGiven, networkGiven, routerGiven } from '../world.ts';
import type { Around } from './filters.ts';
import type { Leasing } from './modules.ts';
import type { Scene } from './scene.ts';

export function dhcpSection(scene: Scene, network: string, around: Around): ElementSection {
  const { modules: { dhcp } } = scene;
  const { leases: _, ...settings } = dhcp.control({ ...told(scene, network), leases: [] });
  return {
    kind: 'element', owner: `Dhcp/${network}`,
    element: { ...around.element, imageHash: dhcp.imageHash },
    keyed: dhcp.keyed,
    contents: { ...settings, leases: [] },
    wires: [], around: around.place,
  };
}

/** A server's own: the leases of its endpoints, by their ports. */
export function dhcpContentsOn(scene: Scene, network: string, endpoints: readonly Endpoint[]): PlanContents {
  const { world, modules: { dhcp } } = scene;
  const resource = networkAt(scene, network);
  const { routers } = serverOf(scene, network);
  const leases = endpoints.flatMap((endpoint): Leasing['leases'][number][] => {
    const { port, mac, addresses } = endpointGiven(world, pathOf(endpoint))!;
    const address = addresses.find(a => !a.includes(':'));
    if (address === undefined) return [];
    const subnet = resource.spec.subnets.find(s => contains(parsePrefix(s)!, parseAddress(address)!));
    const router = routers.find(a => subnet !== undefined && contains(parsePrefix(subnet)!, parseAddress(a)!));
    return [{ port, mac, address, prefixLength: prefixBits(resource, address), name: endpoint.metadata.name, ...router !== undefined && { router } }];
  });
  const { leases: own } = dhcp.control({ ...told(scene, network), leases });
  return own === undefined ? {} : { leases: own };
}

/** Who answers, for ARP: none if it is the router, or if there is no IPv4 here. */
export function dhcpStation(scene: Scene, network: string): { readonly mac: string; readonly address: string } | undefined {
  if (!networkAt(scene, network).spec.dhcp) return undefined;
  const { server, routers } = serverOf(scene, network);
  return server && !routers.includes(server.address) ? server : undefined;
}

function told(scene: Scene, network: string): Omit<Leasing, 'leases'> {
  const { spec } = networkAt(scene, network);
  const { dns, domain, leaseSeconds } = spec.dhcp!;
  return {
    server: serverOf(scene, network).server ?? { mac: '00:00:00:00:00:00', address: '0.0.0.0' }, mtu: spec.mtu ?? scene.mtu,
    ...dns && { dns }, ...domain !== undefined && { domain }, ...leaseSeconds !== undefined && { leaseSeconds },
  };
}

/** `routers`: the IPv4 addresses of the router here. */
function serverOf({ world, topology }: Scene, network: string): { readonly server?: Leasing['server'] | undefined; readonly routers: readonly string[] } {
  const path = topology.routerOf.get(network);
  const router = world.resources.get(`Router/${path}`) as Router | undefined;
  const routers = router ? (interfacesOf(world.resources, router).find(i => i.network === network)?.addresses ?? []).filter(a => !a.includes(':')) : [];
  const mac = routers.length > 0 ? routerGiven(world, path!)?.mac : networkGiven(world, network)?.dhcp?.mac;
  const address = routers[0] ?? dhcpAddressOf(world.resources.get(`Network/${network}`) as Network);
  return { routers, server: mac !== undefined && address !== undefined ? { mac, address } : undefined };
}

function networkAt({ world }: Scene, network: string): Network {
  return world.resources.get(`Network/${network}`) as Network;
}
