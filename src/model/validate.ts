// Rules between resources: references, overlaps, duplicates. It sees a whole set at once and allocates nothing.

import { bare, contains, isV6, overlap, parseAddress, parsePrefix, stationRange, type Prefix } from './address.ts';
import { dnsOf } from './dns/served.ts';
import { dhcpAddressOf, interfacesOf, serverAddressesOf } from './interfaces.ts';
import { mixedIn } from './functions.ts';
import { isIn, labelsOf, showLabels, type Labels } from './labels.ts';
import { nearest } from './nearest.ts';
import { MAX_NETWORK_ADDRESSES, MAX_ROUTER_ADDRESSES, MAX_ROUTER_HOPS } from './fields.ts';
import { MAX_NETWORK_PORTS } from './plan.ts';
import { twice, type Problem } from './problem.ts';
import { groupsOf, referencesOf } from './references.ts';
import { resourcesOf } from './resources-of.ts';
import { placeOf, Table } from './table.ts';
import { isOnLink } from './uplinks.ts';
import { dnsProblems } from './validate-dns.ts';
import { uplinkProblems } from './validate-uplinks.ts';
import { keyOf, keyOfRef, showKey, type Endpoint, type Network, type NetworkFunction, type Resource, type Router, type Server } from './resource.ts';
import { networkPath, pathOf } from './path.ts';

/** What the Director gave to an endpoint that did not ask for it. */
export interface Given { readonly mac: string; readonly addresses: readonly string[] }

const VXLAN_OVERHEAD_BYTES = { 4: 50, 6: 70 } as const;
export const DEFAULT_UNDERLAY_MTU_BYTES = 1500;

export function validate(resources: ReadonlyMap<string, Resource>, given: ReadonlyMap<string, Given> = new Map()): Problem[] {
  return [...unfit(resources), ...duplicates(resources, given)];
}

/**
 * All rules but that about duplicates, which needs what was given. `changed`: keys of resources that are other than in a zone that kept all rules;
 * only domains with one of these are looked at, unless what they share is another.
 */
export function unfit(resources: ReadonlyMap<string, Resource>, changed?: Iterable<string>): Problem[] {
  const near = changed && domainsNear(resources, changed);
  const all = near ? near.flatMap(domain => within(resources, domain)) : [...resources.values()];
  const networks = all.filter(r => r.kind === 'Network');
  const endpoints = all.filter(r => r.kind === 'Endpoint');
  const servers = resourcesOf(resources, 'Server');
  const routers = all.filter(r => r.kind === 'Router');
  return [
    ...all.flatMap(r => references(keyOf(r), r, resources)),
    ...overlaps(networks),
    ...sameVni(resourcesOf(resources, 'Network')),
    ...near?.includes('') === false ? [] : sameUnderlay(servers),
    ...near?.includes('') === false ? mtus(networks, servers) : mtus(resourcesOf(resources, 'Network'), servers),
    ...endpoints.flatMap(e => stray(e, e.spec.network, e.spec.addresses ?? [], ['spec', 'addresses'], resources)),
    ...routers.flatMap(r => Object.entries(r.spec.addresses ?? {}).flatMap(([network, addresses]) => stray(r, network, addresses, ['spec', 'addresses', network], resources))),
    ...routedTwice(routers),
    ...routers.flatMap(r => strayRoutes(r, resources)),
    ...strayGroups(all, endpoints, networks, resources),
    ...crowds(endpoints),
    ...crowdsOfAddresses(endpoints, routers, networks),
    ...uplinkProblems(resources),
    ...near ? near.flatMap(domain => domain === '' ? [] : dnsProblems(resources, domain)) : dnsProblems(resources),
  ];
}

/** '': the zone's own resources. Undefined: all. */
function domainsNear(resources: ReadonlyMap<string, Resource>, changed: Iterable<string>): readonly string[] | undefined {
  const near = new Set<string>();
  for (const key of changed) {
    const { kind, domain } = placeOf(key);
    // Endpoints and functions of all domains name these, but ask no more than whether they are there; routes ask where gateways are.
    if (kind === 'Gateway' || ((kind === 'Server' || kind === 'Module') && !resources.has(key))) return undefined;
    near.add(domain);
    if (kind === 'Domain') near.add(key.slice('Domain/'.length));
  }
  return [...near];
}

function within(resources: ReadonlyMap<string, Resource>, domain: string): readonly Resource[] {
  if (resources instanceof Table) return [...(resources as Table<Resource>).part(domain).values()].flatMap(rows => [...rows.values()]);
  return [...resources].flatMap(([key, r]) => placeOf(key).domain === domain ? r : []);
}

function references(key: string, resource: Resource, resources: ReadonlyMap<string, Resource>): Problem[] {
  const missing = referencesOf(resource).filter(ref => !resources.has(keyOfRef(ref))).map(({ kind, domain, name, path }): Problem => {
    const known = resourcesOf(resources, kind, domain).map(r => r.metadata.name);
    const close = nearest(name, known);
    const where = domain === undefined ? '' : ` in domain ${domain}`;
    const hint = close !== undefined ? `did you mean '${close}'?` : known.length > 0 ? `there are: ${list(known)}` : `there is none${where}`;
    return { key, path, message: `unknown ${kind} '${name}'${where}; ${hint}` };
  });
  if (resource.kind === 'Endpoint') return [...missing, ...notAdmitted(key, resource, resources)];
  return resource.kind === 'Function' ? [...missing, ...misplaced(key, resource, resources)] : missing;
}

function notAdmitted(key: string, { metadata: { domain }, spec: { server } }: Endpoint, resources: ReadonlyMap<string, Resource>): Problem[] {
  const found = resources.get(`Domain/${domain}`);
  const admitted = found?.kind === 'Domain' ? found.spec?.servers : undefined;
  return admitted === undefined || admitted.includes(server) ? [] : [{ key, path: ['spec', 'server'], message: `Domain ${domain} does not admit Server ${server}; it admits: ${list(admitted)}` }];
}

function misplaced(key: string, resource: NetworkFunction, resources: ReadonlyMap<string, Resource>): Problem[] {
  const problems: Problem[] = [];
  const { module } = resource.spec;
  const placed = resources.get(`Module/${module}`);
  if (placed?.kind === 'Module' && (placed.spec.type !== 'filter' || (placed.spec.placement ?? 'endpoint') !== 'endpoint')) {
    const what = placed.spec.type === 'filter' ? `a filter with state at the ${placed.spec.placement}` : `${placed.spec.type === 'xdp' ? 'an' : 'a'} ${placed.spec.type}`;
    problems.push({ key, path: ['spec', 'module'], message: `Module ${module} is ${what}; a Function places filters with state: 'endpoint', or without state` });
  }
  const mixed = mixedIn(resources, resource);
  if (mixed) problems.push({ key, path: ['spec', 'on', 'group'], message: `Network ${resource.metadata.domain}/${mixed.network} has endpoints in the group (${mixed.inside}) and outside of it (${mixed.outside}): let the network grant the labels (attach.grant), or make another network` });
  return problems;
}

function overlaps(networks: readonly Network[]): Problem[] {
  interface Seen { readonly key: string; readonly prefix: Prefix; readonly text: string }
  const problems: Problem[] = [];
  const byDomain = new Map<string, Seen[]>();
  for (const n of networks) {
    const seen = byDomain.get(n.metadata.domain) ?? [];
    byDomain.set(n.metadata.domain, seen);
    for (const [i, text] of n.spec.subnets.entries()) {
      const prefix = parsePrefix(text)!;
      const other = seen.find(s => overlap(s.prefix, prefix));
      const whose = other?.key === keyOf(n) ? 'the same network' : showKey(other?.key ?? '');
      if (other) problems.push({ key: keyOf(n), path: ['spec', 'subnets', i], message: `subnet ${text} overlaps ${other.text} of ${whose}; subnets of one domain must not` });
      seen.push({ key: keyOf(n), prefix, text });
    }
  }
  return problems;
}

function sameVni(networks: readonly Network[]): Problem[] {
  return twice(networks.filter(n => n.spec.vni !== undefined), n => String(n.spec.vni), (n, other) =>
    ({ key: keyOf(n), path: ['spec', 'vni'], message: `VNI ${n.spec.vni} belongs to ${showKey(keyOf(other))}; leave it out and one is allocated` }));
}

function sameUnderlay(servers: readonly Server[]): Problem[] {
  return twice(servers, s => s.spec.underlay, (s, other) =>
    ({ key: keyOf(s), path: ['spec', 'underlay'], message: `underlay address ${s.spec.underlay} belongs to ${showKey(keyOf(other))}` }));
}

function mtus(networks: readonly Network[], servers: readonly Server[]): Problem[] {
  const most = networkMtuBytes(servers);
  return networks.filter(n => (n.spec.mtu ?? 0) > most).map(n =>
    ({ key: keyOf(n), path: ['spec', 'mtu'], message: `mtu ${n.spec.mtu} does not fit the underlay: at most ${most}, or raise 'mtu' of the servers` }));
}

/** What fits through every server's tunnel. */
export function networkMtuBytes(servers: readonly Server[]): number {
  const fits = servers.map(s => (s.spec.mtu ?? DEFAULT_UNDERLAY_MTU_BYTES) - VXLAN_OVERHEAD_BYTES[isV6(s.spec.underlay) ? 6 : 4]);
  return fits.length === 0 ? DEFAULT_UNDERLAY_MTU_BYTES - VXLAN_OVERHEAD_BYTES[4] : Math.min(...fits);
}

/** Addresses that are in no subnet of their network, or that no station may have. */
function stray(who: Endpoint | Router, of: string, addresses: readonly string[], at: readonly (string | number)[], resources: ReadonlyMap<string, Resource>): Problem[] {
  const network = resources.get(keyOfRef({ kind: 'Network', domain: who.metadata.domain, name: of }));
  if (network?.kind !== 'Network') return [];
  const problems: Problem[] = [];
  for (const [i, text] of addresses.entries()) {
    const address = parseAddress(text)!;
    const subnet = network.spec.subnets.find(s => contains(parsePrefix(s)!, address));
    const range = subnet === undefined ? undefined : stationRange(parsePrefix(subnet)!);
    const path = [...at, i];
    if (subnet === undefined) problems.push({ key: keyOf(who), path, message: `address ${text} is in no subnet of Network ${pathOf(network)} (${list(network.spec.subnets)})` });
    else if (!range || address.value < range.first || address.value > range.last) problems.push({ key: keyOf(who), path, message: `address ${text} is the first or last of ${subnet}; no station may have it` });
  }
  return problems;
}

/** Routes by whom no network of the router has, and two of one prefix. */
function strayRoutes(router: Router, resources: ReadonlyMap<string, Resource>): Problem[] {
  const joined = interfacesOf(resources, router);
  const own = new Set(joined.flatMap(i => i.addresses));
  const subnets = joined.flatMap(i => (resources.get(`Network/${i.network}`) as Network).spec.subnets);
  const gateway = resources.get(`Gateway/${router.spec.uplink?.gateway}`);
  const seen = new Set<string>();
  return (router.spec.routes ?? []).flatMap(({ to, via = [] }, i) => {
    const problem = (path: readonly (string | number)[], message: string): Problem => ({ key: keyOf(router), path: ['spec', 'routes', i, ...path], message });
    const problems = seen.has(to) ? [problem(['to'], `there is a route to ${to} already; several ways of one route are a list in 'via'`)] : [];
    seen.add(to);
    return [...problems, ...via.flatMap((address, j) => {
      if (isV6(address) !== isV6(to)) return [problem(['via', j], `${address} and ${to} are not both IPv4 or IPv6`)];
      if (own.has(address)) return [problem(['via', j], `${address} is the router's own address`)];
      if (subnets.some(s => contains(parsePrefix(s)!, parseAddress(address)!))) return [];
      if (gateway?.kind !== 'Gateway') return [problem(['via', j], `${address} is in no subnet of the router's networks (${list(subnets)})`)];
      if (isOnLink(gateway.spec.addresses, address) && gateway.spec.addresses.every(a => bare(a) !== address)) return [];
      return [problem(['via', j], `${address} is in no subnet of the router's networks (${list(subnets)}), and no machine beside its gateway (${list(gateway.spec.addresses)})`)];
    })];
  });
}

/** One router a network: stations there have one way out. */
function routedTwice(routers: readonly Router[]): Problem[] {
  const joined = routers.flatMap(router => router.spec.networks.map((network, i) => ({ router, network, i })));
  const strangers = routers.flatMap(router => Object.keys(router.spec.addresses ?? {}).filter(n => !router.spec.networks.includes(n)).map((network): Problem =>
    ({ key: keyOf(router), path: ['spec', 'addresses', network], message: `network ${network} is not among its networks (${list(router.spec.networks)})` })));
  return [...strangers, ...twice(joined, j => `${j.router.metadata.domain}/${j.network}`, (j, other) => ({
    key: keyOf(j.router), path: ['spec', 'networks', j.i],
    message: other.router === j.router ? `network ${j.network} is here twice` : `network ${j.network} is joined by ${showKey(keyOf(other.router))} already; a network has one router`,
  }))];
}

/** A group that nobody can be in is a mistake in writing; one that nobody is in yet is not. */
function strayGroups(all: readonly Resource[], endpoints: readonly Endpoint[], networks: readonly Network[], resources: ReadonlyMap<string, Resource>): Problem[] {
  const known = new Map<string, Labels[]>();
  const add = (domain: string, labels: Labels): void => {
    const list = known.get(domain);
    if (list) list.push(labels); else known.set(domain, [labels]);
  };
  const meant = all.filter(r => r.kind === 'Policy' || r.kind === 'Dns').flatMap(who => groupsOf(who).map(({ group, path }) => ({ who, group, path })));
  if (meant.length === 0) return [];
  for (const n of networks) add(n.metadata.domain, n.spec.attach?.grant ?? {});
  for (const e of endpoints) if (e.metadata.labels && !e.spec.ephemeral) add(e.metadata.domain, labelsOf(resources, e));
  return meant.flatMap(({ who, group, path }): Problem[] => {
    const here = known.get(who.metadata.domain) ?? [];
    if (Object.keys(group).length === 0 || here.some(labels => isIn(group, labels))) return [];
    for (const [name, value] of Object.entries(group)) {
      const names = [...new Set(here.flatMap(labels => Object.keys(labels)))].sort();
      const values = [...new Set(here.flatMap(labels => labels[name] ?? []))].sort();
      if (values.includes(value)) continue;
      const close = values.length === 0 ? nearest(name, names) : nearest(value, values);
      const hint = close !== undefined ? `did you mean '${close}'?` : values.length > 0 ? `'${name}' is one of: ${list(values)}` : names.length > 0 ? `labels that networks grant: ${list(names)}` : "no network grants labels: see 'attach.grant' of Network";
      return [{ key: keyOf(who), path, message: `unknown group '${name}: ${value}'; ${hint}` }];
    }
    return [{ key: keyOf(who), path, message: `unknown group ${showLabels(group)}: no network grants all of these labels` }];
  });
}

/** More than their modules have room for. */
function crowdsOfAddresses(endpoints: readonly Endpoint[], routers: readonly Router[], networks: readonly Network[]): Problem[] {
  const counts = new Map<string, number>();
  const subnets = new Map(networks.map(n => [pathOf(n), n.spec.subnets.length]));
  for (const { metadata: { domain }, spec: { network, addresses } } of endpoints) {
    const path = `${domain}/${network}`;
    counts.set(path, (counts.get(path) ?? 0) + (addresses?.length ?? subnets.get(path) ?? 0));
  }
  return [
    ...[...counts].flatMap(([path, count]) => count <= MAX_NETWORK_ADDRESSES ? [] : [{ key: `Network/${path}`, path: [], message: `would have ${count} addresses, more than ${MAX_NETWORK_ADDRESSES}: make another network, and join both by a Router` }]),
    ...routers.flatMap(r => {
      const count = r.spec.networks.reduce((sum, n) => sum + (counts.get(`${r.metadata.domain}/${n}`) ?? 0), 0);
      const hops = [...new Set((r.spec.routes ?? []).map(route => (route.via ?? []).join()))].reduce((sum, via) => sum + (via === '' ? 0 : via.split(',').length), 0);
      return [
        ...count <= MAX_ROUTER_ADDRESSES ? [] : [{ key: keyOf(r), path: ['spec', 'networks'], message: `its networks would have ${count} addresses, more than ${MAX_ROUTER_ADDRESSES}: make another router for some of them` }],
        ...hops <= MAX_ROUTER_HOPS ? [] : [{ key: keyOf(r), path: ['spec', 'routes'], message: `its routes have ${hops} ways, more than ${MAX_ROUTER_HOPS}: routes with the same 'via' share theirs` }],
      ];
    }),
  ];
}

/** A network on a server has a port for each endpoint there and for each other server: more than a flood reaches would be cut off. */
function crowds(endpoints: readonly Endpoint[]): Problem[] {
  const networks = new Map<string, Map<string, { count: number; last: Endpoint }>>();
  for (const e of endpoints) {
    const network = networkPath(e);
    const servers = networks.get(network) ?? new Map<string, { count: number; last: Endpoint }>();
    networks.set(network, servers);
    const there = servers.get(e.spec.server);
    if (!there) servers.set(e.spec.server, { count: 1, last: e });
    else { there.count++; there.last = e; }
  }
  const problems: Problem[] = [];
  for (const [network, servers] of networks) {
    for (const [server, there] of servers) {
      if (there.count + servers.size - 1 <= MAX_NETWORK_PORTS) continue;
      problems.push({ key: keyOf(there.last), path: ['spec', 'network'], message: `Network ${network} would have ${there.count} endpoints on ${server} and ${servers.size - 1} other servers, together more than ${MAX_NETWORK_PORTS}; use fewer servers for it, or make another network` });
    }
  }
  return problems;
}

/** MACs and addresses that two endpoints of one network have. `within`: keys of the networks that are looked at, others mean nothing; absent: all. */
export function duplicates(resources: ReadonlyMap<string, Resource>, given: ReadonlyMap<string, Given>, within?: ReadonlySet<string>): Problem[] {
  const problems: Problem[] = [];
  const networks = new Map<string, Map<string, string>>();
  const claim = (key: string, network: string, what: string, value: string, path: readonly (string | number)[]): void => {
    const owners = networks.get(network) ?? new Map<string, string>();
    networks.set(network, owners);
    const other = owners.get(value);
    if (other !== undefined && other !== key) problems.push({ key, path, message: `${what} ${value} belongs to ${showKey(other)} in the same network` });
    else owners.set(value, key);
  };
  // Those that have theirs already come first, so the newcomer is the one that is told.
  const old: [string, Endpoint][] = [];
  const fresh: [string, Endpoint][] = [];
  const domains = within ? [...new Set([...within].map(key => placeOf(key).domain))].filter(d => d !== '') : [undefined];
  for (const e of domains.flatMap(domain => resourcesOf(resources, 'Endpoint', domain))) {
    if (within?.has(`Network/${networkPath(e)}`) === false) continue;
    const key = keyOf(e);
    (given.has(key) ? old : fresh).push([key, e]);
  }
  for (const [key, e] of [...old, ...fresh]) {
    const has = given.get(key);
    const mac = e.spec.mac ?? has?.mac;
    const network = networkPath(e);
    if (mac !== undefined) claim(key, network, 'MAC', mac, ['spec', 'mac']);
    for (const [i, a] of (e.spec.addresses ?? has?.addresses ?? []).entries()) claim(key, network, 'address', a, ['spec', 'addresses', i]);
  }
  const routed = new Set<string>(), joined = new Set<string>();
  for (const router of domains.flatMap(domain => resourcesOf(resources, 'Router', domain))) {
    const key = keyOf(router);
    for (const { network, addresses } of interfacesOf(resources, router)) {
      joined.add(`Network/${network}`);
      if (addresses.some(a => !isV6(a))) routed.add(`Network/${network}`);
      if (within && !within.has(`Network/${network}`)) continue;
      const i = router.spec.networks.findIndex(n => `${router.metadata.domain}/${n}` === network);
      for (const address of addresses) claim(key, network, 'address', address, ['spec', 'networks', i]);
    }
  }
  for (const network of domains.flatMap(domain => resourcesOf(resources, 'Network', domain))) {
    const key = keyOf(network);
    if (!network.spec.dhcp || routed.has(key) || (within && !within.has(key))) continue;
    const address = dhcpAddressOf(network);
    if (address !== undefined) claim(key, key.slice('Network/'.length), "the DHCP server's address", address, ['spec', 'dhcp']);
  }
  for (const [path, dns] of domains.flatMap(domain => [...dnsOf(resources, domain)])) {
    const key = `Network/${path}`;
    const network = resources.get(key);
    if (network?.kind !== 'Network' || joined.has(key) || (within && !within.has(key))) continue;
    const owners = networks.get(path) ?? new Map<string, string>();
    // DHCP answers from the same address.
    for (const address of serverAddressesOf(network)) if (owners.get(address) !== key) claim(keyOf(dns), path, "the DNS server's address", address, ['spec']);
  }
  return problems;
}

function list(names: readonly string[]): string {
  return names.length <= 8 ? names.join(', ') : `${names.slice(0, 8).join(', ')} and ${names.length - 8} more`;
}
