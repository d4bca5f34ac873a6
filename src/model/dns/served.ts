// Which networks a Dns serves, and from which addresses: it follows from the resources. It allocates nothing and says nothing wrong: rules are
// validate-dns.ts's.

import { firstOfEach } from '../address.ts';
import { addressesAt, serverAddressesOf } from '../interfaces.ts';
import { pathOf } from '../path.ts';
import type { Dns, Network, Resource, Router } from '../resource.ts';
import { resourcesOf } from '../resources-of.ts';

/** By network, `domain/name`: those with subnets. Of two of one network, the first by name. Who asks for many networks makes it once. */
export function dnsOf(resources: ReadonlyMap<string, Resource>, within?: string): ReadonlyMap<string, Dns> {
  const served = new Map<string, Dns>();
  for (const dns of [...resourcesOf(resources, 'Dns', within)].sort((a, b) => a.metadata.name < b.metadata.name ? -1 : 1)) {
    const { domain } = dns.metadata;
    for (const { metadata: { name }, spec } of resourcesOf(resources, 'Network', domain)) {
      const isServed = spec.subnets.length > 0 && (dns.spec.networks?.includes(name) ?? true);
      if (isServed && !served.has(`${domain}/${name}`)) served.set(`${domain}/${name}`, dns);
    }
  }
  return served;
}

/** One of each family at most: the router's, or without a router those that are left for one. */
export function nameServerAddresses(resources: ReadonlyMap<string, Resource>, network: Network, router: Router | undefined): readonly string[] {
  return router ? firstOfEach(addressesAt(resources, router, pathOf(network))) : serverAddressesOf(network);
}
