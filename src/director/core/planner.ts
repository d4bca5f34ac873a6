// World → what every server must have. Shared sections are built once an element and joined to plans by reference.
// It decides no numbers: those are in the world. Planning in steps must give what planning from scratch gives.

import { isOfTrust } from '../../model/trust.ts';
import type { ElementSection, Generation, Hashed, Plan, PlanContents, PlannedEndpoint, PlannedWire, ServerSection } from '../../model/plan.ts';
import { labelsOf } from '../../model/labels.ts';
import { hashOfSection } from '../../model/section-hash.ts';
import { isUnmanaged, type Endpoint, type Network, type Resource, type Server } from '../../model/resource.ts';
import { networkMtuBytes } from '../../model/validate.ts';
import type { Modules } from './elements/modules.ts';
import { networkContentsOn, networkOwner, networkSection } from './elements/network.ts';
import { filtersOf } from './elements/filters.ts';
import type { Cause, Placing, Reach } from './elements/row.ts';
import { ROUTER_PARTS, ROWS } from './elements/table.ts';
import { wayOutOn } from './elements/gateway-server.ts';
import type { Scene } from './elements/scene.ts';
import { EMPTY_TOPOLOGY, joinedTo, membersOn, networkPath, pathOf, prefixBits, reachOf, topologyOf, type Topology } from './topology.ts';
import { interfacesOf } from '../../model/interfaces.ts';
import { domainGiven, endpointGiven, identityGiven, networkGiven, type World } from './world.ts';

/** Counts up when equal worlds give other plans than before. */
export const PLANNER_VERSION = 5;
export const VXLAN_UDP_PORT = 4789;

export interface Built {
  readonly topology: Topology;
  /** By owner. */
  readonly elements: ReadonlyMap<string, Hashed<ElementSection>>;
  /** `elements`: owners, sorted. */
  readonly servers: ReadonlyMap<string, { readonly own: Hashed<ServerSection>; readonly elements: readonly string[] }>;
}

export const NOTHING_BUILT: Built = { topology: EMPTY_TOPOLOGY, elements: new Map(), servers: new Map() };

export function planFor(built: Built, server: string, generation: Generation): Plan {
  const found = built.servers.get(server);
  return { generation, own: found?.own, elements: (found?.elements ?? []).map(owner => built.elements.get(owner)!) };
}

export function buildAll(world: World, modules: Modules): Built {
  return build(world, modules, topologyOf(world.resources), NOTHING_BUILT, undefined);
}

/** Builds anew what the changed resources touch, and keeps the rest by reference. */
export function buildChanged(world: World, modules: Modules, before: Built, old: World, changed: readonly string[]): Built {
  const topology = topologyOf(world.resources);
  const dirty: Dirty = { networks: new Map(), servers: new Map() };
  for (const key of changed) {
    const [kind, domain = ''] = key.split('/');
    if (kind === 'Identity') for (const network of networksIn(topology, domain)) spread(dirty, 'Identity', network);
    for (const resource of [old.resources.get(key), world.resources.get(key)]) {
      if (!resource) continue;
      // The MTU of all networks hangs on all servers; a domain's number does not change, but may be new.
      if (resource.kind === 'Server' || resource.kind === 'Domain' || resource.kind === 'Gateway') return buildAll(world, modules);
      if (!isOfTrust(resource) && resource.kind !== 'Module') touch(dirty, resource, before.topology, topology);
    }
  }
  return build(world, modules, topology, before, { owners: new Set([...reached(dirty, before.topology), ...reached(dirty, topology)]), servers: dirty.servers });
}

/** Those with endpoints, or that a router joins. */
function networksIn(topology: Topology, domain: string): string[] {
  return [...new Set([...topology.serversOf.keys(), ...topology.routerOf.keys()])].filter(n => n.startsWith(`${domain}/`));
}

/** A server is dirty by its own endpoints and their networks: by these, of which what is its own is made anew. Those of other servers come to it by reference. */
interface Dirty { readonly networks: Map<Cause, Set<string>>; readonly servers: Map<string, Set<string>> }
interface Stale { readonly owners: ReadonlySet<string>; readonly servers: ReadonlyMap<string, ReadonlySet<string>> }

function soil({ servers }: Dirty, server: string, networks: readonly string[]): void {
  const known = servers.get(server);
  if (!known) servers.set(server, new Set(networks));
  else for (const network of networks) known.add(network);
}

function touch(dirty: Dirty, resource: Placing, before: Topology, after: Topology): void {
  for (const network of new Set(concerned(resource, before, after))) {
    const isOther = filtersComeOrGo(resource, network, before, after);
    spread(dirty, resource.kind, network);
    if (isOther) spread(dirty, 'Filters', network);
    if (isFirstOrLast(resource, network, before, after)) spread(dirty, 'Presence', network);
    for (const topology of [before, after]) {
      const joined = joinedTo(topology, network);
      if (resource.kind === 'Endpoint' && !isOther) soil(dirty, resource.spec.server, joined);
      else for (const server of reachOf(topology, network)) soil(dirty, server, resource.kind === 'Policy' && !isOther ? [network] : joined);
    }
  }
}

/** Networks that a resource is about. */
function concerned(resource: Placing, before: Topology, after: Topology): readonly string[] {
  const { domain } = resource.metadata;
  switch (resource.kind) {
    case 'Network': return [pathOf(resource)];
    case 'Endpoint': return [networkPath(resource)];
    case 'Router': return resource.spec.networks.map(network => `${domain}/${network}`);
    case 'Nat': return [before, after].flatMap(topology => topology.networksOf.get(`${domain}/${resource.spec.router}`) ?? []);
    case 'Function': return [before, after].flatMap(topology => [...topology.functionsOf].flatMap(([network, functions]) => functions.some(f => pathOf(f) === pathOf(resource)) ? network : []));
    case 'Dns': case 'Policy': return networksIn(after, domain);
  }
}

/** With the first policy of a domain, or the first endpoint of a function's group; and with the last. */
function filtersComeOrGo(resource: Placing, network: string, before: Topology, after: Topology): boolean {
  const around = ({ policiesOf, functionsOf }: Topology): string => resource.kind === 'Policy' ? String(policiesOf.has(resource.metadata.domain)) : (functionsOf.get(network) ?? []).map(pathOf).join();
  return around(before) !== around(after);
}

/** Of a network on a server: floods go there from now on, or no more, and tunnels of all that is joined to it. */
function isFirstOrLast(resource: Placing, network: string, before: Topology, after: Topology): boolean {
  const isHere = ({ serversOf }: Topology): boolean => resource.kind === 'Endpoint' && serversOf.get(network)?.has(resource.spec.server) === true;
  return isHere(before) !== isHere(after);
}

function spread({ networks }: Dirty, cause: Cause, network: string): void {
  const known = networks.get(cause);
  if (known) known.add(network); else networks.set(cause, new Set([network]));
}

/** Owners of what is made anew. */
function reached({ networks }: Dirty, topology: Topology): string[] {
  return [...networks].flatMap(([cause, concerned]) => {
    const around: Readonly<Record<Reach, () => readonly string[]>> = {
      nothing: () => [], network: () => [...concerned], joined: () => [...concerned].flatMap(network => joinedTo(topology, network)),
      domain: () => [...new Set([...concerned].map(network => network.slice(0, network.indexOf('/'))))].flatMap(domain => networksIn(topology, domain)),
    };
    return ROWS.flatMap(row => around[row.touchedBy[cause]]().flatMap(network => row.owners(topology, network)));
  });
}

/** Without `dirty`: all of it. */
function build(world: World, modules: Modules, topology: Topology, before: Built, dirty: Stale | undefined): Built {
  const all = [...world.resources.values()];
  const servers = all.filter(r => r.kind === 'Server').sort((a, b) => a.metadata.name < b.metadata.name ? -1 : 1);
  const scene: Scene = { world, topology, modules, mtu: networkMtuBytes(servers) };
  const elements = new Map<string, Hashed<ElementSection>>();
  for (const [owner, section] of elementsOf(scene, all)) {
    const had = dirty?.owners.has(owner) === false ? before.elements.get(owner) : undefined;
    elements.set(owner, had ?? hashed(section(scene)));
  }
  const plans = new Map<string, { own: Hashed<ServerSection>; elements: readonly string[] }>();
  for (const server of servers) {
    const { name } = server.metadata;
    const had = dirty && before.servers.get(name);
    const networks = dirty?.servers.get(name);
    plans.set(name, had && !networks ? had : planOn(scene, server, had && networks && { own: had.own.section, but: networks }));
  }
  return { topology, elements, servers: plans };
}

/** Elements that some server has, by owner, sorted. */
function elementsOf({ world, topology }: Scene, resources: readonly Resource[]): ReadonlyMap<string, (scene: Scene) => ElementSection> {
  const found = new Map<string, (scene: Scene) => ElementSection>();
  for (const network of resources.filter(r => r.kind === 'Network').map(pathOf)) {
    if (reachOf(topology, network).length === 0) continue;
    found.set(networkOwner(network), scene => networkSection(scene, network));
    for (const filter of filtersOf(world, topology, network)) {
      found.set(filter.owner, scene => filter.section(scene, filter));
      const { tried } = filter;
      if (tried) found.set(tried.owner, scene => tried.section(scene, filter));
    }
    const router = topology.routerOf.get(network);
    if (router !== undefined) for (const part of ROUTER_PARTS) if (part.isOn(topology, router)) found.set(part.owner(router), scene => part.section(scene, router));
  }
  return new Map([...found].sort(([a], [b]) => a < b ? -1 : 1));
}

/** Of the network and its router, those that a server has. */
function ownersOn({ world, topology }: Scene, network: string, server: string): string[] {
  const router = topology.routerOf.get(network);
  return [
    ...joinedTo(topology, network).flatMap(joined => [networkOwner(joined), ...filtersOf(world, topology, joined).map(({ owner, tried }) => tried?.server === server ? tried.owner : owner)]),
    ...router === undefined ? [] : ROUTER_PARTS.filter(part => part.isOn(topology, router, server)).map(part => part.owner(router)),
  ];
}

/** `kept`: what the server had, which is as it shall be but for these networks. */
function planOn(scene: Scene, server: Server, kept?: { readonly own: ServerSection; readonly but: ReadonlySet<string> }): { own: Hashed<ServerSection>; elements: readonly string[] } {
  const { world, topology } = scene;
  const members = membersOn(topology, server.metadata.name);
  const networks = [...new Set(members.map(networkPath))];
  const left = [...topology.uplinks].filter(([, { servers }]) => servers.includes(server.metadata.name)).flatMap(([router]) => topology.networksOf.get(router) ?? []);
  const owners = new Set([...networks, ...left].flatMap(n => ownersOn(scene, n, server.metadata.name)));
  const contents: Record<string, PlanContents> = {};
  const isKept = (network: string): boolean => kept?.but.has(network) === false;
  for (const network of networks.sort()) {
    const here = members.filter(m => networkPath(m) === network);
    const had = (owner: string): PlanContents | undefined => isKept(network) ? kept?.own.contents[owner] : undefined;
    contents[networkOwner(network)] = had(networkOwner(network)) ?? networkContentsOn(scene, network, here);
    for (const filter of filtersOf(world, topology, network)) contents[filter.owner] = had(filter.owner) ?? filter.contentsOn(scene, here.filter(m => !isUnmanaged(m)));
  }
  const wires: Record<string, readonly PlannedWire[]> = {};
  for (const router of [...new Set([...networks, ...left].flatMap(n => topology.routerOf.get(n) ?? []))].sort()) {
    for (const part of wayOutOn(scene, router, server.metadata.name)) {
      if (part.contents) contents[part.owner] = part.contents;
      if (part.wires) wires[part.owner] = part.wires;
    }
  }
  const hadEndpoints = new Map((kept?.own.endpoints ?? []).filter(e => isKept(e.network)).map(e => [e.endpoint, e]));
  const own: ServerSection = {
    kind: 'server', server: server.metadata.name,
    tunnel: { local: server.spec.underlay, udpPort: VXLAN_UDP_PORT },
    endpoints: members.filter(m => !isUnmanaged(m)).map(m => hadEndpoints.get(pathOf(m)) ?? planned(scene, m)),
    contents,
    ...Object.keys(wires).length > 0 && { wires },
  };
  return { own: hashed(own), elements: [...owners].sort() };
}

function planned({ world, topology, mtu }: Scene, endpoint: Endpoint): PlannedEndpoint {
  const path = pathOf(endpoint);
  const given = endpointGiven(world, path)!;
  const network = world.resources.get(`Network/${networkPath(endpoint)}`) as Network;
  const segment = networkGiven(world, pathOf(network))!;
  const router = world.resources.get(`Router/${topology.routerOf.get(pathOf(network))}`);
  return {
    endpoint: path, uid: given.uid, id: given.id,
    domain: domainGiven(world, endpoint.metadata.domain)!.number,
    group: identityGiven(world, endpoint.metadata.domain, labelsOf(world.resources, endpoint))!.number,
    network: pathOf(network), element: filtersOf(world, topology, pathOf(network))[0]?.element.uid ?? segment.uid, port: given.port, mac: given.mac,
    addresses: given.addresses.map(a => `${a}/${prefixBits(network, a)}`),
    gateways: router?.kind === 'Router' ? gatewaysOf(interfacesOf(world.resources, router).find(i => i.network === pathOf(network))?.addresses ?? [], given.addresses) : [],
    mtu: network.spec.mtu ?? mtu,
    ephemeral: endpoint.spec.ephemeral === true,
  };
}

/** One of each family that the endpoint has an address of: where a router has several addresses, the first. */
function gatewaysOf(addresses: readonly string[], own: readonly string[]): string[] {
  return [false, true].flatMap(six => own.some(a => a.includes(':') === six) ? addresses.find(a => a.includes(':') === six) ?? [] : []);
}

function hashed<S extends ElementSection | ServerSection>(section: S): Hashed<S> {
  return { hash: hashOfSection(section), section };
}
