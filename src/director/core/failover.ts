// Servers of gateways that have not been heard for long: the others take over what they speak for and whom they serve. It is written into the
// store as all else that plans are made from; it decides nothing where there is no other server.

import type { World } from './world.ts';
import { gatewayGiven } from './world.ts';

/** Longer than a visor takes to restart: what a server whose visor alone is away carries goes on, and would be cut for nothing. */
export const FAILOVER_AFTER_MS = 30_000;

export interface AwayWrite { readonly kind: 'away'; readonly gateway: string; readonly servers: readonly string[] }

/** Where that is not what the store says. `sinceMs`: since when the Director listens. */
export function awayWrites(world: World, heard: ReadonlyMap<string, { readonly heardMs: number }>, sinceMs: number, wallMs: number): AwayWrite[] {
  return [...world.resources.values()].flatMap((resource): AwayWrite[] => {
    if (resource.kind !== 'Gateway') return [];
    const { name } = resource.metadata;
    const silent = resource.spec.servers.filter(s => wallMs - Math.max(heard.get(s)?.heardMs ?? 0, sinceMs) > FAILOVER_AFTER_MS);
    const servers = resource.spec.servers.length > 1 && silent.length < resource.spec.servers.length ? silent : [];
    const before = gatewayGiven(world, name)?.away ?? [];
    return servers.join() === before.join() ? [] : [{ kind: 'away', gateway: name, servers }];
  });
}
