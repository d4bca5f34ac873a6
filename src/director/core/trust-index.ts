// Whose token, whose key, who has which roles: found once for each form of the zone's own resources, because every request asks.

import type { Resource, RoleBinding, Server } from '../../model/resource.ts';
import { resourcesOf } from '../../model/resources-of.ts';
import { Table } from '../../model/table.ts';
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

const known = new WeakMap<object, TrustIndex>();

export function trustIn(resources: Resources): TrustIndex {
  const zone = resources instanceof Table ? (resources as Table<Resource>).part('') : resources;
  const before = known.get(zone);
  if (before) return before;
  const tokens = new Map<string, { user: string; expires: string | undefined }>();
  const servers = new Map<string, Server>();
  const bindings = new Map<string, RoleBinding[]>();
  for (const r of resourcesOf(resources, 'User')) for (const t of r.spec?.tokens ?? []) tokens.set(t.sha256, { user: r.metadata.name, expires: t.expires });
  for (const r of resourcesOf(resources, 'Server')) if (!isRevoked(r)) for (const key of r.spec.keys ?? []) servers.set(key, r);
  for (const r of resourcesOf(resources, 'RoleBinding')) for (const user of r.spec.users) bindings.set(user, [...bindings.get(user) ?? [], r]);
  const index = { tokens, servers, bindings };
  known.set(zone, index);
  return index;
}
