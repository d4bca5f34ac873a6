// Effects that a step asks for: one an object at a time, and after a refusal a pause that grows. What is on its way and what was refused is in the state.

import type { Clock, VisorEffect } from './events.ts';
import type { Draft, Flight, Work } from './state.ts';

/** A completion that has not come by then is taken for lost. */
export const EFFECT_PATIENCE_MS = 15_000;
const FIRST_RETRY_MS = 500;
export const MOST_RETRY_MS = 30_000;

export class Asking {
  readonly draft: Draft;
  readonly effects: VisorEffect[] = [];
  readonly clock: Clock;

  constructor(draft: Draft, clock: Clock) {
    this.draft = draft;
    this.clock = clock;
  }

  readonly answer = (request: string, result: Extract<VisorEffect, { kind: 'reply' }>['result']): void => {
    this.effects.push({ kind: 'reply', request, result });
  };

  /** One effect an object at a time, and after a refusal a pause, unless the change is another. */
  start(object: string, change: string, work: Work, effectOf: (effect: number) => VisorEffect): boolean {
    const { draft } = this;
    for (const flight of draft.flights.values()) if (flight.object === object) return false;
    const trouble = draft.troubles.get(object);
    if (trouble && trouble.change === change && this.clock.monotonicMs < trouble.retryAtMs) return false;
    const effect = draft.nextEffect++;
    draft.flights.set(effect, { object, change, work, deadlineMs: this.clock.monotonicMs + EFFECT_PATIENCE_MS });
    this.effects.push(effectOf(effect));
    return true;
  }

  land(effect: number): Flight | undefined {
    const flight = this.draft.flights.get(effect);
    this.draft.flights.delete(effect);
    return flight;
  }

  refused(object: string, change: string, message: string): void {
    const before = this.draft.troubles.get(object);
    const attempts = before?.change === change ? before.attempts + 1 : 1;
    const pauseMs = Math.min(MOST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempts - 1)) * (0.5 + this.clock.random() / 2);
    this.draft.troubles.set(object, { change, attempts, retryAtMs: this.clock.monotonicMs + pauseMs, message });
    this.draft.news = true;
  }

  over(object: string): void {
    if (this.draft.troubles.delete(object)) this.draft.news = true;
  }
}
