// What must hold: at every moment, whatever happens; and in the end, when the world has healed. Violations are sentences.

import { buildAll } from '../src/director/core/planner.ts';
import { givenAddresses, type FunctionGiven, type LeaseGiven } from '../src/director/core/world.ts';
import type { DirectorState } from '../src/director/core/step.ts';
import { canonical, sameValue } from '../src/model/canonical.ts';
import type { VisorStatus } from '../src/model/status.ts';
import { validate } from '../src/model/validate.ts';
import { desiredOf } from '../src/visor/core/desired.ts';
import type { Document } from '../src/visor/core/document.ts';
import type { VisorEvent } from '../src/visor/core/events.ts';
import { reconcile } from '../src/visor/core/reconcile.ts';
import type { ElementSpec } from '../src/datapath/datapath.ts';
import type { DirectorNode } from './director-node.ts';
import type { FakeDatapath } from './fake-datapath.ts';
import type { VisorNode } from './visor-node.ts';
import { Table } from '../src/model/table.ts';

/** Facts of the whole run: numbers and uids are never given to another network. */
export class Isolation {
  readonly #elementOfVni = new Map<number, string>();
  readonly #vniOfElement = new Map<string, number>();
  readonly #domainOfElement = new Map<string, number>();
  readonly #networkOfMac = new Map<string, string>();
  readonly #networkOfEndpoint = new Map<string, string>();
  /** Of routers too, by `domain/name`. */
  readonly #networkOfElement = new Map<string, string>();
  readonly #elementOfFilter = new Map<string, string>();
  /** Of those that there are, by path. */
  readonly #elementOfNetwork = new Map<string, string>();
  /** By domain, the last. */
  readonly #vniOfRouter = new Map<string, number>();
  /** By element: the way out that it is part of. */
  readonly #outOf = new Map<string, string>();
  readonly #routerMacs = new Map<string, string>();
  #learned = 0;
  /** Counts up when one of them changes. */
  #facts = 0;
  /** At which facts an element was found right; in which state a data path. */
  readonly #right = new WeakMap<ElementSpec, number>();
  readonly #looked = new WeakMap<FakeDatapath, string>();

  /** Takes in what the Director has allocated since. */
  learn(director: DirectorNode): void {
    for (const { revision, changeSet } of director.store.read(this.#learned)) {
      this.#learned = revision;
      for (const { key, value } of changeSet.puts) {
        const [, table, kind, domain, name] = /^(given|resource):(Network|Endpoint|Router|Nat)\/([^/]+)\/(.+)$/.exec(key) ?? [];
        if (table === 'given' && kind === 'Network') {
          const { uid, vni, firewall, dhcp, dns } = value as unknown as { uid: string; vni: number; firewall: { uid: string }; dhcp?: { uid: string; mac: string }; dns?: { uid: string; mac: string } };
          this.#know(this.#elementOfFilter, firewall.uid, uid);
          for (const server of [dhcp, dns]) {
            if (!server) continue;
            this.#know(this.#elementOfFilter, server.uid, uid);
            this.#know(this.#networkOfMac, server.mac, `${domain}/${name}`);
          }
          this.#know(this.#networkOfElement, uid, `${domain}/${name}`);
          this.#know(this.#elementOfNetwork, `${domain}/${name}`, uid);
          this.#know(this.#vniOfElement, uid, vni);
        }
        if (table === 'given' && kind === 'Router') {
          const { uid, mac, uplink } = value as unknown as { uid: string; mac: string; uplink?: { uid: string; vni: number } };
          if (uplink) {
            this.#know(this.#networkOfElement, uplink.uid, `${domain}/way out`);
            this.#know(this.#vniOfRouter, domain!, uplink.vni);
            for (const part of [uid, uplink.uid]) this.#isOut(part, uplink.vni);
          }
          this.#know(this.#networkOfElement, uid, `${domain}/router ${name}`);
          this.#know(this.#routerMacs, mac, domain!);
        }
        if (table === 'resource' && kind === 'Endpoint') this.#networkOfEndpoint.set(`${domain}/${name}`, `${domain}/${(value as { spec: { network: string } }).spec.network}`);
      }
      for (const { key, value } of changeSet.puts) {
        const [, domain] = /^given:Nat\/([^/]+)\//.exec(key) ?? [];
        if (domain !== undefined) {
          const { uid } = value as unknown as { uid: string };
          this.#know(this.#networkOfElement, uid, `${domain}/way out`);
          this.#isOut(uid, this.#vniOfRouter.get(domain)!);
        }
        const [, leased] = /^held:Lease\/([^/]+\/[^/]+)\//.exec(key) ?? [];
        if (leased !== undefined) for (const { mac } of (value as unknown as LeaseGiven).seats) this.#networkOfMac.set(mac, leased);
        const [, home] = /^given:Function\/([^/]+)\//.exec(key) ?? [];
        if (home !== undefined) for (const [network, { uid }] of Object.entries((value as unknown as FunctionGiven).elements)) {
          const around = this.#elementOfNetwork.get(`${home}/${network}`)!;
          // A number of one network's is never another's.
          if (!this.#elementOfFilter.has(uid)) this.#know(this.#elementOfFilter, uid, around);
        }
        // Machines behind a device have their own.
        if (key.startsWith('given:Endpoint/') && (value as { mac?: string }).mac !== undefined) this.#know(this.#networkOfMac, (value as { mac: string }).mac, this.#networkOfEndpoint.get(key.slice('given:Endpoint/'.length))!);
      }
    }
  }

  /** All is looked at again, but for a MAC that is new: nobody had it in a form that was found right. */
  #know<K, V>(facts: Map<K, V>, key: K, value: V): void {
    const before = facts.get(key);
    if (before === value) return;
    facts.set(key, value);
    if (before !== undefined || facts !== this.#networkOfMac as Map<unknown, unknown>) this.#facts++;
  }

  /** Of a router: its own element, uplink and NAT share a VNI. */
  #isOut(uid: string, vni: number): void {
    this.#know(this.#vniOfElement, uid, vni);
    this.#know(this.#outOf, uid, `the way out ${vni}`);
  }

  /** No wire leads from one network into another but by a router of their domain, in the union of all servers. What was found right stays so while it and the facts stay. */
  *check(visors: readonly VisorNode[]): Generator<string> {
    for (const { name, datapath } of visors) {
      const state = `${this.#facts} ${datapath.changes}`;
      if (this.#looked.get(datapath) === state) continue;
      this.#looked.set(datapath, state);
      for (const element of datapath.elements.values()) {
        for (const wire of element.wires) {
          const endpoint = wire.to === 'endpoint' ? datapath.endpoints.get(wire.endpoint) : undefined;
          if (endpoint && (this.#elementOfFilter.get(endpoint.element) ?? endpoint.element) !== element.uid) yield `server ${name}, element ${element.uid}: a wire to endpoint ${endpoint.uid} of element ${endpoint.element}`;
        }
        if (this.#right.get(element) === this.#facts) continue;
        yield* this.#element(element, `server ${name}, element ${element.uid}`);
        this.#right.set(element, this.#facts);
      }
      for (const endpoint of datapath.endpoints.values()) {
        const domain = this.#domainOfElement.get(endpoint.element) ?? endpoint.domain;
        if (domain !== endpoint.domain) yield `server ${name}: element ${endpoint.element} has endpoints of domains ${domain} and ${endpoint.domain}`;
        this.#domainOfElement.set(endpoint.element, domain);
      }
    }
  }

  *#element(element: ElementSpec, where: string): Generator<string> {
    for (const wire of element.wires) {
      if (wire.to === 'tunnel') {
        const mine = this.#outOf.get(element.uid) ?? element.uid;
        const other = this.#elementOfVni.get(wire.vni) ?? mine;
        if (other !== mine) yield `${where}: a tunnel of VNI ${wire.vni}, which is ${other}'s`;
        if (wire.vni !== this.#vniOfElement.get(element.uid)) yield `${where}: a tunnel of VNI ${wire.vni}, and its network has ${this.#vniOfElement.get(element.uid)}`;
        this.#elementOfVni.set(wire.vni, mine);
      } else if (wire.to === 'element') {
        const [from = '', to = ''] = [element.uid, wire.element].map(uid => this.#networkOfElement.get(uid) ?? '');
        const isOut = [from, to].some(part => part.endsWith('/way out'));
        if (from.split('/')[0] !== to.split('/')[0] || (!isOut && from.includes('/router ') === to.includes('/router '))) yield `${where}: a wire from ${from} to ${to}`;
      }
    }
    const network = this.#networkOfElement.get(element.uid);
    for (const [mac] of (element.contents['stations'] ?? []) as readonly (readonly [string, number])[]) {
      const home = this.#networkOfMac.get(mac);
      if (this.#routerMacs.get(mac) === network?.split('/')[0]) continue;
      if (home !== undefined ? home !== network : true) yield `${where} (${network}): a station ${mac} of ${home ?? 'nobody'}`;
    }
  }
}

/** Nobody has what another has, wherever: in the union of what all data paths have, an address or MAC of a network is one endpoint's. */
export function* twice(visors: readonly VisorNode[]): Generator<string> {
  const owners = new Map<string, { readonly uid: string; readonly server: string }>();
  for (const { name, datapath } of visors) {
    for (const { uid, element, addresses, mac } of datapath.endpoints.values()) {
      const network = datapath.elements.get(element)?.around?.element ?? element;
      for (const what of [...addresses, mac]) {
        const other = owners.get(`${network} ${what}`);
        if (other && other.uid !== uid) yield `${what} of network ${network} belongs to ${uid} on ${name} and to ${other.uid} on ${other.server}`;
        owners.set(`${network} ${what}`, { uid, server: name });
      }
    }
  }
}

/** A status claims nothing that the data path does not have, unless the world took it since. */
export function* overclaims(visor: VisorNode, status: VisorStatus): Generator<string> {
  const { datapath, state: { desired } } = visor;
  const endpoints = new Map(desired.endpoints.map(e => [e.spec.uid, e.spec]));
  for (const { uid, state } of status.endpoints) {
    if (state !== 'ready') continue;
    const spec = datapath.endpoints.get(uid);
    if (!spec) yield `server ${visor.name} says endpoint ${uid} is ready, and it is not there`;
    else if (!isSame(spec, endpoints.get(uid))) yield `server ${visor.name} says endpoint ${uid} is ready, and it has another form`;
    else if (!wiresTo(datapath, uid).some(({ element, port }) => port === spec.port && (element === spec.element || element === datapath.elements.get(spec.element)?.around?.element))) yield `server ${visor.name} says endpoint ${uid} is ready, and no wire leads to it`;
  }
  const elements = new Map(desired.elements.map(e => [e.spec.uid, e.spec]));
  for (const { uid, state } of status.elements) {
    if (state === 'ready' && !isSame(datapath.elements.get(uid), elements.get(uid))) yield `server ${visor.name} says element ${uid} is ready, and it is not`;
  }
}

const texts = new WeakMap<object, string>();

/** Of specs, which do not change; mostly it is the very same. */
function isSame(there: object | undefined, wanted: object | undefined): boolean {
  const text = (spec: object): string => {
    const known = texts.get(spec) ?? canonical(spec);
    texts.set(spec, known);
    return known;
  };
  return there !== undefined && (there === wanted || (wanted !== undefined && text(there) === text(wanted)));
}

interface WireTo { readonly element: string; readonly port: number }
const wires = new WeakMap<FakeDatapath, { readonly changes: number; readonly to: ReadonlyMap<string, readonly WireTo[]> }>();

function wiresTo(datapath: FakeDatapath, endpoint: string): readonly WireTo[] {
  let found = wires.get(datapath);
  if (found?.changes !== datapath.changes) {
    const to = new Map<string, WireTo[]>();
    for (const { uid, wires } of datapath.elements.values()) for (const wire of wires) {
      if (wire.to !== 'endpoint') continue;
      const others = to.get(wire.endpoint) ?? [];
      to.set(wire.endpoint, others);
      others.push({ element: uid, port: wire.port });
    }
    found = { changes: datapath.changes, to };
    wires.set(datapath, found);
  }
  return found.to.get(endpoint) ?? [];
}

/** Workloads that were not detached here are given up few at a time, unless a person says so. */
export function* rashly(visor: VisorNode, event: VisorEvent, before: Document): Generator<string> {
  const after = visor.state.wanted;
  if (event.kind === 'resume' || event.kind === 'loaded' || before.endpoints.length === after.endpoints.length) return;
  const kept = new Set([...after.endpoints.map(e => e.endpoint), ...after.gone, ...after.idle]);
  const planned = new Set(before.plan?.own?.section.endpoints.map(e => e.endpoint));
  const known = before.endpoints.filter(e => planned.has(e.endpoint));
  const lost = known.filter(e => !kept.has(e.endpoint));
  if (lost.length >= 4 && lost.length * 5 > known.length) yield `server ${visor.name} gave up ${lost.length} of ${known.length} workloads at once`;
}

/** The Director's own promises. */
export function* director(state: DirectorState): Generator<string> {
  for (const p of validate(state.world.resources, givenAddresses(state.world))) yield `the Director holds what its rules forbid: ${p.key}: ${p.message}`;
  // Of a table of its own nothing is known yet.
  const scratch = buildAll({ ...state.world, resources: Table.from(new Map(state.world.resources)) }, state.modules);
  const rows = ({ elements, servers }: DirectorState['built']): unknown => [elements, servers].map(found => Object.fromEntries(found));
  if (!sameValue(rows(state.built), rows(scratch))) yield 'incremental planning differs from planning from scratch';
}

/** In the healed world: everything is as planned, and nothing is left over. */
export function* unconverged(node: DirectorNode, visors: readonly VisorNode[]): Generator<string> {
  for (const key of node.state.world.held.keys()) if (key.startsWith('Ended/')) yield `what is over is still held: ${key}`;
  for (const visor of visors) {
    const { state, name } = visor;
    const generation = node.generation();
    const plan = node.plan(name);
    const steps = reconcile(desiredOf({ ...state.durable, plan }), visor.datapath.observe());
    for (const s of steps) yield `server ${name}: ${s.operation.kind} of ${s.object} is still to be done`;
    if (state.applied?.revision !== generation.revision) yield `server ${name} has applied revision ${state.applied?.revision} of ${generation.revision}`;
    if (state.flights.size > 0 && [...state.flights.values()].some(f => f.work.kind !== 'observe')) yield `server ${name} still waits for ${[...state.flights.values()].map(f => f.object).join(', ')}`;
    if (state.requests.size > 0) yield `server ${name} has not answered ${state.requests.size} requests`;
    for (const { endpoint, leased, known } of state.durable.endpoints) if (leased && known === undefined) yield `server ${name}: the Director does not know of ${endpoint}, which was born without it`;
    if (state.durable.spent.length > 0) yield `server ${name} has not told of what was leased, born and is over: ${state.durable.spent.join(', ')}`;
    if (state.durable.gone.length > 0) yield `server ${name} has not told of ${state.durable.gone.join(', ')}`;
    for (const local of state.durable.endpoints) if (!plan.own?.section.endpoints.some(e => e.endpoint === local.endpoint)) yield `server ${name}: endpoint ${local.endpoint} is attached and not planned`;
    for (const planned of plan.own?.section.endpoints ?? []) if (planned.ephemeral && !state.durable.endpoints.some(e => e.endpoint === planned.endpoint)) yield `server ${name}: endpoint ${planned.endpoint} is planned and nobody's`;
  }
}
