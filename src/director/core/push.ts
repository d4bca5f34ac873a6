// A module that was compiled at admission becomes a Module of the next version. Nothing else makes one: what a Function places was compiled here.

import type { ApiError } from '../../model/api.ts';
import type { Change } from '../../model/diff.ts';
import type { Module, Resource } from '../../model/resource.ts';
import type { World } from './world.ts';
import type { Write } from './write.ts';
import { resourcesOf } from '../../model/resources-of.ts';

const MAX_VERSIONS = 256;

export function pushing(world: World, { name, spec }: Extract<Write, { kind: 'push' }>): { readonly puts: readonly Resource[]; readonly deletes: readonly string[] } | { readonly error: ApiError } {
  const versions = resourcesOf(world.resources, 'Module').filter(r => r.metadata.name.startsWith(`${name}@`)).sort((a, b) => versionOf(a) - versionOf(b));
  const newest = versions.at(-1);
  // The same again is the same.
  if (newest?.spec.imageHash === spec.imageHash) return { puts: [newest], deletes: [] };
  if (versions.length >= MAX_VERSIONS) return { error: { error: 'invalid', message: `module ${name} has ${MAX_VERSIONS} versions`, cure: 'delete some that no Function uses: iov delete module NAME@VERSION' } };
  return { puts: [{ apiVersion: 'iovisor/v1', kind: 'Module', metadata: { name: `${name}@${newest ? versionOf(newest) + 1 : 1}` }, spec }], deletes: [] };
}

export function mayOnlyBePushed(changes: readonly Change[]): ApiError | undefined {
  const wrong = changes.find(c => c.key.startsWith('Module/') && (c.action === 'created' || c.action === 'changed'));
  return wrong && { error: 'invalid', message: `Module ${wrong.key.slice('Module/'.length)} cannot be written: it is compiled when it is admitted, and never changes`, cure: 'bring it with: iov module push FILE' };
}

function versionOf({ metadata: { name } }: Module): number {
  return Number(name.slice(name.indexOf('@') + 1));
}
