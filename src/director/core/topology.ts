// Who belongs together in a world: endpoints of networks and servers, networks of routers, servers that a network reaches.
// It reads resources only, never what was allocated.

import { contains, parseAddress, parsePrefix } from '../../model/address.ts';
import { dnsOf } from '../../model/dns/served.ts';
import type { Dns, Endpoint, Network, NetworkFunction, Policy, Resource } from '../../model/resource.ts';
import { functionsOf } from '../../model/functions.ts';
import { resourcesOf } from '../../model/resources-of.ts';
import { Table } from '../../model/table.ts';
import { isCutOff, isRevoked } from '../../model/trust.ts';
import { natsOf, uplinkOf } from '../../model/uplinks.ts';
import { domainOf, networkPath, pathOf } from '../../model/path.ts';

/** Networks and routers are `domain/name`, servers names. Endpoints are in no order: see `membersOf`. */
export interface Topology {
  /** By domain. */
  readonly parts: ReadonlyMap<string, PartOf>;
  readonly endpointsOf: Lookup<readonly Endpoint[]>;
  /** Servers with endpoints in the network. */
  readonly serversOf: Lookup<ReadonlySet<string>>;
  readonly routerOf: Lookup<string>;
  readonly networksOf: Lookup<readonly string[]>;
  /** By router, of those with a way out: the servers of its gateway, and whether it translates. */
  readonly uplinks: Lookup<WayOut>;
  /** By domain. */
  readonly policiesOf: Lookup<readonly Policy[]>;
  /** By network. */
  readonly dnsOf: Lookup<Dns>;
  /** By network: the nearest to the endpoints first. */
  readonly functionsOf: Lookup<readonly NetworkFunction[]>;
  /** By function: the networks that it is around, sorted. */
  readonly networksAround: Lookup<readonly string[]>;
}

/** What of a map is asked for. */
interface Lookup<V> extends Iterable<readonly [string, V]> {
  get(key: string): V | undefined;
  has(key: string): boolean;
}

/** What one domain is of it. */
interface PartOf {
  readonly endpointsOf: ReadonlyMap<string, readonly Endpoint[]>;
  readonly endpointsOn: ReadonlyMap<string, readonly Endpoint[]>;
  readonly serversOf: ReadonlyMap<string, ReadonlySet<string>>;
  readonly routerOf: ReadonlyMap<string, string>;
  readonly networksOf: ReadonlyMap<string, readonly string[]>;
  readonly uplinks: ReadonlyMap<string, WayOut>;
  readonly policiesOf: ReadonlyMap<string, readonly Policy[]>;
  readonly dnsOf: ReadonlyMap<string, Dns>;
  readonly functionsOf: ReadonlyMap<string, readonly NetworkFunction[]>;
  readonly networksAround: ReadonlyMap<string, readonly string[]>;
}

export interface WayOut { readonly servers: readonly string[]; readonly isTranslated: boolean }

/** Of domains that are as they were it is known. */
export function topologyOf(resources: ReadonlyMap<string, Resource>): Topology {
  const table = Table.from(resources);
  const around: Around = { gateways: table.under('Gateway'), cutOff: cutOffIn(table.under('Server')) };
  return joinedUp(new Map(table.domains().map(domain => {
    const part = table.part(domain);
    const had = known.get(part);
    if (had && had.around.gateways === around.gateways && had.around.cutOff === around.cutOff) return [domain, had.of] as const;
    const of = partOf(table, domain);
    known.set(part, { around, of });
    return [domain, of] as const;
  })));
}

/** What hangs on the zone's own resources: ways out, and who is cut off. */
interface Around { readonly gateways: unknown; readonly cutOff: string }
const known = new WeakMap<object, { readonly around: Around; readonly of: PartOf }>();
const cutOffs = new WeakMap<object, string>();

function cutOffIn(servers: ReadonlyMap<string, Resource>): string {
  const had = cutOffs.get(servers);
  if (had !== undefined) return had;
  const names = [...servers.values()].flatMap(r => r.kind === 'Server' && isRevoked(r) ? r.metadata.name : []).sort().join();
  cutOffs.set(servers, names);
  return names;
}

function partOf(resources: Table<Resource>, domain: string): PartOf {
  const endpointsOf = new Map<string, Endpoint[]>();
  const endpointsOn = new Map<string, Endpoint[]>();
  const serversOf = new Map<string, Set<string>>();
  const policiesOf = new Map<string, Policy[]>();
  for (const policy of resourcesOf(resources, 'Policy', domain)) push(policiesOf, domain, policy);
  for (const endpoint of resourcesOf(resources, 'Endpoint', domain)) {
    // A server that is cut off has no endpoints for the others: no station, no tunnel leads there.
    if (isCutOff(resources, endpoint.spec.server)) continue;
    const network = networkPath(endpoint);
    push(endpointsOf, network, endpoint);
    push(endpointsOn, endpoint.spec.server, endpoint);
    const servers = serversOf.get(network);
    if (servers) servers.add(endpoint.spec.server); else serversOf.set(network, new Set([endpoint.spec.server]));
  }
  const routerOf = new Map<string, string>();
  const networksOf = new Map<string, string[]>();
  const uplinks = new Map<string, WayOut>();
  const nats = natsOf(resources, domain);
  for (const router of [...resourcesOf(resources, 'Router', domain)].sort((a, b) => pathOf(a) < pathOf(b) ? -1 : 1)) {
    const uplink = uplinkOf(resources, router, nats);
    if (uplink) uplinks.set(pathOf(router), { servers: uplink.servers, isTranslated: uplink.nat !== undefined });
    for (const network of router.spec.networks) {
      const path = `${router.metadata.domain}/${network}`;
      if (routerOf.has(path)) continue;                                    // validate.ts says so
      routerOf.set(path, pathOf(router));
      push(networksOf, pathOf(router), path);
    }
  }
  const around = functionsOf(resources, domain);
  const networksAround = new Map<string, string[]>();
  for (const network of [...around.keys()].sort()) for (const f of around.get(network)!) push(networksAround, pathOf(f), network);
  return { endpointsOf, endpointsOn, serversOf, routerOf, networksOf, uplinks, policiesOf, dnsOf: dnsOf(resources, domain), functionsOf: around, networksAround };
}

function joinedUp(parts: ReadonlyMap<string, PartOf>): Topology {
  const of = <F extends keyof PartOf>(field: F) => {
    type Held = PartOf[F] extends ReadonlyMap<string, infer V> ? V : never;
    return new Joined<Held>(parts, part => part[field] as unknown as ReadonlyMap<string, Held>);
  };
  return {
    parts, endpointsOf: of('endpointsOf'), serversOf: of('serversOf'), routerOf: of('routerOf'), networksOf: of('networksOf'), uplinks: of('uplinks'), policiesOf: of('policiesOf'), dnsOf: of('dnsOf'), functionsOf: of('functionsOf'), networksAround: of('networksAround'),
  };
}

/** Maps of all domains as one: keys begin with the domain. */
class Joined<V> {
  readonly #parts: ReadonlyMap<string, PartOf>;
  readonly #of: (part: PartOf) => ReadonlyMap<string, V>;

  constructor(parts: ReadonlyMap<string, PartOf>, of: (part: PartOf) => ReadonlyMap<string, V>) {
    this.#parts = parts;
    this.#of = of;
  }
  get(key: string): V | undefined {
    const end = key.indexOf('/');
    const part = this.#parts.get(end < 0 ? key : key.slice(0, end));
    return part && this.#of(part).get(key);
  }
  has(key: string): boolean {
    return this.get(key) !== undefined;
  }
  * [Symbol.iterator](): IterableIterator<readonly [string, V]> {
    for (const part of this.#parts.values()) yield* this.#of(part);
  }
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

/** Its endpoints on a server, by name. */
export function membersOn(topology: Topology, server: string, network: string): readonly Endpoint[] {
  const part = topology.parts.get(domainOf(network));
  return byPath((part?.endpointsOn.get(server) ?? []).filter(e => networkPath(e) === network));
}

function byPath(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  return endpoints.map(e => [pathOf(e), e] as const).sort(([a], [b]) => a < b ? -1 : 1).map(([, e]) => e);
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

export const EMPTY_TOPOLOGY: Topology = joinedUp(new Map());
