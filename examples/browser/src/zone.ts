// The zone of examples/two-tenants in this page: the Director's and the visors' cores, which are pure, around simulated servers.
// What a shell does besides - a disk, HTTP, patience - is left out: effects are carried out at once.

import texts from 'embedded:texts';
import type { Datapath, DropCount } from '../../../src/datapath/datapath.ts';
import type { Hop } from '../../../src/datapath/vm/hop.ts';
import { Lab } from '../../../src/datapath/vm/lab.ts';
import { openVmDatapath } from '../../../src/datapath/vm/open.ts';
import type { DirectorEffect, DirectorEvent } from '../../../src/director/core/events.ts';
import { plannedOf } from '../../../src/director/core/loaded-module.ts';
import { MemoryStore } from '../../../src/director/core/memory-store.ts';
import { type DirectorState, initialDirector, planOf, step } from '../../../src/director/core/step.ts';
import type { Write } from '../../../src/director/core/write.ts';
import type { Image } from '../../../src/image/image.ts';
import { parseFiles } from '../../../src/model/parse.ts';
import { desiredOf } from '../../../src/visor/core/desired.ts';
import { afterPlan, type Document, EMPTY_DOCUMENT, withEndpoint } from '../../../src/visor/core/document.ts';
import { type Operation, reconcile } from '../../../src/visor/core/reconcile.ts';
import { SERVERS, type ServerName, type Tenant, TENANTS, type Workload as Attached } from '../../two-tenants/names.ts';
import { compileRest, type Bridge } from './bridge.ts';

export { SERVERS, type ServerName, type Tenant, TENANTS };

export interface Workload extends Attached { readonly ip6: string }

/** What a server's counter says, with the resource that its element serves. */
export interface Refusal extends DropCount { readonly server: string; readonly owner: string }

interface Visor { readonly name: string; readonly datapath: Datapath; document: Document }

/** Rounds of comparing what shall be with what is, after which it is our mistake. */
const MOST_ROUNDS = 20;
const EPOCH = 'b0a710ad';

export class Zone {
  readonly lab: Lab;
  readonly #store = new MemoryStore(EPOCH);
  readonly #visors: readonly Visor[];
  readonly #images = new Map<string, Image>();
  readonly #rest = compileRest();
  #bridge: Bridge;
  #director: DirectorState;

  constructor(bridge: Bridge, watch: (hop: Hop) => void) {
    this.lab = new Lab({ watch, checks: 'walked' });
    this.#visors = SERVERS.map(name => ({ name, datapath: openVmDatapath({ lab: this.lab, server: name }), document: EMPTY_DOCUMENT }));
    this.#bridge = bridge;
    this.#director = this.#open(bridge);
    const files = Object.entries(texts).filter(([file]) => file.endsWith('.yaml')).map(([file, text]) => ({ file, text }));
    this.#write({ kind: 'apply', resources: parseFiles(files).resources.map(r => r.resource), dryRun: false });
    for (const tenant of TENANTS) for (const n of [1, 2, 3, 4]) this.#attach(tenant, `${tenant}-${n}`, n <= 2 ? 's1' : 's2');
    this.#settle();
  }

  /** Every server changes to the new bridge while its frames go on; what it does not take leaves the old one. @throws DatapathError */
  replaceBridge(bridge: Bridge): void {
    const before = this.#bridge;
    try {
      this.#run(bridge);
    } catch (refused) {
      this.#run(before);
      throw refused;
    }
  }

  workloads(): readonly Workload[] {
    return this.#visors.flatMap(visor => (planOf(this.#director, visor.name).own?.section.endpoints ?? []).map(e => {
      const [tenant, name] = e.endpoint.split('/') as [Tenant, string];
      const address = (family: RegExp): string => e.addresses.find(a => family.test(a))?.split('/')[0] ?? '';
      return { name, tenant, server: visor.name as ServerName, mac: e.mac, ip4: address(/\./), ip6: address(/:/) };
    }));
  }

  refusals(): readonly Refusal[] {
    return this.#visors.flatMap(({ name, datapath }) => {
      const owners = new Map(planOf(this.#director, name).elements.map(e => [e.section.element.uid, e.section.owner]));
      return datapath.drops().map(drop => ({ ...drop, server: name, owner: owners.get(drop.element ?? '') ?? '' }));
    });
  }

  #run(bridge: Bridge): void {
    this.#bridge = bridge;
    this.#director = this.#open(bridge);
    this.#settle();
  }

  /** A Director that returns with another module and the same store. */
  #open(bridge: Bridge): DirectorState {
    this.#images.set(bridge.module.planned.imageHash, bridge.image);
    return step(initialDirector(plannedOf({ ...this.#rest, bridge: bridge.module })), { kind: 'opened', snapshot: this.#store.snapshot() }, clock()).state;
  }

  #attach(tenant: Tenant, name: string, server: ServerName): void {
    this.lab.addHost(name);
    const resource = { apiVersion: 'iovisor/v1', kind: 'Endpoint', metadata: { domain: tenant, name }, spec: { network: 'lan', server, ephemeral: true } };
    const revision = this.#write({ kind: 'create', resource });
    const visor = this.#visors.find(v => v.name === server)!;
    visor.document = withEndpoint(visor.document, { endpoint: `${tenant}/${name}`, network: 'lan', netns: name, device: 'eth0', born: true, known: { epoch: EPOCH, revision } });
  }

  /** The revision that has it. */
  #write(write: Write): number {
    const events: DirectorEvent[] = [{ kind: 'write', request: 'write', write }];
    for (let event = events.shift(); event; event = events.shift()) {
      const { state, effects } = step(this.#director, event, clock());
      this.#director = state;
      for (const effect of effects) events.push(...this.#completion(effect));
    }
    return this.#director.revision;
  }

  #completion(effect: DirectorEffect): readonly DirectorEvent[] {
    if (effect.kind === 'reply' && !effect.result.ok) throw new Error(effect.result.error.message);
    if (effect.kind !== 'append') return [];
    const appended = this.#store.append(effect.expectedRevision, effect.changeSet);
    return [appended.ok ? { kind: 'appended', effect: effect.effect, revision: appended.revision } : { kind: 'append-conflict', effect: effect.effect }];
  }

  /** Until every server has what its plan says. */
  #settle(): void {
    for (const visor of this.#visors) {
      visor.document = afterPlan(visor.document, planOf(this.#director, visor.name));
      for (let round = 0; ; round++) {
        const steps = reconcile(desiredOf(visor.document), visor.datapath.observe());
        if (steps.length === 0) break;
        if (round === MOST_ROUNDS) throw new Error(`${visor.name} does not settle: ${steps.map(s => s.object).join(', ')}`);
        for (const { operation, may } of steps) if (may) this.#carryOut(visor.datapath, operation);
      }
    }
  }

  #carryOut(datapath: Datapath, operation: Operation): void {
    switch (operation.kind) {
      case 'put-image': datapath.putImage(operation.hash, this.#images.get(operation.hash)!); return;
      case 'put-tunnel': datapath.putTunnel(operation.spec); return;
      case 'put-element': datapath.putElement(operation.spec); return;
      case 'put-endpoint': datapath.putEndpoint(operation.spec); return;
      case 'remove-endpoint': datapath.removeEndpoint(operation.uid); return;
      case 'remove-element': datapath.removeElement(operation.uid); return;
      case 'remove-image': datapath.removeImage(operation.hash);
    }
  }
}

function clock() {
  return { wallMs: Date.now(), monotonicMs: performance.now(), random: () => Math.random() };
}
