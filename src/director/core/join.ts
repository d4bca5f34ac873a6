// A visor joins: its token becomes the key of a server, in one change set, so that it works once. Proofs (of the key, of the token's hash) are the shell's.

import type { ApiError } from '../../model/api.ts';
import type { Resource, Server } from '../../model/resource.ts';
import type { World } from './world.ts';
import type { Write } from './write.ts';
import { resourcesOf } from '../../model/resources-of.ts';

const WRONG: ApiError = { error: 'unauthenticated', message: 'the token is not one that lets this server join: it was used, or it is over, or it is for another', cure: 'make one: iov server token NAME' };

export function joining(world: World, { server, token, key, underlay }: Extract<Write, { kind: 'join' }>, wallMs: number): { readonly puts: readonly Resource[]; readonly deletes: readonly string[] } | { readonly error: ApiError } {
  const found = resourcesOf(world.resources, 'JoinToken').find(r => r.spec.sha256 === token);
  const known = world.resources.get(`Server/${server}`) as Server | undefined;
  if (found?.kind !== 'JoinToken' || Date.parse(found.spec.expires) <= wallMs) return { error: WRONG };
  // A token for anyone makes nobody another's heir: who takes the place of a known key needs one with that name.
  if (found.spec.server === undefined ? known?.spec.keys !== undefined : found.spec.server !== server) return { error: WRONG };
  if (!known && underlay === undefined) return { error: { error: 'invalid', message: `Server ${server} is not known, and its underlay address is not given`, cure: 'start the visor with --underlay ADDRESS' } };
  const { status: _, ...kept } = known ?? { apiVersion: 'iovisor/v1' as const, kind: 'Server' as const, metadata: { name: server }, spec: { underlay: underlay! } };
  return { puts: [{ ...kept, spec: { ...kept.spec, keys: [key] } }], deletes: [`JoinToken/${found.metadata.name}`] };
}
