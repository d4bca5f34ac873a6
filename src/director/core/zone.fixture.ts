// A small zone for tests of the core: a Director over a store in memory, a bridge whose control function is written out here.

import type { PlanContents } from '../../model/plan.ts';
import { MemoryStore } from './memory-store.ts';
import type { Store } from './log.ts';
import type { Clock, DirectorEffect, DirectorEvent, WriteResult } from './events.ts';
import type { Filtering, Leasing, Modules, Naming, Routing, Segment, Translation, WayOut } from './elements/modules.ts';
import { initialDirector, step, type DirectorState } from './step.ts';
import type { Write } from './write.ts';

const bridge: Modules['bridge'] = {
  imageHash: 'bridge-image', keyed: ['stations', 'neighbors'],
  control: (segment: Segment): PlanContents => ({
    stations: segment.stations.map(s => [s.mac, s.guarded ? { port: s.port, guarded: true } : s.port]),
    neighbors: segment.stations.flatMap(s => s.addresses.map(a => [a, s.mac])),
    features: { learning: segment.unmanaged.length > 0 },
  }),
};

const router: Modules['router'] = {
  imageHash: 'router-image', keyed: ['neighbors', 'routes'],
  control: ({ interfaces, neighbors, routes }: Routing): PlanContents => ({ routes: routes.map(({ prefix, via, blackhole = false }) => [prefix, { via: via.map(({ mac, port }) => ({ mac, port })), blackhole }]), interfaces: interfaces.map(i => ({ ...i })), neighbors: neighbors.map(({ address, mac, port }) => [address, { mac, port }]) }),
};
const firewall: Modules['firewall'] = {
  imageHash: 'firewall-image', keyed: ['addresses', 'members', 'rules'],
  control: ({ members, addresses, sets, epoch }: Filtering): PlanContents => ({ members: members.map(({ port, ...ways }) => [port, JSON.parse(JSON.stringify(ways))]), addresses: addresses.map(a => [a.address, a.identity]), rules: sets.map(({ number, ...set }) => [number, JSON.parse(JSON.stringify(set))]), epoch: { ...epoch } }),
};
const dhcp: Modules['dhcp'] = {
  imageHash: 'dhcp-image', keyed: ['leases'],
  control: ({ leases, server, dns = [], domain = '', mtu = 0, leaseSeconds = 0 }: Leasing): PlanContents => ({ leases: leases.map(({ port, ...lease }) => [port, lease]), settings: { server, dns: [...dns], domain, mtu, leaseSeconds } }),
};
const dns: Modules['dns'] = {
  imageHash: 'dns-image', keyed: ['hosts'],
  control: ({ server, zone }: Naming): PlanContents => ({ hosts: zone.hosts.map(h => [h.name, [...h.addresses]]), services: zone.services.map(s => ({ ...s })), settings: { mac: server.mac, addresses: [...server.addresses] } }),
};
const uplink: Modules['uplink'] = {
  imageHash: 'uplink-image', keyed: ['addresses'],
  control: ({ router: mac, addresses }: WayOut): PlanContents => ({ settings: { router: mac }, addresses: addresses.map(a => [a.address, { speaks: a.speaks, echoes: a.echoes }]) }),
};
const nat44: Modules['nat44'] = {
  imageHash: 'nat44-image', keyed: ['homes', 'inbound', 'masqueraded', 'outbound'],
  control: ({ address = '', ports = { first: 0, count: 0 }, fellows = [], self = 0, homes = [], masqueraded, forwards, oneToOne = [] }: Translation): PlanContents => ({
    settings: { address, first: ports.first, count: ports.count, self }, owners: fellows.map(f => ({ ...f })), homes: homes.map(h => [h.address, h.port]), oneToOne: oneToOne.map(o => ({ ...o })), masqueraded: masqueraded.map(p => [p, 1]),
    inbound: forwards.map(f => [f.port, { ...f, to: { ...f.to } }]),
  }),
};
export const modules: Modules = { bridge, router, firewall, dhcp, dns, uplink, nat44 };

export const resource = (kind: string, path: string, spec?: unknown, more: object = {}): unknown => {
  const [a, b] = path.split('/');
  return { apiVersion: 'iovisor/v1', kind, metadata: { ...(b === undefined ? { name: a } : { domain: a, name: b }), ...more }, ...(spec === undefined ? {} : { spec }) };
};

export class Zone {
  state: DirectorState;
  readonly store: Store;
  readonly effects: DirectorEffect[] = [];
  nowMs = 0;
  #requests = 0;
  #seed = 1;

  constructor(store: Store = new MemoryStore('c0ffee00'), placed: Modules = modules) {
    this.state = initialDirector(placed);
    this.store = store;
    this.step({ kind: 'opened', snapshot: store.snapshot() });
    this.run();
  }

  step(event: DirectorEvent): void {
    const clock: Clock = { wallMs: this.nowMs, monotonicMs: this.nowMs, random: () => this.#random() };
    const { state, effects } = step(this.state, event, clock);
    this.state = state;
    this.effects.push(...effects);
  }

  /** Lehmer's generator: the same in every run. */
  #random(): number {
    this.#seed = this.#seed * 48271 % 0x7fffffff;
    return this.#seed / 0x7fffffff;
  }

  /** Carries out effects until none is left, and returns the others. */
  run(): DirectorEffect[] {
    const seen: DirectorEffect[] = [];
    for (let effect = this.effects.shift(); effect; effect = this.effects.shift()) {
      seen.push(effect);
      if (effect.kind === 'append') {
        const result = this.store.append(effect.expectedRevision, effect.changeSet);
        this.step(result.ok ? { kind: 'appended', effect: effect.effect, revision: result.revision } : { kind: 'append-conflict', effect: effect.effect });
      } else if (effect.kind === 'read') this.step({ kind: 'log', effect: effect.effect, entries: this.store.read(effect.from) });
    }
    return seen;
  }

  write(write: Write): WriteResult {
    const request = `r${++this.#requests}`;
    this.step({ kind: 'write', request, write });
    const reply = this.run().find(e => e.kind === 'reply' && e.request === request);
    if (reply?.kind !== 'reply') throw new Error('no reply');
    return reply.result;
  }

  apply(...resources: unknown[]): WriteResult {
    return this.write({ kind: 'apply', resources, dryRun: false });
  }
}

export const twoTenants = [
  resource('Server', 's1', { underlay: '192.0.2.1' }), resource('Server', 's2', { underlay: '192.0.2.2' }),
  ...['red', 'blue'].flatMap(d => [
    resource('Domain', d), resource('Network', `${d}/web`, { subnets: ['10.1.0.0/24'] }),
    resource('Endpoint', `${d}/a`, { network: 'web', server: 's1' }), resource('Endpoint', `${d}/b`, { network: 'web', server: 's2' }),
  ]),
];
