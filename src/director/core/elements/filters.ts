// The filters around the element of a Network, and where each stands: the one place that knows their order.

import { networkGiven } from '../world.ts';
import { dhcpFilter } from './dhcp.ts';
import { dnsFilter } from './dns.ts';
import { functionFilter } from './functions.ts';
import { policiesFilter } from './policies.ts';
import type { Around, Filter } from './row.ts';
import { onceIn } from './scene.ts';

/** The outermost first. An endpoint gets its address by DHCP, and is told names, whatever policies and functions say. */
export const FILTERS: readonly Filter[] = [dhcpFilter, dnsFilter, functionFilter, policiesFilter];

/** The outermost first. */
export const filtersAt = onceIn(({ world, topology }, network): readonly Around[] => {
  const given = networkGiven(world, network);
  if (!given) return [];
  const all = FILTERS.flatMap(({ around, touchedBy }) => around(world, topology, network).map(element => ({ ...element, touchedBy })));
  return all.map((filter, i) => {
    const outer = all[i - 1]?.element.uid;
    return { ...filter, place: { element: given.uid, inner: all[i + 1]?.element.uid ?? given.uid, ...outer !== undefined && { outer } } };
  });
});
