// World → what every server must have. Shared sections are built once an element and joined to plans by reference.
// It decides no numbers: those are in the world. Planning in steps must give what planning from scratch gives.

import { isOfTrust } from '../../model/trust.ts';
import { hashOf } from '../../model/canonical.ts';
import type { ElementSection, Generation, Hashed, Plan, PlanContents, PlannedEndpoint, PlannedWire, ServerSection } from '../../model/plan.ts';
import { labelsOf } from '../../model/labels.ts';
import { isUnmanaged, type Dns, type Endpoint, type Nat, type Network, type NetworkFunction, type Policy, type Resource, type Router, type Server } from '../../model/resource.ts';
import { networkMtuBytes } from '../../model/validate.ts';
import type { Modules } from './elements/modules.ts';
import { networkContentsOn, networkSection } from './elements/network.ts';
import { filterContentsOn, filterSection, filtersOf } from './elements/filters.ts';
import { functionOwner, isTried, onServer } from './elements/functions.ts';
import { routerSection } from './elements/router.ts';
import { natSection, uplinkSection } from './elements/uplink.ts';
import { wayOutOn } from './elements/gateway-server.ts';
import type { Scene } from './elements/scene.ts';
import { EMPTY_TOPOLOGY, joinedTo, membersOn, networkPath, pathOf, prefixBits, reachOf, topologyOf, type Topology } from './topology.ts';
import { interfacesOf } from '../../model/interfaces.ts';
import { domainGiven, endpointGiven, identityGiven, networkGiven, type World } from './world.ts';

/** Counts up when equal worlds give other plans than before. */
export const PLANNER_VERSION = 4;
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
  const dirty: Dirty = { owners: new Set(), servers: new Map() };
  for (const key of changed) {
    const [kind, domain = ''] = key.split('/');
    if (kind === 'Identity') for (const network of networksIn(topology, domain)) dirty.owners.add(`Policies/${network}`);
    for (const resource of [old.resources.get(key), world.resources.get(key)]) {
      if (!resource) continue;
      // The MTU of all networks hangs on all servers; a domain's number does not change, but may be new.
      if (resource.kind === 'Server' || resource.kind === 'Domain' || resource.kind === 'Gateway') return buildAll(world, modules);
      if (!isOfTrust(resource) && resource.kind !== 'Module') touch(dirty, resource, before.topology, topology);
    }
  }
  return build(world, modules, topology, before, dirty);
}

/** Those with endpoints, or that a router joins. */
function networksIn(topology: Topology, domain: string): string[] {
  return [...new Set([...topology.serversOf.keys(), ...topology.routerOf.keys()])].filter(n => n.startsWith(`${domain}/`));
}

/** A server is dirty by its own endpoints and their networks: by these, of which what is its own is made anew. Those of other servers come to it by reference. */
interface Dirty { readonly owners: Set<string>; readonly servers: Map<string, Set<string>> }

function soil({ servers }: Dirty, server: string, networks: readonly string[]): void {
  const known = servers.get(server);
  if (!known) servers.set(server, new Set(networks));
  else for (const network of networks) known.add(network);
}

function touch(dirty: Dirty, resource: Network | Router | Policy | Endpoint | Nat | Dns | NetworkFunction, before: Topology, after: Topology): void {
  const whole = (network: string): void => {
    for (const topology of [before, after]) {
      for (const joined of joinedTo(topology, network)) dirty.owners.add(`Network/${joined}`).add(`Policies/${joined}`).add(`Dhcp/${joined}`).add(`Dns/${joined}`);
      for (const joined of joinedTo(topology, network)) for (const f of topology.functionsOf.get(joined) ?? []) dirty.owners.add(functionOwner(f, joined)).add(`${functionOwner(f, joined)}/next`);
      for (const server of reachOf(topology, network)) soil(dirty, server, joinedTo(topology, network));
      router(topology.routerOf.get(network));
    }
  };
  const router = (path: string | undefined): void => { for (const kind of ROUTER_ELEMENTS) dirty.owners.add(`${kind}/${path}`); };
  // All names of a domain are in all of its networks.
  if (resource.kind === 'Network' || resource.kind === 'Endpoint') for (const topology of [before, after]) for (const network of topology.dnsOf.keys()) if (network.startsWith(`${resource.metadata.domain}/`)) dirty.owners.add(`Dns/${network}`);
  switch (resource.kind) {
    case 'Network': whole(pathOf(resource)); return;
    case 'Router': for (const network of resource.spec.networks) whole(`${resource.metadata.domain}/${network}`); return;
    case 'Nat': for (const topology of [before, after]) for (const network of topology.networksOf.get(`${resource.metadata.domain}/${resource.spec.router}`) ?? []) whole(network); return;
    case 'Dns': for (const network of networksIn(after, resource.metadata.domain)) whole(network); return;
    case 'Function': for (const topology of [before, after]) for (const [network, functions] of topology.functionsOf) if (functions.some(f => pathOf(f) === pathOf(resource))) whole(network); return;
    case 'Policy': {
      const { domain } = resource.metadata;
      // The first or last one of a domain: filters come or go around its networks.
      const isNew = before.policiesOf.has(domain) !== after.policiesOf.has(domain);
      for (const network of networksIn(after, domain)) {
        if (isNew) { whole(network); continue; }
        dirty.owners.add(`Policies/${network}`);
        for (const server of reachOf(after, network)) soil(dirty, server, [network]);
      }
      return;
    }
    case 'Endpoint': {
      const network = networkPath(resource);
      // A function of a group comes with the first endpoint in it, and goes with the last.
      const around = (topology: Topology): string => (topology.functionsOf.get(network) ?? []).map(pathOf).join();
      if (around(before) !== around(after)) whole(network);
      for (const joined of joinedTo(after, network)) dirty.owners.add(`Policies/${joined}`);
      dirty.owners.add(`Network/${network}`);
      router(after.routerOf.get(network));
      for (const topology of [before, after]) soil(dirty, resource.spec.server, joinedTo(topology, network));
      // The first or last of a network on a server: floods go there from now on, or no more, and tunnels of all that is joined to it.
      const isHere = (topology: Topology): boolean => topology.serversOf.get(network)?.has(resource.spec.server) === true;
      if (isHere(before) !== isHere(after)) for (const joined of joinedTo(after, network)) dirty.owners.add(`Network/${joined}`);
    }
  }
}

/** Of one router, all owned by its path. */
const ROUTER_ELEMENTS = ['Router', 'Uplink', 'Nat'] as const;

/** Those of the router, as far as it has them; `server`: on that server. */
function routerOwners({ uplinks }: Topology, router: string, server?: string): string[] {
  const uplink = uplinks.get(router);
  const isHere = uplink !== undefined && (server === undefined || uplink.servers.includes(server));
  return [`Router/${router}`, ...isHere ? [`Uplink/${router}`, ...uplink.isTranslated ? [`Nat/${router}`] : []] : []];
}

/** Without `dirty`: all of it. */
function build(world: World, modules: Modules, topology: Topology, before: Built, dirty: Dirty | undefined): Built {
  const all = [...world.resources.values()];
  const servers = all.filter(r => r.kind === 'Server').sort((a, b) => a.metadata.name < b.metadata.name ? -1 : 1);
  const scene: Scene = { world, topology, modules, mtu: networkMtuBytes(servers) };
  const elements = new Map<string, Hashed<ElementSection>>();
  for (const owner of ownersOf(world, all, topology)) {
    const had = dirty?.owners.has(owner) === false ? before.elements.get(owner) : undefined;
    elements.set(owner, had ?? hashed(sectionOf(scene, owner)));
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

/** Elements that some server has. */
function ownersOf(world: World, resources: readonly Resource[], topology: Topology): string[] {
  const used = resources.filter(r => r.kind === 'Network').map(pathOf).filter(network => reachOf(topology, network).length > 0);
  const routers = used.flatMap(network => topology.routerOf.get(network) ?? []);
  return [...new Set([...used.map(n => `Network/${n}`), ...used.flatMap(n => filtersOf(world, topology, n).flatMap(f => isTried(world, f.owner) ? [f.owner, `${f.owner}/next`] : [f.owner])), ...routers.flatMap(r => routerOwners(topology, r))])].sort();
}

function sectionOf(scene: Scene, owner: string): ElementSection {
  const path = owner.slice(owner.indexOf('/') + 1);
  switch (owner.slice(0, owner.indexOf('/'))) {
    case 'Router': return routerSection(scene, path);
    case 'Uplink': return uplinkSection(scene, path);
    case 'Nat': return natSection(scene, path);
    case 'Policies': case 'Dhcp': case 'Dns': return filterSection(scene, owner, path);
    case 'Function': {
      const [domain, , network] = path.split('/');
      return filterSection(scene, owner, `${domain}/${network}`);
    }
    default: return networkSection(scene, path);
  }
}

/** `kept`: what the server had, which is as it shall be but for these networks. */
function planOn(scene: Scene, server: Server, kept?: { readonly own: ServerSection; readonly but: ReadonlySet<string> }): { own: Hashed<ServerSection>; elements: readonly string[] } {
  const { world, topology } = scene;
  const members = membersOn(topology, server.metadata.name);
  const networks = [...new Set(members.map(networkPath))];
  const left = [...topology.uplinks].filter(([, { servers }]) => servers.includes(server.metadata.name)).flatMap(([router]) => topology.networksOf.get(router) ?? []);
  const joined = [...networks, ...left].flatMap(n => {
    const router = topology.routerOf.get(n);
    return [...joinedTo(topology, n).flatMap(j => [`Network/${j}`, ...filtersOf(world, topology, j).map(f => onServer(scene, f.owner, server.metadata.name))]), ...router === undefined ? [] : routerOwners(topology, router, server.metadata.name)];
  });
  const contents: Record<string, PlanContents> = {};
  const isKept = (network: string): boolean => kept?.but.has(network) === false;
  for (const network of networks.sort()) {
    const here = members.filter(m => networkPath(m) === network);
    const had = (owner: string): PlanContents | undefined => isKept(network) ? kept?.own.contents[owner] : undefined;
    contents[`Network/${network}`] = had(`Network/${network}`) ?? networkContentsOn(scene, network, here);
    for (const filter of filtersOf(world, topology, network)) contents[filter.owner] = had(filter.owner) ?? filterContentsOn(scene, filter, network, here.filter(m => !isUnmanaged(m)));
  }
  const wires: Record<string, readonly PlannedWire[]> = {};
  for (const owner of [...new Set(joined)].filter(o => o.startsWith('Router/')).sort()) {
    for (const part of wayOutOn(scene, owner.slice('Router/'.length), server.metadata.name)) {
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
  return { own: { hash: hashOfOwn(own), section: own }, elements: [...new Set(joined)].sort() };
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

function hashed(section: ElementSection): Hashed<ElementSection> {
  return { hash: hashOf(section), section };
}

const hashes = new WeakMap<object, string>();

/** Of parts that stay from plan to plan once. */
function hashOfOwn(own: ServerSection): string {
  const once = (part: object): string => {
    const known = hashes.get(part) ?? hashOf(part);
    hashes.set(part, known);
    return known;
  };
  return hashOf({ ...own, endpoints: own.endpoints.map(once), contents: Object.fromEntries(Object.entries(own.contents).map(([owner, contents]) => [owner, once(contents)])) });
}
