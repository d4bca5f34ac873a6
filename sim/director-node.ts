// The one Director of the simulated zone: the real core over a store that survives its crashes.

import { initialDirector, generationOf, planOf, step, type DirectorState } from '../src/director/core/step.ts';
import type { DirectorEvent, WriteResult } from '../src/director/core/events.ts';
import { MemoryStore } from '../src/director/core/memory-store.ts';
import type { Filtering, Leasing, Modules, Naming, Routing, Segment, Translation, WayOut } from '../src/director/core/elements/modules.ts';
import type { Write } from '../src/director/core/write.ts';
import type { Generation, Plan, PlanContents } from '../src/model/plan.ts';
import { isCutOff } from '../src/model/trust.ts';
import type { SimClock } from './clock.ts';
import type { Faults, Plant } from './faults.ts';
import type { Random } from './random.ts';

function modulesOf(plant: Plant): Modules {
  const bridge: Modules['bridge'] = {
    imageHash: 'b'.repeat(64), keyed: ['neighbors', 'stations'],
    control: (segment: Segment): PlanContents => ({
      stations: [...segment.stations.map(s => [s.mac, s.port]), ...(plant === 'wrong-station' ? [['02:ff:00:00:00:01', 1]] : [])],
      neighbors: segment.stations.flatMap(s => s.addresses.map(a => [a, s.mac])),
      features: { learning: segment.unmanaged },
    }),
  };
  const router: Modules['router'] = { imageHash: 'a'.repeat(64), keyed: ['neighbors', 'routes'], control: ({ interfaces, neighbors, routes }: Routing): PlanContents => ({ routes: routes.map(({ prefix, via, blackhole = false }) => [prefix, { via: via.map(({ mac, port }) => ({ mac, port })), blackhole }]), interfaces: interfaces.map(i => ({ ...i })), neighbors: neighbors.map(({ address, mac, port }) => [address, { mac, port }]) }) };
  const firewall: Modules['firewall'] = { imageHash: 'f'.repeat(64), keyed: ['addresses', 'members', 'rules'], control: ({ members, addresses, sets, epoch }: Filtering): PlanContents => ({ members: members.map(({ port, ...ways }) => [port, JSON.parse(JSON.stringify(ways))]), addresses: addresses.map(a => [a.address, a.identity]), rules: sets.map(({ number, ...set }) => [number, JSON.parse(JSON.stringify(set))]), epoch: { ...epoch } }) };
  const dhcp: Modules['dhcp'] = { imageHash: 'd'.repeat(64), keyed: ['leases'], control: ({ leases, server }: Leasing): PlanContents => ({ leases: leases.map(({ port, ...lease }) => [port, lease]), settings: { ...server } }) };
  const dns: Modules['dns'] = { imageHash: '3'.repeat(64), keyed: ['hosts'], control: ({ server, zone }: Naming): PlanContents => ({ hosts: zone.hosts.map(h => [h.name, [...h.addresses]]), settings: { mac: server.mac, addresses: [...server.addresses] } }) };
  const uplink: Modules['uplink'] = { imageHash: '1'.repeat(64), keyed: ['addresses'], control: ({ router: mac, addresses }: WayOut): PlanContents => ({ settings: { router: mac }, addresses: addresses.map(a => [a.address, a.speaks]) }) };
  const nat44: Modules['nat44'] = { imageHash: '2'.repeat(64), keyed: ['inbound', 'masqueraded', 'outbound'], control: ({ address = '', masqueraded, forwards }: Translation): PlanContents => ({ settings: { address }, masqueraded: masqueraded.map(p => [p, 1]), inbound: forwards.map(f => [f.port, { ...f, to: { ...f.to } }]) }) };
  return { bridge, router, firewall, dhcp, dns, uplink, nat44 };
}

export class DirectorNode {
  readonly modules: Modules;
  readonly store = new MemoryStore('c0ffee00c0ffee00');
  state: DirectorState;
  up = true;
  faults: Faults;
  /** Told of plans and generations that are new. */
  onPlans: (servers: readonly string[]) => void = () => {};
  onGeneration: () => void = () => {};
  #life = 1;
  #requests = 0;
  readonly #replies = new Map<string, (result: WriteResult) => void>();
  readonly #clock: SimClock;
  readonly #random: Random;

  constructor(clock: SimClock, random: Random, faults: Faults, plant: Plant) {
    this.#clock = clock;
    this.#random = random;
    this.faults = faults;
    this.modules = modulesOf(plant);
    this.state = initialDirector(this.modules);
    this.step({ kind: 'opened', snapshot: this.store.snapshot() });
  }

  /** The reply may never come. */
  write(write: Write, reply: (result: WriteResult) => void): void {
    if (!this.up) return;
    const request = String(++this.#requests);
    this.#replies.set(request, reply);
    this.step({ kind: 'write', request, write });
  }

  plan(server: string): Plan {
    return planOf(this.state, server);
  }

  /** Its key is worth nothing any more: its visor is not answered. */
  cutOff(server: string): boolean {
    return isCutOff(this.state.world.resources, server);
  }

  generation(): Generation {
    return generationOf(this.state);
  }

  crash(): void {
    this.up = false;
    this.#life++;
    this.#replies.clear();
  }

  restart(): void {
    this.up = true;
    this.state = initialDirector(this.modules);
    this.step({ kind: 'opened', snapshot: this.store.snapshot() });
  }

  step(event: DirectorEvent): void {
    if (!this.up) return;
    const { state, effects } = step(this.state, event, { wallMs: this.#clock.nowMs, monotonicMs: this.#clock.nowMs, random: this.#random.next });
    this.state = state;
    for (const effect of effects) {
      switch (effect.kind) {
        case 'append':
          this.#later(() => {
            if (this.#random.chance(this.faults.refused)) return this.#complete({ kind: 'append-failed', effect: effect.effect, message: 'disk full' });
            if (this.#random.chance(this.faults.lost)) return;
            const result = this.store.append(effect.expectedRevision, effect.changeSet);
            this.#complete(result.ok ? { kind: 'appended', effect: effect.effect, revision: result.revision } : { kind: 'append-conflict', effect: effect.effect });
          });
          break;
        case 'read':
          this.#later(() => this.#complete({ kind: 'log', effect: effect.effect, entries: this.store.read(effect.from) }));
          break;
        case 'reply': {
          const reply = this.#replies.get(effect.request);
          this.#replies.delete(effect.request);
          reply?.(effect.result);
          break;
        }
        case 'plans': this.onPlans(effect.servers); break;
        case 'resources': this.onGeneration(); break;
      }
    }
  }

  #complete(event: DirectorEvent): void {
    for (let times = this.#random.chance(this.faults.lost) ? 0 : this.#random.chance(this.faults.doubled) ? 2 : 1; times > 0; times--) this.#later(() => this.step(event));
  }

  /** Unless it dies before. */
  #later(happen: () => void): void {
    const life = this.#life;
    this.#clock.after(this.#random.below(this.faults.mostDelayMs) / 10, () => { if (this.#life === life) happen(); });
  }
}
