// Whose token, whose key, who has which roles: found once for each form of the resources, because every request asks.

import type { Resource, RoleBinding, Server } from '../../model/resource.ts';
import { isRevoked } from '../../model/trust.ts';

export type Resources = ReadonlyMap<string, Resource>;

interface TrustIndex {
  /** By hash of the token. */
  readonly tokens: ReadonlyMap<string, { readonly user: string; readonly expires: string | undefined }>;
  /** By hash of the public key. */
  readonly servers: ReadonlyMap<string, Server>;
  /** By user. */
  readonly bindings: ReadonlyMap<string, readonly RoleBinding[]>;
}

const known = new WeakMap<Resources, TrustIndex>();

export function trustIn(resources: Resources): TrustIndex {
  const before = known.get(resources);
  if (before) return before;
  const tokens = new Map<string, { user: string; expires: string | undefined }>();
  const servers = new Map<string, Server>();
  const bindings = new Map<string, RoleBinding[]>();
  for (const r of resources.values()) {
    if (r.kind === 'User') for (const t of r.spec?.tokens ?? []) tokens.set(t.sha256, { user: r.metadata.name, expires: t.expires });
    else if (r.kind === 'Server' && !isRevoked(r)) for (const key of r.spec.keys ?? []) servers.set(key, r);
    else if (r.kind === 'RoleBinding') for (const user of r.spec.users) bindings.set(user, [...bindings.get(user) ?? [], r]);
  }
  const index = { tokens, servers, bindings };
  known.set(resources, index);
  return index;
}
