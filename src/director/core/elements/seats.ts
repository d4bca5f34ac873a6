// What is leased to a server, as its plan has it: the endpoint, and what comes over the server's elements with it. Its visor needs no more to give birth to it.

import { firstOfEach, isV6 } from '../../../model/address.ts';
import { addressesAt } from '../../../model/interfaces.ts';
import type { PlanContents, PlannedSeat } from '../../../model/plan.ts';
import type { Network } from '../../../model/resource.ts';
import { joinedTo, prefixBits } from '../topology.ts';
import { domainGiven, identityGiven, leaseGiven, networkGiven, routerGiven, type Seat, type World } from '../world.ts';
import { filtersAt } from './filters.ts';
import { leasedMember, type Member } from './member.ts';
import { networkContentsOn } from './network.ts';
import { policiesContentsWith } from './policies.ts';
import { routerContentsWith } from './router.ts';
import type { Scene } from './scene.ts';
import { pathOf } from '../../../model/path.ts';

/** What an endpoint of those numbers is, whoever it is. */
export function seatOf(scene: Scene, network: Network, { uid, id, port, mac, addresses }: Seat, group: number): Omit<PlannedSeat, 'contents'> {
  const { world, topology } = scene;
  const path = pathOf(network);
  const router = world.resources.get(`Router/${topology.routerOf.get(path)}`);
  return {
    uid, id, domain: domainGiven(world, network.metadata.domain)!.number, group,
    network: path, element: filtersAt(scene, path)[0]?.element.uid ?? networkGiven(world, path)!.uid, port, mac,
    addresses: addresses.map(a => `${a}/${prefixBits(network, a)}`),
    // Where a router has several addresses, the first of each family that the endpoint has one of.
    gateways: router?.kind === 'Router' ? firstOfEach(addressesAt(world.resources, router, path)).filter(a => addresses.some(own => isV6(own) === isV6(a))) : [],
    mtu: network.spec.mtu ?? scene.mtu,
  };
}

export function seatsOn(scene: Scene, network: string, server: string): readonly PlannedSeat[] {
  const { world } = scene;
  const resource = world.resources.get(`Network/${network}`) as Network;
  const seats = leaseGiven(world, network, server)?.seats ?? [];
  if (seats.length === 0) return [];
  const { number: group } = identityGiven(world, resource.metadata.domain, resource.spec.attach?.grant ?? {})!;
  return seats.map(seat => ({ ...seatOf(scene, resource, seat, group), contents: contentsWith(scene, network, seat, group) }));
}

/** What filters know of leased ports before anyone is there: no packet comes by them. Then a birth changes nothing of a filter, nor a policy anything of a lease. */
export function leasedOn(world: World, network: string, server: string): readonly Member[] {
  const seats = leaseGiven(world, network, server)?.seats ?? [];
  return seats.map(seat => leasedMember(world.resources.get(`Network/${network}`) as Network, seat));
}

/** Where others find it: its station, its neighbour at the router, and who is at its address for policies of those that it can reach. */
function contentsWith(scene: Scene, network: string, seat: Seat, group: number): PlannedSeat['contents'] {
  const { world, topology } = scene;
  const member = leasedMember(world.resources.get(`Network/${network}`) as Network, seat);
  const contents: Record<string, PlanContents> = { [`Network/${network}`]: networkContentsOn(scene, network, [member]) };
  for (const joined of joinedTo(topology, network)) {
    const owner = `Policies/${joined}`;
    if (filtersAt(scene, joined).some(f => f.owner === owner)) contents[owner] = policiesContentsWith(scene, group, seat.addresses);
  }
  const router = topology.routerOf.get(network);
  if (router !== undefined && routerGiven(world, router)?.ports[network]) contents[`Router/${router}`] = routerContentsWith(scene, router, network, seat);
  return contents;
}
