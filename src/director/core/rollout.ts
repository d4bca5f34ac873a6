// A Function takes the next version of its module on one server first. There it is watched: it goes on to the others when it stood for a while, and
// back when it does not load or drops much more than before. What runs where is stored (FunctionGiven); what was seen is not, and is seen anew after a restart.

import type { VisorStatus } from '../../model/status.ts';
import { functionGiven, type FunctionGiven, type World } from './world.ts';
import type { NetworkFunction, Resource } from '../../model/resource.ts';
import { reachOf, topologyOf } from './topology.ts';

const DEFAULT_CANARY_SECONDS = 30;
/** Rates below are noise. */
const LEAST_DROPS_PER_SECOND = 10;
const TIMES_BEFORE = 3;
/** A rate needs some seconds. */
const LEAST_WINDOW_MS = 4_000;
/** The first words with a new plan may still be about what the one before it came to. */
const LEAST_REFUSED_MS = 2_000;
/** A visor that restarts is back sooner. */
const SILENT_MS = 30_000;

interface Heard { get(server: string): { readonly heardMs: number; readonly status: VisorStatus } | undefined }

/** Of one function that changes its version. */
interface Seen {
  /** Revision of the function's last change: another change, or another canary, begins anew. */
  readonly changed: number;
  readonly canary: string;
  /** Of the store, when the canary was seen to be this one: what it says from there on is about the next version. */
  readonly revision: number;
  readonly sinceMs: number;
  /** Absent, where nothing was heard of it before, such as after a restart of the Director: then its drops decide nothing. */
  readonly beforePerSecond?: number;
  /** Of the canary's first word with the plan. */
  readonly receivedMs?: number;
  readonly refused?: string;
  /** Since when the canary has it without a break; its drops at `countedMs`, and a second since. */
  readonly ready?: { readonly atMs: number; readonly countedMs: number; readonly drops: number; readonly perSecond: number };
}
export interface Watching {
  /** By function, `domain/name`. */
  readonly seen: ReadonlyMap<string, Seen>;
  /** Drops a second by server and element, between its last two words. */
  readonly rates: ReadonlyMap<string, number>;
}
export const NOTHING_WATCHED: Watching = { seen: new Map(), rates: new Map() };

/** The Director's own. */
export interface RolloutWrite { readonly kind: 'rollout'; readonly verdict: Verdict }
/** As it is stored. */
export type Tried = { readonly key: string; readonly to: 'all' } | { readonly key: string; readonly to: 'other'; readonly canary: string } | { readonly key: string; readonly to: 'back'; readonly module: string; readonly why: string };

type Unkeyed = { readonly to: 'all' } | { readonly to: 'back'; readonly why: string } | { readonly to: 'other'; readonly canary: string };
type Verdict = { readonly key: string } & Unkeyed;

/** From a visor's last two words. */
export function ratesFrom(watching: Watching, before: { readonly heardMs: number; readonly status: VisorStatus } | undefined, now: { readonly heardMs: number; readonly status: VisorStatus }, world: World): Watching {
  const { watched: uids } = functionsIn(world);
  if (uids.size === 0 || !before || before.status.started !== now.status.started || now.heardMs <= before.heardMs) return watching;
  let rates: Map<string, number> | undefined;
  for (const uid of uids) {
    const key = `${now.status.server} ${uid}`, added = dropsOf(now.status, uid) - dropsOf(before.status, uid);
    const rate = Math.max(0, added) * 1000 / (now.heardMs - before.heardMs);
    // Mostly nothing is dropped, as before: a table of the zone is not copied for that.
    if (watching.rates.get(key) === rate) continue;
    rates ??= new Map(watching.rates);
    rates.set(key, rate);
  }
  return rates ? { ...watching, rates } : watching;
}

/** What has become of the versions that are on their way. `revision`: of the store. */
export function judge(world: World, revision: number, heard: Heard, watching: Watching, nowMs: number): { readonly watching: Watching; readonly verdicts: readonly Verdict[] } {
  const seen = new Map<string, Seen>();
  const verdicts: Verdict[] = [];
  for (const path of functionsIn(world).paths) {
    const given = functionGiven(world, path);
    const f = world.resources.get(`Function/${path}`);
    if (f?.kind !== 'Function' || !given?.rollout) continue;
    const { canary } = given.rollout;
    const uids = Object.values(given.elements).map(e => e.uid);
    const changed = f.metadata.revision ?? 0;
    const known = watching.seen.get(path);
    const rates = uids.flatMap(uid => watching.rates.get(`${canary} ${uid}`) ?? []);
    const before: Seen = known?.changed === changed && known.canary === canary ? known
      : { changed, canary, revision, sinceMs: nowMs, ...rates.length > 0 && { beforePerSecond: rates.reduce((sum, r) => sum + r, 0) } };
    const said = heard.get(canary);
    const now = said && (said.status.received?.revision ?? -1) >= before.revision ? afterWord(before, said, uids) : before;
    const verdict = verdictOn(f, now, said?.heardMs, nowMs) ?? (isSilent(now, said?.heardMs, nowMs) ? elsewhere(world, path, canary, heard, nowMs) : undefined);
    if (verdict) verdicts.push({ key: `Function/${path}`, ...verdict });
    seen.set(path, now);
  }
  const { uids } = functionsIn(world);
  const rates = new Map([...watching.rates].filter(([key]) => uids.has(key.slice(key.indexOf(' ') + 1))));
  return { watching: { seen, rates }, verdicts };
}

/** The canary has the plan; `said` may be a word from before the next version was tried, which the next word mends. */
function afterWord(seen: Seen, { heardMs, status }: { readonly heardMs: number; readonly status: VisorStatus }, uids: readonly string[]): Seen {
  const elements = status.elements.filter(e => uids.includes(e.uid));
  const degraded = elements.find(e => e.state === 'degraded');
  const drops = uids.reduce((sum, uid) => sum + dropsOf(status, uid), 0);
  const { ready, refused: _, ...now } = { ...seen, receivedMs: seen.receivedMs ?? heardMs };
  if (degraded) return { ...now, refused: degraded.message ?? 'it does not load' };
  if (elements.length === 0 || elements.some(e => e.state !== 'ready')) return now;
  if (!ready) return { ...now, ready: { atMs: heardMs, countedMs: heardMs, drops, perSecond: 0 } };
  // Counters that begin anew.
  if (drops < ready.drops) return { ...now, ready: { ...ready, countedMs: heardMs, drops } };
  const windowMs = heardMs - ready.countedMs;
  return { ...now, ready: { ...ready, perSecond: windowMs < LEAST_WINDOW_MS ? 0 : (drops - ready.drops) * 1000 / windowMs } };
}

function verdictOn(f: NetworkFunction, { canary, receivedMs, refused, ready, beforePerSecond }: Seen, heardMs: number | undefined, nowMs: number): Unkeyed | undefined {
  if (heardMs === undefined || receivedMs === undefined) return undefined;
  if (refused !== undefined && heardMs - receivedMs >= LEAST_REFUSED_MS) return { to: 'back', why: `${canary} refused it: ${refused}` };
  if (nowMs - heardMs > SILENT_MS) return { to: 'back', why: `${canary} was not heard any more when it had it` };
  if (!ready) return undefined;
  if (beforePerSecond !== undefined && ready.perSecond > Math.max(LEAST_DROPS_PER_SECOND, TIMES_BEFORE * beforePerSecond)) return { to: 'back', why: `on ${canary} it dropped ${Math.round(ready.perSecond)} packets a second, ${Math.round(beforePerSecond)} before` };
  // By a word from behind that time: who is away may be so because of it.
  return heardMs - ready.atMs >= canaryMs(f) ? { to: 'all' } : undefined;
}

function isSilent({ sinceMs, receivedMs }: Seen, heardMs: number | undefined, nowMs: number): boolean {
  return receivedMs === undefined && nowMs - Math.max(heardMs ?? 0, sinceMs) > SILENT_MS;
}

/** A canary that never had it, and is away, deleted or cut off, decides nothing: another tries it. */
function elsewhere(world: World, path: string, canary: string, heard: Heard, nowMs: number): Unkeyed | undefined {
  const topology = topologyOf(world.resources);
  const networks = topology.networksAround.get(path) ?? [];
  const next = [...new Set(networks.flatMap(n => reachOf(topology, n)))].sort().find(s => s !== canary && nowMs - (heard.get(s)?.heardMs ?? -Infinity) <= SILENT_MS);
  return next === undefined ? undefined : { to: 'other', canary: next };
}

interface Functions { readonly paths: readonly string[]; readonly uids: ReadonlySet<string>; readonly watched: ReadonlySet<string> }
const known = new WeakMap<World['given'], Functions>();

/** Found once for each form of what is stored: every word of a visor asks. `watched`: those whose version stands; while one changes, what was before counts. */
function functionsIn({ given }: World): Functions {
  const before = known.get(given);
  if (before) return before;
  const all = given.domains().flatMap(domain => [...given.under('Function', domain)]).map(([key, value]) => [key.slice('Function/'.length), value as unknown as FunctionGiven] as const);
  const uidsOf = (f: FunctionGiven): string[] => Object.values(f.elements).map(e => e.uid);
  const found = { paths: all.map(([path]) => path).sort(), uids: new Set(all.flatMap(([, f]) => uidsOf(f))), watched: new Set(all.flatMap(([, f]) => f.rollout ? [] : uidsOf(f))) };
  known.set(given, found);
  return found;
}

export function canaryMs(f: NetworkFunction): number {
  return (f.spec.canarySeconds ?? DEFAULT_CANARY_SECONDS) * 1000;
}

function dropsOf(status: VisorStatus, uid: string): number {
  return status.drops.filter(d => d.element === uid && d.module !== 'datapath').reduce((sum, d) => sum + d.packets, 0);
}

/** A verdict as a change: back is the function as it was; the others change only what is stored beside it. */
export function rolling(world: World, { verdict: { key, to } }: RolloutWrite): { readonly puts: readonly Resource[]; readonly deletes: readonly string[] } {
  const f = world.resources.get(key) as NetworkFunction | undefined;
  const given = f && functionGiven(world, key.slice('Function/'.length));
  if (!f || !given?.rollout || to !== 'back') return { puts: [], deletes: [] };
  const { module, config } = given.running;
  const { config: _, ...spec } = f.spec;
  return { puts: [{ ...f, spec: { ...spec, module, ...config !== undefined && { config: config as NonNullable<NetworkFunction['spec']['config']> } } }], deletes: [] };
}

/** For what is stored: undefined, if there is nothing to decide any more. */
export function triedBy(world: World, { verdict }: RolloutWrite): Tried | undefined {
  const { key } = verdict;
  const f = world.resources.get(key) as NetworkFunction | undefined;
  if (!f || !functionGiven(world, key.slice('Function/'.length))?.rollout) return undefined;
  return verdict.to === 'back' ? { key, to: 'back', module: f.spec.module, why: verdict.why } : verdict;
}
