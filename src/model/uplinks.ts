// Ways out of a zone: which router leaves by which gateway, with what addresses there, and what of its networks is reached from outside as it is.
// It follows from the resources; it allocates nothing and says nothing wrong: rules are validate.ts's.

import { contains, parseAddress, parsePrefix } from './address.ts';
import type { Gateway, Nat, Network, Resource, Router } from './resource.ts';

/** Of one router. Addresses without prefix length. */
export interface Uplink {
  readonly router: Router;
  readonly gateway: Gateway;
  /** Its own at the gateway, in the gateway's order. */
  readonly addresses: readonly string[];
  readonly nat: Nat | undefined;
  /** Subnets of its networks that are routed without translation: of families that it has an address of. */
  readonly routed: readonly string[];
  /** IPv4 subnets whose senders go out by the NAT's address. */
  readonly masqueraded: readonly string[];
  /** Of the NAT: the first IPv4 address, unless it says another. */
  readonly natAddress: string | undefined;
}

/** By router, `domain/name`: the first of its name, for it has one (validate-uplinks.ts). Who asks for many routers makes it once. */
export function natsOf(resources: ReadonlyMap<string, Resource>): ReadonlyMap<string, Nat> {
  const nats = new Map<string, Nat>();
  for (const nat of resources.values()) {
    if (nat.kind !== 'Nat') continue;
    const router = `${nat.metadata.domain}/${nat.spec.router}`;
    const other = nats.get(router);
    if (!other || nat.metadata.name < other.metadata.name) nats.set(router, nat);
  }
  return nats;
}

/** Undefined: it has none, or its gateway does not exist. */
export function uplinkOf(resources: ReadonlyMap<string, Resource>, router: Router, nats?: ReadonlyMap<string, Nat>): Uplink | undefined {
  const gateway = resources.get(`Gateway/${router.spec.uplink?.gateway}`);
  if (gateway?.kind !== 'Gateway') return undefined;
  const { domain, name } = router.metadata;
  const nat = (nats ?? natsOf(resources)).get(`${domain}/${name}`);
  const addresses = router.spec.uplink?.addresses ?? gateway.spec.addresses.map(bare);
  const subnetsOf = (network: string): readonly string[] => (resources.get(`Network/${domain}/${network}`) as Network | undefined)?.spec.subnets ?? [];
  const masqueraded = (nat?.spec.masquerade ?? []).flatMap(rule => subnetsOf(rule.from.network)).filter(s => !isV6(s));
  const families = new Set(addresses.map(isV6));
  const routed = router.spec.networks.flatMap(subnetsOf).filter(s => families.has(isV6(s)) && !masqueraded.includes(s));
  return { router, gateway, addresses, nat, routed, masqueraded, natAddress: nat && (nat.spec.address ?? addresses.find(a => !isV6(a))) };
}

/** The one that the packets of the router's domain leave by. */
export function uplinkServer({ gateway }: Uplink): string {
  return gateway.spec.servers[0]!;
}

/** Next hops of the families that the router has an address of. */
export function nextHopsOf({ gateway, addresses }: Uplink): readonly string[] {
  return gateway.spec.nextHop.filter(hop => addresses.some(a => isV6(a) === isV6(hop)));
}

export function bare(address: string): string {
  return address.split('/')[0] ?? '';
}

export function isV6(text: string): boolean {
  return text.includes(':');
}

/** Whether the address is on the wire that the device with these addresses is at. */
export function isOnLink(addresses: readonly string[], address: string): boolean {
  return addresses.some(a => contains(parsePrefix(a)!, parseAddress(address)!));
}
