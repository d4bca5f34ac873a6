// The filters around the element of a Network, and where each stands: the one place that knows their order.

import type { Topology } from '../topology.ts';
import { networkGiven, type World } from '../world.ts';
import { dhcpFilter } from './dhcp.ts';
import { dnsFilter } from './dns.ts';
import { functionFilter } from './functions.ts';
import { policiesFilter } from './policies.ts';
import type { Around, Filter } from './row.ts';
import type { Scene } from './scene.ts';

/** The outermost first. An endpoint gets its address by DHCP, and is told names, whatever policies and functions say. */
export const FILTERS: readonly Filter[] = [dhcpFilter, dnsFilter, functionFilter, policiesFilter];

/** The outermost first. */
export function filtersOf(world: World, topology: Topology, network: string): readonly Around[] {
  const given = networkGiven(world, network);
  if (!given) return [];
  const all = FILTERS.flatMap(({ around, touchedBy }) => around(world, topology, network).map(element => ({ ...element, touchedBy })));
  return all.map((filter, i) => {
    const outer = all[i - 1]?.element.uid;
    return { ...filter, place: { element: given.uid, inner: all[i + 1]?.element.uid ?? given.uid, ...outer !== undefined && { outer } } };
  });
}

const filters = new WeakMap<Scene, Map<string, readonly Around[]>>();

/** Found once: many servers have the network. */
export function filtersAt(scene: Scene, network: string): readonly Around[] {
  const known = filters.get(scene) ?? new Map<string, readonly Around[]>();
  filters.set(scene, known);
  const found = known.get(network) ?? filtersOf(scene.world, scene.topology, network);
  known.set(network, found);
  return found;
}
