// Servers of gateways that have not been heard for long: the others take over what they speak for and whom they serve. It is written into the
// store as all else that plans are made from; it decides nothing where there is no other server.

import { DEFAULT_FAILOVER_SECONDS } from '../../model/fields.ts';
import { resourcesOf } from '../../model/resources-of.ts';
import { gatewayGiven, type World } from './world.ts';

export interface AwayWrite { readonly kind: 'away'; readonly gateway: string; readonly servers: readonly string[] }

/** Where that is not what the store says. `sinceMs`: since when the Director listens. */
export function awayWrites(world: World, heard: { get(server: string): { readonly heardMs: number } | undefined }, sinceMs: number, wallMs: number): AwayWrite[] {
  return resourcesOf(world.resources, 'Gateway').flatMap((resource): AwayWrite[] => {
    const { name } = resource.metadata;
    const patienceMs = (resource.spec.failoverSeconds ?? DEFAULT_FAILOVER_SECONDS) * 1000;
    const silent = resource.spec.servers.filter(s => wallMs - Math.max(heard.get(s)?.heardMs ?? 0, sinceMs) > patienceMs);
    const servers = resource.spec.servers.length > 1 && silent.length < resource.spec.servers.length ? silent : [];
    const before = gatewayGiven(world, name)?.away ?? [];
    return servers.join() === before.join() ? [] : [{ kind: 'away', gateway: name, servers }];
  });
}
