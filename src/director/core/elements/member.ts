// Who has a port of a network on a server: an endpoint, or what is leased to the server and may become one. What a server's own contents are made of.

import { labelsOf, type Labels } from '../../../model/labels.ts';
import { isUnmanaged, type Endpoint, type Network } from '../../../model/resource.ts';
import { endpointGiven, type Seat, type World } from '../world.ts';
import { pathOf } from '../../../model/path.ts';

export interface Member {
  /** Absent: nobody has given it one yet. */
  readonly name?: string;
  readonly labels: Labels;
  readonly given: Seat;
  /** Machines behind a device. */
  readonly unmanaged: boolean;
}

export function memberOf(world: World, endpoint: Endpoint): Member {
  return { name: endpoint.metadata.name, labels: labelsOf(world.resources, endpoint), given: endpointGiven(world, pathOf(endpoint))!, unmanaged: isUnmanaged(endpoint) };
}

/** Its labels are the network's grant, as those of all that visors give birth to. */
export function leasedMember(network: Network, given: Seat): Member {
  return { labels: network.spec.attach?.grant ?? {}, given, unmanaged: false };
}
