// Runs the core: gives it events with the time, carries out its effects on the store, and passes its answers on. Decides nothing.

import { EventEmitter } from 'node:events';
import type { Happening } from '../../model/api.ts';
import type { Entry, Store } from '../core/log.ts';
import type { DirectorEffect, DirectorEvent, WriteResult } from '../core/events.ts';
import type { Modules } from '../core/elements/modules.ts';
import { initialDirector, step, type DirectorState } from '../core/step.ts';
import { Asks } from './asks.ts';
import { RecentChanges } from './recent.ts';
import type { Reported } from '../../model/report.ts';
import type { Caller } from '../core/rights.ts';
import type { Write } from '../core/write.ts';

const MAX_HAPPENINGS = 10_000;
const TICK_MS = 1_000;
/** Revisions of the log that are read again: watchers go on over a restart. */
const REMEMBERED_AT_START = 512;

interface Events {
  readonly resources: [keys: readonly string[]];
  /** What visors say of these is another than before. */
  readonly states: [keys: readonly string[]];
  readonly plans: [servers: ReadonlySet<string>];
}

export class DirectorRuntime extends EventEmitter<Events> {
  #state: DirectorState;
  readonly #store: Store;
  readonly #queue: DirectorEvent[] = [];
  #running = false;
  #requests = 0;
  readonly #replies = new Map<string, (result: WriteResult) => void>();
  readonly #timer: NodeJS.Timeout;
  readonly recent: RecentChanges;
  /** By server: the last report of its visor. */
  readonly reported = new Map<string, Reported>();
  readonly asks = new Asks();
  readonly #happenings: Happening[] = [];

  constructor(store: Store, modules: Modules) {
    super({ captureRejections: false });
    this.setMaxListeners(0);
    this.#store = store;
    this.#state = initialDirector(modules);
    const snapshot = store.snapshot();
    this.recent = new RecentChanges(snapshot.revision, store.read(Math.max(0, snapshot.revision - REMEMBERED_AT_START)));
    this.#dispatch({ kind: 'opened', snapshot });
    this.#timer = setInterval(() => this.#dispatch({ kind: 'tick' }), TICK_MS);
    this.#timer.unref();
  }

  get state(): DirectorState {
    return this.#state;
  }

  /** Oldest first. */
  get happenings(): readonly Happening[] {
    return this.#happenings;
  }

  /** Entries of the store's log behind a revision. */
  log(after: number, most: number): readonly Entry[] {
    return this.#store.read(after, most);
  }

  /** False: there is nothing on disk. */
  async backup(file: string): Promise<boolean> {
    if (!this.#store.backup) return false;
    await this.#store.backup(file);
    return true;
  }

  write(write: Write, caller: Caller): Promise<WriteResult> {
    const request = String(++this.#requests);
    return new Promise(resolve => {
      this.#replies.set(request, resolve);
      this.#dispatch({ kind: 'write', request, write, caller });
    });
  }

  heard(status: Extract<DirectorEvent, { kind: 'status' }>['status']): void {
    this.#dispatch({ kind: 'status', status });
  }

  /** For people who ask what happened. */
  happened(happenings: readonly Happening[]): void {
    this.#happenings.push(...happenings.slice(-MAX_HAPPENINGS));
    this.#happenings.splice(0, Math.max(0, this.#happenings.length - MAX_HAPPENINGS));
  }

  close(): void {
    clearInterval(this.#timer);
    this.#store.close();
  }

  #dispatch(event: DirectorEvent): void {
    this.#queue.push(event);
    if (this.#running) return;
    this.#running = true;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      const { state, effects } = step(this.#state, next, { wallMs: Date.now(), monotonicMs: performance.now(), random: Math.random });
      this.#state = state;
      for (const effect of effects) this.#carryOut(effect);
    }
    this.#running = false;
  }

  #carryOut(effect: DirectorEffect): void {
    switch (effect.kind) {
      case 'append': {
        let completion: DirectorEvent;
        try {
          const result = this.#store.append(effect.expectedRevision, effect.changeSet);
          completion = result.ok ? { kind: 'appended', effect: effect.effect, revision: result.revision } : { kind: 'append-conflict', effect: effect.effect };
        } catch (e) {
          completion = { kind: 'append-failed', effect: effect.effect, message: (e as Error).message };
        }
        this.#queue.push(completion);
        return;
      }
      case 'read':
        this.#queue.push({ kind: 'log', effect: effect.effect, entries: this.#store.read(effect.from) });
        return;
      case 'reply': {
        const reply = this.#replies.get(effect.request);
        this.#replies.delete(effect.request);
        reply?.(effect.result);
        return;
      }
      case 'resources':
        this.recent.add(this.#state.revision, effect.keys);
        this.emit('resources', effect.keys);
        return;
      case 'happened':
        this.happened(effect.happenings);
        this.emit('states', effect.happenings.filter(h => h.server !== undefined).map(h => h.key));
        return;
      case 'plans': this.emit('plans', new Set(effect.servers)); return;
    }
  }
}
