// Numbers, ports, VNIs, MACs and addresses for resources that have none yet, out of pools.ts. What is given is stored with the change that
// needed it, before any plan uses it; what a resource has it keeps.

import { contains, parseAddress, parsePrefix } from '../../model/address.ts';
import { sameValue, type Json } from '../../model/canonical.ts';
import { canaryMs, type Tried } from './rollout.ts';
import { labelsOf } from '../../model/labels.ts';
import type { Problem } from '../../model/problem.ts';
import { isUnmanaged, keyOf, showKey, type Endpoint, type Gateway, type Nat, type Network, type Resource, type Router } from '../../model/resource.ts';
import { resourcesOf } from '../../model/resources-of.ts';
import { domainAbout } from '../../model/about.ts';
import { placeOf } from '../../model/table.ts';
import { endedKey, formerVnis, heldIn, vniKey, type FormerVni } from './held.ts';
import { abandoned } from './leases.ts';
import { FIRST_LOCAL_PORT, Pools } from './pools.ts';
import { joinedTo, reachOf, topologyOf, type Topology } from './topology.ts';
import { interfacesOf } from '../../model/interfaces.ts';
import { divided } from './port-blocks.ts';
import { isCutOff } from '../../model/trust.ts';
import { wayOutOf } from '../../model/uplinks.ts';
import { domainGiven, endpointGiven, functionGiven, gatewayGiven, natGiven, networkGiven, routerGiven, tunnelGiven, type EndpointGiven, type FunctionForm, type FunctionGiven, type NetworkGiven, type RouterGiven, type Seat, type World } from './world.ts';
import { nameOf, networkPath, pathOf } from '../../model/path.ts';

interface Allocated {
  readonly puts: readonly { readonly key: string; readonly value: Json }[];
  readonly deletes: readonly string[];
  readonly problems: readonly Problem[];
}

/**
 * What must be stored, so that every resource of `world` has what it needs and nothing is held by a resource that is gone.
 * `before`: the world without the change. `changed`: keys of resources that are new, other or gone; all others have what they need.
 */
export function allocate(before: World, world: World, epoch: string, changed: ReadonlySet<string>, tried?: Tried): Allocated {
  const topology = topologyOf(world.resources);
  const domains = domainsNear(world, topology, changed, tried);
  const rows = [...domains.flatMap(domain => [...world.resources.part(domain).values()].flatMap(kind => [...kind])), ...[...changed].flatMap((key): [string, Resource][] => { const r = world.resources.get(key); return r && placeOf(key).domain === '' ? [[key, r]] : []; })];
  const touched = rows.filter(([key, r]) => r.kind === 'Network' || (r.kind === 'Endpoint' && isRehomed(topology, networkPath(r), world, changed))
     || changed.has(key) || (r.kind === 'Endpoint' && (changed.has(`Network/${networkPath(r)}`) || changed.has(`Server/${r.spec.server}`)))
    || (r.kind === 'Router' && isGatewayOther(world, r, changed)) || (r.kind === 'Router' && r.spec.networks.some(n => changed.has(`Network/${r.metadata.domain}/${n}`))));
  const resources = touched.sort(([x], [y]) => x < y ? -1 : 1).map(([, r]) => r);
  const networks = new Set(resources.flatMap(r => r.kind === 'Endpoint' ? [networkPath(r)] : r.kind === 'Router' ? interfacesOf(world.resources, r).map(i => i.network) : []).flatMap(n => joinedTo(topology, n)));
  const a = new Allocation(before, world, epoch, topology, networks);
  for (const resource of resources) if (resource.kind === 'Domain') a.domain(resource.metadata.name);
  for (const resource of resources) if (resource.kind === 'Network') a.network(resource);
  for (const resource of resources) if (resource.kind === 'Router') a.router(resource);
  for (const resource of resources) if (resource.kind === 'Gateway') a.gateway(resource);
  for (const resource of resources) if (resource.kind === 'Endpoint') a.endpoint(resource);
  for (const resource of resources) if (resource.kind === 'Nat') a.nat(resource);
  a.functions(domains, tried);
  for (const network of [...networks].sort()) a.tunnels(network);
  a.release([...changed].filter(key => !world.resources.has(key)));
  return { puts: [...a.pools.puts].sort(([x], [y]) => x < y ? -1 : 1).map(([key, value]) => ({ key, value })), deletes: a.deletes, problems: a.pools.problems };
}

/** Domains in which something may have to be given. */
function domainsNear({ resources }: World, { parts }: Topology, changed: ReadonlySet<string>, tried: Tried | undefined): readonly string[] {
  const keys = [...changed, ...tried ? [tried.key] : []];
  const servers = keys.flatMap(key => key.startsWith('Server/') ? key.slice('Server/'.length) : []);
  const gateways = resourcesOf(resources, 'Gateway').filter(g => changed.has(keyOf(g)) || servers.some(s => g.spec.servers.includes(s)));
  // A server that is gone or cut off is in no topology any more.
  if (gateways.length > 0 || servers.some(name => !resources.has(`Server/${name}`) || isCutOff(resources, name))) return resources.domains();
  const having = servers.length === 0 ? [] : [...parts].flatMap(([domain, { endpointsOn }]) => servers.some(s => endpointsOn.has(s)) ? domain : []);
  return [...new Set(having.concat(keys.map(domainAbout)))].filter(domain => domain !== '');
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
  readonly pools: Pools;
  readonly deletes: string[] = [];
  readonly #before: World;
  /** Uids of leases that endpoints were born with. */
  readonly #claims = new Set<string>();
  readonly #world: World;
  readonly #topology: Topology;

  /** `networks`: those in which ports and addresses may be given. */
  constructor(before: World, world: World, epoch: string, topology: Topology, networks: ReadonlySet<string>) {
    this.#before = before;
    this.#world = world;
    this.#topology = topology;
    this.pools = new Pools(world, epoch, networks);
  }

  domain(name: string): void {
    if (domainGiven(this.#world, name)) return;
    this.pools.give(`Domain/${name}`, { number: this.pools.count('domain') });
  }

  network(network: Network): void {
    const path = pathOf(network);
    const had = networkGiven(this.#world, path);
    if (network.spec.vni !== undefined && network.spec.vni !== had?.vni) this.#takeVni(network, network.spec.vni, had?.uid);
    const vni = network.spec.vni ?? had?.vni ?? this.pools.freeVni(`Network/${path}`);
    const kept = had ? { ...had, vni } : this.#newNetwork(vni);
    if (had && had.vni !== vni) this.#endVni(path, had.vni, { uid: had.uid, of: keyOf(network) });
    const leasing = network.spec.dhcp && !kept.dhcp ? { ...kept, dhcp: this.#newServer('d') } : kept;
    const given = this.#topology.dnsOf.has(path) && !leasing.dns ? { ...leasing, dns: this.#newServer('s') } : leasing;
    this.pools.networks.set(path, given);
    // What is leased has the labels that the network grants now.
    if (heldIn(this.#world, path).some(h => h.kind === 'Lease')) this.pools.identity(keyOf(network), network.metadata.domain, network.spec.attach?.grant ?? {});
    if (had?.vni !== vni || had.dhcp !== given.dhcp || had.dns !== given.dns) this.pools.give(`Network/${path}`, given as unknown as Json);
  }

  /** Said by a person, and perhaps another's until now: what one server sends by it, another that has not heard of the change would take for its own. */
  #takeVni(network: Network, vni: number, uid: string | undefined): void {
    this.pools.claimVnis();
    const given = resourcesOf(this.#before.resources, 'Network').map(n => ({ of: keyOf(n), ...networkGiven(this.#before, pathOf(n)) }));
    const routed = resourcesOf(this.#before.resources, 'Router').map(r => ({ of: keyOf(r), ...routerGiven(this.#before, pathOf(r))?.uplink }));
    const former = [...given, ...routed].find(g => g.vni === vni && g.uid !== uid) ?? formerVnis(this.#before).get(vni);
    if (former === undefined || former.uid === uid || this.pools.problems.some(p => p.key === keyOf(network))) return;
    this.pools.problems.push({ key: keyOf(network), path: ['spec', 'vni'], message: `VNI ${vni} is ${showKey(former.of)}'s until that has another or is gone, and every server has said so (iov get servers): change it then, or leave it out and one is allocated` });
  }

  #endVni(path: string, vni: number, former: FormerVni): void {
    this.pools.puts.set(`held:${vniKey(path, vni)}`, former as unknown as Json);
  }

  endpoint(endpoint: Endpoint): void {
    const path = pathOf(endpoint);
    const at = networkPath(endpoint);
    const network = this.#world.resources.get(`Network/${at}`);
    if (network?.kind !== 'Network') return;                              // a dangling reference: validate.ts says so
    const key = keyOf(endpoint);
    const known = endpointGiven(this.#world, path);
    const had = known ?? this.#claimed(endpoint, at);
    const id = had?.id ?? this.pools.count('endpoint');
    const sharers = sharersOf(this.#topology, at);
    // It keeps its home as long as there is one, wherever it moves: there are its flows.
    const home = sharers && (known?.home !== undefined && sharers.includes(known.home) ? known.home : wayOutOf(endpoint.spec.server, sharers));
    this.pools.refuseLeased(key, at, (endpoint.spec.addresses ?? []).filter(a => !had?.addresses.includes(a)), ['spec', 'addresses']);
    const given: EndpointGiven = {
      id,
      uid: had?.uid ?? this.pools.uid('e', id),
      port: had?.port ?? this.pools.localPort(at),
      mac: endpoint.spec.mac ?? had?.mac ?? this.pools.freeMac(at, id),
      addresses: isUnmanaged(endpoint) ? [] : endpoint.spec.addresses ?? this.pools.addresses(key, network, had?.addresses ?? []),
      ...home !== undefined && { home },
    };
    this.#keep(`Endpoint/${path}`, known, given);
    const moved = this.#before.resources.get(key);
    if (known && moved?.kind === 'Endpoint' && moved.spec.server !== endpoint.spec.server) this.#ended(at, moved.spec.server, known);
    this.pools.identity(key, endpoint.metadata.domain, labelsOf(this.#world.resources, endpoint));
  }

  /** What it was born as, while the Director was away: leased to its server then, and not given to another since. */
  #claimed(endpoint: Endpoint, network: string): Seat | undefined {
    const { lease, server, addresses } = endpoint.spec;
    if (lease === undefined) return undefined;
    const found = heldIn(this.#world, network).find(h => h.server === server && h.seats.some(s => s.uid === lease));
    const seat = found?.seats.find(s => s.uid === lease);
    const refuse = (message: string): void => { this.pools.problems.push({ key: keyOf(endpoint), path: ['spec', 'lease'], message }); };
    // With addresses it says what it has: it was leased by a store that is lost.
    if (!found || !seat) { if (!addresses) refuse(`${lease} is not leased to Server ${server}, in Network ${network}: detach the endpoint there and attach it again`); return undefined; }
    const { spec: { subnets } } = this.#world.resources.get(`Network/${network}`) as Network;
    const stray = seat.addresses.find(a => !subnets.some(subnet => contains(parsePrefix(subnet)!, parseAddress(a)!)));
    if (stray !== undefined) { refuse(`it was born with address ${stray}, which is in no subnet of Network ${network} any more: detach the endpoint and attach it again`); return undefined; }
    if (this.#claims.has(lease)) { refuse(`${lease} is of another endpoint in the request`); return undefined; }
    this.#claims.add(lease);
    const left = found.seats.filter(s => !this.#claims.has(s.uid));
    if (left.length > 0) this.pools.puts.set(`held:${found.key}`, { seats: left } as unknown as Json);
    else { this.pools.puts.delete(`held:${found.key}`); this.deletes.push(`held:${found.key}`); }
    return seat;
  }

  /** Of an endpoint that is no more on that server. */
  #ended(network: string, server: string, { uid, id, port, mac, addresses }: EndpointGiven): void {
    this.pools.puts.set(`held:${endedKey(network, server, uid)}`, { uid, id, port, mac, addresses } as unknown as Json);
  }

  /** A pair of ports for each of its networks: one of the network's element, in the range of tunnels, and one of its own. */
  router(router: Router): void {
    const had = routerGiven(this.#world, pathOf(router));
    const number = had?.number ?? this.pools.count('element');
    const ports: Record<string, { network: number; router: number }> = {};
    const joined = interfacesOf(this.#world.resources, router);
    const own = new Set(joined.flatMap(({ network }) => had?.ports[network]?.router ?? []));
    for (const { network, addresses } of joined) {
      this.pools.refuseLeased(keyOf(router), network, addresses, ['spec', 'addresses', nameOf(network)]);
      let port = had?.ports[network]?.router ?? 1;
      if (!had?.ports[network]) { while (own.has(port)) port++; own.add(port); }
      ports[network] = had?.ports[network] ?? { network: this.pools.tunnelPort(network, keyOf(router)), router: port };
    }
    const uplink = had?.uplink ?? (router.spec.uplink && this.#uplink(router));
    const given: RouterGiven = { ...uplink && { uplink }, number, uid: had?.uid ?? this.pools.uid('r', number), mac: had?.mac ?? this.pools.routerMac(number), ports };
    this.#keep(`Router/${pathOf(router)}`, had, given);
  }

  #uplink(router: Router): NonNullable<RouterGiven['uplink']> {
    const number = this.pools.count('element');
    return { number, uid: this.pools.uid('u', number), vni: this.pools.freeVni(keyOf(router)) };
  }

  /** An element for each network that one is around. */
  functions(domains: readonly string[], tried: Tried | undefined): void {
    for (const r of domains.flatMap(domain => resourcesOf(this.#world.resources, 'Function', domain)).sort((x, y) => pathOf(x) < pathOf(y) ? -1 : 1)) {
      const path = pathOf(r);
      const had = functionGiven(this.#world, path);
      const elements = { ...had?.elements };
      const around = this.#topology.networksAround.get(path) ?? [];
      for (const name of around.map(nameOf)) {
        if (elements[name]) continue;
        const id = this.pools.count('element');
        elements[name] = { uid: this.pools.uid('x', id), id };
      }
      const next: FunctionForm = { module: r.spec.module, ...r.spec.config !== undefined && { config: r.spec.config as Json } };
      const servers = [...new Set(around.flatMap(n => reachOf(this.#topology, n)))].sort();
      const [first] = servers;
      // Another config of the same version is nothing new to try.
      const verdict = tried?.key === keyOf(r) ? tried : undefined;
      const isTried = had !== undefined && had.running.module !== next.module && (verdict === undefined || verdict.to === 'other') && canaryMs(r) > 0 && first !== undefined;
      const canary = [verdict?.to === 'other' ? verdict.canary : undefined, had?.rollout?.canary].find(s => s !== undefined && servers.includes(s)) ?? first;
      const refused = verdict?.to === 'back' ? { module: verdict.module, why: verdict.why } : had?.running.module === next.module && !had.rollout ? had.refused : undefined;
      const given: FunctionGiven = { elements, running: isTried ? had.running : next, ...isTried && { rollout: { canary: canary! } }, ...refused && { refused } };
      this.#keep(`Function/${path}`, had, given);
    }
  }

  nat(nat: Nat): void {
    if (natGiven(this.#world, pathOf(nat))) return;
    const number = this.pools.count('element');
    this.pools.give(keyOf(nat), { number, uid: this.pools.uid('t', number) });
  }

  gateway(gateway: Gateway): void {
    const { name } = gateway.metadata;
    const { servers } = gateway.spec;
    const had = gatewayGiven(this.#world, name);
    const away = had?.away?.filter(s => servers.includes(s)) ?? [];
    const given = { blocks: divided(had?.blocks ?? [], servers), ...away.length > 0 && { away } };
    this.#keep(`Gateway/${name}`, had, given);
  }

  /** One to each server that has the network. */
  tunnels(network: string): void {
    for (const server of reachOf(this.#topology, network)) {
      if (!this.pools.networks.has(network) || tunnelGiven(this.#world, network, server)) continue;
      this.pools.give(`Tunnel/${network}/${server}`, { port: this.pools.tunnelPort(network, `Server/${server}`) });
    }
  }

  /** What belongs to a resource that is gone. A tunnel port stays with its network, so that a server that comes back finds its own. */
  release(gone: readonly string[]): void {
    for (const key of gone) {
      if (this.#world.given.has(key)) this.deletes.push(`given:${key}`);
      const path = key.slice(key.indexOf('/') + 1);
      const out = key.startsWith('Network/') ? networkGiven(this.#before, path) : key.startsWith('Router/') ? routerGiven(this.#before, path)?.uplink : undefined;
      if (out) this.#endVni(path, out.vni, { uid: out.uid, of: key });
      const endpoint = this.#before.resources.get(key);
      const given = endpoint?.kind === 'Endpoint' ? endpointGiven(this.#world, pathOf(endpoint)) : undefined;
      if (endpoint?.kind === 'Endpoint' && given && this.#world.resources.has(`Network/${networkPath(endpoint)}`)) this.#ended(networkPath(endpoint), endpoint.spec.server, given);
    }
    const { puts, deletes } = abandoned(this.#world, gone);
    this.deletes.push(...deletes);
    for (const [key, value] of puts) this.pools.puts.set(key, value);
    if (gone.some(key => /^(Network|Server)\//.test(key))) {
      for (const key of this.#world.given.domains().flatMap(domain => [...this.#world.given.under('Tunnel', domain).keys()])) {
        const [, domain, network, server] = key.split('/');
        if (!(this.#world.resources.has(`Network/${domain}/${network}`) && this.#world.resources.has(`Server/${server}`))) this.deletes.push(`given:${key}`);
      }
    }
    this.deletes.sort();
    this.pools.counted();
  }

  /** To be stored, if it is other than it was. */
  #keep(key: string, had: unknown, given: unknown): void {
    if (!sameValue(had, given)) this.pools.give(key, given as Json);
  }

  #newNetwork(vni: number): NetworkGiven {
    const number = this.pools.count('element');
    const id = this.pools.count('element');
    return { number, uid: this.pools.uid('n', number), firewall: { uid: this.pools.uid('f', id), id }, vni, nextTunnelPort: 1, nextLocalPort: FIRST_LOCAL_PORT, nextOffset: {} };
  }

  /** Of DHCP or DNS, as the letter says. */
  #newServer(letter: string): NonNullable<NetworkGiven['dhcp']> {
    const id = this.pools.count('element');
    return { uid: this.pools.uid(letter, id), id, mac: this.pools.routerMac(id) };
  }
}
