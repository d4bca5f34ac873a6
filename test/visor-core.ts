// For tests of the visor's core: a visor whose effects are carried out at once, next to a Director that answers at once, or not at all.

import { FakeDatapath } from '../sim/fake-datapath.ts';
import { DatapathError } from '../src/datapath/datapath.ts';
import { planOf } from '../src/director/core/step.ts';
import { Zone, twoTenants } from '../src/director/core/zone.fixture.ts';
import type { Attach } from '../src/model/visor-api.ts';
import type { Document } from '../src/visor/core/document.ts';
import type { LocalResult, Unregistered, VisorEffect, VisorEvent } from '../src/visor/core/events.ts';
import { statusOf } from '../src/visor/core/report.ts';
import { initialVisor, type VisorState } from '../src/visor/core/state.ts';
import { step } from '../src/visor/core/step.ts';

/** A visor whose effects are carried out at once, next to a Director that answers at once. */
export class Server {
  state: VisorState = initialVisor({ server: 's1', engine: 'vm', started: '1' });
  readonly zone: Zone;
  readonly datapath: FakeDatapath;
  document: Document | undefined;
  nowMs = 0;
  done: string[] = [];
  /** Images on disk. */
  readonly disk: Set<string>;
  readonly replies: LocalResult[] = [];
  refuse: (what: string) => string | undefined = () => undefined;
  /** What the Director answers to births comes; it does not; they are lost on their way there. */
  answers: 'come' | 'are lost' | 'never were' = 'come';

  constructor(zone: Zone, datapath = new FakeDatapath(), document?: Document, images: string[] = []) {
    this.zone = zone;
    this.datapath = datapath;
    this.document = document;
    this.disk = new Set(images);
    this.step({ kind: 'loaded', images, ...(document ? { document } : {}) });
  }

  connect(): void {
    this.step({ kind: 'plan', plan: planOf(this.zone.state, 's1') });
    this.step({ kind: 'online' });
  }

  news(): void {
    this.step({ kind: 'plan', plan: planOf(this.zone.state, 's1') });
  }

  pass(ms: number): void {
    for (const end = this.nowMs + ms; this.nowMs < end;) { this.nowMs += 250; this.step({ kind: 'tick' }); }
  }

  attach(more: Partial<Attach> & { netns: string }): LocalResult | undefined {
    this.replies.length = 0;
    this.step({ kind: 'attach', request: 'a', attach: { domain: 'red', network: 'web', device: 'eth0', timeoutMs: 5000, ...more } });
    return this.replies[0];
  }

  detach(name: string): LocalResult | undefined {
    this.replies.length = 0;
    this.step({ kind: 'detach', request: 'd', detach: { domain: 'red', name } });
    return this.replies[0];
  }

  step(event: VisorEvent): void {
    const queue = [event];
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { state, effects } = step(this.state, next, { wallMs: this.nowMs, monotonicMs: this.nowMs, random: () => 0.5 });
      this.state = state;
      for (const effect of effects) queue.push(...this.carryOut(effect));
    }
  }

  carryOut(effect: VisorEffect): VisorEvent[] {
    switch (effect.kind) {
      case 'save': this.document = effect.document; return [{ kind: 'done', effect: effect.effect, outcome: { ok: true } }];
      case 'datapath': {
        const { operation } = effect;
        const what = `${operation.kind} ${'spec' in operation ? 'uid' in operation.spec ? operation.spec.uid : 'tunnel' : 'uid' in operation ? operation.uid : operation.hash}`;
        const why = this.refuse(what);
        if (why !== undefined) return [{ kind: 'done', effect: effect.effect, outcome: { ok: false, message: why } }];
        this.done.push(what);
        try {
          this.operate(operation);
        } catch (e) {
          if (!(e instanceof DatapathError)) throw e;
          return [{ kind: 'done', effect: effect.effect, outcome: { ok: false, message: e.message } }];
        }
        return [{ kind: 'done', effect: effect.effect, outcome: { ok: true } }];
      }
      case 'observe': return [{ kind: 'observed', effect: effect.effect, observed: this.datapath.observe(effect.only) }];
      case 'fetch-image': this.disk.add(effect.hash); return [{ kind: 'done', effect: effect.effect, outcome: { ok: true } }];
      case 'register': {
        if (this.answers === 'never were') return [];
        const { epoch } = this.zone.state;
        const endpoint = `${effect.endpoint.metadata.domain}/${effect.endpoint.metadata.name}`;
        const result = this.zone.write({ kind: 'create', resource: effect.endpoint });
        const found = this.zone.state.world.resources.get(`Endpoint/${endpoint}`);
        if (this.answers === 'are lost') return [];
        if (result.ok) return [{ kind: 'registered', effect: effect.effect, endpoint, outcome: { kind: 'created', epoch, revision: result.revision } }, { kind: 'plan', plan: planOf(this.zone.state, 's1') }];
        return [{ kind: 'registered', effect: effect.effect, endpoint, outcome: result.error.error === 'exists' && found?.kind === 'Endpoint' ? { kind: 'exists', epoch, endpoint: found } : { kind: 'refused', error: result.error } }];
      }
      case 'unregister': {
        const found = this.zone.state.world.resources.get(`Endpoint/${effect.endpoint}`);
        const result = found?.kind === 'Endpoint' && found.spec.ephemeral ? this.zone.write({ kind: 'delete', key: `Endpoint/${effect.endpoint}` }) : undefined;
        const outcome: Unregistered = result?.ok === false ? { ok: false, message: result.error.message, stays: result.error.error === 'invalid' } : { ok: true };
        return [{ kind: 'unregistered', effect: effect.effect, outcome }, ...outcome.ok ? [{ kind: 'plan' as const, plan: planOf(this.zone.state, 's1') }] : []];
      }
      case 'reply': this.replies.push(effect.result); return [];
      case 'report': return [];
    }
  }

  operate(operation: Extract<VisorEffect, { kind: 'datapath' }>['operation']): void {
    switch (operation.kind) {
      case 'put-image':
        if (!this.disk.has(operation.hash)) throw new DatapathError('it is not on disk', { cure: 'fetch it' });
        this.datapath.putImage(operation.hash);
        break;
      case 'put-tunnel': this.datapath.putTunnel(operation.spec); break;
      case 'put-element': this.datapath.putElement(operation.spec); break;
      case 'put-endpoint': this.datapath.putEndpoint(operation.spec); break;
      case 'remove-endpoint': this.datapath.removeEndpoint(operation.uid); break;
      case 'remove-element': this.datapath.removeElement(operation.uid); break;
      case 'remove-image': this.disk.delete(operation.hash); this.datapath.removeImage(operation.hash); break;
    }
  }

  endpoints(): string[] {
    return statusOf(this.state).endpoints.map(e => `${e.name} ${e.state}`);
  }
}

export const zoneWithNetworks = (): Zone => {
  const zone = new Zone();
  zone.apply(...twoTenants.filter(r => (r as { kind: string }).kind !== 'Endpoint'));
  return zone;
};
