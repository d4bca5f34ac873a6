// The element of a Network: a bridge with a port for each local endpoint, one for each other server that has the network, and one to its router.

import { isV6, linkLocalOf } from '../../../model/address.ts';
import type { ElementSection, PlanContents, PlannedWire } from '../../../model/plan.ts';
import { labelsOf } from '../../../model/labels.ts';
import { isUnmanaged, type Endpoint, type Network, type Router, type Server } from '../../../model/resource.ts';
import { membersOf, reachOf } from '../topology.ts';
import { domainGiven, endpointGiven, identityGiven, networkGiven, routerGiven, tunnelGiven } from '../world.ts';
import type { Scene } from './scene.ts';
import { addressesAt } from '../../../model/interfaces.ts';
import { dhcpStation } from './dhcp.ts';
import { dnsStation } from './dns.ts';
import { filtersAt } from './filters.ts';
import type { Member } from './member.ts';
import { AS_A_WHOLE, type Row } from './row.ts';
import type { Segment } from './modules.ts';
import { pathOf } from '../../../model/path.ts';

/** No wire is there: DHCP and DNS are answered before. */
const NOWHERE = 0;

export const networkOwner = (network: string): string => `Network/${network}`;

export const networkRow: Row = {
  owners: (_, network) => [networkOwner(network)],
  touchedBy: { ...AS_A_WHOLE, Endpoint: 'network', Policy: 'nothing', Identity: 'nothing', Presence: 'joined' },
};

export function networkSection(scene: Scene, network: string): ElementSection {
  const { world, topology, modules: { bridge } } = scene;
  const given = networkGiven(world, network)!;
  const resource = world.resources.get(`Network/${network}`) as Network;
  const portOf = (server: string): number => tunnelGiven(world, network, server)!.port;
  const members = membersOf(topology, network);
  const unmanaged = members.filter(isUnmanaged);
  const joined = routerAt(scene, network);
  const [dhcp, dns] = [dhcpStation(scene, network), dnsStation(scene, network)];
  // Both have one MAC.
  const servers = dhcp || dns ? [{ mac: (dhcp ?? dns)!.mac, addresses: [...new Set([...dhcp?.addresses ?? [], ...dns?.addresses ?? []])], port: NOWHERE }] : [];
  const stations = [...stationsOf(scene, members, e => portOf(e.spec.server)), ...joined ? [joined.station] : [], ...servers];
  const innermost = filtersAt(scene, network).at(-1);
  const here = topology.serversOf.get(network);
  const tunnels = reachOf(topology, network).map((server): PlannedWire => ({
    port: portOf(server), to: 'tunnel', server, remote: (world.resources.get(`Server/${server}`) as Server).spec.underlay, vni: given.vni, mtu: resource.spec.mtu ?? scene.mtu, ...here?.has(server) ? {} : { floods: false },
  }));
  return {
    kind: 'element', owner: networkOwner(network),
    element: { uid: given.uid, id: given.number, imageHash: bridge.imageHash },
    keyed: bridge.keyed,
    contents: bridge.control({ stations, unmanaged: [...new Set(unmanaged.map(e => portOf(e.spec.server)))], ...advertOf(scene, network, joined?.station, dhcp?.mac) }),
    wires: [...tunnels, ...unmanaged.map(e => trunkTo(scene, e)), ...joined ? [joined.wire] : []],
    ...innermost && { filter: innermost.element.uid },
  };
}

/** What a server has over the shared contents: its own stations, at their own ports. */
export function networkContentsOn(scene: Scene, network: string, members: readonly Member[]): PlanContents {
  const { modules: { bridge } } = scene;
  const guarded = isGuarded(scene, network);
  const stations = members.filter(m => !m.unmanaged).map(({ given: { mac, addresses, port } }) => ({ mac, addresses, port, guarded }));
  const all = bridge.control({ stations, unmanaged: members.filter(m => m.unmanaged).map(m => m.given.port) });
  return Object.fromEntries(Object.entries(all).filter(([name]) => bridge.keyed.includes(name)));
}

/** To what is behind a device: its frames enter as the endpoint's, with its labels. */
function trunkTo({ world }: Scene, endpoint: Endpoint): PlannedWire {
  const { server, device = '', vlan } = endpoint.spec;
  const { port, id } = endpointGiven(world, pathOf(endpoint))!;
  const { domain } = endpoint.metadata;
  return {
    port, to: 'trunk', server, device, ...vlan !== undefined && { vlan },
    domain: domainGiven(world, domain)!.number, endpoint: id, group: identityGiven(world, domain, labelsOf(world.resources, endpoint))!.number,
  };
}

/** Where a network has no subnets, the Director knows no addresses that could be wrong. */
function isGuarded({ world }: Scene, network: string): boolean {
  const { antiSpoof, subnets } = (world.resources.get(`Network/${network}`) as Network).spec;
  return antiSpoof !== false && subnets.length > 0;
}

function stationsOf({ world }: Scene, endpoints: readonly Endpoint[], portOf: (endpoint: Endpoint) => number): Segment['stations'] {
  return endpoints.filter(e => !isUnmanaged(e)).map(endpoint => {
    const { mac, addresses } = endpointGiven(world, pathOf(endpoint))!;
    return { mac, addresses, port: portOf(endpoint) };
  });
}

/** The router speaks, or, where it has no IPv6, who answers DHCPv6: many clients ask nobody for their address before they are told to. */
function advertOf(scene: Scene, network: string, router: Segment['stations'][number] | undefined, dhcpMac: string | undefined): Pick<Segment, 'advert'> {
  const { subnets, dhcp, mtu = scene.mtu } = (scene.world.resources.get(`Network/${network}`) as Network).spec;
  const isRouter = router?.addresses.some(a => isV6(a) && !a.startsWith('fe80:')) === true;
  const mac = isRouter ? router.mac : dhcpMac ?? router?.mac;
  const six = subnets.filter(isV6);
  if (mac === undefined || six.length === 0 || (!isRouter && !dhcp)) return {};
  const dns = dhcp?.dns?.filter(isV6);
  return { advert: { mac, isRouter, isManaged: dhcp !== undefined, mtu, subnets: six, ...dns && { dns }, ...dhcp?.domain !== undefined && { domain: dhcp.domain } } };
}

/** The router is on every server that has the network, so its frames come from tunnels as well as from its own port. */
function routerAt({ world, topology }: Scene, network: string): { readonly station: Segment['stations'][number]; readonly wire: PlannedWire } | undefined {
  const path = topology.routerOf.get(network);
  const given = path === undefined ? undefined : routerGiven(world, path);
  const ports = given?.ports[network];
  if (!given || !ports) return undefined;
  const addresses = addressesAt(world.resources, world.resources.get(`Router/${path}`) as Router, network);
  return {
    station: { mac: given.mac, addresses: [...addresses, linkLocalOf(given.mac)], port: ports.network, everywhere: true },
    wire: { port: ports.network, to: 'element', element: given.uid, entry: ports.router, floods: false },
  };
}
