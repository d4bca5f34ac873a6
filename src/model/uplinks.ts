// Ways out of a zone: which router leaves by which gateway, with what addresses there, and what of its networks is reached from outside as it is.
// It follows from the resources; it allocates nothing and says nothing wrong: rules are validate.ts's.

import { bare, contains, isV6, isWithin, parseAddress, parsePrefix } from './address.ts';
import { hash32 } from './hash32.ts';
import type { Gateway, Nat, Network, Resource, Router } from './resource.ts';
import { resourcesOf } from './resources-of.ts';
import { isCutOff } from './trust.ts';

/** Of one router. Addresses without prefix length. */
export interface Uplink {
  readonly router: Router;
  readonly gateway: Gateway;
  /** Those of the gateway that packets leave and enter by: without the ones that are cut off. */
  readonly servers: readonly string[];
  /** Its own at the gateway, in the gateway's order. */
  readonly addresses: readonly string[];
  readonly nat: Nat | undefined;
  /** Subnets of its networks that are routed without translation: of families that it has an address of. */
  readonly routed: readonly string[];
  /** IPv4 subnets whose senders go out by the NAT's address. */
  readonly masqueraded: readonly string[];
  /** Of the NAT: the first IPv4 address, unless it says another. Undefined too: it has no need of one. */
  readonly natAddress: string | undefined;
  /** Prefixes that are others outside; those of endpoints follow from the addresses that they were given. */
  readonly oneToOne: NonNullable<Nat['spec']['oneToOne']>;
}

/** By router, `domain/name`: the first of its name, for it has one (validate-uplinks.ts). Who asks for many routers makes it once. */
export function natsOf(resources: ReadonlyMap<string, Resource>, domain?: string): ReadonlyMap<string, Nat> {
  const nats = new Map<string, Nat>();
  for (const nat of resourcesOf(resources, 'Nat', domain)) {
    const router = `${nat.metadata.domain}/${nat.spec.router}`;
    const other = nats.get(router);
    if (!other || nat.metadata.name < other.metadata.name) nats.set(router, nat);
  }
  return nats;
}

/** Undefined: it has none, or its gateway does not exist, or has no server that is not cut off. */
export function uplinkOf(resources: ReadonlyMap<string, Resource>, router: Router, nats?: ReadonlyMap<string, Nat>): Uplink | undefined {
  const gateway = resources.get(`Gateway/${router.spec.uplink?.gateway}`);
  if (gateway?.kind !== 'Gateway') return undefined;
  const servers = gateway.spec.servers.filter(name => !isCutOff(resources, name));
  if (servers.length === 0) return undefined;
  const { domain, name } = router.metadata;
  const nat = (nats ?? natsOf(resources, domain)).get(`${domain}/${name}`);
  const addresses = router.spec.uplink?.addresses ?? gateway.spec.addresses.map(bare);
  const subnetsOf = (network: string): readonly string[] => (resources.get(`Network/${domain}/${network}`) as Network | undefined)?.spec.subnets ?? [];
  const masqueraded = (nat?.spec.masquerade ?? []).flatMap(rule => subnetsOf(rule.from.network)).filter(s => !isV6(s));
  const families = new Set(addresses.map(isV6));
  const oneToOne = nat?.spec.oneToOne ?? [];
  const whole = oneToOne.flatMap(({ inside }) => inside ?? []);
  const routed = router.spec.networks.flatMap(subnetsOf).filter(s => families.has(isV6(s)) && !masqueraded.includes(s) && !whole.some(w => isWithin(s, w)));
  return { router, gateway, servers, addresses, nat, routed, masqueraded, natAddress: nat && (nat.spec.address ?? addresses.find(a => !isV6(a))), oneToOne };
}

/** Of several servers of a gateway, the one by which what is on another leaves: the same for all its flows, and others' stay where they are when one goes. A server of the gateway uses itself. */
export function wayOutOf(server: string, among: readonly string[]): string {
  if (among.includes(server)) return server;
  const weights = among.map(gateway => [weight(`${server} ${gateway}`), gateway] as const);
  return weights.sort(([x, a], [y, b]) => y - x || (a < b ? -1 : 1))[0]![1];
}

/** With a round of mixing behind it, for it has names that differ in one letter. */
function weight(text: string): number {
  const first = hash32(text);
  const hash = Math.imul(first ^ first >>> 16, 0x85eb_ca6b);
  return (hash ^ hash >>> 13) >>> 0;
}

/** Next hops of the families that the router has an address of. */
export function nextHopsOf({ gateway, addresses }: Uplink): readonly string[] {
  return gateway.spec.nextHop.filter(hop => addresses.some(a => isV6(a) === isV6(hop)));
}

/** Machines beside the gateway that routes of the router go by. */
export function besides({ router, gateway }: Uplink): readonly string[] {
  const via = (router.spec.routes ?? []).flatMap(route => route.via ?? []);
  return [...new Set(via.filter(address => isOnLink(gateway.spec.addresses, address)))].sort();
}

/** Whether the address is on the wire that the device with these addresses is at. */
export function isOnLink(addresses: readonly string[], address: string): boolean {
  return addresses.some(a => contains(parsePrefix(a)!, parseAddress(address)!));
}
