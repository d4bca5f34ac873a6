// The filter around the element of a Network that answers DHCP there: modules/dhcp. It is the outermost, so that no policy stands between
// an endpoint and its own address. Each endpoint's first address of a family is its lease; the server speaks from the router's address, or
// without a router from the one that is left for it, in IPv6 from the link-local one of its MAC.

import { contains, isV6, linkLocalOf, parseAddress, parsePrefix } from '../../../model/address.ts';
import { addressesAt, dhcpAddressOf } from '../../../model/interfaces.ts';
import type { ElementSection, PlanContents } from '../../../model/plan.ts';
import type { Network, Router } from '../../../model/resource.ts';
import { prefixBits } from '../topology.ts';
import { networkGiven, routerGiven } from '../world.ts';
import { dnsForDhcp } from './dns.ts';
import type { Member } from './member.ts';
import type { Leasing } from './modules.ts';
import { AS_A_WHOLE, type Around, type Filter } from './row.ts';
import type { Scene } from './scene.ts';

const ownerOf = (network: string): string => `Dhcp/${network}`;

export const dhcpFilter: Filter = {
  owners: (_, network) => [ownerOf(network)],
  touchedBy: { ...AS_A_WHOLE, Endpoint: 'nothing', Policy: 'nothing', Identity: 'nothing', Presence: 'nothing' },
  around: (world, _, network) => {
    const element = networkGiven(world, network)?.dhcp;
    if (!element || !(world.resources.get(`Network/${network}`) as Network | undefined)?.spec.dhcp) return [];
    return [{
      owner: ownerOf(network), element: { uid: element.uid, id: element.id },
      section: (scene, around) => dhcpSection(scene, network, around), contentsOn: (scene, members) => dhcpContentsOn(scene, network, members),
    }];
  },
};

function dhcpSection(scene: Scene, network: string, around: Around): ElementSection {
  const { modules: { dhcp } } = scene;
  const { leases: _, ...settings } = dhcp.control({ ...told(scene, network), leases: [] });
  return {
    kind: 'element', owner: around.owner,
    element: { ...around.element, imageHash: dhcp.imageHash },
    keyed: dhcp.keyed,
    contents: { ...settings, leases: [] },
    wires: [], around: around.place,
  };
}

/** A server's own: the leases of its endpoints, by their ports. */
function dhcpContentsOn(scene: Scene, network: string, members: readonly Member[]): PlanContents {
  const { modules: { dhcp } } = scene;
  const resource = networkAt(scene, network);
  const { routers } = serverOf(scene, network);
  const leases = members.flatMap(({ name, given: { port, mac, addresses } }): Leasing['leases'][number][] => {
    const address = addresses.find(a => !isV6(a));
    const address6 = addresses.find(isV6);
    if (address === undefined && address6 === undefined) return [];
    const subnet = address === undefined ? undefined : resource.spec.subnets.find(s => contains(parsePrefix(s)!, parseAddress(address)!));
    const router = routers.find(a => subnet !== undefined && contains(parsePrefix(subnet)!, parseAddress(a)!));
    const four = address === undefined ? undefined : { address, prefixLength: prefixBits(resource, address), ...router !== undefined && { router } };
    return [{ port, mac, ...name !== undefined && { name }, ...four && { four }, ...address6 !== undefined && { address6 } }];
  });
  const { leases: own } = dhcp.control({ ...told(scene, network), leases });
  return own === undefined ? {} : { leases: own };
}

/** Who answers, for ARP and neighbour discovery: none if it is the router. */
export function dhcpStation(scene: Scene, network: string): { readonly mac: string; readonly addresses: readonly string[] } | undefined {
  if (!networkAt(scene, network).spec.dhcp) return undefined;
  const { server, routers } = serverOf(scene, network);
  if (!server || (server.address !== undefined && routers.includes(server.address))) return undefined;
  return { mac: server.mac, addresses: [...server.address === undefined ? [] : [server.address], linkLocalOf(server.mac)] };
}

function told(scene: Scene, network: string): Omit<Leasing, 'leases'> {
  const { spec } = networkAt(scene, network);
  const names = dnsForDhcp(scene, network);
  const { dns = names?.dns, domain = names?.domain, leaseSeconds, routes } = spec.dhcp!;
  const { mac = '00:00:00:00:00:00', address = '0.0.0.0' } = serverOf(scene, network).server ?? {};
  return {
    server: { mac, address }, mtu: spec.mtu ?? scene.mtu,
    ...dns && { dns }, ...routes && { routes }, ...domain !== undefined && { domain }, ...leaseSeconds !== undefined && { leaseSeconds },
  };
}

/** `routers`: the IPv4 addresses of the router here. */
function serverOf({ world, topology }: Scene, network: string): { readonly server?: { readonly mac: string; readonly address?: string } | undefined; readonly routers: readonly string[] } {
  const path = topology.routerOf.get(network);
  const router = world.resources.get(`Router/${path}`) as Router | undefined;
  const routers = router ? addressesAt(world.resources, router, network).filter(a => !isV6(a)) : [];
  const mac = routers.length > 0 ? routerGiven(world, path!)?.mac : networkGiven(world, network)?.dhcp?.mac;
  const address = routers[0] ?? dhcpAddressOf(world.resources.get(`Network/${network}`) as Network);
  return { routers, server: mac === undefined ? undefined : { mac, ...address !== undefined && { address } } };
}

function networkAt({ world }: Scene, network: string): Network {
  return world.resources.get(`Network/${network}`) as Network;
}
