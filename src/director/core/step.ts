// The Director's core: one event in, the next state and the effects out. It waits for nothing, throws nothing, reads no clock.
// One change set is on its way to the store at a time; the others wait their turn and are decided against the world that they meet.

import type { Generation, Plan } from '../../model/plan.ts';
import type { Happening } from '../../model/api.ts';
import type { VisorStatus } from '../../model/status.ts';
import type { Clock, DirectorEffect, DirectorEvent, WriteResult } from './events.ts';
import { happenedBy, happenedOn } from './happenings.ts';
import { touchedBy, type ChangeSet, type Entry } from './log.ts';
import { NOTHING_BUILT, PLANNER_VERSION, buildAll, buildChanged, differing, planFor, type Built } from './planner.ts';
import type { Change } from '../../model/diff.ts';
import type { Modules } from './elements/modules.ts';
import { readable, showCaller, type Caller } from './rights.ts';
import { judge, NOTHING_WATCHED, ratesFrom, type Watching } from './rollout.ts';
import { freedOf } from './ended.ts';
import { isEnded } from './held.ts';
import { awayWrites } from './failover.ts';
import { leaseChanges } from './leases.ts';
import { Statuses } from './statuses.ts';
import { EMPTY_WORLD, applyChangeSet, worldOf, type World } from './world.ts';
import { decide, type Write } from './write.ts';
import { imageOfHash } from './elements/functions.ts';
import { diffPlans } from './plan-diff.ts';

const MAX_WAITING_WRITES = 1024;
/** After this the answer of the store is taken for lost, and the log is read to find out. */
export const APPEND_PATIENCE_MS = 5_000;

const DIRECTOR: Caller = { kind: 'operator', name: 'Director' };

interface Waiting { readonly request: string; readonly write: Write; readonly caller?: Caller | undefined }
interface Pending {
  readonly request: string;
  readonly changeSet: ChangeSet;
  readonly changes: readonly Change[];
  /** The effect whose completion counts; older ones are late. */
  readonly effect: number;
  readonly sinceMs: number;
}

export interface DirectorState {
  readonly modules: Modules;
  /** Empty until the store was read. */
  readonly epoch: string;
  readonly revision: number;
  readonly world: World;
  readonly built: Built;
  /** By server: the revision since which its plan is what it is, as far as this process knows. */
  readonly plannedAt: ReadonlyMap<string, number>;
  /** By key: the revision of what is over and held (ended.ts). */
  readonly endedAt: ReadonlyMap<string, number>;
  readonly pending?: Pending | undefined;
  readonly waiting: readonly Waiting[];
  readonly nextEffect: number;
  /** Since when visors can be heard. */
  readonly sinceMs: number;
  readonly watching: Watching;
  readonly statuses: Statuses;
}

interface Stepped { readonly state: DirectorState; readonly effects: readonly DirectorEffect[] }

export function initialDirector(modules: Modules): DirectorState {
  return { modules, epoch: '', revision: 0, world: EMPTY_WORLD, built: NOTHING_BUILT, plannedAt: new Map(), endedAt: new Map(), waiting: [], nextEffect: 1, sinceMs: 0, statuses: Statuses.none, watching: NOTHING_WATCHED };
}

export function generationOf(state: DirectorState): Generation {
  return { epoch: state.epoch, revision: state.revision, planner: PLANNER_VERSION };
}

/** Of a server that has what it last had to have: the newest, whether it has heard of that or not. */
export function appliedOf(state: DirectorState, { server, applied }: VisorStatus): Generation | null {
  const isNewest = applied?.epoch === state.epoch && applied.planner === PLANNER_VERSION && applied.revision >= (state.plannedAt.get(server) ?? Number.POSITIVE_INFINITY);
  return isNewest ? generationOf(state) : applied;
}

/** What it says of its plan, it says of the newest of that revision or an older one. */
function isPast(state: DirectorState, server: string, generation: Generation | undefined, revision: number): boolean {
  return generation?.epoch === state.epoch && generation.planner === PLANNER_VERSION && generation.revision >= Math.min(revision, state.plannedAt.get(server) ?? revision);
}

export function planOf(state: DirectorState, server: string): Plan {
  return planFor(state.built, server, generationOf(state));
}

export function step(state: DirectorState, event: DirectorEvent, clock: Clock): Stepped {
  switch (event.kind) {
    case 'opened': {
      const world = worldOf(event.snapshot);
      const built = buildAll(world, state.modules);
      const { epoch, revision } = event.snapshot;
      const opened = { ...state, sinceMs: clock.wallMs, epoch, revision, world, built, plannedAt: new Map([...built.servers.keys()].map(server => [server, revision])), endedAt: new Map([...world.held.keys()].filter(isEnded).map(key => [key, revision])) };
      return next({ state: opened, effects: [{ kind: 'plans', servers: [...opened.built.servers.keys()] }] }, clock);
    }
    case 'write': {
      if (state.waiting.length >= MAX_WAITING_WRITES) return answer(state, event.request, { ok: false, error: { error: 'busy', message: `${MAX_WAITING_WRITES} changes are waiting already`, cure: 'try again in a few seconds' } });
      return next({ state: { ...state, waiting: [...state.waiting, { request: event.request, write: event.write, caller: event.caller }] }, effects: [] }, clock);
    }
    case 'appended':
      if (state.pending?.effect !== event.effect || event.revision !== state.revision + 1) return none(state);
      return next(learn(state, [{ revision: event.revision, changeSet: state.pending.changeSet }]), clock);
    case 'append-conflict':
      return state.pending?.effect === event.effect ? readLog(state, clock) : none(state);
    case 'append-failed': {
      if (state.pending?.effect !== event.effect) return none(state);
      const { request } = state.pending;
      const failed = answer({ ...state, pending: undefined }, request, { ok: false, error: { error: 'unavailable', message: `the store refused: ${event.message}`, cure: 'see that the disk has room and is writable' } });
      return next(failed, clock);
    }
    case 'log': return learnLog(state, event.effect, event.entries, clock);
    case 'status': {
      const { server } = event.status;
      const [before, said] = [state.statuses.get(server), { heardMs: clock.wallMs, status: event.status }];
      const happenings = happenedOn(before?.status, event.status, clock.wallMs);
      const watching = ratesFrom(state.watching, before, said, state.world);
      return { state: { ...state, statuses: state.statuses.with(server, said), watching }, effects: happenings.length === 0 ? [] : [{ kind: 'happened', happenings }] };
    }
    case 'tick':
      return state.pending && clock.monotonicMs - state.pending.sinceMs >= APPEND_PATIENCE_MS ? readLog(state, clock) : own(state, clock);
  }
}

function none(state: DirectorState): Stepped {
  return { state, effects: [] };
}

function answer(state: DirectorState, request: string, result: WriteResult): Stepped {
  return { state, effects: [{ kind: 'reply', request, result }] };
}

/** What the Director decides itself: one at a time, and only when nothing else is on its way: what it is decided from is then what holds. */
function own(state: DirectorState, clock: Clock): Stepped {
  if (state.pending || state.waiting.length > 0 || state.epoch === '') return none(state);
  const { watching, verdicts } = judge(state.world, state.revision, state.statuses, state.watching, clock.wallMs);
  const writes: Write[] = [...awayWrites(state.world, state.statuses, state.sinceMs, clock.wallMs), ...verdicts.map(verdict => ({ kind: 'rollout' as const, verdict }))];
  // Alone, so that the world is the one that it was decided in.
  if (writes.length === 0) writes.push(...leaseWrites(state, clock.wallMs));
  const waiting = writes.map(write => ({ request: `own ${write.kind}`, write, caller: DIRECTOR }));
  return waiting.length === 0 ? none({ ...state, watching }) : next({ state: { ...state, watching, waiting }, effects: [] }, clock);
}

function leaseWrites(state: DirectorState, wallMs: number): Write[] {
  const { world, built: { topology } } = state;
  const statuses = new Map(state.statuses);
  const spent = new Set([...statuses.values()].flatMap(({ status }) => status.spent ?? []));
  const freed = freedOf({ ...state, statuses, topology, isPast: (server, generation, revision) => isPast(state, server, generation, revision) }, wallMs);
  const { grants, ends } = leaseChanges(world, topology, statuses, spent);
  return grants.length + ends.length + freed.length === 0 ? [] : [{ kind: 'lease', grants, ends, freed }];
}

/** Decides waiting writes until one needs the store. */
function next({ state, effects }: Stepped, clock: Clock): Stepped {
  const out = [...effects];
  while (state.pending === undefined && state.epoch !== '' && state.waiting.length > 0) {
    const [{ request, write, caller }, ...waiting] = state.waiting as [Waiting, ...Waiting[]];
    state = { ...state, waiting };
    const id = Array.from({ length: 4 }, () => Math.floor(clock.random() * 0x1_0000_0000).toString(16).padStart(8, '0')).join('');
    const decided = decide(state.world, write, state.epoch, { id, wallMs: clock.wallMs, ...(caller === undefined ? {} : { by: showCaller(caller) }) }, caller);
    const dryRun = 'dryRun' in write && write.dryRun === true;
    if (!decided.ok) out.push({ kind: 'reply', request, result: decided });
    else if (dryRun) {
      const { built, world } = follow(state, { revision: state.revision + 1, changeSet: decided.changeSet });
      out.push({ kind: 'reply', request, result: { ok: true, revision: state.revision, dryRun, changes: decided.changes, plans: readable(world.resources, caller ?? DIRECTOR, diffPlans(state.built, built, hash => imageOfHash(world.resources, hash) ?? imageOfHash(state.world.resources, hash))) } });
    } else if (decided.empty) out.push({ kind: 'reply', request, result: { ok: true, revision: state.revision, dryRun, changes: decided.changes } });
    else {
      const effect = state.nextEffect;
      out.push({ kind: 'append', effect, expectedRevision: state.revision, changeSet: decided.changeSet });
      state = { ...state, nextEffect: effect + 1, pending: { request, changeSet: decided.changeSet, changes: decided.changes, effect, sinceMs: clock.monotonicMs } };
    }
  }
  return { state, effects: out };
}

function readLog(state: DirectorState, clock: Clock): Stepped {
  const effect = state.nextEffect;
  const pending = state.pending && { ...state.pending, effect, sinceMs: clock.monotonicMs };
  return { state: { ...state, pending, nextEffect: effect + 1 }, effects: [{ kind: 'read', effect, from: state.revision }] };
}

/** Either the pending change set is in the log after all, or others were: then it is decided anew. */
function learnLog(state: DirectorState, effect: number, entries: readonly Entry[], clock: Clock): Stepped {
  const { pending } = state;
  const learned = learn(state, entries);
  if (!pending || pending.effect !== effect || learned.state.pending === undefined) return next(learned, clock);
  if (entries.length > 0) {
    // What it was decided against is gone: tell the writer, who may repeat it.
    const told = answer({ ...learned.state, pending: undefined }, pending.request, { ok: false, error: { error: 'conflict', message: 'another Director wrote at the same moment', cure: 'repeat the change' } });
    return next({ state: told.state, effects: [...learned.effects, ...told.effects] }, clock);
  }
  const again = { ...pending, effect: state.nextEffect, sinceMs: clock.monotonicMs };
  return { state: { ...state, pending: again, nextEffect: state.nextEffect + 1 }, effects: [{ kind: 'append', effect: again.effect, expectedRevision: state.revision, changeSet: pending.changeSet }] };
}

/** The world and the plans behind an entry, and the resources that watchers hear of. */
function follow({ world, built, modules }: Pick<DirectorState, 'world' | 'built' | 'modules'>, entry: Entry): { readonly world: World; readonly built: Built; readonly changed: readonly string[]; readonly leases: readonly string[] } {
  const after = applyChangeSet(world, entry.changeSet, entry.revision);
  const touched = touchedBy(entry.changeSet);
  const changed = touched.filter(k => world.resources.has(k) || after.resources.has(k));
  const identities = touched.filter(k => k.startsWith('Identity/'));
  // What a network was given of old stays; only where its next search begins is news, and no plan has that.
  const planned = new Set(entry.changeSet.puts.filter(p => !p.key.startsWith('given:Network/')).map(p => p.key.slice(p.key.indexOf(':') + 1)));
  const leases = touched.filter(k => k.startsWith('Lease/'));
  const kept = buildChanged(after, modules, built, world, [...identities, ...leases, ...changed.filter(k => !k.startsWith('Network/') || planned.has(k) || !after.resources.has(k))]);
  return { world: after, built: kept, changed, leases };
}

/** Takes entries that follow what is known; others are old news. */
function learn(state: DirectorState, entries: readonly Entry[]): Stepped {
  const effects: DirectorEffect[] = [];
  let { world, built, revision, pending } = state;
  const endedAt = new Map(state.endedAt);
  const keys = new Set<string>(), leases = new Set<string>();
  const happenings: Happening[] = [];
  for (const entry of entries) {
    if (entry.revision !== revision + 1) continue;
    const followed = follow({ world, built, modules: state.modules }, entry);
    happenings.push(...happenedBy(entry, world, followed.world));
    ({ world, built } = followed);
    revision = entry.revision;
    for (const key of entry.changeSet.deletes) endedAt.delete(key.slice('held:'.length));
    for (const { key } of entry.changeSet.puts) if (isEnded(key.slice('held:'.length))) endedAt.set(key.slice('held:'.length), revision);
    for (const key of followed.changed) keys.add(key);
    for (const key of followed.leases) leases.add(key);
    if (pending?.changeSet.id !== entry.changeSet.id) continue;
    effects.push({ kind: 'reply', request: pending.request, result: { ok: true, revision, dryRun: false, changes: pending.changes } });
    pending = undefined;
  }
  if (revision === state.revision) return none(state);
  const servers = differing(state.built, built, [...keys, ...leases]);
  // Watchers and plans before the reply: who was answered finds its change everywhere.
  return {
    state: { ...state, world, built, revision, pending, endedAt, plannedAt: servers.length === 0 ? state.plannedAt : new Map([...state.plannedAt, ...servers.map(server => [server, revision] as const)]) },
    effects: [{ kind: 'resources', keys: [...keys].sort() }, { kind: 'plans', servers }, { kind: 'happened', happenings }, ...effects],
  };
}
