// World → what every server must have. Shared sections are built once a network and joined to plans by reference.
// It decides no numbers: those are in the world. Planning in steps must give what planning from scratch gives.

import { contains, parseAddress, parsePrefix } from '../../model/address.ts';
import { hashOf } from '../../model/canonical.ts';
import type { Generation, Hashed, NetworkSection, Plan, PlanContents, PlannedEndpoint, ServerSection } from '../../model/plan.ts';
import type { Endpoint, Network, Server } from '../../model/resource.ts';
import { networkMtuBytes } from '../../model/validate.ts';
import { domainGiven, endpointGiven, networkGiven, tunnelGiven, type World } from './world.ts';

/** Counts up when equal worlds give other plans than before. */
export const PLANNER_VERSION = 1;
export const VXLAN_UDP_PORT = 4789;

/** A compiled module as planning needs it: pure data and a pure function. */
export interface PlannedModule {
  readonly imageHash: string;
  /** Exported maps whose contents are entries by key. */
  readonly keyed: readonly string[];
  readonly control: (segment: Segment) => PlanContents;
}

export interface Segment {
  readonly stations: readonly { readonly mac: string; readonly addresses: readonly string[]; readonly port: number }[];
  readonly unmanaged: boolean;
}

export interface Built {
  readonly networks: ReadonlyMap<string, Hashed<NetworkSection>>;
  readonly servers: ReadonlyMap<string, { readonly own: Hashed<ServerSection>; readonly networks: readonly string[] }>;
}

export const NOTHING_BUILT: Built = { networks: new Map(), servers: new Map() };

export function planFor(built: Built, server: string, generation: Generation): Plan {
  const found = built.servers.get(server);
  return { generation, own: found?.own, networks: (found?.networks ?? []).map(n => built.networks.get(n)!) };
}

export function buildAll(world: World, bridge: PlannedModule): Built {
  return build(world, bridge, NOTHING_BUILT, undefined);
}

/** Builds anew what the changed resources touch, and keeps the rest by reference. */
export function buildChanged(world: World, bridge: PlannedModule, before: Built, old: World, changed: readonly string[]): Built {
  const dirty: Dirty = { networks: new Set(), servers: new Set() };
  for (const key of changed) {
    for (const resource of [old.resources.get(key), world.resources.get(key)]) {
      if (!resource) continue;
      // The MTU of all networks hangs on all servers; a domain's number does not change, but may be new.
      if (resource.kind === 'Server' || resource.kind === 'Domain') return buildAll(world, bridge);
      if (resource.kind === 'Network') {
        const network = `${resource.metadata.domain}/${resource.metadata.name}`;
        dirty.networks.add(network);
        for (const [server, had] of before.servers) if (had.networks.includes(network)) dirty.servers.add(server);
      }
      if (resource.kind === 'Endpoint') {
        dirty.networks.add(`${resource.metadata.domain}/${resource.spec.network}`);
        dirty.servers.add(resource.spec.server);
      }
    }
  }
  return build(world, bridge, before, dirty);
}

/** A server is dirty by its own endpoints and their networks; those of other servers come to it by reference. */
interface Dirty { readonly networks: Set<string>; readonly servers: Set<string> }
interface Member { readonly endpoint: Endpoint; readonly path: string; readonly network: string; readonly mac: string; readonly addresses: readonly string[]; readonly port: number }

/** Without `dirty`: all of it. */
function build(world: World, bridge: PlannedModule, before: Built, dirty: Dirty | undefined): Built {
  const members = membersOf(world, dirty);
  const servers = [...world.resources.values()].filter(r => r.kind === 'Server').sort((a, b) => a.metadata.name < b.metadata.name ? -1 : 1);
  const mtu = networkMtuBytes(servers);
  const networks = new Map<string, Hashed<NetworkSection>>();
  const kept = dirty ? [...before.networks.keys()].filter(n => !dirty.networks.has(n)) : [];
  for (const network of [...new Set([...kept, ...members.byNetwork.keys()])].sort()) {
    const had = dirty && !dirty.networks.has(network) ? before.networks.get(network) : undefined;
    networks.set(network, had ?? hashed(networkSection(world, bridge, network, members.byNetwork.get(network) ?? [])));
  }
  const plans = new Map<string, { own: Hashed<ServerSection>; networks: readonly string[] }>();
  for (const server of servers) {
    const { name } = server.metadata;
    const had = dirty && !dirty.servers.has(name) ? before.servers.get(name) : undefined;
    const list = members.byServer.get(name) ?? [];
    plans.set(name, had ?? { own: hashed(serverSection(world, bridge, server, list, mtu)), networks: [...new Set(list.map(m => m.network))].sort() });
  }
  return { networks, servers: plans };
}

/** Endpoints by network and by server: all, or those of what is dirty. */
function membersOf(world: World, dirty: Dirty | undefined): { byNetwork: Map<string, Member[]>; byServer: Map<string, Member[]> } {
  const byNetwork = new Map<string, Member[]>();
  const byServer = new Map<string, Member[]>();
  const found: Member[] = [];
  for (const [key, endpoint] of world.resources) {
    if (endpoint.kind !== 'Endpoint') continue;
    const network = `${endpoint.metadata.domain}/${endpoint.spec.network}`;
    if (dirty && !dirty.networks.has(network) && !dirty.servers.has(endpoint.spec.server)) continue;
    const path = key.slice('Endpoint/'.length);
    const given = endpointGiven(world, path);
    if (given) found.push({ endpoint, path, network, mac: given.mac, addresses: given.addresses, port: given.port });
  }
  for (const member of found.sort((a, b) => a.path < b.path ? -1 : 1)) {
    // A clean network is taken from before, and shall not be made of the few members that are read for a dirty server.
    if (!dirty || dirty.networks.has(member.network)) push(byNetwork, member.network, member);
    push(byServer, member.endpoint.spec.server, member);
  }
  return { byNetwork, byServer };
}

function push<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list) list.push(value); else map.set(key, [value]);
}

function networkSection(world: World, bridge: PlannedModule, network: string, members: readonly Member[]): NetworkSection {
  const given = networkGiven(world, network)!;
  const servers = [...new Set(members.map(m => m.endpoint.spec.server))].sort();
  const portOf = (server: string): number => tunnelGiven(world, network, server)!.port;
  return {
    kind: 'network', network,
    element: { uid: given.uid, id: given.number, imageHash: bridge.imageHash },
    keyed: bridge.keyed,
    contents: bridge.control({ stations: members.map(m => ({ mac: m.mac, addresses: m.addresses, port: portOf(m.endpoint.spec.server) })), unmanaged: false }),
    tunnels: servers.map(server => ({ port: portOf(server), server, remote: (world.resources.get(`Server/${server}`) as Server).spec.underlay, vni: given.vni })),
  };
}

function serverSection(world: World, bridge: PlannedModule, server: Server, members: readonly Member[], mtu: number): ServerSection {
  const networks = [...new Set(members.map(m => m.network))].sort();
  const contents: Record<string, PlanContents> = {};
  for (const network of networks) {
    const all = bridge.control({ stations: members.filter(m => m.network === network).map(m => ({ mac: m.mac, addresses: m.addresses, port: m.port })), unmanaged: false });
    contents[network] = Object.fromEntries(Object.entries(all).filter(([name]) => bridge.keyed.includes(name)));
  }
  return {
    kind: 'server', server: server.metadata.name,
    tunnel: { local: server.spec.underlay, udpPort: VXLAN_UDP_PORT },
    endpoints: members.map(m => planned(world, m, mtu)),
    contents,
  };
}

function planned(world: World, member: Member, mtu: number): PlannedEndpoint {
  const given = endpointGiven(world, member.path)!;
  const network = world.resources.get(`Network/${member.network}`) as Network;
  return {
    endpoint: member.path, uid: given.uid, id: given.id,
    domain: domainGiven(world, member.endpoint.metadata.domain)!.number,
    group: 0,
    network: member.network, port: member.port, mac: member.mac,
    addresses: member.addresses.map(a => `${a}/${prefixBits(network, a)}`),
    mtu: network.spec.mtu ?? mtu,
    ephemeral: member.endpoint.spec.ephemeral === true,
  };
}

function prefixBits(network: Network, address: string): number {
  const parsed = parseAddress(address)!;
  const subnet = network.spec.subnets.map(s => parsePrefix(s)!).find(p => contains(p, parsed));
  return subnet?.bits ?? (parsed.family === 4 ? 32 : 128);
}

function hashed<S extends NetworkSection | ServerSection>(section: S): Hashed<S> {
  return { hash: hashOf(section), section };
}

