// Who belongs together in a world: endpoints of networks and servers, networks of routers, servers that a network reaches.
// It reads resources only, never what was allocated.

import { contains, parseAddress, parsePrefix } from '../../model/address.ts';
import { dnsOf } from '../../model/dns/served.ts';
import type { Dns, Endpoint, Nat, Network, NetworkFunction, Policy, Resource, Router } from '../../model/resource.ts';
import { functionsOf } from '../../model/functions.ts';
import { isRevoked } from '../../model/trust.ts';
import { natsOf, uplinkOf } from '../../model/uplinks.ts';

/** Networks and routers are `domain/name`, servers names. Endpoints are in no order: see `membersOf`. */
export interface Topology {
  readonly endpointsOf: ReadonlyMap<string, readonly Endpoint[]>;
  readonly endpointsOn: ReadonlyMap<string, readonly Endpoint[]>;
  /** Servers with endpoints in the network. */
  readonly serversOf: ReadonlyMap<string, ReadonlySet<string>>;
  readonly routerOf: ReadonlyMap<string, string>;
  readonly networksOf: ReadonlyMap<string, readonly string[]>;
  /** By router, of those with a way out: the servers of its gateway, and whether it translates. */
  readonly uplinks: ReadonlyMap<string, WayOut>;
  /** By domain. */
  readonly policiesOf: ReadonlyMap<string, readonly Policy[]>;
  /** By network. */
  readonly dnsOf: ReadonlyMap<string, Dns>;
  /** By network: the nearest to the endpoints first. */
  readonly functionsOf: ReadonlyMap<string, readonly NetworkFunction[]>;
}

export interface WayOut { readonly servers: readonly string[]; readonly isTranslated: boolean }

export const EMPTY_TOPOLOGY: Topology = { endpointsOf: new Map(), endpointsOn: new Map(), serversOf: new Map(), routerOf: new Map(), networksOf: new Map(), uplinks: new Map(), policiesOf: new Map(), dnsOf: new Map(), functionsOf: new Map() };

export function topologyOf(resources: ReadonlyMap<string, Resource>): Topology {
  const endpointsOf = new Map<string, Endpoint[]>();
  const endpointsOn = new Map<string, Endpoint[]>();
  const serversOf = new Map<string, Set<string>>();
  const routers: Router[] = [];
  const policiesOf = new Map<string, Policy[]>();
  for (const r of resources.values()) {
    if (r.kind === 'Router') routers.push(r);
    if (r.kind === 'Policy') push(policiesOf, r.metadata.domain, r);
    // A server that is cut off has no endpoints for the others: no station, no tunnel leads there.
    if (r.kind !== 'Endpoint' || isCutOff(resources, r.spec.server)) continue;
    const network = networkPath(r);
    push(endpointsOf, network, r);
    push(endpointsOn, r.spec.server, r);
    const servers = serversOf.get(network);
    if (servers) servers.add(r.spec.server); else serversOf.set(network, new Set([r.spec.server]));
  }
  const routerOf = new Map<string, string>();
  const networksOf = new Map<string, string[]>();
  const uplinks = new Map<string, WayOut>();
  const nats = natsOf(resources);
  for (const router of routers.sort((a, b) => pathOf(a) < pathOf(b) ? -1 : 1)) {
    const uplink = uplinkOf(resources, router, nats);
    if (uplink) uplinks.set(pathOf(router), { servers: uplink.servers, isTranslated: uplink.nat !== undefined });
    for (const network of router.spec.networks) {
      const path = `${router.metadata.domain}/${network}`;
      if (routerOf.has(path)) continue;                                    // validate.ts says so
      routerOf.set(path, pathOf(router));
      push(networksOf, pathOf(router), path);
    }
  }
  return { endpointsOf, endpointsOn, serversOf, routerOf, networksOf, uplinks, policiesOf, dnsOf: dnsOf(resources), functionsOf: functionsOf(resources) };
}

/** The network and all that one router joins it to. */
export function joinedTo(topology: Topology, network: string): readonly string[] {
  return topology.networksOf.get(topology.routerOf.get(network) ?? '') ?? [network];
}

/** Servers that have the network: with endpoints in it, or in one that a router joins it to, or with that router's way out. Sorted. */
export function reachOf(topology: Topology, network: string): readonly string[] {
  const out = topology.uplinks.get(topology.routerOf.get(network) ?? '')?.servers ?? [];
  return [...new Set(joinedTo(topology, network).flatMap(n => [...topology.serversOf.get(n) ?? []]).concat(out))].sort();
}

/** Endpoints of a network, by name. */
export function membersOf(topology: Topology, network: string): readonly Endpoint[] {
  return byPath(topology.endpointsOf.get(network) ?? []);
}

/** Endpoints on a server, by name. */
export function membersOn(topology: Topology, server: string): readonly Endpoint[] {
  return byPath(topology.endpointsOn.get(server) ?? []);
}

function byPath(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  return endpoints.map(e => [pathOf(e), e] as const).sort(([a], [b]) => a < b ? -1 : 1).map(([, e]) => e);
}

/** `domain/name` of the endpoint's network. */
export function networkPath(endpoint: Endpoint): string {
  return `${endpoint.metadata.domain}/${endpoint.spec.network}`;
}

export function pathOf(resource: Network | Endpoint | Router | Policy | Nat | NetworkFunction): string {
  return `${resource.metadata.domain}/${resource.metadata.name}`;
}

/** Length of the subnet that the address is in. */
export function prefixBits(network: Network, address: string): number {
  const parsed = parseAddress(address)!;
  const subnet = network.spec.subnets.map(s => parsePrefix(s)!).find(p => contains(p, parsed));
  return subnet?.bits ?? (parsed.family === 4 ? 32 : 128);
}

function push<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list) list.push(value); else map.set(key, [value]);
}

function isCutOff(resources: ReadonlyMap<string, Resource>, name: string): boolean {
  const server = resources.get(`Server/${name}`);
  return server?.kind === 'Server' && isRevoked(server);
}
