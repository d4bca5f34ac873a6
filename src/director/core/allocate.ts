// Numbers, ports, VNIs, MACs and addresses for resources that have none yet. What is given is stored with the change that needed it,
// before any plan uses it; what a resource has it keeps. Numbers of a zone are never given twice.

import { contains, formatAddress, parseAddress, parsePrefix, stationRange } from '../../model/address.ts';
import { canonical, type Json } from '../../model/canonical.ts';
import { canaryMs, type Tried } from './rollout.ts';
import { MAX_VNI } from '../../model/fields.ts';
import { dnsOf } from '../../model/dns/served.ts';
import { labelsOf } from '../../model/labels.ts';
import type { Problem } from '../../model/problem.ts';
import { isUnmanaged, keyOf, showKey, type Endpoint, type Gateway, type Nat, type Network, type Router } from '../../model/resource.ts';
import { joinedTo, networkPath, pathOf, reachOf, topologyOf, type Topology } from './topology.ts';
import { interfacesOf } from '../../model/interfaces.ts';
import { divided } from './port-blocks.ts';
import { wayOutOf } from '../../model/uplinks.ts';
import { domainGiven, endpointGiven, functionGiven, gatewayGiven, identityGiven, identityKey, MAX_IDENTITY, natGiven, networkGiven, routerGiven, tunnelGiven, type EndpointGiven, type FunctionForm, type FunctionGiven, type NetworkGiven, type RouterGiven, type World } from './world.ts';

/** Ports of a network's element: below, one for each server of the network; from here on, one for each local endpoint. */
export const FIRST_LOCAL_PORT = 1000;
/** They go round in twice as many as are in use, and in no fewer than this: a server has room for each number up to the highest, on every CPU. */
const LEAST_LOCAL_PORTS = 1048;
const LAST_PORT = 65535;
/** First bytes of MACs: locally administered, of individuals. */
const STATION_MAC = 0x02, ROUTER_MAC = 0x06;
const SEARCH_LIMIT = 70_000;

export interface Allocated {
  readonly puts: readonly { readonly key: string; readonly value: Json }[];
  readonly deletes: readonly string[];
  readonly problems: readonly Problem[];
}

/**
 * What must be stored, so that every resource of `world` has what it needs and nothing is held by a resource that is gone.
 * `changed`: keys of resources that are new, other or gone; all others have what they need.
 */
export function allocate(world: World, epoch: string, changed: ReadonlySet<string>, tried?: Tried): Allocated {
  const topology = topologyOf(world.resources);
  const touched = [...world.resources].filter(([key, r]) => r.kind === 'Network' || (r.kind === 'Endpoint' && isRehomed(topology, networkPath(r), world, changed))
     || changed.has(key) || (r.kind === 'Endpoint' && (changed.has(`Network/${networkPath(r)}`) || changed.has(`Server/${r.spec.server}`)))
    || (r.kind === 'Router' && isGatewayOther(world, r, changed)) || (r.kind === 'Router' && r.spec.networks.some(n => changed.has(`Network/${r.metadata.domain}/${n}`))));
  const resources = touched.sort(([x], [y]) => x < y ? -1 : 1).map(([, r]) => r);
  const networks = new Set(resources.flatMap(r => r.kind === 'Endpoint' ? [networkPath(r)] : r.kind === 'Router' ? interfacesOf(world.resources, r).map(i => i.network) : []).flatMap(n => joinedTo(topology, n)));
  const a = new Allocation(world, epoch, networks);
  for (const resource of resources) if (resource.kind === 'Domain') a.domain(resource.metadata.name);
  for (const resource of resources) if (resource.kind === 'Network') a.network(resource);
  for (const resource of resources) if (resource.kind === 'Router') a.router(resource);
  for (const resource of resources) if (resource.kind === 'Gateway') a.gateway(resource);
  for (const resource of resources) if (resource.kind === 'Endpoint') a.endpoint(resource, sharersOf(topology, networkPath(resource)));
  for (const resource of resources) if (resource.kind === 'Nat') a.nat(resource);
  a.functions(topology, tried);
  for (const network of [...networks].sort()) a.tunnels(network, topology);
  a.release([...changed].filter(key => !world.resources.has(key)));
  return { puts: [...a.puts].sort(([x], [y]) => x < y ? -1 : 1).map(([key, value]) => ({ key, value })), deletes: a.deletes, problems: a.problems };
}

/** Servers that share the work of translating for the network's endpoints. Undefined: one does, or none. */
function sharersOf(topology: Topology, network: string): readonly string[] | undefined {
  const out = topology.uplinks.get(topology.routerOf.get(network) ?? '');
  return out?.isTranslated && out.servers.length > 1 ? out.servers : undefined;
}

/** A server that was cut off is let in again, too: what came meanwhile has no tunnel to it. */
function isGatewayOther({ resources }: World, { spec: { uplink } }: Router, changed: ReadonlySet<string>): boolean {
  const gateway = resources.get(`Gateway/${uplink?.gateway}`);
  return changed.has(`Gateway/${uplink?.gateway}`) || (gateway?.kind === 'Gateway' && gateway.spec.servers.some(server => changed.has(`Server/${server}`)));
}

/** Its endpoints may need another home: the way out of their network has changed. */
function isRehomed(topology: Topology, network: string, world: World, changed: ReadonlySet<string>): boolean {
  const path = topology.routerOf.get(network);
  const router = world.resources.get(`Router/${path}`);
  if (router?.kind !== 'Router' || !sharersOf(topology, network)) return false;
  return changed.has(`Router/${path}`) || isGatewayOther(world, router, changed) || [...changed].some(key => key.startsWith(`Nat/${router.metadata.domain}/`));
}

class Allocation {
  readonly puts = new Map<string, Json>();
  readonly deletes: string[] = [];
  readonly problems: Problem[] = [];
  readonly #world: World;
  readonly #epoch: string;
  readonly #counters: Map<string, number>;
  readonly #vnis = new Map<number, string>();
  readonly #networks = new Map<string, NetworkGiven>();
  readonly #addresses = new Map<string, Set<string>>();
  readonly #macs = new Map<string, Set<string>>();
  readonly #ports = new Map<string, Set<number>>();
  /** Networks that a Dns serves. */
  readonly #named: { has(network: string): boolean };

  /** `networks`: those in which ports and addresses may be given. */
  constructor(world: World, epoch: string, networks: ReadonlySet<string>) {
    this.#world = world;
    this.#epoch = epoch;
    this.#counters = new Map(world.counters);
    this.#named = dnsOf(world.resources);
    for (const r of world.resources.values()) {
      const vni = r.kind === 'Router' ? routerGiven(world, pathOf(r))?.uplink?.vni : undefined;
      if (vni !== undefined) this.#vnis.set(vni, keyOf(r));
    }
    // In order, so that the first of two networks with one VNI keeps it.
    for (const r of [...world.resources.values()].filter(r => r.kind === 'Network').sort((a, b) => keyOf(a) < keyOf(b) ? -1 : 1)) {
      const vni = r.spec.vni ?? networkGiven(world, `${r.metadata.domain}/${r.metadata.name}`)?.vni;
      if (vni !== undefined) this.#claimVni(r, vni);
    }
    for (const r of world.resources.values()) {
      if (r.kind === 'Endpoint' && networks.has(`${r.metadata.domain}/${r.spec.network}`)) this.#take(r);
      if (r.kind !== 'Server') continue;
      for (const network of networks) {
        const tunnel = tunnelGiven(world, network, r.metadata.name);
        if (tunnel) this.#set(this.#ports, network).add(tunnel.port);
      }
    }
    for (const r of world.resources.values()) {
      if (r.kind !== 'Router') continue;
      for (const [network, port] of Object.entries(routerGiven(world, pathOf(r))?.ports ?? {})) if (networks.has(network)) this.#set(this.#ports, network).add(port.network);
    }
  }

  domain(name: string): void {
    if (domainGiven(this.#world, name)) return;
    this.#give(`Domain/${name}`, { number: this.#count('domain') });
  }

  network(network: Network): void {
    const path = `${network.metadata.domain}/${network.metadata.name}`;
    const had = networkGiven(this.#world, path);
    const vni = network.spec.vni ?? had?.vni ?? this.#freeVni(`Network/${path}`);
    const kept = had ? { ...had, vni } : this.#newNetwork(vni);
    const leasing = network.spec.dhcp && !kept.dhcp ? { ...kept, dhcp: this.#newServer('d') } : kept;
    const given = this.#named.has(path) && !leasing.dns ? { ...leasing, dns: this.#newServer('s') } : leasing;
    this.#networks.set(path, given);
    if (had?.vni !== vni || had.dhcp !== given.dhcp || had.dns !== given.dns) this.#give(`Network/${path}`, given as unknown as Json);
  }

  endpoint(endpoint: Endpoint, sharers: readonly string[] | undefined): void {
    const path = `${endpoint.metadata.domain}/${endpoint.metadata.name}`;
    const networkPath = `${endpoint.metadata.domain}/${endpoint.spec.network}`;
    const network = this.#world.resources.get(`Network/${networkPath}`);
    if (network?.kind !== 'Network') return;                              // a dangling reference: validate.ts says so
    const had = endpointGiven(this.#world, path);
    const id = had?.id ?? this.#count('endpoint');
    // It keeps its home as long as there is one, wherever it moves: there are its flows.
    const home = sharers && (had?.home !== undefined && sharers.includes(had.home) ? had.home : wayOutOf(endpoint.spec.server, sharers));
    const given: EndpointGiven = {
      id,
      uid: had?.uid ?? `e${id}-${this.#epoch.slice(0, 6)}`,
      port: had?.port ?? this.#localPort(networkPath),
      mac: endpoint.spec.mac ?? had?.mac ?? this.#freeMac(networkPath, id),
      addresses: isUnmanaged(endpoint) ? [] : endpoint.spec.addresses ?? this.#addressesFor(endpoint, network, had?.addresses ?? []),
      ...home !== undefined && { home },
    };
    if (JSON.stringify(given) !== JSON.stringify(had)) this.#give(`Endpoint/${path}`, given as unknown as Json);
    this.#identity(endpoint);
  }

  /** Numbers of labels that nobody has any more stay: packets with them may be on their way. */
  #identity(endpoint: Endpoint): void {
    const { domain } = endpoint.metadata;
    const labels = labelsOf(this.#world.resources, endpoint);
    const key = identityKey(domain, labels);
    if (identityGiven(this.#world, domain, labels) || this.puts.has(`given:${key}`)) return;
    const number = this.#count(`identity ${domain}`);
    if (number > MAX_IDENTITY) this.problems.push({ key: keyOf(endpoint), path: ['metadata', 'labels'], message: `domain ${domain} has had ${MAX_IDENTITY} different sets of labels, the most there may be: use fewer labels` });
    this.#give(key, { number, labels });
  }

  /** A pair of ports for each of its networks: one of the network's element, in the range of tunnels, and one of its own. */
  router(router: Router): void {
    const had = routerGiven(this.#world, pathOf(router));
    const number = had?.number ?? this.#count('element');
    const ports: Record<string, { network: number; router: number }> = {};
    const joined = interfacesOf(this.#world.resources, router).map(i => i.network);
    const own = new Set(joined.flatMap(network => had?.ports[network]?.router ?? []));
    for (const network of joined) {
      let port = had?.ports[network]?.router ?? 1;
      if (!had?.ports[network]) { while (own.has(port)) port++; own.add(port); }
      ports[network] = had?.ports[network] ?? { network: this.#tunnelPort(network, keyOf(router)), router: port };
    }
    const uplink = had?.uplink ?? (router.spec.uplink && this.#uplink(router));
    const given: RouterGiven = { ...uplink && { uplink }, number, uid: had?.uid ?? `r${number}-${this.#epoch.slice(0, 6)}`, mac: had?.mac ?? this.#macOf(ROUTER_MAC, 0, number), ports };
    if (JSON.stringify(given) !== JSON.stringify(had)) this.#give(`Router/${pathOf(router)}`, given as unknown as Json);
  }

  #uplink(router: Router): NonNullable<RouterGiven['uplink']> {
    const number = this.#count('element');
    return { number, uid: `u${number}-${this.#epoch.slice(0, 6)}`, vni: this.#freeVni(keyOf(router)) };
  }

  /** An element for each network that one is around. */
  functions(topology: Topology, tried: Tried | undefined): void {
    const networks = new Map<string, string[]>();
    for (const [network, functions] of topology.functionsOf) for (const path of functions.map(pathOf)) networks.set(path, [...networks.get(path) ?? [], network]);
    for (const r of [...this.#world.resources.values()].filter(r => r.kind === 'Function').sort((x, y) => pathOf(x) < pathOf(y) ? -1 : 1)) {
      const path = pathOf(r);
      const had = functionGiven(this.#world, path);
      const elements = { ...had?.elements };
      const around = (networks.get(path) ?? []).sort();
      for (const name of around.map(n => n.slice(n.indexOf('/') + 1))) {
        if (elements[name]) continue;
        const id = this.#count('element');
        elements[name] = { uid: `x${id}-${this.#epoch.slice(0, 6)}`, id };
      }
      const next: FunctionForm = { module: r.spec.module, ...r.spec.config !== undefined && { config: r.spec.config as Json } };
      const servers = [...new Set(around.flatMap(n => reachOf(topology, n)))].sort();
      const [first] = servers;
      // Another config of the same version is nothing new to try.
      const verdict = tried?.key === keyOf(r) ? tried : undefined;
      const isTried = had !== undefined && had.running.module !== next.module && (verdict === undefined || verdict.to === 'other') && canaryMs(r) > 0 && first !== undefined;
      const canary = [verdict?.to === 'other' ? verdict.canary : undefined, had?.rollout?.canary].find(s => s !== undefined && servers.includes(s)) ?? first;
      const refused = verdict?.to === 'back' ? { module: verdict.module, why: verdict.why } : had?.running.module === next.module && !had.rollout ? had.refused : undefined;
      const given: FunctionGiven = { elements, running: isTried ? had.running : next, ...isTried && { rollout: { canary: canary! } }, ...refused && { refused } };
      if (canonical(given as unknown as Json) !== canonical((had ?? null) as unknown as Json)) this.#give(`Function/${path}`, given as unknown as Json);
    }
  }

  nat(nat: Nat): void {
    if (natGiven(this.#world, pathOf(nat))) return;
    const number = this.#count('element');
    this.#give(keyOf(nat), { number, uid: `t${number}-${this.#epoch.slice(0, 6)}` });
  }

  gateway(gateway: Gateway): void {
    const { name } = gateway.metadata;
    const { servers } = gateway.spec;
    const had = gatewayGiven(this.#world, name);
    const away = had?.away?.filter(s => servers.includes(s)) ?? [];
    const given = { blocks: divided(had?.blocks ?? [], servers), ...away.length > 0 && { away } };
    if (JSON.stringify(given) !== JSON.stringify(had)) this.#give(`Gateway/${name}`, given as unknown as Json);
  }

  /** One to each server that has the network. */
  tunnels(network: string, topology: Topology): void {
    for (const server of reachOf(topology, network)) {
      if (!this.#networks.has(network) || tunnelGiven(this.#world, network, server)) continue;
      this.#give(`Tunnel/${network}/${server}`, { port: this.#tunnelPort(network, `Server/${server}`) });
    }
  }

  /** What belongs to a resource that is gone. A tunnel port stays with its network, so that a server that comes back finds its own. */
  release(gone: readonly string[]): void {
    for (const key of gone) if (this.#world.given.has(key)) this.deletes.push(`given:${key}`);
    if (gone.some(key => /^(Network|Server)\//.test(key))) {
      for (const key of this.#world.given.keys()) {
        const [kind, domain, network, server] = key.split('/');
        if (kind === 'Tunnel' && !(this.#world.resources.has(`Network/${domain}/${network}`) && this.#world.resources.has(`Server/${server}`))) this.deletes.push(`given:${key}`);
      }
    }
    this.deletes.sort();
    for (const [name, value] of this.#counters) if (this.#world.counters.get(name) !== value) this.puts.set(`counter:${name}`, value);
  }

  #newNetwork(vni: number): NetworkGiven {
    const number = this.#count('element');
    const id = this.#count('element');
    return { number, uid: `n${number}-${this.#epoch.slice(0, 6)}`, firewall: { uid: `f${id}-${this.#epoch.slice(0, 6)}`, id }, vni, nextTunnelPort: 1, nextLocalPort: FIRST_LOCAL_PORT, nextOffset: {} };
  }

  /** Of DHCP or DNS, as the letter says. */
  #newServer(letter: string): NonNullable<NetworkGiven['dhcp']> {
    const id = this.#count('element');
    return { uid: `${letter}${id}-${this.#epoch.slice(0, 6)}`, id, mac: this.#macOf(ROUTER_MAC, 0, id) };
  }

  #claimVni(network: Network, vni: number): void {
    const other = this.#vnis.get(vni);
    if (other !== undefined && network.spec.vni === undefined) return;
    if (other !== undefined && other !== keyOf(network)) this.problems.push({ key: keyOf(network), path: ['spec', 'vni'], message: `VNI ${vni} belongs to ${showKey(other)}` });
    this.#vnis.set(vni, keyOf(network));
  }

  #freeVni(key: string): number {
    // Of another store's networks on the same wires (a second zone, or this one before its store was lost) few have the same.
    let vni = this.#counters.get('vni') ?? (Number.parseInt(this.#epoch.slice(0, 6), 16) || 0) % MAX_VNI;
    for (let i = 0; i < SEARCH_LIMIT; i++) {
      vni = vni >= MAX_VNI ? 1 : vni + 1;
      if (this.#vnis.has(vni)) continue;
      this.#vnis.set(vni, key);
      this.#counters.set('vni', vni);
      return vni;
    }
    this.problems.push({ key, path: ['spec'], message: 'no free VNI was found; remove networks, or give one in spec.vni' });
    return 0;
  }

  #take(endpoint: Endpoint): void {
    const network = `${endpoint.metadata.domain}/${endpoint.spec.network}`;
    const had = endpointGiven(this.#world, `${endpoint.metadata.domain}/${endpoint.metadata.name}`);
    const mac = endpoint.spec.mac ?? had?.mac;
    if (mac !== undefined) this.#set(this.#macs, network).add(mac);
    for (const address of endpoint.spec.addresses ?? had?.addresses ?? []) this.#set(this.#addresses, network).add(address);
    if (had) this.#set(this.#ports, network).add(had.port);
  }

  /** A byte that tells the kind, one of the epoch, the endpoint's id: locally administered (IEEE 802), and two zones seldom meet. */
  #freeMac(network: string, id: number): string {
    const used = this.#set(this.#macs, network);
    for (let i = 0; i < 256; i++) {
      const mac = this.#macOf(STATION_MAC, i, id);
      if (used.has(mac)) continue;
      used.add(mac);
      return mac;
    }
    return '02:00:00:00:00:00';                                           // 256 stations chose these by hand; the rule about duplicates tells
  }

  #macOf(kind: number, shift: number, id: number): string {
    const zone = Number.parseInt(this.#epoch.slice(0, 2), 16) || 0;
    return [kind, (zone + shift) & 255, id >>> 24 & 255, id >>> 16 & 255, id >>> 8 & 255, id & 255].map(b => b.toString(16).padStart(2, '0')).join(':');
  }

  /** One of every subnet: those it has, as far as they still fit, and new ones for the rest. */
  #addressesFor(endpoint: Endpoint, network: Network, had: readonly string[]): string[] {
    return network.spec.subnets.flatMap(subnet => {
      const kept = had.find(address => contains(parsePrefix(subnet)!, parseAddress(address)!));
      const address = kept ?? this.#freeAddress(`${network.metadata.domain}/${network.metadata.name}`, subnet);
      if (address !== undefined) return [address];
      this.problems.push({ key: keyOf(endpoint), path: ['spec', 'network'], message: `no free address in ${subnet} of ${showKey(keyOf(network))}: remove endpoints, or add a subnet` });
      return [];
    });
  }

  #freeAddress(network: string, subnet: string): string | undefined {
    const prefix = parsePrefix(subnet)!;
    const range = stationRange(prefix)!;
    // The first is left for a Router, if there is more than a pair.
    const first = range.last - range.first >= 2n ? range.first + 1n : range.first;
    const count = range.last - first + 1n;
    const used = this.#set(this.#addresses, network);
    const given = this.#networks.get(network)!;
    let offset = BigInt(given.nextOffset[subnet] ?? '0') % count;
    const most = count < BigInt(SEARCH_LIMIT) ? Number(count) : SEARCH_LIMIT;
    for (let i = 0; i < most; i++, offset = (offset + 1n) % count) {
      const address = formatAddress({ family: prefix.family, value: first + offset });
      if (used.has(address)) continue;
      used.add(address);
      this.#update(network, { nextOffset: { ...given.nextOffset, [subnet]: String((offset + 1n) % count) } });
      return address;
    }
    return undefined;
  }

  #localPort(network: string): number {
    const last = Math.min(LAST_PORT, FIRST_LOCAL_PORT + Math.max(LEAST_LOCAL_PORTS, 2 * this.#set(this.#ports, network).size) - 1);
    const port = this.#freePort(network, this.#networks.get(network)!.nextLocalPort, FIRST_LOCAL_PORT, last);
    if (port === 0) this.problems.push({ key: `Network/${network}`, path: ['spec'], message: `has ${LAST_PORT - FIRST_LOCAL_PORT + 1} endpoints already, the most it may have; make another network` });
    this.#update(network, { nextLocalPort: port + 1 });
    return port;
  }

  #tunnelPort(network: string, key: string): number {
    const port = this.#freePort(network, this.#networks.get(network)!.nextTunnelPort, 1, FIRST_LOCAL_PORT - 1);
    if (port === 0) this.problems.push({ key, path: ['spec'], message: `Network ${network} is on ${FIRST_LOCAL_PORT - 1} servers already, the most it may be` });
    this.#update(network, { nextTunnelPort: port + 1 });
    return port;
  }

  /** 0: none is free. */
  #freePort(network: string, from: number, first: number, last: number): number {
    const used = this.#set(this.#ports, network);
    for (let i = 0, port = from; i <= last - first; i++, port++) {
      if (port > last || port < first) port = first;
      if (used.has(port)) continue;
      used.add(port);
      return port;
    }
    return 0;
  }

  #update(network: string, change: Partial<NetworkGiven>): void {
    const given = { ...this.#networks.get(network)!, ...change };
    this.#networks.set(network, given);
    this.#give(`Network/${network}`, given as unknown as Json);
  }

  #give(key: string, value: Json): void {
    this.puts.set(`given:${key}`, value);
  }

  #count(name: string): number {
    const next = (this.#counters.get(name) ?? 0) + 1;
    this.#counters.set(name, next);
    return next;
  }

  #set<T>(map: Map<string, Set<T>>, key: string): Set<T> {
    const set = map.get(key) ?? new Set<T>();
    map.set(key, set);
    return set;
  }
}
