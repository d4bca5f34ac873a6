// What is given out of: numbers of a zone, and of each network its addresses, MACs and ports, with what is taken of them. Who is given what
// is decided elsewhere (allocate.ts, leases.ts). Numbers of a zone are never given twice; the rest is taken again as late as possible.

import { contains, formatAddress, parseAddress, parsePrefix, stationRange } from '../../model/address.ts';
import type { Json } from '../../model/canonical.ts';
import { MAX_VNI } from '../../model/fields.ts';
import { interfacesOf } from '../../model/interfaces.ts';
import type { Labels } from '../../model/labels.ts';
import type { Problem } from '../../model/problem.ts';
import { keyOf, showKey, type Endpoint, type Network } from '../../model/resource.ts';
import { resourcesOf } from '../../model/resources-of.ts';
import { formerVnis, heldIn } from './held.ts';
import { endpointGiven, identityGiven, identityKey, MAX_IDENTITY, networkGiven, routerGiven, type NetworkGiven, type Seat, type TunnelGiven, type World } from './world.ts';
import { domainOf, networkPath, pathOf } from '../../model/path.ts';

/** Ports of a network's element: below, one for each server of the network; from here on, one for each local endpoint. */
export const FIRST_LOCAL_PORT = 1000;
/** They go round in twice as many as are in use, and in no fewer than this: a server has room for each number up to the highest, on every CPU. */
const LEAST_LOCAL_PORTS = 1048;
const LAST_PORT = 65535;
/** First bytes of MACs: locally administered, of individuals. */
const STATION_MAC = 0x02, ROUTER_MAC = 0x06;
const SEARCH_LIMIT = 70_000;

export class Pools {
  /** What is to be stored, by key. */
  readonly puts = new Map<string, Json>();
  readonly problems: Problem[] = [];
  readonly world: World;
  readonly epoch: string;
  readonly counters: Map<string, number>;
  #vnis: Map<number, string> | undefined;
  readonly networks = new Map<string, NetworkGiven>();
  readonly #addresses = new Map<string, Set<string>>();
  readonly #macs = new Map<string, Set<string>>();
  readonly #ports = new Map<string, Set<number>>();
  /** By network: addresses that are leased, and the server. */
  readonly #leased = new Map<string, Map<string, string>>();

  /** `networks`: those in which ports and addresses may be given. */
  constructor(world: World, epoch: string, networks: ReadonlySet<string>) {
    this.world = world;
    this.epoch = epoch;
    this.counters = new Map(world.counters);
    for (const network of networks) {
      const given = networkGiven(world, network);
      if (given) this.networks.set(network, given);
      for (const { kind, server, seats } of heldIn(world, network)) for (const seat of seats) this.#hold(network, seat, kind === 'Lease' ? server : undefined);
    }
    for (const domain of new Set([...networks].map(n => domainOf(n)))) {
      for (const endpoint of resourcesOf(world.resources, 'Endpoint', domain)) if (networks.has(`${domain}/${endpoint.spec.network}`)) this.#take(endpoint);
      for (const [key, tunnel] of world.given.under('Tunnel', domain)) {
        const network = key.slice('Tunnel/'.length, key.lastIndexOf('/'));
        if (networks.has(network)) this.#set(this.#ports, network).add((tunnel as unknown as TunnelGiven).port);
      }
      for (const router of resourcesOf(world.resources, 'Router', domain)) {
        for (const { network, addresses } of interfacesOf(world.resources, router)) if (networks.has(network)) for (const address of addresses) this.#set(this.#addresses, network).add(address);
        for (const [network, port] of Object.entries(routerGiven(world, pathOf(router))?.ports ?? {})) if (networks.has(network)) this.#set(this.#ports, network).add(port.network);
      }
    }
  }

  /** Those of the whole zone, when one is to be given or asked for. */
  claimVnis(): Map<number, string> {
    if (this.#vnis) return this.#vnis;
    this.#vnis = new Map();
    for (const r of resourcesOf(this.world.resources, 'Router')) {
      const vni = routerGiven(this.world, pathOf(r))?.uplink?.vni;
      if (vni !== undefined) this.#vnis.set(vni, keyOf(r));
    }
    // In order, so that the first of two networks with one VNI keeps it.
    for (const r of [...resourcesOf(this.world.resources, 'Network')].sort((a, b) => keyOf(a) < keyOf(b) ? -1 : 1)) {
      const vni = r.spec.vni ?? networkGiven(this.world, pathOf(r))?.vni;
      if (vni !== undefined) this.#claimVni(this.#vnis, r, vni);
    }
    for (const [vni, { of }] of formerVnis(this.world)) if (!this.#vnis.has(vni)) this.#vnis.set(vni, of);
    return this.#vnis;
  }

  /** Numbers of labels that nobody has any more stay: packets with them may be on their way. `key`: of what needs it. */
  identity(key: string, domain: string, labels: Labels): void {
    const identity = identityKey(domain, labels);
    if (identityGiven(this.world, domain, labels) || this.puts.has(`given:${identity}`)) return;
    const number = this.count(`identity ${domain}`);
    if (number > MAX_IDENTITY) this.problems.push({ key, path: ['metadata', 'labels'], message: `domain ${domain} has had ${MAX_IDENTITY} different sets of labels, the most there may be: use fewer labels` });
    this.give(identity, { number, labels });
  }

  /** Unique in the zone, and of another store's few are the same. */
  uid(letter: string, number: number): string {
    return `${letter}${number}-${this.epoch.slice(0, 6)}`;
  }

  /** Of counters, those that went on. */
  counted(): void {
    for (const [name, value] of this.counters) if (this.world.counters.get(name) !== value) this.puts.set(`counter:${name}`, value);
  }

  #claimVni(vnis: Map<number, string>, network: Network, vni: number): void {
    const other = vnis.get(vni);
    if (other !== undefined && network.spec.vni === undefined) return;
    if (other !== undefined && other !== keyOf(network)) this.problems.push({ key: keyOf(network), path: ['spec', 'vni'], message: `VNI ${vni} belongs to ${showKey(other)}` });
    vnis.set(vni, keyOf(network));
  }

  freeVni(key: string): number {
    const vnis = this.claimVnis();
    // Of another store's networks on the same wires (a second zone, or this one before its store was lost) few have the same.
    let vni = this.counters.get('vni') ?? (Number.parseInt(this.epoch.slice(0, 6), 16) || 0) % MAX_VNI;
    for (let i = 0; i < SEARCH_LIMIT; i++) {
      vni = vni >= MAX_VNI ? 1 : vni + 1;
      if (vnis.has(vni)) continue;
      vnis.set(vni, key);
      this.counters.set('vni', vni);
      return vni;
    }
    this.problems.push({ key, path: ['spec'], message: 'no free VNI was found; remove networks, or give one in spec.vni' });
    return 0;
  }

  #hold(network: string, { mac, addresses, port }: Seat, leasedTo: string | undefined): void {
    this.#set(this.#macs, network).add(mac);
    this.#set(this.#ports, network).add(port);
    const leased = this.#leased.get(network) ?? new Map<string, string>();
    this.#leased.set(network, leased);
    for (const address of addresses) {
      this.#set(this.#addresses, network).add(address);
      if (leasedTo !== undefined) leased.set(address, leasedTo);
    }
  }

  /** Said by a person, and on a server's lease: it may be in use there, and nobody here knows. */
  refuseLeased(key: string, network: string, addresses: readonly string[], path: readonly (string | number)[]): void {
    for (const address of addresses) {
      const server = this.#leased.get(network)?.get(address);
      if (server !== undefined) this.problems.push({ key, path, message: `address ${address} of Network ${network} is leased to Server ${server}, for workloads that come while the Director is away; take one of the lower half of the subnet, or set attach.leases: 0 there` });
    }
  }

  /** For an endpoint that is not there yet. Undefined: there is no room. */
  seat(network: Network): Seat | undefined {
    const path = pathOf(network);
    const found = network.spec.subnets.map(subnet => this.#freeAddress(path, subnet, 'lease'));
    const addresses = found.filter(a => a !== undefined);
    const port = this.#nextLocalPort(path);
    if (port === 0 || addresses.length < found.length) return undefined;
    const id = this.count('endpoint');
    return { uid: this.uid('e', id), id, port, mac: this.freeMac(path, id), addresses };
  }

  #take(endpoint: Endpoint): void {
    const network = networkPath(endpoint);
    const had = endpointGiven(this.world, pathOf(endpoint));
    const mac = endpoint.spec.mac ?? had?.mac;
    if (mac !== undefined) this.#set(this.#macs, network).add(mac);
    for (const address of endpoint.spec.addresses ?? had?.addresses ?? []) this.#set(this.#addresses, network).add(address);
    if (had) this.#set(this.#ports, network).add(had.port);
  }

  /** A byte that tells the kind, one of the epoch, the endpoint's id: locally administered (IEEE 802), and two zones seldom meet. */
  freeMac(network: string, id: number): string {
    const used = this.#set(this.#macs, network);
    for (let i = 0; i < 256; i++) {
      const mac = this.#macOf(STATION_MAC, i, id);
      if (used.has(mac)) continue;
      used.add(mac);
      return mac;
    }
    return '02:00:00:00:00:00';                                           // 256 stations chose these by hand; the rule about duplicates tells
  }

  routerMac(id: number): string {
    return this.#macOf(ROUTER_MAC, 0, id);
  }

  #macOf(kind: number, shift: number, id: number): string {
    const zone = Number.parseInt(this.epoch.slice(0, 2), 16) || 0;
    return [kind, (zone + shift) & 255, id >>> 24 & 255, id >>> 16 & 255, id >>> 8 & 255, id & 255].map(b => b.toString(16).padStart(2, '0')).join(':');
  }

  /** One of every subnet: those it has, as far as they still fit, and new ones for the rest. */
  addresses(key: string, network: Network, had: readonly string[]): string[] {
    return network.spec.subnets.flatMap(subnet => {
      const kept = had.find(address => contains(parsePrefix(subnet)!, parseAddress(address)!));
      const address = kept ?? this.#freeAddress(pathOf(network), subnet, 'endpoint');
      if (address !== undefined) return [address];
      this.problems.push({ key, path: ['spec', 'network'], message: `no free address in ${subnet} of ${showKey(keyOf(network))}: remove endpoints, or add a subnet` });
      return [];
    });
  }

  /** Those of leases are of the upper half, while there are any: people choose from below. */
  #freeAddress(network: string, subnet: string, wanted: 'endpoint' | 'lease'): string | undefined {
    const prefix = parsePrefix(subnet)!;
    const range = stationRange(prefix)!;
    // The first is left for a Router, if there is more than a pair.
    const first = range.last - range.first >= 2n ? range.first + 1n : range.first;
    const count = range.last - first + 1n;
    const used = this.#set(this.#addresses, network);
    const given = this.networks.get(network)!;
    const next = wanted === 'lease' ? 'nextLeased' : 'nextOffset';
    let offset = BigInt(given[next]?.[subnet] ?? (wanted === 'lease' ? count / 2n : '0')) % count;
    const most = count < BigInt(SEARCH_LIMIT) ? Number(count) : SEARCH_LIMIT;
    for (let i = 0; i < most; i++, offset = (offset + 1n) % count) {
      const address = formatAddress({ family: prefix.family, value: first + offset });
      if (used.has(address)) continue;
      used.add(address);
      this.update(network, { [next]: { ...given[next], [subnet]: String((offset + 1n) % count) } });
      return address;
    }
    return undefined;
  }

  localPort(network: string): number {
    const port = this.#nextLocalPort(network);
    if (port === 0) this.problems.push({ key: `Network/${network}`, path: ['spec'], message: `has ${LAST_PORT - FIRST_LOCAL_PORT + 1} endpoints already, the most it may have; make another network` });
    return port;
  }

  /** 0: none is free. */
  #nextLocalPort(network: string): number {
    const last = Math.min(LAST_PORT, FIRST_LOCAL_PORT + Math.max(LEAST_LOCAL_PORTS, 2 * this.#set(this.#ports, network).size) - 1);
    const port = this.#freePort(network, this.networks.get(network)!.nextLocalPort, FIRST_LOCAL_PORT, last);
    if (port !== 0) this.update(network, { nextLocalPort: port + 1 });
    return port;
  }

  tunnelPort(network: string, key: string): number {
    const port = this.#freePort(network, this.networks.get(network)!.nextTunnelPort, 1, FIRST_LOCAL_PORT - 1);
    if (port === 0) this.problems.push({ key, path: ['spec'], message: `Network ${network} is on ${FIRST_LOCAL_PORT - 1} servers already, the most it may be` });
    this.update(network, { nextTunnelPort: port + 1 });
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

  update(network: string, change: Partial<NetworkGiven>): void {
    const given = { ...this.networks.get(network)!, ...change };
    this.networks.set(network, given);
    this.give(`Network/${network}`, given as unknown as Json);
  }

  give(key: string, value: Json): void {
    this.puts.set(`given:${key}`, value);
  }

  count(name: string): number {
    const next = (this.counters.get(name) ?? 0) + 1;
    this.counters.set(name, next);
    return next;
  }

  #set<T>(map: Map<string, Set<T>>, key: string): Set<T> {
    const set = map.get(key) ?? new Set<T>();
    map.set(key, set);
    return set;
  }
}
