// Streams of plans to visors: sections and what changed in them, as JSON lines. A slow reader gets the latest plan when it reads again, never a queue.

import type { ServerResponse } from 'node:http';
import { messageOf, ownerOf, sectionsOf, type Hashed, type PlanMessage, type Section } from '../../model/plan.ts';
import { generationOf, planOf } from '../core/step.ts';
import type { DirectorRuntime } from './runtime.ts';
import { BOOKMARK_MS, beginLines, Lines, line, saysWho } from './watch.ts';

export const MAX_HAVE = 256;
/** The first change goes at once, those that follow it together. */
const SEND_EVERY_MS = 50;
const BEAT_MS = 100;
/** Of the readers whose plan stays as it is, so many hear of a new generation in a beat, or as many as it takes to speak to all of them in BOOKMARK_MS. */
const BOOKMARKS_A_BEAT = 20;

const say = (message: PlanMessage): string => line(message);

/** All readers of plans at one place where the Director listens: a change costs those whom it concerns. */
export class PlanWatches {
  readonly #runtime: DirectorRuntime;
  readonly #readers = new Map<string, Set<PlanWatch>>();
  /** Who was spoken to longest ago comes first. */
  readonly #all = new Set<PlanWatch>();
  readonly #timer: NodeJS.Timeout;

  constructor(runtime: DirectorRuntime) {
    this.#runtime = runtime;
    runtime.on('plans', this.#onPlans);
    runtime.on('resources', this.#onResources);
    this.#timer = setInterval(() => this.#beat(), BEAT_MS);
    this.#timer.unref();
  }

  /** Sends the plan of a server now and whenever it changes, until the reader goes. `have`: hashes of sections. `isAsked`: it is who answers for the server. */
  watch(raw: ServerResponse, server: string, { have, isAsked }: { readonly have: ReadonlySet<string>; readonly isAsked: boolean }, isStill: () => boolean): void {
    const reader = new PlanWatch(this.#runtime, raw, server, have, isStill);
    const readers = this.#readers.get(server) ?? new Set();
    this.#readers.set(server, readers.add(reader));
    this.#all.add(reader);
    const unasked = isAsked ? this.#runtime.asks.read(server, message => reader.ask(message)) : () => {};
    raw.once('close', () => {
      unasked();
      reader.close();
      this.#all.delete(reader);
      readers.delete(reader);
      if (readers.size === 0 && this.#readers.get(server) === readers) this.#readers.delete(server);
    });
    reader.begin();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#runtime.off('plans', this.#onPlans);
    this.#runtime.off('resources', this.#onResources);
  }

  readonly #onPlans = (servers: ReadonlySet<string>): void => {
    for (const server of servers) for (const reader of this.#readers.get(server) ?? []) reader.soon();
  };

  readonly #onResources = (keys: readonly string[]): void => {
    if (saysWho(keys)) for (const reader of this.#all) reader.check();
  };

  #beat(): void {
    const beats = BOOKMARK_MS / BEAT_MS;
    let left = Math.max(BOOKMARKS_A_BEAT, Math.ceil(this.#all.size / beats));
    const nowMs = performance.now();
    for (const reader of [...this.#all]) {
      if (left === 0) return;
      if (!reader.bookmark(nowMs)) continue;
      left--;
      this.#all.delete(reader);
      this.#all.add(reader);
    }
  }
}

class PlanWatch {
  readonly #runtime: DirectorRuntime;
  readonly #raw: ServerResponse;
  readonly #server: string;
  readonly #isStill: () => boolean;
  readonly #lines: Lines;
  /** Hashes of sections that the reader has, and the sections themselves by owner, as far as they were sent here. */
  #held: ReadonlySet<string>;
  #bases: ReadonlyMap<string, Hashed<Section>> = new Map();
  #told = 0;
  #sentMs = Number.NEGATIVE_INFINITY;
  #spokenMs = 0;
  #isDirty = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(runtime: DirectorRuntime, raw: ServerResponse, server: string, have: ReadonlySet<string>, isStill: () => boolean) {
    this.#runtime = runtime;
    this.#raw = raw;
    this.#server = server;
    this.#held = have;
    this.#isStill = isStill;
    this.#lines = new Lines(raw, () => { if (this.#isDirty) this.soon(); });
  }

  begin(): void {
    beginLines(this.#raw);
    this.#send();
    this.#lines.write(say({ type: 'synced' }));
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  /** Tokens end, keys are revoked: who is nobody any more reads no further. */
  check(): boolean {
    const still = this.#isStill();
    if (!still) this.#raw.destroy();
    return still;
  }

  soon(): void {
    this.#isDirty = true;
    if (this.#timer !== undefined || this.#lines.full) return;
    const waitMs = this.#sentMs + SEND_EVERY_MS - performance.now();
    if (waitMs <= 0) this.#send();
    else this.#timer = setTimeout(() => { this.#timer = undefined; if (!this.#lines.full) this.#send(); }, waitMs);
  }

  /** A plan that stays the same has a new generation all the same: what the visor has of it is as good, which the Director knows without asking (`appliedOf`). */
  bookmark(nowMs: number): boolean {
    const generation = generationOf(this.#runtime.state);
    const isLate = nowMs - this.#spokenMs >= BOOKMARK_MS;
    if (this.#told === generation.revision && !isLate) return false;
    if ((isLate && !this.check()) || this.#lines.full || this.#isDirty) return false;
    this.#told = generation.revision;
    this.#spokenMs = nowMs;
    this.#lines.write(say({ type: 'bookmark', generation }));
    return true;
  }

  /** False: it does not keep up. */
  ask(message: Extract<PlanMessage, { type: 'ask' }>): boolean {
    if (this.#lines.full) return false;
    this.#lines.write(say(message));
    return true;
  }

  #send(): void {
    this.#isDirty = false;
    const plan = planOf(this.#runtime.state, this.#server);
    const sections = sectionsOf(plan);
    const out = sections.filter(({ hash }) => !this.#held.has(hash)).map(section => lineOf(this.#bases.get(ownerOf(section)), section));
    out.push(Buffer.from(say({ type: 'plan', generation: plan.generation, own: plan.own?.hash ?? null, elements: plan.elements.map(e => e.hash) })));
    this.#lines.writeAll(out);
    this.#held = new Set(sections.map(s => s.hash));
    this.#bases = new Map(sections.map(s => [ownerOf(s), s]));
    this.#told = plan.generation.revision;
    this.#sentMs = this.#spokenMs = performance.now();
  }
}

/** By section, and by what a reader has of it: most readers have the same, and it is made and written as text once. */
const known = new WeakMap<Section, Map<string, Buffer>>();

function lineOf(base: Hashed<Section> | undefined, { hash, section }: Hashed<Section>): Buffer {
  const lines = known.get(section) ?? new Map<string, Buffer>();
  const had = lines.get(base?.hash ?? '');
  if (had) return had;
  const made = Buffer.from(say(messageOf(base, { hash, section })));
  // A server's own has one reader.
  if (section.kind === 'element') known.set(section, lines.set(base?.hash ?? '', made));
  return made;
}
