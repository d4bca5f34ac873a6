// A Function takes the next version of its module on one server first. There it is watched: it goes on to the others when it stood for a while, and
// back when it does not load or drops much more than before. What runs where is stored (FunctionGiven); what was seen is not, and is seen anew after a restart.

import type { VisorStatus } from '../../model/status.ts';
import { functionGiven, type FunctionGiven, type World } from './world.ts';
import type { NetworkFunction, Resource } from '../../model/resource.ts';

export const DEFAULT_CANARY_SECONDS = 30;
/** Rates below are noise. */
const LEAST_DROPS_PER_SECOND = 10;
const TIMES_BEFORE = 3;
/** A rate needs some seconds. */
const LEAST_WINDOW_MS = 4_000;

type Heard = ReadonlyMap<string, { readonly heardMs: number; readonly status: VisorStatus }>;

/** Of one function that changes its version. */
interface Seen {
  /** Of the function's last change: another change begins anew. */
  readonly revision: number;
  readonly beforePerSecond: number;
  /** When the canary first had it, and its drops then. */
  readonly ready?: { readonly atMs: number; readonly drops: number };
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
export type Tried = { readonly key: string; readonly to: 'all' } | { readonly key: string; readonly to: 'back'; readonly module: string; readonly why: string };

export interface Verdict { readonly key: string; readonly to: 'all' | 'back'; readonly why?: string }

/** From a visor's last two words. */
export function ratesFrom(watching: Watching, before: { readonly heardMs: number; readonly status: VisorStatus } | undefined, now: { readonly heardMs: number; readonly status: VisorStatus }, world: World): Watching {
  const { watched: uids } = functionsIn(world);
  if (uids.size === 0 || !before || before.status.started !== now.status.started || now.heardMs <= before.heardMs) return watching;
  const rates = new Map(watching.rates);
  for (const uid of uids) {
    const added = dropsOf(now.status, uid) - dropsOf(before.status, uid);
    rates.set(`${now.status.server} ${uid}`, Math.max(0, added) * 1000 / (now.heardMs - before.heardMs));
  }
  return { ...watching, rates };
}

/** What has become of the versions that are on their way. */
export function judge(world: World, heard: Heard, watching: Watching, nowMs: number): { readonly watching: Watching; readonly verdicts: readonly Verdict[] } {
  const seen = new Map<string, Seen>();
  const verdicts: Verdict[] = [];
  for (const path of functionsIn(world).paths) {
    const given = functionGiven(world, path);
    const f = world.resources.get(`Function/${path}`);
    if (f?.kind !== 'Function' || !given?.rollout) continue;
    const { canary } = given.rollout;
    const uids = Object.values(given.elements).map(e => e.uid);
    const revision = f.metadata.revision ?? 0;
    const known = watching.seen.get(path);
    let now: Seen = known?.revision === revision ? known : { revision, beforePerSecond: uids.reduce((sum, uid) => sum + (watching.rates.get(`${canary} ${uid}`) ?? 0), 0) };
    const said = heard.get(canary);
    const elements = (said?.status.elements ?? []).filter(e => uids.includes(e.uid));
    const degraded = elements.find(e => e.state === 'degraded');
    const drops = said ? uids.reduce((sum, uid) => sum + dropsOf(said.status, uid), 0) : 0;
    const isThere = said !== undefined && (said.status.applied?.revision ?? -1) >= revision && elements.length > 0 && elements.every(e => e.state === 'ready');
    if (degraded && (said?.status.received?.revision ?? -1) >= revision) verdicts.push({ key: `Function/${path}`, to: 'back', why: `${canary} refused it: ${degraded.message ?? 'it does not load'}` });
    else if (isThere && !now.ready) now = { ...now, ready: { atMs: said.heardMs, drops } };
    else if (isThere && now.ready) {
      const windowMs = said.heardMs - now.ready.atMs;
      const perSecond = windowMs < LEAST_WINDOW_MS ? 0 : Math.max(0, drops - now.ready.drops) * 1000 / windowMs;
      if (perSecond > Math.max(LEAST_DROPS_PER_SECOND, TIMES_BEFORE * now.beforePerSecond)) verdicts.push({ key: `Function/${path}`, to: 'back', why: `on ${canary} it dropped ${Math.round(perSecond)} packets a second, ${Math.round(now.beforePerSecond)} before` });
      else if (nowMs - now.ready.atMs >= canaryMs(f)) verdicts.push({ key: `Function/${path}`, to: 'all' });
    }
    seen.set(path, now);
  }
  const { uids } = functionsIn(world);
  const rates = new Map([...watching.rates].filter(([key]) => uids.has(key.slice(key.indexOf(' ') + 1))));
  return { watching: { seen, rates }, verdicts };
}

interface Functions { readonly paths: readonly string[]; readonly uids: ReadonlySet<string>; readonly watched: ReadonlySet<string> }
const known = new WeakMap<World['given'], Functions>();

/** Found once for each form of what is stored: every word of a visor asks. `watched`: those whose version stands; while one changes, what was before counts. */
function functionsIn({ given }: World): Functions {
  const before = known.get(given);
  if (before) return before;
  const all = [...given].flatMap(([key, value]) => key.startsWith('Function/') ? [[key.slice('Function/'.length), value as unknown as FunctionGiven] as const] : []);
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

/** A verdict as a change: back is the function as it was; to all changes only what is stored beside it. */
export function rolling(world: World, { verdict: { key, to } }: RolloutWrite): { readonly puts: readonly Resource[]; readonly deletes: readonly string[] } {
  const f = world.resources.get(key) as NetworkFunction | undefined;
  const given = f && functionGiven(world, key.slice('Function/'.length));
  if (!f || !given?.rollout || to === 'all') return { puts: [], deletes: [] };
  const { module, config } = given.running;
  const { config: _, ...spec } = f.spec;
  return { puts: [{ ...f, spec: { ...spec, module, ...config !== undefined && { config: config as NonNullable<NetworkFunction['spec']['config']> } } }], deletes: [] };
}

/** For what is stored: undefined, if there is nothing to decide any more. */
export function triedBy(world: World, { verdict: { key, to, why = '' } }: RolloutWrite): Tried | undefined {
  const f = world.resources.get(key) as NetworkFunction | undefined;
  if (!f || !functionGiven(world, key.slice('Function/'.length))?.rollout) return undefined;
  return to === 'all' ? { key, to } : { key, to, module: f.spec.module, why };
}
