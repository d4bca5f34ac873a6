// A router's side of its networks: which addresses it has where. Allocates nothing: they are said, or follow from the subnets.

import { firstOfEach, formatAddress, isV6, parsePrefix, stationRange } from './address.ts';
import { nameOf } from './path.ts';
import type { Network, Resource, Router } from './resource.ts';

/** `network`: `domain/name`. */
interface Interface { readonly network: string; readonly addresses: readonly string[] }

/** What the router has in its networks: as it says, or the first station of every subnet. */
export function interfacesOf(resources: ReadonlyMap<string, Resource>, router: Router): readonly Interface[] {
  const { domain } = router.metadata;
  return router.spec.networks.flatMap(name => {
    const network = `${domain}/${name}`;
    return resources.has(`Network/${network}`) ? [{ network, addresses: addressesAt(resources, router, network) }] : [];
  });
}

/** In one of them, `domain/name`; none, where the router has it not. */
export function addressesAt(resources: ReadonlyMap<string, Resource>, router: Router, network: string): readonly string[] {
  const found = resources.get(`Network/${network}`), name = nameOf(network);
  if (found?.kind !== 'Network' || !router.spec.networks.includes(name)) return [];
  return router.spec.addresses?.[name] ?? found.spec.subnets.flatMap(firstOf);
}

/** What answers DHCP where no router has an IPv4 address: the one that is left for a router. */
export function dhcpAddressOf(network: Network): string | undefined {
  return network.spec.subnets.filter(s => !isV6(s)).flatMap(firstOf)[0];
}

/** What is left for a router: the first of the subnets of each family. */
export function serverAddressesOf(network: Network): readonly string[] {
  return firstOfEach(network.spec.subnets.flatMap(firstOf));
}

function firstOf(subnet: string): string[] {
  const prefix = parsePrefix(subnet)!;
  const range = stationRange(prefix);
  return range ? [formatAddress({ family: prefix.family, value: range.first })] : [];
}
