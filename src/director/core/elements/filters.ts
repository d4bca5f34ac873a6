// The filters around the element of a Network, and where each stands: the one place that knows their order.

import type { ElementSection, PlanContents } from '../../../model/plan.ts';
import type { Endpoint, Network } from '../../../model/resource.ts';
import { pathOf, type Topology } from '../topology.ts';
import { functionGiven, networkGiven, type World } from '../world.ts';
import { dhcpContentsOn, dhcpSection } from './dhcp.ts';
import { dnsSection } from './dns.ts';
import { functionOwner, functionSection } from './functions.ts';
import { policiesContentsOn, policiesSection } from './policies.ts';
import type { Scene } from './scene.ts';

/** An element of a filter. */
export interface Around {
  readonly owner: string;
  readonly element: { readonly uid: string; readonly id: number };
  readonly place: NonNullable<ElementSection['around']>;
}

/** The outermost first. An endpoint gets its address by DHCP, and is told names, whatever policies and functions say. */
export function filtersOf(world: World, topology: Topology, network: string): readonly Around[] {
  const given = networkGiven(world, network);
  if (!given) return [];
  const hasDhcp = (world.resources.get(`Network/${network}`) as Network | undefined)?.spec.dhcp !== undefined;
  const hasPolicies = topology.policiesOf.has(network.slice(0, network.indexOf('/')));
  const all = [
    ...hasDhcp && given.dhcp ? [{ owner: `Dhcp/${network}`, element: { uid: given.dhcp.uid, id: given.dhcp.id } }] : [],
    ...topology.dnsOf.has(network) && given.dns ? [{ owner: `Dns/${network}`, element: { uid: given.dns.uid, id: given.dns.id } }] : [],
    ...(topology.functionsOf.get(network) ?? []).flatMap(f => {
      const element = functionGiven(world, pathOf(f))?.elements[network.slice(network.indexOf('/') + 1)];
      return element ? [{ owner: functionOwner(f, network), element }] : [];
    }),
    ...hasPolicies ? [{ owner: `Policies/${network}`, element: given.firewall }] : [],
  ];
  return all.map((filter, i) => {
    const outer = all[i - 1]?.element.uid;
    return { ...filter, place: { element: given.uid, inner: all[i + 1]?.element.uid ?? given.uid, ...outer !== undefined && { outer } } };
  });
}

export function filterSection(scene: Scene, owner: string, network: string): ElementSection {
  const around = filtersOf(scene.world, scene.topology, network).find(f => f.owner === owner.replace(/\/next$/, ''))!;
  switch (owner.slice(0, owner.indexOf('/'))) {
    case 'Dhcp': return dhcpSection(scene, network, around);
    case 'Dns': return dnsSection(scene, network, around);
    case 'Function': return functionSection(scene, owner, around);
    default: return policiesSection(scene, network, around);
  }
}

/** A server's own contents. */
export function filterContentsOn(scene: Scene, { owner }: Around, network: string, endpoints: readonly Endpoint[]): PlanContents {
  switch (owner.slice(0, owner.indexOf('/'))) {
    case 'Dhcp': return dhcpContentsOn(scene, network, endpoints);
    case 'Dns': case 'Function': return {};
    default: return policiesContentsOn(scene, endpoints);
  }
}
