// Streams of JSON lines to watchers. A slow reader gets the latest state of each object when it reads again, never a queue.

import type { ServerResponse } from 'node:http';
import type { ResourceMessage } from '../../model/api.ts';
import type { Plan, PlanMessage } from '../../model/plan.ts';
import { generationOf, planOf } from '../core/step.ts';
import { view } from '../core/view.ts';
import type { DirectorRuntime } from './runtime.ts';

export const BOOKMARK_MS = 5_000;
/** Behind a change that leaves the plan as it is: all servers hear of it, but nothing waits for that. */
const BOOKMARK_SOON_MS = 1_000;
export const MAX_HAVE = 256;

/** A section is the same object for all its readers, and is written as text once. */
const texts = new WeakMap<object, string>();

function textOf(message: object, shared: object): string {
  const known = texts.get(shared);
  if (known !== undefined) return known;
  const text = `${JSON.stringify(message)}\n`;
  texts.set(shared, text);
  return text;
}

/** One line writer with the memory of whether the reader keeps up. */
class Lines<M> {
  readonly #raw: ServerResponse;
  #full = false;
  constructor(raw: ServerResponse, onRoom: () => void) {
    this.#raw = raw;
    raw.on('drain', () => { this.#full = false; onRoom(); });
  }
  get full(): boolean {
    return this.#full;
  }
  /** `shared`: what the message is made of alone, where others are sent the same. */
  write(message: M & object, shared?: object): void {
    if (!this.#raw.write(shared ? textOf(message, shared) : `${JSON.stringify(message)}\n`)) this.#full = true;
  }
}

/** Sends the plan of a server now and whenever it changes, until the reader goes. */
export function watchPlan(runtime: DirectorRuntime, raw: ServerResponse, server: string, have: ReadonlySet<string>, isStill: () => boolean): void {
  let held = have;
  let dirty = false;
  let sent = 0;
  const lines = new Lines<PlanMessage>(raw, () => { if (dirty) send(); });

  function send(): void {
    dirty = lines.full;
    if (dirty) return;
    const plan = planOf(runtime.state, server);
    const sections = sectionsOf(plan);
    for (const { hash, section } of sections) if (!held.has(hash)) lines.write({ type: 'section', hash, section }, section);
    lines.write({ type: 'plan', generation: plan.generation, own: plan.own?.hash ?? null, elements: plan.elements.map(e => e.hash) });
    held = new Set(sections.map(s => s.hash));
    sent = plan.generation.revision;
  }

  const onPlans = (servers: ReadonlySet<string>): void => { if (servers.has(server)) send(); };
  // A plan that stays the same has a new generation all the same: what the visor has of it is as good, which the Director knows without asking (`appliedOf`).
  const bookmark = (): void => { if (!lines.full && !dirty) lines.write({ type: 'bookmark', generation: generationOf(runtime.state) }); };
  let timer: NodeJS.Timeout | undefined;
  const soon = (): void => { timer ??= setTimeout(() => { timer = undefined; if (sent < runtime.state.revision) bookmark(); }, BOOKMARK_SOON_MS); };
  follow(raw, { plans: onPlans, resources: soon, states: () => {} }, runtime, bookmark, isStill);
  raw.once('close', () => clearTimeout(timer));
  send();
  lines.write({ type: 'synced' });
}

/** What a watch begins with: all resources, or those that changed behind a revision; undefined: that is too old. */
export function watchFrom(runtime: DirectorRuntime, since: { readonly epoch?: string | undefined; readonly revision?: number | undefined }): Iterable<string> | undefined {
  if (since.revision === undefined) return runtime.state.world.resources.keys();
  return since.epoch !== undefined && since.epoch !== runtime.state.epoch ? undefined : runtime.recent.since(since.revision);
}

/** Sends resources: those it begins with, `synced`, and from then on those that change. What a watch from no revision leaves out does not exist. */
export function watchResources(runtime: DirectorRuntime, raw: ServerResponse, from: Iterable<string>, isWanted: (key: string) => boolean, isStill: () => boolean): void {
  const dirty = new Set<string>();
  const lines = new Lines<ResourceMessage>(raw, flush);

  function flush(): void {
    for (const key of [...dirty].sort()) {
      if (lines.full) return;
      dirty.delete(key);
      if (!isWanted(key)) continue;                                       // it waited, and the reader's rights went
      const resource = runtime.state.world.resources.get(key);
      lines.write(resource
        ? { type: 'put', revision: runtime.state.revision, resource: view(runtime.state, resource, Date.now()) }
        : { type: 'deleted', revision: runtime.state.revision, key });
    }
  }
  const add = (keys: readonly string[]): void => { for (const k of keys) if (isWanted(k)) dirty.add(k); flush(); };
  const bookmark = (): void => { if (!lines.full) lines.write({ type: 'bookmark', epoch: runtime.state.epoch, revision: runtime.state.revision }); };
  follow(raw, { plans: () => {}, resources: add, states: keys => add(keys.filter(k => runtime.state.world.resources.has(k))) }, runtime, bookmark, isStill);
  const { epoch, revision } = runtime.state;
  add([...from]);
  lines.write({ type: 'synced', epoch, revision });
}

function follow(raw: ServerResponse, on: { readonly plans: (servers: ReadonlySet<string>) => void; readonly resources: (keys: readonly string[]) => void; readonly states: (keys: readonly string[]) => void }, runtime: DirectorRuntime, bookmark: () => void, isStill: () => boolean): void {
  // Tokens end, keys are revoked: who is nobody any more reads no further.
  const check = (): boolean => { const still = isStill(); if (!still) raw.destroy(); return still; };
  const timer = setInterval(() => { if (check()) bookmark(); }, BOOKMARK_MS);
  const onTrust = (keys: readonly string[]): void => { if (keys.some(k => /^(User|RoleBinding|Server)\//.test(k))) check(); };
  runtime.on('resources', onTrust);
  runtime.on('plans', on.plans);
  runtime.on('resources', on.resources);
  runtime.on('states', on.states);
  raw.on('error', () => {});                                             // the reader went in the middle of a line: `close` follows
  raw.once('close', () => {
    clearInterval(timer);
    runtime.off('resources', onTrust);
    runtime.off('plans', on.plans);
    runtime.off('resources', on.resources);
    runtime.off('states', on.states);
  });
  raw.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
}

function sectionsOf(plan: Plan): readonly { readonly hash: string; readonly section: Extract<PlanMessage, { type: 'section' }>['section'] }[] {
  return [...plan.elements, ...(plan.own ? [plan.own] : [])];
}
