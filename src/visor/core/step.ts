// The visor's core: one event in, the next state and the effects out. It waits for nothing, throws nothing, reads no clock.
// After every event it compares what shall be with what is, and asks for what is missing: so any order, loss or repetition of events leads there.

import { sameGeneration, samePlan, type Plan } from '../../model/plan.ts';
import { Asking } from './asking.ts';
import { cutOff, registered, tellDirector } from './births.ts';
import { desiredOf } from './desired.ts';
import { EMPTY_DOCUMENT, afterPlan, forgotten, plannedUid, sameDocument, takenUp } from './document.ts';
import type { Clock, Unregistered, VisorEffect, VisorEvent } from './events.ts';
import { heldBecause, withReborn } from './hold.ts';
import { attach, detach, giveBirth, settleRequests } from './local.ts';
import { assume, reconcile, seenAgain } from './reconcile.ts';
import { isApplied, statusOf } from './report.ts';
import { draftOf, type VisorState } from './state.ts';

const LOOK_EVERY_MS = 10_000;
export const REPORT_EVERY_MS = 2_000;
/** A status has all of a server's endpoints: of a thousand changes in a second the Director is told in some. */
export const NEWS_EVERY_MS = 100;

interface Stepped { readonly state: VisorState; readonly effects: readonly VisorEffect[] }

export function step(state: VisorState, event: VisorEvent, clock: Clock): Stepped {
  return stepAll(state, [event], clock);
}

/** Of events that came together: all are taken, then what is missing is asked for once. */
export function stepAll(state: VisorState, events: readonly VisorEvent[], clock: Clock): Stepped {
  const turn = new Turn(draftOf(state), clock);
  for (const event of events) turn.take(event);
  turn.settle();
  return { state: turn.draft, effects: turn.effects };
}

/** It said so: it is there. */
function isOfDirector(event: VisorEvent): boolean {
  switch (event.kind) {
    case 'plan': case 'bookmark': case 'online': return true;
    case 'registered': return event.outcome.kind !== 'unreachable';
    case 'unregistered': return event.outcome.ok;
    default: return false;
  }
}

class Turn extends Asking {
  take(event: VisorEvent): void {
    const { draft } = this;
    if (isOfDirector(event)) draft.heardMs = this.clock.monotonicMs;
    switch (event.kind) {
      case 'loaded':
        draft.loaded = true;
        draft.planned = event.document?.plan !== undefined;
        draft.wanted = draft.durable = { ...EMPTY_DOCUMENT, ...event.document };
        draft.desired = desiredOf(draft.durable);
        draft.images = new Set(event.images);
        return;
      case 'plan':
        if (draft.offered?.generation.epoch !== event.plan.generation.epoch) draft.reborn = new Map();
        draft.offered = event.plan;
        draft.news = true;
        for (const object of [...draft.troubles.keys()]) if (object.startsWith('director ')) draft.troubles.delete(object);
        return;
      case 'bookmark':
        if (draft.offered) { draft.offered = { ...draft.offered, generation: event.generation }; return; }
        // The plan is the same, and the Director knows it: no news.
        if (draft.applied && sameGeneration(draft.applied, draft.received)) draft.applied = event.generation;
        draft.received = event.generation;
        return;
      case 'online':
        draft.online = true;
        draft.awaySinceMs = undefined;
        draft.cutOff = undefined;
        draft.news = true;
        for (const object of [...draft.troubles.keys()]) if (/^(director|fetch)\b/.test(object)) draft.troubles.delete(object);
        return;
      case 'offline':
        draft.online = false;
        draft.offlineWhy = event.message;
        // Until it is heard again: that it is away now does not take back what it said.
        if (event.how === 'refused') cutOff(this, event);
        if (event.how === 'away') draft.awaySinceMs ??= this.clock.wallMs;
        return;
      case 'done': this.#done(event.effect, event.outcome); return;
      case 'unregistered': this.#done(event.effect, event.outcome); return;
      case 'registered': registered(this, event.effect, event.endpoint, event.outcome); return;
      case 'observed': {
        const flight = this.land(event.effect);
        if (flight?.work.kind !== 'observe' || flight.work.serial !== draft.serial) return;
        const { only } = flight.work;
        draft.confirmed = draft.assumed = only && draft.confirmed ? seenAgain(draft.confirmed, event.observed, only) : event.observed;
        // Done, and not to be seen: that is a refusal too, or it would be tried without end.
        for (const { object, change } of reconcile(draft.desired, draft.confirmed)) {
          const known = draft.troubles.get(object);
          if (draft.unsure.get(object) === change && (known === undefined || this.clock.monotonicMs >= known.retryAtMs)) this.refused(object, change, 'the data path took it and does not show it');
        }
        draft.unsure = new Map();
        draft.look = 'no';
        if (!only) draft.lookedMs = this.clock.monotonicMs;
        draft.news = true;
        return;
      }
      case 'attach': attach(draft, event.request, event.attach, this.clock, this.answer); return;
      case 'resume': {
        const { offered } = draft;
        if (offered) this.#takeOver(offered);
        this.answer(event.request, { ok: true, body: { held: offered !== undefined } });
        return;
      }
      case 'detach': detach(draft, event.request, event.detach, this.clock, this.answer); return;
      case 'tick':
        for (const [effect, flight] of [...draft.flights]) {
          if (this.clock.monotonicMs < flight.deadlineMs) continue;
          this.land(effect);
          draft.look = 'all';
        }
        if (this.clock.monotonicMs - draft.lookedMs >= LOOK_EVERY_MS) draft.look = 'all';
    }
  }

  /** From what is known now to what is to be done now. */
  settle(): void {
    if (!this.draft.loaded) return;
    this.#consider();
    this.#disown();
    giveBirth(this.draft, this.clock);
    this.#save();
    tellDirector(this);
    this.#operate();
    this.#look();
    settleRequests(this.draft, this.clock, this.answer);
    this.#save();
    this.#report();
  }

  /** Takes over the plan that is offered, unless it is held. */
  #consider(): void {
    const { draft } = this;
    const plan = draft.offered;
    if (!plan) return;
    const message = heldBecause(plan, draft.wanted, draft.reborn);
    if (message === undefined) this.#takeOver(plan);
    else draft.troubles.set('plan', { change: plan.generation.epoch, attempts: 1, retryAtMs: Number.POSITIVE_INFINITY, message });
  }

  #takeOver(plan: Plan): void {
    const { draft } = this;
    draft.wanted = withReborn(draft.wanted, draft.reborn);
    draft.offered = undefined;
    draft.reborn = new Map();
    draft.received = plan.generation;
    this.over('plan');
    const same = samePlan(draft.wanted.plan, plan) && draft.wanted.plan?.generation.epoch === plan.generation.epoch;
    const next = afterPlan(draft.wanted, same ? { ...draft.wanted.plan!, generation: plan.generation } : plan);
    // A newer generation of the same plan is not worth a write to disk.
    draft.wanted = same ? { ...next, plan: draft.wanted.plan } : next;
    draft.news = true;
  }

  /** Born here, known to nobody here, and not standing: a birth that arrived after its workload had gone. */
  #disown(): void {
    const { draft } = this;
    if (!draft.online || !draft.confirmed) return;
    for (const { endpoint, uid, ephemeral } of draft.desired.absent) {
      if (!ephemeral || draft.wanted.gone.includes(endpoint) || draft.wanted.endpoints.some(e => e.endpoint === endpoint)) continue;
      if (draft.confirmed.endpoints.some(e => e.uid === uid) || draft.flights.size > 0) continue;
      draft.wanted = { ...draft.wanted, gone: [...draft.wanted.gone, endpoint].sort() };
    }
  }

  #save(): void {
    const { draft } = this;
    if (sameDocument(draft.wanted, draft.durable) && !draft.unsaved) return;
    this.start('document', '', { kind: 'save', document: draft.wanted }, effect => ({ kind: 'save', effect, document: draft.wanted }));
  }

  #operate(): void {
    const { draft } = this;
    if (!draft.planned || draft.assumed === undefined) return;
    const steps = reconcile(draft.desired, draft.assumed);
    if (steps.length === 0 && draft.troubles.size === 0) return;
    // A trouble whose object is right by now, or not wanted any more, is over.
    const objects = new Set(steps.map(s => s.object));
    for (const object of [...draft.troubles.keys()]) if (/^(image|tunnel|element|endpoint)\b/.test(object) && !objects.has(object) && !draft.unsure.has(object)) this.over(object);
    for (const { object, operation, change, may, behind = [] } of steps) {
      if (!may || behind.some(other => !draft.troubles.has(other))) continue;
      if (operation.kind === 'put-image' && !draft.images.has(operation.hash)) {
        this.start(`fetch ${operation.hash}`, '', { kind: 'fetch-image', hash: operation.hash }, effect => ({ kind: 'fetch-image', effect, hash: operation.hash }));
        continue;
      }
      const hash = change.split(' ')[0]!;
      if (this.start(object, change, { kind: 'datapath', operation, hash }, effect => ({ kind: 'datapath', effect, operation }))) {
        draft.serial++;
        draft.unsure.set(object, change);
      }
    }
  }

  /** Looks at the data path when nothing is on its way to it: at what was asked to change, or at all. */
  #look(): void {
    const { draft } = this;
    if (draft.look === 'no' || [...draft.flights.values()].some(f => f.work.kind === 'datapath')) return;
    const changed = (kind: string): string[] => [...draft.unsure.keys()].filter(object => object.startsWith(kind)).map(object => object.slice(kind.length));
    const only = draft.look === 'all' || !draft.confirmed ? undefined : { elements: changed('element '), endpoints: changed('endpoint ') };
    this.start('look', '', { kind: 'observe', serial: draft.serial, only }, effect => ({ kind: 'observe', effect, only }));
  }

  #report(): void {
    const { draft } = this;
    const { monotonicMs } = this.clock;
    const complete = isApplied(draft);
    const generation = draft.received ?? draft.durable.plan?.generation;
    if (complete && !sameGeneration(draft.applied, generation)) { draft.applied = generation; draft.news = true; }
    if (monotonicMs - draft.reportedMs < (draft.news ? NEWS_EVERY_MS : REPORT_EVERY_MS)) return;
    draft.news = false;
    draft.reportedMs = monotonicMs;
    this.effects.push({ kind: 'report', status: statusOf(draft) });
  }

  #done(effect: number, outcome: Unregistered): void {
    const { draft } = this;
    const flight = this.land(effect);
    if (!flight) return;                                                  // late or for the second time: a look was asked for already
    const { work } = flight;
    if (work.kind === 'datapath') { draft.serial++; if (draft.look === 'no') draft.look = 'changed'; }
    if (!outcome.ok) this.refused(flight.object, flight.change, outcome.cure === undefined ? outcome.message : `${outcome.message}; ${outcome.cure}`);
    // An operation of the data path is believed when it is seen.
    else if (work.kind !== 'datapath') this.over(flight.object);
    switch (work.kind) {
      case 'save':
        // A disk that refuses must not hold up the data path: it is said, and tried again.
        draft.durable = work.document;
        draft.unsaved = !outcome.ok;
        draft.planned ||= work.document.plan !== undefined;
        draft.desired = desiredOf(work.document, draft.desired);
        draft.news = true;
        return;
      case 'datapath':
        if (outcome.ok && draft.assumed) draft.assumed = assume(draft.assumed, work.operation, work.hash);
        // It goes from the disk as well, also where the refusal came behind that; a later plan may want it again.
        if (work.operation.kind === 'remove-image') { const { hash } = work.operation; draft.images = new Set([...draft.images].filter(h => h !== hash)); }
        return;
      case 'fetch-image':
        if (outcome.ok) draft.images = new Set([...draft.images, work.hash]);
        return;
      case 'unregister':
        // One that came into the plan since it was asked for was born after the Director answered, by a birth that took long: it is still to be forgotten.
        if (outcome.ok && [undefined, work.uid].includes(plannedUid(draft.wanted, work.endpoint))) draft.wanted = forgotten(draft.wanted, work.endpoint);
        if (outcome.stays) draft.wanted = takenUp(draft.wanted, work.endpoint);
        if (!draft.wanted.gone.includes(work.endpoint)) this.over(flight.object);
        return;
      case 'register': case 'observe': return;
    }
  }
}
