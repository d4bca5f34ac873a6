// Rules about ways out: gateways, the routers that use them, and NATs. References are validate.ts's.

import { bare, contains, hostPrefix, isV6, overlap, parseAddress, parsePrefix } from './address.ts';
import { twice, type Problem } from './problem.ts';
import { parseForward } from './ports.ts';
import { isUnmanaged, keyOf, showKey, type Endpoint, type Gateway, type Nat, type Network, type Resource } from './resource.ts';
import { resourcesOf } from './resources-of.ts';
import { Table } from './table.ts';
import { isOnLink, natsOf, uplinkOf, type Uplink } from './uplinks.ts';

/** Next hops of IPv6 are often known by it. */
const LINK_LOCAL = 'fe80::/10';

export function uplinkProblems(resources: ReadonlyMap<string, Resource>): Problem[] {
  const all = [...resourcesOf(resources, 'Router').filter(r => r.spec.uplink), ...resourcesOf(resources, 'Gateway'), ...resourcesOf(resources, 'Nat')].sort((a, b) => keyOf(a) < keyOf(b) ? -1 : 1);
  const byRouter = natsOf(resources);
  const uplinks = all.flatMap(r => r.kind === 'Router' ? uplinkOf(resources, r, byRouter) ?? [] : []);
  const nats = all.filter(r => r.kind === 'Nat');
  const byNat = new Map(uplinks.map(u => [u.nat, u]));
  return [
    ...gateways(all.filter(r => r.kind === 'Gateway')),
    ...trunks(unmanagedIn(resources), all.filter(r => r.kind === 'Gateway')),
    ...uplinks.flatMap(strayAddresses),
    ...[...Map.groupBy(uplinks, u => u.gateway).values()].flatMap(shared),
    ...natsTwice(nats),
    ...nats.flatMap(nat => natProblems(nat, byNat.get(nat), resources)),
  ];
}

function gateways(all: readonly Gateway[]): Problem[] {
  const problems: Problem[] = [];
  const owners = new Map<string, Gateway>();
  for (const gateway of all) {
    const key = keyOf(gateway);
    const { addresses, nextHop, servers, device } = gateway.spec;
    for (const [i, hop] of nextHop.entries()) {
      if (!isOnLink([...addresses, LINK_LOCAL], hop)) problems.push({ key, path: ['spec', 'nextHop', i], message: `next hop ${hop} is in the subnet of none of the gateway's addresses (${addresses.join(', ')})` });
      else if (addresses.some(a => bare(a) === hop)) problems.push({ key, path: ['spec', 'nextHop', i], message: `next hop ${hop} is an address of this gateway itself` });
      if (nextHop.findIndex(other => isV6(other) === isV6(hop)) < i) problems.push({ key, path: ['spec', 'nextHop', i], message: `next hop ${hop} is the second of its family: this version uses one of each` });
    }
    for (const [i, address] of addresses.entries()) for (const server of servers) {
      const place = `${server} ${device} ${bare(address)}`;
      const other = owners.get(place);
      if (other) problems.push({ key, path: ['spec', 'addresses', i], message: `address ${bare(address)} at ${device} of server ${server} belongs to ${showKey(keyOf(other))}` });
      owners.set(place, gateway);
    }
  }
  return problems;
}

const unmanaged = new WeakMap<object, readonly Endpoint[]>();

/** Found once in each form of a domain: they are few, and endpoints many. */
function unmanagedIn(resources: ReadonlyMap<string, Resource>): readonly Endpoint[] {
  if (!(resources instanceof Table)) return resourcesOf(resources, 'Endpoint').filter(isUnmanaged);
  const table = resources as Table<Resource>;
  return table.domains().flatMap(domain => {
    const part = table.part(domain);
    const found = unmanaged.get(part) ?? resourcesOf(table, 'Endpoint', domain).filter(isUnmanaged);
    unmanaged.set(part, found);
    return found;
  });
}

/** What comes at a device goes to one network. */
function trunks(endpoints: readonly Endpoint[], all: readonly Gateway[]): Problem[] {
  const owners = new Map<string, string>(all.flatMap(g => g.spec.servers.map(server => [`${server} ${g.spec.device} untagged`, keyOf(g)] as const)));
  return endpoints.flatMap((endpoint): Problem[] => {
    const { device, vlan, server } = endpoint.spec;
    if (device === undefined) return [];
    const place = `${server} ${device} ${vlan ?? 'untagged'}`;
    const other = owners.get(place);
    owners.set(place, other ?? keyOf(endpoint));
    return other === undefined ? [] : [{ key: keyOf(endpoint), path: ['spec', 'device'], message: `${vlan === undefined ? `what comes without a tag at ${device}` : `VLAN ${vlan} at ${device}`} of server ${server} is ${showKey(other)}'s` }];
  });
}

function strayAddresses({ router, gateway, addresses }: Uplink): Problem[] {
  const there = gateway.spec.addresses.map(bare);
  return addresses.flatMap((address, i): Problem[] => there.includes(address) ? []
    : [{ key: keyOf(router), path: ['spec', 'uplink', 'addresses', i], message: `address ${address} is none of ${showKey(keyOf(gateway))} (${there.join(', ')})` }]);
}

/** Of one gateway: what comes from outside belongs to one router. */
function shared(uplinks: readonly Uplink[]): Problem[] {
  return uplinks.flatMap((uplink, at) => uplinks.slice(0, at).flatMap((other): Problem[] => {
    const [mine, theirs, there] = [keyOf(uplink.router), showKey(keyOf(other.router)), showKey(keyOf(uplink.gateway))];
    const address = uplink.addresses.find(a => other.addresses.includes(a));
    if (address !== undefined) return [{ key: mine, path: ['spec', 'uplink'], message: `address ${address} of ${there} is ${theirs}'s already; give each router its own in 'spec.uplink.addresses'` }];
    for (const subnet of uplink.routed) {
      const same = other.routed.find(s => overlap(parsePrefix(s)!, parsePrefix(subnet)!));
      if (same !== undefined) return [{ key: mine, path: ['spec', 'uplink'], message: `subnet ${subnet} overlaps ${same} of ${theirs}, and both are routed by ${there}; masquerade one of them (kind Nat), or use another gateway` }];
    }
    for (const { outside } of uplink.oneToOne) {
      const same = [...other.routed, ...other.addresses.map(hostPrefix), ...other.oneToOne.map(one => one.outside)].find(s => overlap(parsePrefix(s)!, parsePrefix(outside)!));
      if (same !== undefined) return [{ key: keyOf(uplink.nat!), path: ['spec', 'oneToOne'], message: `${outside} overlaps ${same} of ${theirs} at ${there}` }];
    }
    return [];
  }));
}

function natsTwice(nats: readonly Nat[]): Problem[] {
  return twice(nats, nat => `${nat.metadata.domain}/${nat.spec.router}`, (nat, other) => ({ key: keyOf(nat), path: ['spec', 'router'], message: `Router ${nat.metadata.domain}/${nat.spec.router} has ${showKey(keyOf(other))} already; a router has one` }));
}

function natProblems(nat: Nat, uplink: Uplink | undefined, resources: ReadonlyMap<string, Resource>): Problem[] {
  const key = keyOf(nat);
  const router = resources.get(`Router/${nat.metadata.domain}/${nat.spec.router}`);
  if (router?.kind !== 'Router') return [];                                 // a dangling reference
  const name = showKey(keyOf(router));
  if (!router.spec.uplink) return [{ key, path: ['spec', 'router'], message: `${name} has no way out: give it 'spec.uplink'` }];
  if (!uplink) return [];
  const problems: Problem[] = [];
  const own = uplink.addresses.filter(a => !isV6(a));
  const needsAddress = nat.spec.oneToOne === undefined || nat.spec.masquerade !== undefined || nat.spec.forward !== undefined;
  if (uplink.natAddress === undefined) { if (needsAddress) problems.push({ key, path: ['spec', 'router'], message: `${name} has no IPv4 address at ${showKey(keyOf(uplink.gateway))}, and masquerade and forwarding are of IPv4` }); }
  else if (!own.includes(uplink.natAddress)) problems.push({ key, path: ['spec', 'address'], message: `address ${uplink.natAddress} is none that ${name} has at ${showKey(keyOf(uplink.gateway))} (${own.join(', ')})` });
  for (const [i, { from }] of (nat.spec.masquerade ?? []).entries()) {
    if (!router.spec.networks.includes(from.network)) problems.push({ key, path: ['spec', 'masquerade', i, 'from', 'network'], message: `Network ${nat.metadata.domain}/${from.network} is not joined by ${name} (${router.spec.networks.join(', ')})` });
  }
  const taken = new Map<string, string>();
  for (const [i, forward] of (nat.spec.forward ?? []).entries()) {
    const path = ['spec', 'forward', i];
    if (forward.to.endpoint !== undefined) {
      const endpoint = resources.get(`Endpoint/${nat.metadata.domain}/${forward.to.endpoint}`) as Endpoint | undefined;
      if (endpoint && !router.spec.networks.includes(endpoint.spec.network)) problems.push({ key, path: [...path, 'to', 'endpoint'], message: `${showKey(keyOf(endpoint))} is in Network ${nat.metadata.domain}/${endpoint.spec.network}, which ${name} does not join` });
    }
    for (const [j, text] of forward.ports.entries()) {
      const { protocol, port } = parseForward(text)!;
      const to = forward.to.endpoint ?? forward.to.address ?? '';
      const other = taken.get(`${protocol}/${port}`);
      if (other !== undefined) problems.push({ key, path: [...path, 'ports', j], message: `${protocol}/${port} is forwarded to ${other} already, and cannot go to ${to} too` });
      taken.set(`${protocol}/${port}`, to);
    }
  }
  return [...problems, ...oneToOneProblems(nat, uplink, resources, needsAddress ? uplink.natAddress : undefined)];
}

function oneToOneProblems(nat: Nat, { router, gateway, addresses, oneToOne }: Uplink, resources: ReadonlyMap<string, Resource>, natAddress: string | undefined): Problem[] {
  const subnets = router.spec.networks.flatMap(n => (resources.get(`Network/${nat.metadata.domain}/${n}`) as Network | undefined)?.spec.subnets ?? []);
  return oneToOne.flatMap(({ endpoint: of, inside, outside }, i): Problem[] => {
    const problem = (field: 'endpoint' | 'inside' | 'outside', message: string): Problem[] => [{ key: keyOf(nat), path: ['spec', 'oneToOne', i, field], message }];
    const [whole, end] = [parsePrefix(outside)!, isV6(outside) ? 128 : 32];
    if (addresses.every(a => isV6(a) !== isV6(outside))) return problem('outside', `${showKey(keyOf(router))} has no IPv${isV6(outside) ? 6 : 4} address at ${showKey(keyOf(gateway))}`);
    if (natAddress !== undefined && contains(whole, parseAddress(natAddress)!)) return problem('outside', `${natAddress} is the address that others share; give the router one more at ${showKey(keyOf(gateway))}, and name one of them in 'spec.address'`);
    const earlier = oneToOne.slice(0, i).find(one => overlap(parsePrefix(one.outside)!, whole));
    if (earlier) return problem('outside', `${outside} overlaps ${earlier.outside}`);
    if (inside !== undefined) {
      if (isV6(inside) !== isV6(outside) || parsePrefix(inside)!.bits !== whole.bits) return problem('inside', `${inside} and ${outside} are not of one size`);
      return subnets.some(s => overlap(parsePrefix(s)!, parsePrefix(inside)!)) ? [] : problem('inside', `${inside} is in no subnet of the router's networks (${subnets.join(', ')})`);
    }
    if (whole.bits !== end) return problem('outside', `${outside} is more than one address; an endpoint has one, a prefix has 'inside'`);
    const endpoint = resources.get(`Endpoint/${nat.metadata.domain}/${of}`) as Endpoint | undefined;
    if (!endpoint) return [];
    if (!router.spec.networks.includes(endpoint.spec.network)) return problem('endpoint', `${showKey(keyOf(endpoint))} is in Network ${nat.metadata.domain}/${endpoint.spec.network}, which ${showKey(keyOf(router))} does not join`);
    const own = endpoint.spec.addresses ?? (resources.get(`Network/${nat.metadata.domain}/${endpoint.spec.network}`) as Network | undefined)?.spec.subnets ?? [];
    return own.some(a => isV6(a) === isV6(outside)) ? [] : problem('endpoint', `${showKey(keyOf(endpoint))} has no IPv${isV6(outside) ? 6 : 4} address`);
  });
}
