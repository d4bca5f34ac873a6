// A router's side of its networks: which addresses it has where. Allocates nothing: they are said, or follow from the subnets.

import { formatAddress, parsePrefix, stationRange } from './address.ts';
import type { Network, Resource, Router } from './resource.ts';

/** `network`: `domain/name`. */
interface Interface { readonly network: string; readonly addresses: readonly string[] }

/** What the router has in its networks: as it says, or the first station of every subnet. */
export function interfacesOf(resources: ReadonlyMap<string, Resource>, router: Router): readonly Interface[] {
  return router.spec.networks.flatMap(name => {
    const network = resources.get(`Network/${router.metadata.domain}/${name}`);
    return network?.kind === 'Network' ? [{ network: `${network.metadata.domain}/${network.metadata.name}`, addresses: router.spec.addresses?.[name] ?? network.spec.subnets.flatMap(firstOf) }] : [];
  });
}

/** What answers DHCP where no router has an IPv4 address: the one that is left for a router. */
export function dhcpAddressOf(network: Network): string | undefined {
  return network.spec.subnets.filter(s => !s.includes(':')).flatMap(firstOf)[0];
}

/** What is left for a router: the first of the subnets of each family. */
export function serverAddressesOf(network: Network): readonly string[] {
  const all = network.spec.subnets.flatMap(firstOf);
  return [false, true].flatMap(six => all.find(a => a.includes(':') === six) ?? []);
}

function firstOf(subnet: string): string[] {
  const prefix = parsePrefix(subnet)!;
  const range = stationRange(prefix);
  return range ? [formatAddress({ family: prefix.family, value: range.first })] : [];
}
