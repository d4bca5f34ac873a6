// What was an endpoint's, or leased, is not given to another before those who may still have it have said that it is over: the server that it was on,
// however long that is away, and of the others all that are heard. A VNI all servers have to have let go of. Of a server that was deleted, the others' word is enough: no tunnel leads to it.

import type { Generation } from '../../model/plan.ts';
import type { VisorStatus } from '../../model/status.ts';
import { resourcesOf } from '../../model/resources-of.ts';
import { isRevoked } from '../../model/trust.ts';
import { allHeld, formerVnis } from './held.ts';
import { reachOf, type Topology } from './topology.ts';
import type { World } from './world.ts';

/** A visor that was not heard for so long counts as away. */
export const AWAY_AFTER_MS = 10_000;

interface Witnesses {
  readonly world: World;
  readonly topology: Topology;
  readonly statuses: ReadonlyMap<string, { readonly heardMs: number; readonly status: VisorStatus }>;
  /** Since when visors can be heard. */
  readonly sinceMs: number;
  /** By key: the revision in which it ended, as far as this process knows. */
  readonly endedAt: ReadonlyMap<string, number>;
  /** Whether a server's plan of that generation is as new as the revision, for that server. */
  readonly isPast: (server: string, generation: Generation | undefined, revision: number) => boolean;
}

/** Keys of those that may be given again. */
export function freedOf({ world, topology, statuses, sinceMs, endedAt, isPast }: Witnesses, wallMs: number): string[] {
  if (wallMs - sinceMs < AWAY_AFTER_MS && endedAt.size > 0) return [];     // who lives, a Director that has just begun does not know
  return [...freedVnis({ world, statuses, endedAt, isPast }), ...[...Map.groupBy(allHeld(world).filter(h => h.kind === 'Ended'), h => h.network)].flatMap(([network, ended]) => {
    const live = reachOf(topology, network).filter(server => wallMs - (statuses.get(server)?.heardMs ?? Number.NEGATIVE_INFINITY) <= AWAY_AFTER_MS);
    return ended.filter(({ key, server, seats }) => {
      const revision = endedAt.get(key) ?? Number.POSITIVE_INFINITY;
      const hasEnded = (name: string): boolean => isPast(name, statuses.get(name)?.status.left, revision);
      const own = statuses.get(server)?.status;
      const isOver = !world.resources.has(`Server/${server}`) || (hasEnded(server) && own?.born?.includes(seats[0]!.uid) !== true);
      return isOver && live.every(hasEnded);
    }).map(h => h.key);
  })].sort();
}

/** A tunnel that one server still has leads to whatever another has by that number, so all have to say that they have what is newer; who is deleted or cut off is sent nothing. */
function freedVnis({ world, statuses, endedAt, isPast }: Pick<Witnesses, 'world' | 'statuses' | 'endedAt' | 'isPast'>): string[] {
  const former = [...formerVnis(world).values()];
  if (former.length === 0) return [];
  const servers = resourcesOf(world.resources, 'Server').filter(s => !isRevoked(s)).map(s => s.metadata.name);
  return former.filter(({ key }) => servers.every(s => isPast(s, statuses.get(s)?.status.applied ?? undefined, endedAt.get(key) ?? Number.POSITIVE_INFINITY))).map(f => f.key);
}
