// A request to change resources → the change set that does it, or why not. It stores nothing and allocates through allocate.ts.

import type { ApiError } from '../../model/api.ts';
import { checkResource } from '../../model/check.ts';
import type { Json } from '../../model/canonical.ts';
import { diffResource, type Change } from '../../model/diff.ts';
import { dnsOf } from '../../model/dns/served.ts';
import { mergePatch } from '../../model/merge-patch.ts';
import { showProblem, type Problem } from '../../model/problem.ts';
import { desiredOf, keyOf, showKey, type Module, type Resource } from '../../model/resource.ts';
import { duplicates, unfit } from '../../model/validate.ts';
import { allocate } from './allocate.ts';
import type { AwayWrite } from './failover.ts';
import { joining } from './join.ts';
import { leasing, type LeaseWrite } from './leases.ts';
import { configProblems, runningOn } from './elements/functions.ts';
import { mayOnlyBePushed, pushing } from './push.ts';
import { forbidden, mayChange, rightsOf, type Caller } from './rights.ts';
import type { Act, ChangeSet } from './log.ts';
import { rolling, triedBy, type RolloutWrite } from './rollout.ts';
import { applyChangeSet, gatewayGiven, givenAddresses, type World } from './world.ts';
import { networkPath } from '../../model/path.ts';

export type Write =
  | { readonly kind: 'apply'; readonly resources: readonly unknown[]; readonly dryRun: boolean }
  | { readonly kind: 'create'; readonly resource: unknown }
  | { readonly kind: 'replace'; readonly key: string; readonly resource: unknown }
  /** RFC 7396, on what a person set; `metadata.revision` in it guards it, or `revision`. */
  | { readonly kind: 'patch'; readonly key: string; readonly patch: unknown; readonly revision?: number | undefined; readonly dryRun?: boolean }
  /** A visor shows a token: it is spent, and the key is the server's. */
  | { readonly kind: 'join'; readonly server: string; readonly token: string; readonly key: string; readonly underlay?: string | undefined }
  /** `spec`: of a module that was compiled a moment ago. */
  | { readonly kind: 'push'; readonly name: string; readonly spec: Module['spec'] }
  | { readonly kind: 'delete'; readonly key: string; readonly revision?: number | undefined; readonly dryRun?: boolean }
  /** Done elsewhere, behind this: what is not in the audit log does not happen. */
  | { readonly kind: 'act'; readonly acts: readonly Act[] }
  /** The Director's own. */
  | AwayWrite | RolloutWrite | LeaseWrite;
type Asked = Exclude<Write, AwayWrite | LeaseWrite | { kind: 'act' }>;

type Decided =
  | { readonly ok: true; readonly changes: readonly Change[]; readonly changeSet: ChangeSet; readonly empty: boolean }
  | { readonly ok: false; readonly error: ApiError };

export function decide(world: World, write: Write, epoch: string, stamp: { readonly id: string; readonly wallMs: number; readonly by?: string }, caller?: Caller): Decided {
  if (write.kind === 'away') return isAway(world, write, stamp);
  if (write.kind === 'lease') {
    const changeSet = { ...stamp, ...leasing(world, write, epoch) };
    return { ok: true, changes: [], changeSet, empty: changeSet.puts.length === 0 && changeSet.deletes.length === 0 };
  }
  if (write.kind === 'act') {
    const strange = caller && write.acts.find(({ key }) => !rightsOf(world.resources, caller).writes(key));
    return strange ? refused(forbidden(caller, `change ${showKey(strange.key)}`)) : { ok: true, changes: [], changeSet: { ...stamp, puts: [], deletes: [], acts: write.acts }, empty: write.acts.length === 0 };
  }
  const stranger = caller && maySpeakOf(world, write, caller);
  if (stranger) return refused(stranger);
  if ((write.kind === 'patch' || write.kind === 'replace' || write.kind === 'delete') && !world.resources.has(write.key)) return refused(missing(write.key));
  const wanted = write.kind === 'join' ? joining(world, write, stamp.wallMs) : write.kind === 'push' ? pushing(world, write) : write.kind === 'rollout' ? rolling(world, write) : parse(world, write);
  if ('error' in wanted) return refused(wanted.error);

  const changes = [
    ...wanted.puts.map(r => diffResource(world.resources.get(keyOf(r)), r)),
    ...wanted.deletes.map(k => diffResource(world.resources.get(k), undefined)),
  ];
  const changed = wanted.puts.filter((_, i) => changes[i]!.action !== 'unchanged');
  // Joining is a right of who holds the token.
  if (caller && write.kind !== 'join') {
    const next = new Map(wanted.puts.map(r => [keyOf(r), r]));
    const { reads } = rightsOf(world.resources, caller);
    for (const { key, action } of changes) {
      // What stays as it is only has to be known; what is made and is there already is refused as that, below.
      const stays = action === 'unchanged' || (write.kind === 'create' && action !== 'created');
      const wrong = stays && reads(key) ? undefined : mayChange(world.resources, caller, key, world.resources.get(key), next.get(key));
      if (wrong) return refused(wrong);
    }
  }
  const blocked = preconditions(world, write, wanted.puts) ?? (write.kind === 'push' ? undefined : mayOnlyBePushed(changes));
  if (blocked) return refused(blocked);
  const first: ChangeSet = {
    ...stamp,
    puts: changed.map(r => ({ key: `resource:${keyOf(r)}`, value: desiredOf(r) as Json })),
    deletes: wanted.deletes.map(k => `resource:${k}`),
  };
  const after = applyChangeSet(world, first, 0);
  const problems = rules(world, after, changed, wanted.deletes);
  if (problems.length > 0) return refused(invalid(problems));
  const touched = new Set([...changed.map(keyOf), ...wanted.deletes]);
  const given = allocate(world, after, epoch, touched, write.kind === 'rollout' ? triedBy(world, write) : undefined);
  const allocated: ChangeSet = { ...first, puts: [...first.puts, ...given.puts], deletes: [...first.deletes, ...given.deletes] };
  const late = [...given.problems, ...duplicatesAfter(world, after, { ...stamp, puts: given.puts, deletes: given.deletes }, touched)];
  if (late.length > 0) return refused(invalid(late));
  const before = [...touched].flatMap(k => world.resources.get(k) ?? []).map(r => ({ key: `resource:${keyOf(r)}`, value: desiredOf(r) as Json }));
  return { ok: true, changes, changeSet: before.length === 0 ? allocated : { ...allocated, before }, empty: allocated.puts.length === 0 && allocated.deletes.length === 0 };
}

/** Before anything is said of it: whether it is there, which revision it has, what of the change does not fit it. */
function maySpeakOf({ resources }: World, write: Asked, caller: Caller): ApiError | undefined {
  if (write.kind !== 'patch' && write.kind !== 'replace' && write.kind !== 'delete') return undefined;
  const before = resources.get(write.key);
  return mayChange(resources, caller, write.key, before, write.kind === 'delete' ? undefined : before);
}

function isAway(world: World, { gateway, servers }: AwayWrite, stamp: Pick<ChangeSet, 'id' | 'wallMs'>): Decided {
  const given = gatewayGiven(world, gateway);
  const puts = given ? [{ key: `given:Gateway/${gateway}`, value: { blocks: given.blocks, ...servers.length > 0 && { away: servers } } as unknown as Json }] : [];
  return { ok: true, changes: [], changeSet: { ...stamp, puts, deletes: [] }, empty: puts.length === 0 };
}

function parse(world: World, write: Exclude<Asked, { kind: 'join' | 'push' | 'rollout' }>): { readonly puts: readonly Resource[]; readonly deletes: readonly string[] } | { readonly error: ApiError } {
  if (write.kind === 'delete') return { puts: [], deletes: [write.key] };
  const puts: Resource[] = [];
  const keys = new Set<string>();
  const problems: Problem[] = [];
  for (const [i, value] of valuesOf(world, write).entries()) {
    const checked = checkResource(value);
    if (checked.ok) {
      const key = keyOf(checked.resource);
      const resource = keepTrust(world, checked.resource);
      if (keys.has(key)) problems.push({ key, path: [], message: 'is in the request twice' });
      keys.add(key);
      puts.push(resource);
    } else {
      const key = keyText(value);
      // Of one that has no name, its place says which it is.
      for (const p of checked.problems) problems.push({ key, path: key === undefined && write.kind === 'apply' ? ['resources', i, ...p.path] : p.path, message: p.message });
    }
  }
  if ((write.kind === 'replace' || write.kind === 'patch') && puts[0] && keyOf(puts[0]) !== write.key) {
    problems.push({ key: keyOf(puts[0]), path: ['metadata', 'name'], message: `does not match the address of the request, ${showKey(write.key)}` });
  }
  return problems.length > 0 ? { error: invalid(problems) } : { puts, deletes: [] };
}

/** What joining and `iov token` write, and people leave out of their files, stays. */
function keepTrust(world: World, resource: Resource): Resource {
  const before = world.resources.get(keyOf(resource));
  if (resource.kind === 'Server' && before?.kind === 'Server' && before.spec.keys && resource.spec.keys === undefined) return { ...resource, spec: { ...resource.spec, keys: before.spec.keys } };
  if (resource.kind === 'User' && before?.kind === 'User' && before.spec?.tokens && resource.spec?.tokens === undefined) return { ...resource, spec: { ...resource.spec, tokens: before.spec.tokens } };
  return resource;
}

function valuesOf(world: World, write: Exclude<Asked, { kind: 'delete' | 'join' | 'push' | 'rollout' }>): readonly unknown[] {
  switch (write.kind) {
    case 'apply': return write.resources;
    case 'create': case 'replace': return [write.resource];
    case 'patch': return [mergePatch(desiredOf(world.resources.get(write.key)!), write.patch)];
  }
}

/** As far as it can be read, and not as long as it may be; only to name the resource in a message. */
function keyText(value: unknown): string | undefined {
  const { kind, metadata } = (value ?? {}) as { kind?: unknown; metadata?: { domain?: unknown; name?: unknown } };
  const parts = [kind, metadata?.domain, metadata?.name].filter(t => typeof t === 'string');
  return parts.length < 2 ? undefined : parts.map(part => String(part).slice(0, MAX_NAMED)).join('/');
}

function preconditions(world: World, write: Asked, puts: readonly Resource[]): ApiError | undefined {
  if (write.kind === 'create' && world.resources.has(keyOf(puts[0]!))) return { error: 'exists', message: `${showKey(keyOf(puts[0]!))} exists already`, cure: 'replace it, or use apply' };
  const guarded = write.kind === 'delete' || write.kind === 'patch' ? conflict(world, write.key, write.revision) : undefined;
  if (guarded) return guarded;
  for (const r of puts) {
    const error = conflict(world, keyOf(r), r.metadata.revision);
    if (error) return error;
  }
  return undefined;
}

function missing(key: string): ApiError {
  return { error: 'not-found', message: `there is no ${showKey(key)}` };
}

function conflict(world: World, key: string, revision: number | undefined): ApiError | undefined {
  const now = world.resources.get(key)?.metadata.revision;
  if (revision === undefined || revision === now) return undefined;
  const what = now === undefined ? 'it was deleted since' : `it was changed since, in revision ${now}`;
  return { error: 'conflict', message: `${showKey(key)} was read at revision ${revision}; ${what}`, cure: 'read it again and repeat the change' };
}

function rules(before: World, after: World, changed: readonly Resource[], deletes: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  for (const r of changed) {
    const old = before.resources.get(keyOf(r));
    if (r.kind === 'Endpoint' && old?.kind === 'Endpoint' && old.spec.network !== r.spec.network) {
      problems.push({ key: keyOf(r), path: ['spec', 'network'], message: `an endpoint stays in its network (${old.spec.network}): delete it and make another` });
    }
    if (r.kind === 'Endpoint' && old?.kind === 'Endpoint' && old.spec.lease !== r.spec.lease) problems.push({ key: keyOf(r), path: ['spec', 'lease'], message: 'is what it was born as, which does not change' });
  }
  for (const key of deletes) {
    const user = key.startsWith('Module/') ? runningOn(before, key.slice('Module/'.length)) : undefined;
    if (user !== undefined) problems.push({ key, path: [], message: `runs on servers of Function ${user} until the next version is on all of them: wait, or delete that` });
  }
  const broken = unfit(after.resources, [...changed.map(keyOf), ...deletes]);
  // What a module is told is looked at when it may be placed at all.
  if (broken.length === 0) for (const r of changed) if (r.kind === 'Function') problems.push(...configProblems(after.resources, r));
  if (deletes.length === 0) return [...problems, ...broken];
  // Said about what is deleted, not about what would be left dangling.
  const users = [...new Set(broken.map(p => showKey(p.key ?? '')))].sort();
  if (users.length === 0) return problems;
  const shown = `${users.slice(0, 5).join(', ')}${users.length > 5 ? ` and ${users.length - 5} more` : ''}`;
  return [...problems, { key: deletes[0], path: [], message: `is used by ${shown}: delete ${users.length === 1 ? 'it' : 'them'} first` }];
}

/** Only networks with an endpoint or a router that changed can have come to a duplicate, or those that changed themselves. */
function duplicatesAfter(before: World, written: World, given: ChangeSet, touched: ReadonlySet<string>): Problem[] {
  const after = applyChangeSet(written, given, 0);
  const within = new Set([...touched].flatMap(key => {
    const r = after.resources.get(key) ?? before.resources.get(key);
    if (r?.kind === 'Dns') return [...dnsOf(after.resources, r.metadata.domain).keys()].map(n => `Network/${n}`);
    if (r?.kind === 'Router') return r.spec.networks.map(n => `Network/${r.metadata.domain}/${n}`);
    return r?.kind === 'Endpoint' ? [`Network/${networkPath(r)}`] : [key];
  }));
  return duplicates(after.resources, givenAddresses(after), within);
}

/** Of the letters of a name, and of the problems of a request. */
const MAX_NAMED = 64;
const MAX_TOLD = 256;

function invalid(problems: readonly Problem[]): ApiError {
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return { error: 'invalid', message: showProblem(problems[0]!) + more, problems: problems.slice(0, MAX_TOLD).map(p => ({ ...p, path: [...p.path] })) };
}

function refused(error: ApiError): Decided {
  return { ok: false, error };
}
