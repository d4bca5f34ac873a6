// iov token: what people and programs show to the Director. The Director stores hashes; a token is printed once.

import { Command, Option } from 'commander';
import { Refused, type DirectorClient } from '../../client/director.ts';
import { newUserToken } from '../../client/tokens.ts';
import type { Resource, User } from '../../model/resource.ts';
import { ROLES, hashOf, type Role } from '../../model/trust.ts';
import { action, directorOf, directorOption } from '../connect.ts';
import { untilOf } from '../duration.ts';

interface CreateOptions { readonly director?: string; readonly ttl?: string; readonly role?: Role; readonly domain?: readonly string[] }

export function tokenCommand(): Command {
  return new Command('token')
    .addCommand(action(new Command('create').description('Make a token for a user, who is made if there is none; it is printed once.')
      .argument('<user>')
      .option('--ttl <time>', 'until when it is good: 12h, 90d; absent: until it is revoked')
      .addOption(new Option('--role <role>', 'give the user this role, too').choices([...ROLES]))
      .option('--domain <domain...>', 'in these domains; absent: in all')
      .addOption(directorOption()), create))
    .addCommand(action(new Command('revoke').description('Take all tokens of a user away. Whoever uses one is turned away from now on.')
      .argument('<user>').addOption(directorOption()), revoke));
}

async function create(user: string, o: CreateOptions): Promise<void> {
  const director = directorOf(o);
  const token = newUserToken();
  const known = await userNamed(director, user);
  const made: unknown = {
    apiVersion: 'iovisor/v1', kind: 'User', metadata: { name: user, ...known ? { labels: known.metadata.labels, revision: known.metadata.revision } : {} },
    spec: { tokens: [...known?.spec?.tokens ?? [], { sha256: hashOf(token), ...o.ttl === undefined ? {} : { expires: untilOf(o.ttl, '--ttl') } }] },
  };
  const binding: unknown[] = o.role === undefined ? [] : [{ apiVersion: 'iovisor/v1', kind: 'RoleBinding', metadata: { name: `${user}-${o.role}`.slice(0, 63) }, spec: { role: o.role, users: [user], ...o.domain === undefined ? {} : { domains: o.domain } } }];
  await director.apply([made, ...binding]);
  console.log(token);
}

async function revoke(user: string, o: { readonly director?: string }): Promise<void> {
  await directorOf(o).patch({ kind: 'User', name: user }, { spec: { tokens: [] } });
  console.log(`user ${user} has no tokens any more`);
}

async function userNamed(director: DirectorClient, name: string): Promise<User | undefined> {
  try {
    const found: Resource = await director.get({ kind: 'User', name });
    return found.kind === 'User' ? found : undefined;
  } catch (e) {
    if (e instanceof Refused && e.error.error === 'not-found') return undefined;
    throw e;
  }
}
