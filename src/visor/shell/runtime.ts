// Runs the visor's core: gives it events with the time, carries out its effects on disk, data path and Director. Decides nothing.

import type { Logger } from 'pino';
import { DatapathError, type Datapath, type DropCount } from '../../datapath/datapath.ts';
import { decodeImage } from '../../image/codec.ts';
import { imageHash } from '../../image/image-hash.ts';
import type { Image } from '../../image/image.ts';
import type { Answer, Ask } from '../../model/asks.ts';
import type { Lines, LinesWanted, RecentLines } from '../../model/log-lines.ts';
import type { Stats } from '../../model/stats.ts';
import { MAX_REPORTED, type VisorStatus } from '../../model/status.ts';
import type { Attach, Detach } from '../../model/visor-api.ts';
import type { Identity, LocalResult, Outcome, VisorEffect, VisorEvent } from '../core/events.ts';
import { answerTo } from './answer.ts';
import { carryOut } from './carry-out.ts';
import type { Operation } from '../core/reconcile.ts';
import { metricsText } from '../core/metrics.ts';
import { statusOf } from '../core/report.ts';
import { initialVisor, type VisorState } from '../core/state.ts';
import { statsOf } from '../core/stats.ts';
import { stepAll } from '../core/step.ts';
import { Names } from '../dns/names.ts';
import type { DirectorLink } from './director-link.ts';
import type { Disk } from './disk.ts';
import { pathOf } from '../../model/path.ts';

const TICK_MS = 200;
const SWEEP_MS = 15_000;

interface RuntimeParts { readonly identity: Identity; readonly disk: Disk; readonly datapath: Datapath; readonly logger: Logger; readonly version?: string | undefined; readonly recent: RecentLines }

export class VisorRuntime {
  readonly #p: RuntimeParts;
  #state: VisorState;
  #link: DirectorLink | undefined;
  readonly #queue: VisorEvent[] = [];
  #running = false;
  #closed = false;
  #requests = 0;
  readonly #replies = new Map<string, (result: LocalResult) => void>();
  #timer: NodeJS.Timeout | undefined;
  #sweeper: NodeJS.Timeout | undefined;
  readonly #images = new Map<string, Image>();
  readonly #names: Names;

  constructor(parts: RuntimeParts) {
    this.#p = parts;
    this.#state = initialVisor(parts.identity);
    this.#names = new Names(parts);
  }

  start(link: DirectorLink): void {
    const { datapath, disk, logger } = this.#p;
    for (const element of datapath.lost) logger.warn({ element }, 'the BPF file system was unmounted while no visor was here: connections, mappings and counters of this element begin anew');
    this.#link = link;
    const document = disk.document(message => logger.error(message));
    this.dispatch({ kind: 'loaded', ...(document ? { document } : {}), images: disk.images() });
    link.start(document?.plan);
    this.#timer = setInterval(() => { this.dispatch({ kind: 'tick' }); this.#hear(); }, TICK_MS);
    this.#sweeper = setInterval(() => { this.#sweep(); }, SWEEP_MS);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    clearInterval(this.#sweeper);
    this.#link?.close();
    for (const reply of this.#replies.values()) reply({ ok: false, error: { error: 'unavailable', message: 'the visor is stopping' } });
    this.#names.close();
    this.#p.datapath.close();
    await this.#p.disk.close();
  }

  /** What it has, with the counters of now. */
  status(): VisorStatus {
    return this.#counted(statusOf(this.#state));
  }

  drops(): readonly DropCount[] {
    return this.#p.datapath.drops();
  }

  /** @throws DatapathError */
  stats(): Stats {
    const stats = statsOf(this.#state, this.#p.datapath);
    return { ...stats, rules: [...stats.rules, ...this.#names.counts()] };
  }

  /** In Prometheus' text format. @throws DatapathError */
  metrics(): string {
    const { user, system } = process.cpuUsage();
    return metricsText(this.stats(), this.status(), {
      version: this.#p.version ?? '0', startedSeconds: performance.timeOrigin / 1000, cpuSeconds: (user + system) / 1e6, residentBytes: process.memoryUsage.rss(),
    });
  }

  /** To what the Director asks, of what is here now. */
  answer(ask: Ask): Answer {
    if (ask.kind === 'read-logs') this.#hear();
    return answerTo(ask, { ...this.#p, started: this.#p.identity.started });
  }

  lines(wanted: LinesWanted): Lines {
    this.#hear();
    return this.#p.recent.read(wanted);
  }

  attach(attach: Attach): Promise<LocalResult> {
    return this.#request(request => ({ kind: 'attach', request, attach }));
  }

  detach(detach: Detach): Promise<LocalResult> {
    return this.#request(request => ({ kind: 'detach', request, detach }));
  }

  resume(): Promise<LocalResult> {
    return this.#request(request => ({ kind: 'resume', request }));
  }

  /** What comes in the same turn of the event loop goes to the core, to disk and to the data path together. */
  dispatch(event: VisorEvent): void {
    this.#queue.push(event);
    if (this.#running) return;
    this.#running = true;
    setImmediate(() => this.#turn());
  }

  /** One step. What came of its effects waits for another turn, in which is heard first what the Director said while they took their time. */
  #turn(): void {
    if (this.#closed) return;
    const { state, effects } = stepAll(this.#state, this.#queue.splice(0), { wallMs: Date.now(), monotonicMs: performance.now(), random: Math.random });
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
    this.#running = this.#queue.length > 0;
    if (this.#running) setImmediate(() => this.#turn());
    this.#names.update(this.#state.durable.plan, this.#state.desired);
  }

  /** What modules said: kept with the lines of the visor's own. */
  #hear(): void {
    const { datapath, recent, logger, identity: { server } } = this.#p;
    try {
      const said = datapath.logs();
      const owners = new Map(said.length === 0 ? [] : this.#state.desired.elements.map(e => [e.spec.uid, e.owner]));
      for (const { element, file, line, text, unsaid } of said) {
        const owner = owners.get(element);
        recent.add({ wallMs: Date.now(), server, source: 'module', ...owner !== undefined && { owner }, at: `${file}:${line}`, text, ...unsaid !== undefined && { unsaid } });
      }
    } catch (e) {
      logger.error(e, 'what modules log cannot be read');
    }
  }

  /** Nothing is decided by it, so the core is not asked. */
  #sweep(): void {
    try {
      this.#p.datapath.sweep();
    } catch (e) {
      this.#p.logger.error(e, 'expired entries cannot be taken away');
    }
  }

  #request(event: (request: string) => VisorEvent): Promise<LocalResult> {
    const request = String(++this.#requests);
    return new Promise(resolve => {
      this.#replies.set(request, result => { this.#replies.delete(request); resolve(result); });
      this.dispatch(event(request));
    });
  }

  #carryOut(effect: VisorEffect): void {
    const { disk, datapath, logger } = this.#p;
    const done = (id: number, outcome: Outcome): void => { this.#queue.push({ kind: 'done', effect: id, outcome }); };
    switch (effect.kind) {
      case 'save':
        // What is asked meanwhile goes to disk together.
        void this.#later(() => disk.saveDocument(effect.document), 'the state directory').then(outcome => this.dispatch({ kind: 'done', effect: effect.effect, outcome }));
        return;
      case 'datapath': done(effect.effect, this.#try(() => this.#operate(effect.operation), effect.operation.kind)); return;
      case 'observe':
        try {
          this.#queue.push({ kind: 'observed', effect: effect.effect, observed: datapath.observe(effect.only) });
        } catch (e) {
          logger.error(e, 'the data path cannot be observed');             // the core looks again when its patience ends
        }
        return;
      case 'fetch-image':
        void this.#later(async () => {
          const text = await this.#link!.image(effect.hash);
          const image = this.#decode(effect.hash, text);
          await disk.saveImage(effect.hash, text);
          this.#images.set(effect.hash, image);
        }, effect.kind).then(outcome => this.dispatch({ kind: 'done', effect: effect.effect, outcome }));
        return;
      case 'register':
        void this.#link!.register(effect.endpoint).then(outcome => this.dispatch({ kind: 'registered', effect: effect.effect, endpoint: pathOf(effect.endpoint), outcome }));
        return;
      case 'unregister':
        void this.#link!.unregister(effect.endpoint).then(outcome => this.dispatch({ kind: 'unregistered', effect: effect.effect, outcome }));
        return;
      case 'report': this.#link?.report(this.#counted(effect.status)); return;
      case 'reply': this.#replies.get(effect.request)?.(effect.result); return;
    }
  }

  #operate(operation: Operation): void {
    const { datapath, disk, logger } = this.#p;
    logger.debug({ operation: operation.kind, object: 'hash' in operation ? operation.hash : 'uid' in operation ? operation.uid : 'uid' in operation.spec ? operation.spec.uid : '' }, 'data path');
    if (operation.kind === 'put-element') for (const { element, map, why } of datapath.losses(operation.spec)) logger.warn({ element, map, why }, 'the new image keeps less than there is: what packets wrote there is lost');
    carryOut(datapath, operation, hash => this.#images.get(hash) ?? this.#fromDisk(hash));
    if (operation.kind !== 'remove-image') return;
    disk.dropImage(operation.hash);
    this.#images.delete(operation.hash);
  }

  #fromDisk(hash: string): Image {
    return this.#decode(hash, this.#p.disk.image(hash));
  }

  #decode(hash: string, text: string): Image {
    const decoded = decodeImage(text);
    if (!decoded.ok) throw new DatapathError(`image ${hash} cannot be read: ${decoded.message}`, { cure: 'see that Director and visor are of the same version' });
    if (imageHash(decoded.image) !== hash) throw new DatapathError(`image ${hash} is damaged: its hash is another`, { cure: 'restart the visor with an empty images directory' });
    return decoded.image;
  }

  #try(action: () => void, what: string): Outcome {
    try {
      action();
      return { ok: true };
    } catch (e) {
      return this.#refusal(e, what);
    }
  }

  async #later(action: () => Promise<void>, what: string): Promise<Outcome> {
    try {
      await action();
      return { ok: true };
    } catch (e) {
      return this.#refusal(e, what);
    }
  }

  /** The world's refusals have their words; anything else is ours, and is logged whole. */
  #refusal(e: unknown, what: string): Outcome {
    const { message, cure, detail } = e as { message: string; cure?: unknown; detail?: unknown };
    this.#p.logger.warn({ what, ...(typeof detail === 'string' && detail !== '' ? { detail } : {}), ...(typeof cure === 'string' ? {} : { stack: (e as Error).stack }) }, message);
    return { ok: false, message, ...(typeof cure === 'string' ? { cure } : {}) };
  }

  #counted(status: VisorStatus): VisorStatus {
    const { datapath, logger } = this.#p;
    try {
      return { ...status, changes: datapath.changes, drops: busiest(datapath.drops()) };
    } catch (e) {
      logger.error(e, 'drops cannot be read');
      return { ...status, changes: datapath.changes };
    }
  }
}

/** A status that is too large would be refused whole. */
function busiest(drops: readonly DropCount[]): VisorStatus['drops'] {
  return [...drops].sort((a, b) => b.packets - a.packets).slice(0, MAX_REPORTED);
}
