// The filter around the element of a Network that a Dns serves: modules/dns. It speaks from the router's addresses, or without a router from those that
// are left for one. Every network of a domain has all names of it; what the data plane does not answer, the visor's resolver does, from the same zone.

import { labelsOf, isIn } from '../../../model/labels.ts';
import { nameServerAddresses } from '../../../model/dns/served.ts';
import { SERVER_NAME, type Zone } from '../../../model/dns/zone.ts';
import type { ElementSection } from '../../../model/plan.ts';
import { isUnmanaged, type Dns, type Endpoint, type Network, type Router } from '../../../model/resource.ts';
import { membersOf } from '../topology.ts';
import { endpointGiven, networkGiven, routerGiven } from '../world.ts';
import type { Naming } from './modules.ts';
import { AS_A_WHOLE, type Around, type Filter } from './row.ts';
import { onceIn, type Scene } from './scene.ts';
import { resourcesOf } from '../../../model/resources-of.ts';
import { pathOf } from '../../../model/path.ts';

/** Letters of the option of DHCP. */
const MOST_DHCP_DOMAIN = 64;

const ownerOf = (network: string): string => `Dns/${network}`;

export const dnsFilter: Filter = {
  owners: ({ dnsOf }, network) => dnsOf.has(network) ? [ownerOf(network)] : [],
  // All names of a domain are in all of its networks.
  touchedBy: { ...AS_A_WHOLE, Network: 'domain', Endpoint: 'domain', Policy: 'nothing', Identity: 'nothing', Presence: 'nothing' },
  around: (world, topology, network) => {
    const element = networkGiven(world, network)?.dns;
    if (!element || !topology.dnsOf.has(network)) return [];
    return [{ owner: ownerOf(network), element: { uid: element.uid, id: element.id }, section: (scene, around) => dnsSection(scene, network, around), contentsOn: () => ({}) }];
  },
};

function dnsSection(scene: Scene, network: string, around: Around): ElementSection {
  const { world, topology, modules: { dns: module } } = scene;
  const dns = topology.dnsOf.get(network)!;
  const server = serverOf(scene, network);
  const zone = zoneOf(scene, dns, server.addresses);
  const domain = resourcesOf(world.resources, 'Network', dns.metadata.domain);
  return {
    kind: 'element', owner: around.owner,
    element: { ...around.element, imageHash: module.imageHash },
    keyed: module.keyed,
    contents: module.control({ server, zone }),
    wires: [], around: around.place,
    resolver: { server, zone, upstreams: dns.spec.upstreams ?? [], mtu: (world.resources.get(`Network/${network}`) as Network).spec.mtu ?? scene.mtu, subnets: domain.flatMap(n => n.spec.subnets).sort() },
  };
}

/** Who answers, for ARP and neighbour discovery: none if it is the router. */
export function dnsStation(scene: Scene, network: string): Naming['server'] | undefined {
  const { topology } = scene;
  return topology.dnsOf.has(network) && !topology.routerOf.has(network) ? serverOf(scene, network) : undefined;
}

/** What DHCP tells of it. */
export function dnsForDhcp({ world, topology }: Scene, network: string): { readonly dns: readonly string[]; readonly domain: string } | undefined {
  const served = topology.dnsOf.get(network);
  if (!served) return undefined;
  const resource = world.resources.get(`Network/${network}`) as Network;
  const domain = `${resource.metadata.name}.${served.spec.zone}`;
  return { dns: nameServerAddresses(world.resources, resource, routerAt(world, topology, network)), domain: domain.length <= MOST_DHCP_DOMAIN ? domain : served.spec.zone };
}

function serverOf({ world, topology }: Scene, network: string): Naming['server'] {
  const resource = world.resources.get(`Network/${network}`) as Network;
  const router = routerAt(world, topology, network);
  const given = networkGiven(world, network)!;
  // Without a router, DHCP has the same address.
  const mac = router ? routerGiven(world, pathOf(router))!.mac : given.dhcp?.mac ?? given.dns!.mac;
  return { mac, addresses: nameServerAddresses(world.resources, resource, router) };
}

function routerAt(world: Scene['world'], topology: Scene['topology'], network: string): Router | undefined {
  return world.resources.get(`Router/${topology.routerOf.get(network)}`) as Router | undefined;
}

/** What does not hang on the network that asks. `path`: of the Dns. */
const namesOf = onceIn(({ world, topology }, path): Pick<Zone, 'hosts' | 'services'> => {
  const { metadata: { domain }, spec } = world.resources.get(`Dns/${path}`) as Dns;
  const members = [...topology.parts.get(domain)?.endpointsOf.keys() ?? []].sort().flatMap(n => membersOf(topology, n)).filter(e => !isUnmanaged(e));
  const nameOf = (e: Endpoint): string => `${e.metadata.name}.${e.spec.network}`;
  return {
    hosts: [...spec.records ?? [], ...members.map(e => ({ name: nameOf(e), addresses: endpointGiven(world, pathOf(e))!.addresses }))],
    services: (spec.services ?? []).flatMap(({ name, of, port, priority, weight }) =>
      members.filter(e => isIn(of, labelsOf(world.resources, e))).map(e => ({ name, priority, weight, port, target: nameOf(e) }))),
  };
});

function zoneOf(scene: Scene, dns: Dns, server: readonly string[]): Zone {
  const { hosts, services } = namesOf(scene, pathOf(dns));
  return { name: dns.spec.zone, ttlSeconds: dns.spec.ttlSeconds, hosts: [{ name: SERVER_NAME, addresses: server }, ...hosts], services };
}
