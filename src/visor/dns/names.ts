// What modules/dns punts on this server, answered: each network by a resolver of its own, by UDP in frames, by TCP through a stack of its own. It reads
// punts only while there is a resolver, and what it cannot do it counts. Which resolvers there are is the plan's.

import type { Logger } from 'pino';
import { DatapathError, type Datapath, type EngineName, type Punted, type PuntReader } from '../../datapath/datapath.ts';
import { parse } from '../../datapath/vm/arrived.ts';
import { build } from '../../lang/packets/build.ts';
import { bytes as hexBytes, eth, ipv4, ipv6, udp } from '../../lang/packets.ts';
import { bare, isV6 } from '../../model/address.ts';
import { sameValue } from '../../model/canonical.ts';
import type { Plan, PlannedResolver } from '../../model/plan.ts';
import type { RuleStats } from '../../model/stats.ts';
import type { Desired } from '../core/desired.ts';
import { AnswerCache } from './cache.ts';
import type { Heard, Question, Wants } from './message.ts';
import { Resolver, type ResolverCounts } from './resolver.ts';
import { TcpDoor } from './tcp-door.ts';
import { Upstreams } from './upstreams.ts';

const PORT = 53;
/** Questions that are being answered, of one network and of all: more are not looked at. */
const MOST_WAITING_OF_ONE = 512, MOST_WAITING = 2048;
/** Of one network, those that others are asked: so that none takes the place of all. */
const MOST_FORWARDED_OF_ONE = 64;
const TRY_AGAIN_MS = 30_000;

type Counts = ResolverCounts & { unreadable: number; busy: number; lost: number };
interface Serving { readonly owner: string; readonly planned: PlannedResolver; readonly resolver: Resolver; readonly door: TcpDoor; readonly counts: Counts; readonly load: Load }
/** Being answered, and being asked of others. */
interface Load { waiting: number; forwarded: number }

interface NamesParts { readonly datapath: Datapath; readonly logger: Logger }

export class Names {
  readonly #p: NamesParts;
  readonly #cache = new AnswerCache();
  readonly #upstreams = new Upstreams();
  /** By element. */
  readonly #serving = new Map<string, Serving>();
  #plan: Plan | undefined;
  #endpoints: Desired['endpoints'] = [];
  #reader: PuntReader | undefined;
  #nextTryMs = 0;
  #waiting = 0;

  constructor(parts: NamesParts) {
    this.#p = parts;
  }

  /** As the plan says; called again with what is the same, it does nothing. */
  update(plan: Plan | undefined, { endpoints }: Pick<Desired, 'endpoints'>): void {
    if (plan !== this.#plan) this.#serve(plan);
    this.#plan = plan;
    this.#endpoints = endpoints;
    if (this.#serving.size > 0) this.#read();
    else this.#stop();
  }

  close(): void {
    this.#stop();
    for (const { door } of this.#serving.values()) door.close();
    this.#serving.clear();
  }

  /** What each has done, since it was first planned here. */
  counts(): RuleStats[] {
    return [...this.#serving].flatMap(([element, { owner, counts }]) => Object.entries(counts).map(([rule, packets]) => ({ element, owner, counter: 'resolver', rule, packets })));
  }

  #serve(plan: Plan | undefined): void {
    const wanted = new Map((plan?.elements ?? []).flatMap(({ section }) => section.resolver ? [[section.element.uid, { owner: section.owner, planned: section.resolver }] as const] : []));
    for (const [uid, { door }] of this.#serving) {
      if (wanted.has(uid)) continue;
      this.#serving.delete(uid);
      door.close();
    }
    for (const [uid, { owner, planned }] of wanted) {
      const before = this.#serving.get(uid);
      if (before?.planned === planned) continue;
      const counts = before?.counts ?? { asked: 0, answered: 0, cached: 0, forwarded: 0, refused: 0, failed: 0, unreadable: 0, busy: 0, lost: 0 };
      const load = before?.load ?? { waiting: 0, forwarded: 0 };
      const resolver = new Resolver({ planned, cache: this.#cache, counts, nowMs: () => performance.now(), ask: (question, wants) => this.#ask(load, planned, question, wants) });
      // Names come and go: who is connected goes on asking, and hears of those that there are by then.
      const stays = before && !before.door.isRefused && before.planned.mtu === planned.mtu && sameValue(before.planned.server, planned.server);
      if (!stays) before?.door.close();
      const door = stays ? before.door : this.#doorOf(uid, planned, { counts, load });
      this.#serving.set(uid, { owner, planned, resolver, door, counts, load });
    }
  }

  #doorOf(uid: string, { server: { addresses, mac }, mtu }: PlannedResolver, { counts, load }: Pick<Serving, 'counts' | 'load'>): TcpDoor {
    return new TcpDoor({
      addresses, mac, mtu, port: PORT,
      answer: message => this.#limited({ counts, load }, async () => this.#serving.get(uid)?.resolver.answer(message, 'tcp')),
      send: (port, record, frame) => { if (this.#reader?.send({ element: uid, port, way: 'to', record, frame }) !== true) counts.lost++; },
      refused: why => { this.#p.logger.warn(`questions of DNS by TCP are not answered: ${why}`); },
    });
  }

  #read(): void {
    if (this.#reader || performance.now() < this.#nextTryMs) return;
    try {
      this.#reader = this.#p.datapath.readPunts(punted => { this.#hear(punted); });
    } catch (error) {
      this.#nextTryMs = performance.now() + TRY_AGAIN_MS;
      if (!(error instanceof DatapathError)) throw error;
      this.#p.logger.warn({ cure: error.cure }, `the resolver hears no questions: ${error.message}`);
    }
  }

  #stop(): void {
    this.#reader?.close();
    this.#reader = undefined;
  }

  /** The frame is valid during the call. */
  #hear(punted: Punted): void {
    const serving = this.#serving.get(punted.element);
    if (!serving) return;
    const { counts, door, resolver, planned } = serving;
    if (punted.reason === 'tcp') {
      if (!canTcp(this.#p.datapath.engine) || !door.receive(punted, address => ownerOf(this.#endpoints, punted, address))) counts.unreadable++;
      return;
    }
    const asked = parse(punted.frame);
    if (asked?.kind !== 'udp' || asked.dstPort !== PORT) {
      counts.unreadable++;
      return;
    }
    const { element, port, record } = punted;
    const { src, from, to, srcPort } = asked;
    void this.#limited(serving, () => resolver.answer(asked.content.slice(), 'udp')).then(answer => {
      if (!answer) return;
      const ip = isV6(from) ? ipv6({ src: to, dst: from }) : ipv4({ src: to, dst: from });
      const frame = build([eth({ dst: src, src: planned.server.mac }), ip, udp({ srcPort: PORT, dstPort: srcPort }), hexBytes(Buffer.from(answer).toString('hex'))]);
      if (this.#reader?.send({ element, port, way: 'to', record, frame }) !== true) counts.lost++;
    });
  }

  async #ask(load: Load, { upstreams }: PlannedResolver, question: Question, wants: Wants): Promise<Heard | undefined> {
    if (load.forwarded >= MOST_FORWARDED_OF_ONE) return undefined;
    load.forwarded++;
    try {
      return await this.#upstreams.ask(upstreams, question, wants);
    } finally {
      load.forwarded--;
    }
  }

  /** A failure of ours is logged whole, and ends nothing: questions are anyone's. */
  async #limited({ counts, load }: Pick<Serving, 'counts' | 'load'>, answer: () => Promise<Uint8Array | undefined>): Promise<Uint8Array | undefined> {
    if (this.#waiting >= MOST_WAITING || load.waiting >= MOST_WAITING_OF_ONE) {
      counts.busy++;
      return undefined;
    }
    this.#waiting++;
    load.waiting++;
    try {
      const bytes = await answer();
      if (!bytes) counts.unreadable++;
      return bytes;
    } catch (error) {
      this.#p.logger.error(error, 'a question of DNS was not answered');
      return undefined;
    } finally {
      this.#waiting--;
      load.waiting--;
    }
  }
}

/** The laboratory has no TCP but that of its hosts. */
function canTcp(engine: EngineName): boolean {
  return engine === 'kernel';
}

/** Made when a segment of TCP first asks: most lists of endpoints are over before any does. */
const owners = new WeakMap<Desired['endpoints'], ReadonlyMap<string, number>>();

/** Id of the endpoint here that has the address. Addresses are those of a domain. */
function ownerOf(endpoints: Desired['endpoints'], { record }: Punted, address: string): number | undefined {
  const ids = owners.get(endpoints) ?? new Map(endpoints.flatMap(({ spec }) => spec.addresses.map(a => [`${spec.domain} ${bare(a)}`, spec.id] as const)));
  owners.set(endpoints, ids);
  return ids.get(`${record.domain} ${address}`);
}
