// World → what every server must have. Shared sections are built once an element and joined to plans by reference.
// It decides no numbers: those are in the world. Planning in steps must give what planning from scratch gives.

import { sameValue } from '../../model/canonical.ts';
import { isOfTrust, isRevoked } from '../../model/trust.ts';
import type { ElementSection, Generation, Hashed, Plan, PlanContents, PlannedEndpoint, PlannedSeat, PlannedWire, ServerSection } from '../../model/plan.ts';
import { labelsOf } from '../../model/labels.ts';
import { hashOfSection, keptContents } from '../../model/section-hash.ts';
import { isUnmanaged, type Endpoint, type Network, type Resource, type Server } from '../../model/resource.ts';
import { networkMtuBytes } from '../../model/validate.ts';
import { resourcesOf } from '../../model/resources-of.ts';
import { placeOf, Table } from '../../model/table.ts';
import type { Modules } from './elements/modules.ts';
import { networkContentsOn, networkOwner, networkSection } from './elements/network.ts';
import { filtersAt } from './elements/filters.ts';
import type { Cause, Placing, Reach } from './elements/row.ts';
import { ROUTER_PARTS, ROWS } from './elements/table.ts';
import { wayOutOn } from './elements/gateway-server.ts';
import { memberOf } from './elements/member.ts';
import type { Scene } from './elements/scene.ts';
import { leasedOn, seatOf, seatsOn } from './elements/seats.ts';
import { EMPTY_TOPOLOGY, joinedTo, membersOn, reachOf, topologyOf, type Topology } from './topology.ts';
import { differs } from './plan-diff.ts';
import { endpointGiven, identityGiven, type World } from './world.ts';
import { domainOf, networkPath, pathOf } from '../../model/path.ts';

/** Counts up when equal worlds give other plans than before. */
export const PLANNER_VERSION = 7;
const VXLAN_UDP_PORT = 4789;

export interface Built {
  readonly topology: Topology;
  /** By owner. */
  readonly elements: Table<Hashed<ElementSection>>;
  readonly servers: ReadonlyMap<string, Planned>;
}

/** `elements`: owners, sorted. `parts`: by network, what of it is the server's own. */
interface Planned { readonly own: Hashed<ServerSection>; readonly elements: readonly string[]; readonly parts: ReadonlyMap<string, NetworkPart> }
interface NetworkPart {
  readonly endpoints: readonly PlannedEndpoint[];
  readonly seats: readonly PlannedSeat[];
  /** By owner. */
  readonly contents: { readonly [owner: string]: PlanContents };
  /** Elements that the server has because it has the network. */
  readonly owners: readonly string[];
}

export const NOTHING_BUILT: Built = { topology: EMPTY_TOPOLOGY, elements: Table.empty, servers: new Map() };

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
  const domains = new Set<string>();
  for (const key of changed) {
    const { kind, domain } = placeOf(key);
    if (domain !== '') domains.add(domain);
    if (kind === 'Server' && !before.servers.has(key.slice('Server/'.length))) dirty.servers.set(key.slice('Server/'.length), new Map());
    if (kind === 'Lease') {
      const [, , network, server = ''] = key.split('/');
      soil(dirty, server, [`${domain}/${network}`], 'Endpoint');
    }
    if (kind === 'Identity') for (const network of networksIn(topology, domain)) spread(dirty, 'Identity', network);
    for (const resource of [old.resources.get(key), world.resources.get(key)]) {
      if (!resource) continue;
      if (kind === 'Server' && isAside(old, world, key)) continue;
      if (concernsAll(kind)) return buildAll(world, modules);
      if (isPlacing(resource)) touch(dirty, resource, before.topology, topology);
    }
  }
  return build(world, modules, topology, before, { domains, owners: new Set([...reached(dirty, before.topology), ...reached(dirty, topology)]), servers: dirty.servers });
}

/** The MTU of all networks hangs on all servers; a domain's number does not change, but may be new. */
const ALL_CONCERNED = ['Server', 'Domain', 'Gateway'] as const;
function concernsAll(kind: string): kind is typeof ALL_CONCERNED[number] {
  return (ALL_CONCERNED as readonly string[]).includes(kind);
}

function isPlacing(resource: Resource): resource is Placing {
  return !isOfTrust(resource) && resource.kind !== 'Module' && !concernsAll(resource.kind);
}

/** Plans of the others do not hang on it: it is new, or has another key. Endpoints name servers that are there. */
function isAside(before: World, after: World, key: string): boolean {
  const [was, is] = [before, after].map(({ resources }) => resources.get(key) as Server | undefined);
  if (!is || serversIn(before).mtu !== serversIn(after).mtu) return false;
  return was ? was.spec.underlay === is.spec.underlay && isRevoked(was) === isRevoked(is) : !isRevoked(is);
}

/** Servers whose plan is another, sorted. `changed`: keys of what changed between. */
export function differing(before: Built, after: Built, changed: readonly string[]): string[] {
  const places = changed.map(placeOf);
  const all = (): string[] => [...before.servers.keys(), ...after.servers.keys()];
  const near = (domain: string): string[] => [before, after].flatMap(({ topology: { parts } }) => [...parts.get(domain)?.endpointsOn.keys() ?? [], ...[...parts.get(domain)?.uplinks.values() ?? []].flatMap(u => u.servers)]);
  const servers = places.some(p => concernsAll(p.kind)) ? all() : [...new Set(places.map(p => p.domain))].flatMap(near);
  return [...new Set(servers)].sort().filter(server => differs(before, after, server));
}

/** Those with endpoints, or that a router joins. */
function networksIn(topology: Topology, domain: string): string[] {
  const part = topology.parts.get(domain);
  return part ? [...new Set([...part.serversOf.keys(), ...part.routerOf.keys()])] : [];
}

/** A server is dirty by its own endpoints and their networks: by these, of which what is its own is made anew. Those of other servers come to it by reference. */
interface Dirty { readonly networks: Map<Cause, Set<string>>; readonly servers: Map<string, Causes> }
/** By network: the one cause, or that there are several. */
type Causes = Map<string, Cause | 'several'>;
interface Stale { readonly domains: ReadonlySet<string>; readonly owners: ReadonlySet<string>; readonly servers: ReadonlyMap<string, Causes> }

function soil({ servers }: Dirty, server: string, networks: readonly string[], cause: Cause): void {
  const known = servers.get(server) ?? new Map<string, Cause | 'several'>();
  servers.set(server, known);
  for (const network of networks) known.set(network, (known.get(network) ?? cause) === cause ? cause : 'several');
}

function touch(dirty: Dirty, resource: Placing, before: Topology, after: Topology): void {
  for (const network of new Set(concerned(resource, before, after))) {
    const isOther = filtersComeOrGo(resource, network, before, after);
    spread(dirty, resource.kind, network);
    if (isOther) spread(dirty, 'Filters', network);
    if (isFirstOrLast(resource, network, before, after)) spread(dirty, 'Presence', network);
    for (const topology of [before, after]) {
      const joined = joinedTo(topology, network);
      if (resource.kind === 'Endpoint' && !isOther) soil(dirty, resource.spec.server, joined, 'Endpoint');
      else for (const server of reachOf(topology, network)) soil(dirty, server, resource.kind === 'Policy' && !isOther ? [network] : joined, isOther ? 'Filters' : resource.kind);
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
    case 'Function': return [before, after].flatMap(topology => topology.networksAround.get(pathOf(resource)) ?? []);
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
      domain: () => [...new Set([...concerned].map(network => domainOf(network)))].flatMap(domain => networksIn(topology, domain)),
    };
    return ROWS.flatMap(row => around[row.touchedBy[cause]]().flatMap(network => row.owners(topology, network)));
  });
}

/** Without `dirty`: all of it. */
function build(world: World, modules: Modules, topology: Topology, before: Built, dirty: Stale | undefined): Built {
  const { servers, mtu } = serversIn(world);
  const scene: Scene = { world, topology, modules, mtu };
  const puts = new Map<string, Hashed<ElementSection>>(), gone: string[] = [];
  for (const domain of dirty?.domains ?? topology.parts.keys()) {
    const sections = elementsOf(scene, domain);
    for (const [owner, section] of sections) if (dirty?.owners.has(owner) !== false || !before.elements.has(owner)) {
      const made = section();
      puts.set(owner, hashed({ ...made, contents: keptContents(before.elements.get(owner)?.section.contents, made.contents) }));
    }
    for (const had of before.elements.part(domain).values()) for (const owner of had.keys()) if (!sections.has(owner)) gone.push(owner);
  }
  const plans = new Map(dirty && before.servers);
  for (const server of dirty ? [...dirty.servers.keys()].flatMap(name => servers.get(name) ?? []) : servers.values()) {
    const { name } = server.metadata;
    const had = dirty && before.servers.get(name);
    plans.set(name, planOn(scene, server, had && dirty.servers.get(name) || new Map([...networksOn(topology, name)].map(network => [network, 'several'])), had));
  }
  return { topology, elements: before.elements.changed(puts, gone), servers: plans };
}

interface Servers { readonly servers: ReadonlyMap<string, Server>; readonly mtu: number }
const serversOf = new WeakMap<object, Servers>();

/** By name, sorted. */
function serversIn({ resources }: World): Servers {
  const had = serversOf.get(resources.under('Server'));
  if (had) return had;
  const all = [...resourcesOf(resources, 'Server')].sort((a, b) => a.metadata.name < b.metadata.name ? -1 : 1);
  const found = { servers: new Map(all.map(s => [s.metadata.name, s])), mtu: networkMtuBytes(all) };
  serversOf.set(resources.under('Server'), found);
  return found;
}

/** Elements of a domain that some server has, by owner. */
function elementsOf(scene: Scene, domain: string): ReadonlyMap<string, () => ElementSection> {
  const { world, topology } = scene;
  const found = new Map<string, () => ElementSection>();
  for (const network of resourcesOf(world.resources, 'Network', domain).map(pathOf)) {
    if (reachOf(topology, network).length === 0) continue;
    found.set(networkOwner(network), () => networkSection(scene, network));
    for (const filter of filtersAt(scene, network)) {
      found.set(filter.owner, () => filter.section(scene, filter));
      const { tried } = filter;
      if (tried) found.set(tried.owner, () => tried.section(scene, filter));
    }
    const router = topology.routerOf.get(network);
    if (router !== undefined) for (const part of ROUTER_PARTS) if (part.isOn(topology, router)) found.set(part.owner(router), () => part.section(scene, router));
  }
  return found;
}

/** Of the network and its router, those that a server has. */
function ownersOn(scene: Scene, network: string, server: string): string[] {
  const { topology } = scene;
  const router = topology.routerOf.get(network);
  return [
    ...joinedTo(topology, network).flatMap(joined => [networkOwner(joined), ...filtersAt(scene, joined).map(({ owner, tried }) => tried?.server === server ? tried.owner : owner)]),
    ...router === undefined ? [] : ROUTER_PARTS.filter(part => part.isOn(topology, router, server)).map(part => part.owner(router)),
  ];
}

/** `had`: what the server has, which is as it shall be but for `networks`; without it, these are all of its networks. */
function planOn(scene: Scene, server: Server, networks: Causes, had?: Planned): Planned {
  const { name } = server.metadata;
  const parts = new Map(had?.parts);
  for (const [network, cause] of networks) {
    const known = had?.parts.get(network);
    const part = known && cause === 'Policy' ? withPolicies(scene, network, name, known) : partOn(scene, network, name, known);
    if (part) parts.set(network, part); else parts.delete(network);
  }
  const own = [...parts].sort(([a], [b]) => a < b ? -1 : 1);
  const contents: Record<string, PlanContents> = Object.assign({}, ...own.map(([, part]) => part.contents));
  const wires: Record<string, readonly PlannedWire[]> = {};
  for (const router of [...new Set(own.flatMap(([network]) => scene.topology.routerOf.get(network) ?? []))].sort()) {
    for (const part of wayOutOn(scene, router, name)) {
      if (part.contents) contents[part.owner] = part.contents;
      if (part.wires) wires[part.owner] = part.wires;
    }
  }
  const stays = (field: 'owners' | 'endpoints' | 'seats'): boolean => had?.parts.size === parts.size && own.every(([network, part]) => had.parts.get(network)?.[field] === part[field]);
  const seats = stays('seats') ? had!.own.section.seats : own.flatMap(([, part]) => part.seats);
  const section: ServerSection = {
    kind: 'server', server: name,
    tunnel: { local: server.spec.underlay, udpPort: VXLAN_UDP_PORT },
    endpoints: stays('endpoints') ? had!.own.section.endpoints : own.flatMap(([, part]) => part.endpoints),
    ...seats && seats.length > 0 && { seats },
    contents,
    ...Object.keys(wires).length > 0 && { wires },
  };
  return { parts, own: hashed(section), elements: stays('owners') ? had!.elements : [...new Set(own.flatMap(([, part]) => part.owners))].sort() };
}

/** Networks that a server has: with endpoints there, or left by it. */
function networksOn({ parts }: Topology, server: string): Set<string> {
  return new Set([...parts.values()].flatMap(part => [
    ...(part.endpointsOn.get(server) ?? []).map(networkPath),
    ...[...part.uplinks].flatMap(([router, { servers }]) => servers.includes(server) ? part.networksOf.get(router) ?? [] : []),
  ]));
}

/** Undefined: it is not there. What is as it was stays the same object, and is hashed and sent no more. */
function partOn(scene: Scene, network: string, server: string, had: NetworkPart | undefined): NetworkPart | undefined {
  const { topology } = scene;
  const members = membersOn(topology, server, network);
  const isLeft = topology.uplinks.get(topology.routerOf.get(network) ?? '')?.servers.includes(server) === true;
  if (members.length === 0 && !isLeft) return undefined;
  const here = members.map(m => memberOf(scene.world, m));
  const contents: Record<string, PlanContents> = {};
  if (members.length > 0) {
    const put = (owner: string, made: PlanContents): void => { contents[owner] = keptContents(had?.contents[owner], made); };
    put(networkOwner(network), networkContentsOn(scene, network, here));
    for (const filter of filtersAt(scene, network)) put(filter.owner, filter.contentsOn(scene, [...here.filter(m => !m.unmanaged), ...leasedOn(scene.world, network, server)]));
  }
  const endpoints = members.filter(m => !isUnmanaged(m)).map(m => planned(scene, m));
  const seats = members.length > 0 ? seatsOn(scene, network, server) : [];
  return { contents, endpoints: keptRows(had?.endpoints, endpoints), seats: keptRows(had?.seats, seats), owners: ownersOn(scene, network, server) };
}

/** Policies change, and stand around the network before and after: other filters, addresses and stations do not hang on them. */
function withPolicies(scene: Scene, network: string, server: string, had: NetworkPart): NetworkPart {
  const managed = [...membersOn(scene.topology, server, network).filter(m => !isUnmanaged(m)).map(m => memberOf(scene.world, m)), ...leasedOn(scene.world, network, server)];
  const contents = { ...had.contents };
  for (const filter of filtersAt(scene, network)) if (filter.touchedBy.Policy !== 'nothing' && contents[filter.owner]) contents[filter.owner] = keptContents(had.contents[filter.owner], filter.contentsOn(scene, managed));
  return { ...had, contents };
}

/** Those that are as they were, and the list, if all are. */
function keptRows<R extends { readonly uid: string }>(had: readonly R[] | undefined, made: readonly R[]): readonly R[] {
  const known = new Map((had ?? []).map(e => [e.uid, e]));
  const rows = made.map(e => { const same = known.get(e.uid); return sameValue(same, e) ? same! : e; });
  return had?.length === rows.length && rows.every((e, i) => e === had[i]) ? had : rows;
}

function planned(scene: Scene, endpoint: Endpoint): PlannedEndpoint {
  const { world } = scene;
  const network = world.resources.get(`Network/${networkPath(endpoint)}`) as Network;
  const group = identityGiven(world, endpoint.metadata.domain, labelsOf(world.resources, endpoint))!.number;
  return { endpoint: pathOf(endpoint), ...seatOf(scene, network, endpointGiven(world, pathOf(endpoint))!, group), ephemeral: endpoint.spec.ephemeral === true };
}

function hashed<S extends ElementSection | ServerSection>(section: S): Hashed<S> {
  return { hash: hashOfSection(section), section };
}
