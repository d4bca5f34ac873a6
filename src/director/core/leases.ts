// Leases: endpoints-to-be of a network that a server may give to workloads while the Director is away. Each is stored before any plan has it. A server
// has them where it has endpoints of the network, or where the network says so; they take a quarter of a subnet at most, and as much on each server.

import { contains, parseAddress, parsePrefix, stationRange } from '../../model/address.ts';
import type { Json } from '../../model/canonical.ts';
import { MAX_NETWORK_PORTS } from '../../model/plan.ts';
import { keyOf, type Network } from '../../model/resource.ts';
import { isRevoked } from '../../model/trust.ts';
import { resourcesOf } from '../../model/resources-of.ts';
import { allHeld, endedKey, heldIn, leaseKey } from './held.ts';
import { Pools } from './pools.ts';
import type { Topology } from './topology.ts';
import { leaseGiven, type Seat, type World } from './world.ts';
import { pathOf } from '../../model/path.ts';

/** Of a network on a server, unless it says otherwise. */
export const DEFAULT_LEASES = 8;
const MOST_PART_OF_SUBNET = 4n;
/** Of one write: the rest comes with the next. */
const MOST_GRANTS = 512;

interface Grant { readonly network: string; readonly server: string; readonly count: number }
interface End { readonly network: string; readonly server: string; readonly uids: readonly string[] }
/** The Director's own. `freed`: keys of what is over. */
export interface LeaseWrite { readonly kind: 'lease'; readonly grants: readonly Grant[]; readonly ends: readonly End[]; readonly freed: readonly string[] }

/** `heard`: servers with a visor. `spent`: uids of leased endpoints that were born and are over, of which the Director never heard. */
export function leaseChanges(world: World, topology: Topology, heard: { readonly size: number; has(server: string): boolean }, spent: ReadonlySet<string>): Pick<LeaseWrite, 'grants' | 'ends'> {
  const told = `${heard.size} ${[...spent].join()}`;
  const last = LAST.get(world);
  if (last?.told === told) return last.changes;
  const changes = compare(world, topology, heard, spent);
  LAST.set(world, { told, changes });
  return changes;
}

/** Asked for every second, of a world that seldom changes. */
const LAST = new WeakMap<World, { readonly told: string; readonly changes: Pick<LeaseWrite, 'grants' | 'ends'> }>();

function compare(world: World, topology: Topology, heard: { has(server: string): boolean }, spent: ReadonlySet<string>): Pick<LeaseWrite, 'grants' | 'ends'> {
  const grants: Grant[] = [], ends: End[] = [];
  const end = (network: string, server: string, seats: readonly Seat[]): void => { if (seats.length > 0) ends.push({ network, server, uids: seats.map(s => s.uid) }); };
  for (const network of networksOf(world)) {
    const path = pathOf(network);
    const wanted = wantedOn(world, topology, network);
    for (const { kind, server, seats } of heldIn(world, path)) if (kind === 'Lease' && !wanted.has(server)) end(path, server, seats);
    for (const [server, count] of wanted) {
      const all = leaseGiven(world, path, server)?.seats ?? [];
      const good = all.filter(seat => !spent.has(seat.uid) && fits(network, seat));
      end(path, server, [...all.filter(seat => !good.includes(seat)), ...good.slice(count)]);
      // Topped up when half is used: each time is a new plan for the server.
      if (heard.has(server) && good.length < count && good.length <= count / 2 && grants.length < MOST_GRANTS) grants.push({ network: path, server, count: count - good.length });
    }
  }
  return { grants, ends };
}

/** What is to be stored. */
export function leasing(world: World, { grants, ends, freed }: LeaseWrite, epoch: string): { readonly puts: readonly { readonly key: string; readonly value: Json }[]; readonly deletes: readonly string[] } {
  const pools = new Pools(world, epoch, new Set(grants.map(g => g.network)));
  const leases = new Map<string, readonly Seat[]>();
  const seatsOf = (network: string, server: string): readonly Seat[] => leases.get(leaseKey(network, server)) ?? leaseGiven(world, network, server)?.seats ?? [];
  for (const { network, server, uids } of ends) {
    const [over, stay] = [true, false].map(isOver => seatsOf(network, server).filter(seat => uids.includes(seat.uid) === isOver)) as [Seat[], Seat[]];
    for (const seat of over) pools.puts.set(`held:${endedKey(network, server, seat.uid)}`, seat as unknown as Json);
    leases.set(leaseKey(network, server), stay);
  }
  for (const { network, server, count } of grants) {
    const resource = world.resources.get(`Network/${network}`);
    if (resource?.kind !== 'Network') continue;
    const fresh = Array.from({ length: count }, () => pools.seat(resource)).filter(seat => seat !== undefined);
    if (fresh.length === 0) continue;
    pools.identity(keyOf(resource), resource.metadata.domain, resource.spec.attach?.grant ?? {});
    leases.set(leaseKey(network, server), [...seatsOf(network, server), ...fresh]);
  }
  // A set of labels too many: then there are no leases.
  if (pools.problems.length > 0) return { puts: [], deletes: freed.map(key => `held:${key}`) };
  for (const [key, seats] of leases) if (seats.length > 0) pools.puts.set(`held:${key}`, { seats } as unknown as Json);
  pools.counted();
  const empty = [...leases].flatMap(([key, seats]) => seats.length === 0 && world.held.has(key) ? [key] : []);
  return { puts: [...pools.puts].sort(([x], [y]) => x < y ? -1 : 1).map(([key, value]) => ({ key, value })), deletes: [...empty, ...freed.filter(key => world.held.has(key))].map(key => `held:${key}`) };
}

/** Of what nobody has any more: leases of networks that are gone, of servers that are gone. */
export function abandoned(world: World, gone: readonly string[]): { readonly puts: ReadonlyMap<string, Json>; readonly deletes: readonly string[] } {
  const puts = new Map<string, Json>(), deletes: string[] = [];
  if (!gone.some(key => /^(Network|Server)\//.test(key))) return { puts, deletes };
  for (const { kind, key, network, server, seats } of allHeld(world)) {
    // Another network of that name is other elements with another VNI.
    if (!world.resources.has(`Network/${network}`)) deletes.push(`held:${key}`);
    else if (kind === 'Lease' && !world.resources.has(`Server/${server}`)) {
      deletes.push(`held:${key}`);
      for (const seat of seats) puts.set(`held:${endedKey(network, server, seat.uid)}`, seat as unknown as Json);
    }
  }
  return { puts, deletes };
}

function networksOf({ resources }: World): Network[] {
  return [...resourcesOf(resources, 'Network')].sort((a, b) => pathOf(a) < pathOf(b) ? -1 : 1);
}

/** By server. */
function wantedOn({ resources }: World, topology: Topology, network: Network): ReadonlyMap<string, number> {
  const path = pathOf(network);
  const servers = [...topology.serversOf.get(path) ?? []].sort();
  const most = Math.min(network.spec.attach?.leases ?? DEFAULT_LEASES, ...network.spec.subnets.map(subnet => shareOf(subnet, servers.length)));
  if (most === 0) return new Map();
  const here = Map.groupBy(topology.endpointsOf.get(path) ?? [], e => e.spec.server);
  return new Map(servers.flatMap(server => {
    const found = resources.get(`Server/${server}`);
    if (found?.kind !== 'Server' || isRevoked(found)) return [];
    return [[server, Math.max(0, Math.min(most, MAX_NETWORK_PORTS - (here.get(server)?.length ?? 0) - (servers.length - 1)))]];
  }));
}

/** Of a subnet, for each of so many servers. */
function shareOf(subnet: string, servers: number): number {
  const range = stationRange(parsePrefix(subnet)!)!;
  const share = (range.last - range.first) / MOST_PART_OF_SUBNET / BigInt(Math.max(1, servers));
  return share > 65_536n ? 65_536 : Number(share);
}

/** The network may have other subnets by now. */
function fits({ spec: { subnets } }: Network, { addresses }: Seat): boolean {
  return addresses.length === subnets.length && subnets.every(subnet => addresses.some(address => contains(parsePrefix(subnet)!, parseAddress(address)!)));
}
