// The visor's core: one event in, the next state and the effects out. It waits for nothing, throws nothing, reads no clock.
// After every event it compares what shall be with what is, and asks for what is missing: so any order, loss or repetition of events leads there.

import type { Endpoint } from '../../model/resource.ts';
import { sameGeneration, samePlan, type Plan } from '../../model/plan.ts';
import { desiredOf } from './desired.ts';
import { EMPTY_DOCUMENT, afterPlan, forgotten, plannedUid, sameDocument, withEndpoint, withoutEndpoint, type LocalEndpoint } from './document.ts';
import type { Clock, Outcome, Registered, VisorEffect, VisorEvent } from './events.ts';
import { heldBecause, lackedBy, withReborn } from './hold.ts';
import { attach, detach, settleRequests } from './local.ts';
import { assume, reconcile, seenAgain } from './reconcile.ts';
import { isApplied, statusOf } from './report.ts';
import { draftOf, type Draft, type Flight, type VisorState, type Work } from './state.ts';

export const LOOK_EVERY_MS = 10_000;
export const REPORT_EVERY_MS = 2_000;
/** A status has all of a server's endpoints: of a thousand changes in a second the Director is told in some. */
export const NEWS_EVERY_MS = 100;
/** A completion that has not come by then is taken for lost. */
export const EFFECT_PATIENCE_MS = 15_000;
export const FIRST_RETRY_MS = 500;
export const MOST_RETRY_MS = 30_000;

export interface Stepped { readonly state: VisorState; readonly effects: readonly VisorEffect[] }

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

class Turn {
  readonly draft: Draft;
  readonly effects: VisorEffect[] = [];
  readonly #clock: Clock;

  constructor(draft: Draft, clock: Clock) {
    this.draft = draft;
    this.#clock = clock;
  }

  take(event: VisorEvent): void {
    const { draft } = this;
    switch (event.kind) {
      case 'loaded':
        draft.loaded = true;
        draft.planned = event.document?.plan !== undefined;
        draft.wanted = draft.durable = event.document ?? EMPTY_DOCUMENT;
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
        draft.news = true;
        for (const object of [...draft.troubles.keys()]) if (/^(director|fetch) /.test(object)) draft.troubles.delete(object);
        return;
      case 'offline':
        draft.online = false;
        draft.offlineWhy = event.message;
        return;
      case 'done': this.#done(event.effect, event.outcome); return;
      case 'unregistered': this.#done(event.effect, event.outcome); return;
      case 'registered': this.#registered(event.effect, event.endpoint, event.outcome); return;
      case 'observed': {
        const flight = this.#land(event.effect);
        if (flight?.work.kind !== 'observe' || flight.work.serial !== draft.serial) return;
        const { only } = flight.work;
        draft.confirmed = draft.assumed = only && draft.confirmed ? seenAgain(draft.confirmed, event.observed, only) : event.observed;
        // Done, and not to be seen: that is a refusal too, or it would be tried without end.
        for (const { object, change } of reconcile(draft.desired, draft.confirmed)) {
          const known = draft.troubles.get(object);
          if (draft.unsure.get(object) === change && (known === undefined || this.#clock.monotonicMs >= known.retryAtMs)) this.#refused(object, change, 'the data path took it and does not show it');
        }
        draft.unsure = new Map();
        draft.look = 'no';
        if (!only) draft.lookedMs = this.#clock.monotonicMs;
        draft.news = true;
        return;
      }
      case 'attach': attach(draft, event.request, event.attach, this.#clock, this.#answer); return;
      case 'resume': {
        const { offered } = draft;
        if (offered) this.#takeOver(offered);
        this.#answer(event.request, { ok: true, body: { held: offered !== undefined } });
        return;
      }
      case 'detach': detach(draft, event.request, event.detach, this.#clock, this.#answer); return;
      case 'tick':
        for (const [effect, flight] of [...draft.flights]) {
          if (this.#clock.monotonicMs < flight.deadlineMs) continue;
          this.#land(effect);
          draft.look = 'all';
        }
        if (this.#clock.monotonicMs - draft.lookedMs >= LOOK_EVERY_MS) draft.look = 'all';
    }
  }

  /** From what is known now to what is to be done now. */
  settle(): void {
    if (!this.draft.loaded) return;
    this.#consider();
    this.#disown();
    this.#save();
    this.#tellDirector();
    this.#operate();
    this.#look();
    settleRequests(this.draft, this.#clock, this.#answer);
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
    this.#over('plan');
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
    this.#start('document', '', { kind: 'save', document: draft.wanted }, effect => ({ kind: 'save', effect, document: draft.wanted }));
  }

  #tellDirector(): void {
    const { draft } = this;
    if (!draft.online) return;
    for (const name of draft.durable.gone) {
      if (!draft.wanted.gone.includes(name) || draft.durable.endpoints.some(e => e.endpoint === name && e.known !== undefined)) continue;
      this.#start(`director ${name}`, '', { kind: 'unregister', endpoint: name, uid: plannedUid(draft.wanted, name) }, effect => ({ kind: 'unregister', effect, endpoint: name }));
    }
    // A birth that a crash could make us forget must not happen.
    if (draft.unsaved || (!draft.offered && draft.wanted.endpoints.every(e => e.known !== undefined))) return;
    const wantedNow = new Map(draft.wanted.endpoints.map(e => [e.endpoint, e]));
    const lacked = new Set(draft.offered ? lackedBy(draft.offered, draft.wanted, draft.reborn) : []);
    for (const local of draft.durable.endpoints) {
      if (draft.wanted.gone.includes(local.endpoint)) continue;
      // On disk, and still wanted, and not known by an answer that is on its way to disk.
      const wanted = wantedNow.get(local.endpoint);
      const bornAgain = wanted?.born === true && lacked.has(local.endpoint) && !draft.reborn.has(local.endpoint);
      if (!wanted || (wanted.known !== undefined && !bornAgain)) continue;
      const [domain = '', name = ''] = local.endpoint.split('/');
      const endpoint: Endpoint = {
        apiVersion: 'iovisor/v1', kind: 'Endpoint', metadata: { domain, name },
        spec: { network: local.network, server: draft.identity.server, ephemeral: true, ...this.#identityOf(local) },
      };
      this.#start(`director ${local.endpoint}`, '', { kind: 'register', endpoint: local.endpoint }, effect => ({ kind: 'register', effect, endpoint }));
    }
  }

  #operate(): void {
    const { draft } = this;
    if (!draft.planned || draft.assumed === undefined) return;
    const steps = reconcile(draft.desired, draft.assumed);
    if (steps.length === 0 && draft.troubles.size === 0) return;
    // A trouble whose object is right by now, or not wanted any more, is over.
    const objects = new Set(steps.map(s => s.object));
    for (const object of [...draft.troubles.keys()]) if (/^(image|tunnel|element|endpoint)\b/.test(object) && !objects.has(object) && !draft.unsure.has(object)) this.#over(object);
    for (const { object, operation, change, may, behind = [] } of steps) {
      if (!may || behind.some(other => !draft.troubles.has(other))) continue;
      if (operation.kind === 'put-image' && !draft.images.has(operation.hash)) {
        this.#start(`fetch ${operation.hash}`, '', { kind: 'fetch-image', hash: operation.hash }, effect => ({ kind: 'fetch-image', effect, hash: operation.hash }));
        continue;
      }
      const hash = change.split(' ')[0]!;
      if (this.#start(object, change, { kind: 'datapath', operation, hash }, effect => ({ kind: 'datapath', effect, operation }))) {
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
    this.#start('look', '', { kind: 'observe', serial: draft.serial, only }, effect => ({ kind: 'observe', effect, only }));
  }

  #report(): void {
    const { draft } = this;
    const { monotonicMs } = this.#clock;
    const complete = isApplied(draft);
    const generation = draft.received ?? draft.durable.plan?.generation;
    if (complete && !sameGeneration(draft.applied, generation)) { draft.applied = generation; draft.news = true; }
    if (monotonicMs - draft.reportedMs < (draft.news ? NEWS_EVERY_MS : REPORT_EVERY_MS)) return;
    draft.news = false;
    draft.reportedMs = monotonicMs;
    this.effects.push({ kind: 'report', status: statusOf(draft) });
  }

  #done(effect: number, outcome: Outcome): void {
    const { draft } = this;
    const flight = this.#land(effect);
    if (!flight) return;                                                  // late or for the second time: a look was asked for already
    const { work } = flight;
    if (work.kind === 'datapath') { draft.serial++; if (draft.look === 'no') draft.look = 'changed'; }
    if (!outcome.ok) this.#refused(flight.object, flight.change, outcome.cure === undefined ? outcome.message : `${outcome.message}; ${outcome.cure}`);
    // An operation of the data path is believed when it is seen.
    else if (work.kind !== 'datapath') this.#over(flight.object);
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
        return;
      case 'register': case 'observe': return;
    }
  }

  #registered(effect: number, name: string, outcome: Registered): void {
    const { draft } = this;
    const flight = this.#land(effect);
    const local = draft.wanted.endpoints.find(e => e.endpoint === name);
    if (!local && outcome.kind === 'created') {
      // Detached meanwhile, and perhaps forgotten before it was born: the Director shall forget it (again).
      draft.wanted = { ...draft.wanted, gone: [...new Set([...draft.wanted.gone, name])].sort() };
      return;
    }
    if (!local || flight?.work.kind !== 'register') return;
    if (local.known !== undefined) { this.#registeredAgain(flight, name, outcome); return; }
    if (outcome.kind === 'created') { this.#over(flight.object); draft.wanted = withEndpoint(draft.wanted, { ...local, known: { epoch: outcome.epoch, revision: outcome.revision } }); return; }
    if (outcome.kind === 'unreachable') { this.#refused(flight.object, flight.change, outcome.message); return; }
    if (outcome.kind === 'exists') {
      const { endpoint, epoch } = outcome;
      if (endpoint.spec.server === draft.identity.server && endpoint.spec.network === local.network) {
        this.#over(flight.object);
        draft.wanted = withEndpoint(draft.wanted, { ...local, born: endpoint.spec.ephemeral === true, known: { epoch, revision: endpoint.metadata.revision ?? 0 } });
        return;
      }
      this.#refuse(name, { error: 'exists', message: `endpoint ${name} exists already, on server ${endpoint.spec.server} in network ${endpoint.spec.network}`, cure: 'choose another name' }); return;
    }
    this.#refuse(name, outcome.error);
  }

  /** As its workload wants it; born again, as it has it. */
  #identityOf(local: LocalEndpoint): { mac?: string; addresses?: string[] } {
    const planned = local.known === undefined ? undefined : this.draft.durable.plan?.own?.section.endpoints.find(e => e.endpoint === local.endpoint);
    const mac = local.mac ?? planned?.mac;
    const addresses = local.addresses ?? planned?.addresses.map(a => a.split('/')[0]!);
    return { ...(mac === undefined ? {} : { mac }), ...(addresses === undefined ? {} : { addresses: [...addresses] }) };
  }

  /** A refusal is no reason to take away what carries packets: it is tried again. */
  #registeredAgain(flight: Flight, name: string, outcome: Registered): void {
    const { draft } = this;
    const refusal = outcome.kind === 'unreachable' ? outcome.message : outcome.kind === 'refused' ? outcome.error.message
      : outcome.kind === 'exists' && outcome.endpoint.spec.server !== draft.identity.server ? `endpoint ${name} exists already, on server ${outcome.endpoint.spec.server}` : undefined;
    if (refusal !== undefined) {
      this.#refused(flight.object, flight.change, refusal);
      return;
    }
    if (outcome.kind !== 'created' && outcome.kind !== 'exists') return;
    this.#over(flight.object);
    if (outcome.epoch !== draft.offered?.generation.epoch) return;
    draft.reborn.set(name, { ...draft.offered.generation, revision: outcome.kind === 'created' ? outcome.revision : outcome.endpoint.metadata.revision ?? 0 });
  }

  /** The Director will not have it: nothing of it stays, and nothing has to be forgotten there. */
  #refuse(name: string, error: Extract<Registered, { kind: 'refused' }>['error']): void {
    const { draft } = this;
    const { gone } = draft.wanted;
    draft.wanted = { ...withoutEndpoint(draft.wanted, name), gone };
    this.#over(`director ${name}`);
    for (const [id, request] of [...draft.requests]) {
      if (request.kind !== 'attach' || request.endpoint !== name) continue;
      draft.requests.delete(id);
      this.#answer(id, { ok: false, error });
    }
  }

  readonly #answer = (request: string, result: Extract<VisorEffect, { kind: 'reply' }>['result']): void => {
    this.effects.push({ kind: 'reply', request, result });
  };

  /** One effect an object at a time, and after a refusal a pause, unless the change is another. */
  #start(object: string, change: string, work: Work, effectOf: (effect: number) => VisorEffect): boolean {
    const { draft } = this;
    for (const flight of draft.flights.values()) if (flight.object === object) return false;
    const trouble = draft.troubles.get(object);
    if (trouble && trouble.change === change && this.#clock.monotonicMs < trouble.retryAtMs) return false;
    const effect = draft.nextEffect++;
    draft.flights.set(effect, { object, change, work, deadlineMs: this.#clock.monotonicMs + EFFECT_PATIENCE_MS });
    this.effects.push(effectOf(effect));
    return true;
  }

  #land(effect: number): Flight | undefined {
    const flight = this.draft.flights.get(effect);
    this.draft.flights.delete(effect);
    return flight;
  }

  #refused(object: string, change: string, message: string): void {
    const before = this.draft.troubles.get(object);
    const attempts = before?.change === change ? before.attempts + 1 : 1;
    const pauseMs = Math.min(MOST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempts - 1)) * (0.5 + this.#clock.random() / 2);
    this.draft.troubles.set(object, { change, attempts, retryAtMs: this.#clock.monotonicMs + pauseMs, message });
    this.draft.news = true;
  }

  #over(object: string): void {
    if (this.draft.troubles.delete(object)) this.draft.news = true;
  }
}
