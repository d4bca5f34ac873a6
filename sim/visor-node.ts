// One simulated server: the real visor core, a disk and a data path that survive its crashes, and a way to the Director that may be cut.

import type { VisorEffect, VisorEvent, LocalResult, Registered, Outcome, Unregistered } from '../src/visor/core/events.ts';
import type { Document } from '../src/visor/core/document.ts';
import type { Operation } from '../src/visor/core/reconcile.ts';
import { initialVisor, type VisorState } from '../src/visor/core/state.ts';
import { step } from '../src/visor/core/step.ts';
import { carryOut } from '../src/visor/shell/carry-out.ts';
import type { Image } from '../src/image/image.ts';
import { samePlan, type Plan } from '../src/model/plan.ts';
import type { VisorStatus } from '../src/model/status.ts';
import type { Endpoint } from '../src/model/resource.ts';
import type { Attach, Detach } from '../src/model/visor-api.ts';
import type { SimClock } from './clock.ts';
import type { DirectorNode } from './director-node.ts';
import { FakeDatapath } from './fake-datapath.ts';
import type { Faults, Plant } from './faults.ts';
import type { Random } from './random.ts';
import { pathOf } from '../src/model/path.ts';

const CONNECT_MS = 300;
/** The false data path looks into none. */
const NO_IMAGE = {} as Image;

export class VisorNode {
  readonly name: string;
  readonly datapath = new FakeDatapath();
  state: VisorState;
  up = false;
  cut = false;
  faults: Faults;
  onReport: (status: VisorStatus) => void = () => {};
  /** Of every step: what it knew of its workloads before. */
  onStep: (event: VisorEvent, before: Document) => void = () => {};
  #document: Document | undefined;
  readonly #images = new Set<string>();
  #life = 0;
  #connection = 0;
  #connected = false;
  /** The last that went over the connection. */
  #sent: Plan | undefined;
  #requests = 0;
  readonly #replies = new Map<string, (result: LocalResult) => void>();
  /** Disk and data path do one thing after the other. */
  #busyUntilMs = 0;
  readonly #clock: SimClock;
  readonly #random: Random;
  readonly #director: DirectorNode;
  readonly #plant: Plant;

  constructor(name: string, parts: { readonly clock: SimClock; readonly random: Random; readonly director: DirectorNode; readonly faults: Faults; readonly plant: Plant }) {
    this.name = name;
    this.datapath.namespaces = new Set();
    this.#clock = parts.clock;
    this.#random = parts.random;
    this.#director = parts.director;
    this.faults = parts.faults;
    this.#plant = parts.plant;
    this.state = this.#fresh();
  }

  start(): void {
    this.up = true;
    this.#life++;
    this.#busyUntilMs = this.#clock.nowMs;
    this.state = this.#fresh();
    this.step({ kind: 'loaded', images: [...this.#images], ...(this.#document ? { document: this.#document } : {}) });
  }

  crash(): void {
    this.up = false;
    this.#life++;
    this.#connected = false;
    this.#connection++;
    this.#replies.clear();
  }

  tick(): void {
    if (!this.up) return;
    const reachable = this.#reaches();
    if (this.#connected && !reachable) {
      this.#connected = false;
      this.#connection++;
      this.step({ kind: 'offline', message: 'connection lost', how: 'away' });
    } else if (!this.#connected && reachable) {
      this.#connected = true;
      const connection = ++this.#connection;
      this.#later(CONNECT_MS, () => {
        if (this.#connection !== connection) return;
        this.step(this.#planNow());
        this.step({ kind: 'online' });
      });
    }
    this.step({ kind: 'tick' });
  }

  /** The newest plan, whenever it arrives: a slow reader never sees what was in between. */
  planChanged(): void {
    this.#follow(() => this.#planNow());
  }

  generationChanged(): void {
    // A watch is one stream: what says that the plan is the same comes behind all that changed it.
    this.#follow(() => samePlan(this.#sent, this.#director.plan(this.name)) ? { kind: 'bookmark', generation: this.#director.generation() } : this.#planNow());
  }

  attach(attach: Attach, reply: (result: LocalResult) => void): void {
    this.#ask(reply, request => ({ kind: 'attach', request, attach }));
  }

  detach(detach: Detach, reply: (result: LocalResult) => void): void {
    this.#ask(reply, request => ({ kind: 'detach', request, detach }));
  }

  /** Whoever looks after the server lets a held plan pass. */
  resume(): void {
    this.#ask(() => {}, request => ({ kind: 'resume', request }));
  }

  step(event: VisorEvent): void {
    if (!this.up) return;
    const { state, effects } = step(this.state, event, { wallMs: this.#clock.nowMs, monotonicMs: this.#clock.nowMs, random: this.#random.next });
    const before = this.state.wanted;
    this.state = state;
    this.onStep(event, before);
    for (const effect of effects) this.#carryOut(effect);
    if (this.#plant === 'rash' && event.kind === 'plan' && this.state.offered) this.#believe();
  }

  /** The planted bug: what is held is taken over, and nobody said so. */
  #believe(): void {
    const before = this.state.wanted;
    this.state = step(this.state, { kind: 'resume', request: '' }, { wallMs: this.#clock.nowMs, monotonicMs: this.#clock.nowMs, random: this.#random.next }).state;
    this.onStep({ kind: 'tick' }, before);
  }

  #carryOut(effect: VisorEffect): void {
    switch (effect.kind) {
      case 'save':
        this.#serially(effect.effect, () => {
          if (this.#random.chance(this.faults.refused)) return { ok: false, message: 'disk full' };
          this.#document = effect.document;
          return { ok: true };
        });
        return;
      case 'datapath': this.#serially(effect.effect, () => this.#operate(effect.operation)); return;
      case 'observe':
        this.#queue(() => {
          const observed = this.datapath.observe(effect.only);
          this.#complete(() => this.step({ kind: 'observed', effect: effect.effect, observed }));
        });
        return;
      case 'fetch-image':
        this.#later(this.#delayMs(), () => {
          const ok = this.#reaches();
          if (ok) this.#images.add(effect.hash);
          this.#complete(() => this.step({ kind: 'done', effect: effect.effect, outcome: ok ? { ok: true } : { ok: false, message: 'the Director is away' } }));
        });
        return;
      case 'register': this.#register(effect.effect, effect.endpoint); return;
      case 'unregister': this.#unregister(effect.effect, effect.endpoint); return;
      case 'report': {
        const status = this.#plant === 'overclaim' ? { ...effect.status, endpoints: effect.status.endpoints.map(e => ({ ...e, state: 'ready' as const })) } : effect.status;
        this.onReport(status);
        if (this.#reaches()) this.#director.step({ kind: 'status', status });
        return;
      }
      case 'reply': {
        const reply = this.#replies.get(effect.request);
        this.#replies.delete(effect.request);
        reply?.(effect.result);
        return;
      }
    }
  }

  #operate(operation: Operation): Outcome {
    if (this.#random.chance(this.faults.refused)) return { ok: false, message: 'the kernel said no' };
    if (this.#plant === 'forgetful' && operation.kind === 'put-endpoint') return { ok: true };
    try {
      carryOut(this.datapath, this.#plant === 'wrong-vni' ? withWrongVni(operation) : operation, () => NO_IMAGE);
      if (operation.kind === 'remove-image') this.#images.delete(operation.hash);
    } catch (e) {
      return { ok: false, message: (e as Error).message };
    }
    return { ok: true };
  }

  #register(effect: number, endpoint: Endpoint): void {
    const name = pathOf(endpoint);
    const answer = this.#answered((outcome: Registered) => ({ kind: 'registered', effect, endpoint: name, outcome }));
    this.#later(this.#delayMs(), () => {
      if (!this.#reaches()) return answer({ kind: 'unreachable', message: 'the Director is away' });
      this.#director.write({ kind: 'create', resource: endpoint }, result => {
        const { epoch } = this.#director.state;
        if (result.ok) return answer({ kind: 'created', epoch, revision: result.revision });
        const found = this.#director.state.world.resources.get(`Endpoint/${name}`);
        if (result.error.error === 'exists' && found?.kind === 'Endpoint') return answer({ kind: 'exists', epoch, endpoint: found });
        answer(result.error.error === 'invalid' ? { kind: 'refused', error: result.error } : { kind: 'unreachable', message: result.error.message });
      });
    });
  }

  #unregister(effect: number, name: string): void {
    const answer = this.#answered((outcome: Unregistered) => ({ kind: 'unregistered', effect, outcome }));
    this.#later(this.#delayMs(), () => {
      if (!this.#reaches()) return answer({ ok: false, message: 'the Director is away' });
      const found = this.#director.state.world.resources.get(`Endpoint/${name}`);
      if (found?.kind !== 'Endpoint' || found.spec.server !== this.name || !found.spec.ephemeral) return answer({ ok: true });
      this.#director.write({ kind: 'delete', key: `Endpoint/${name}`, revision: found.metadata.revision }, result =>
        answer(result.ok || result.error.error === 'not-found' ? { ok: true } : { ok: false, message: result.error.message, stays: result.error.error === 'invalid' }));
    });
  }

  #ask(reply: (result: LocalResult) => void, event: (request: string) => VisorEvent): void {
    if (!this.up) return;
    const request = String(++this.#requests);
    this.#replies.set(request, reply);
    this.step(event(request));
  }

  #planNow(): VisorEvent {
    this.#sent = this.#director.plan(this.name);
    return { kind: 'plan', plan: this.#sent };
  }

  #follow(event: () => VisorEvent): void {
    if (!this.#connected) return;
    const connection = this.#connection;
    this.#later(this.#delayMs(), () => { if (this.#connection === connection && this.#reaches()) this.step(event()); });
  }

  #reaches(): boolean {
    return this.up && this.#director.up && !this.cut && !this.#director.cutOff(this.name);
  }

  #serially(effect: number, act: () => Outcome): void {
    this.#queue(() => {
      const outcome = act();
      this.#complete(() => this.step({ kind: 'done', effect, outcome }));
    });
  }

  #queue(act: () => void): void {
    this.#busyUntilMs = Math.max(this.#busyUntilMs, this.#clock.nowMs) + this.#delayMs() / 10;
    this.#later(this.#busyUntilMs - this.#clock.nowMs, act);
  }

  #complete(tell: () => void): void {
    for (let times = this.#random.chance(this.faults.lost) ? 0 : this.#random.chance(this.faults.doubled) ? 2 : 1; times > 0; times--) this.#later(this.#delayMs(), tell);
  }

  /** For the process that asked: what the Director answers later goes to nobody, for the next counts its effects from 1 again. */
  #answered<T>(event: (outcome: T) => VisorEvent): (outcome: T) => void {
    const life = this.#life;
    return outcome => { if (this.#life === life) this.#complete(() => this.step(event(outcome))); };
  }

  #delayMs(): number {
    return this.#random.below(this.faults.mostDelayMs);
  }

  /** Unless it dies before. */
  #later(delayMs: number, happen: () => void): void {
    const life = this.#life;
    this.#clock.after(delayMs, () => { if (this.#life === life) happen(); });
  }

  #fresh(): VisorState {
    return initialVisor({ server: this.name, engine: 'vm', started: String(this.#life) });
  }
}

/** A planted bug. */
function withWrongVni(operation: Operation): Operation {
  if (operation.kind !== 'put-element') return operation;
  return { ...operation, spec: { ...operation.spec, wires: operation.spec.wires.map(w => w.to === 'tunnel' ? { ...w, vni: 1 } : w) } };
}
