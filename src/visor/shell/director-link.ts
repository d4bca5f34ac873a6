// The visor's connection to its Director: joins, follows the plan, reports, brings births and ends of endpoints. Away is a normal state.

import type { Logger } from 'pino';
import { type DirectorClient, Refused, type SignedImage } from '../../client/director.ts';
import { readForever } from '../../client/retry.ts';
import type { Answer, Ask } from '../../model/asks.ts';
import { changedSection, planOfSections, sectionsOf, type Plan, type PlanMessage, type Section } from '../../model/plan.ts';
import { reportOf, type Reported } from '../../model/report.ts';
import type { Endpoint } from '../../model/resource.ts';
import type { VisorStatus } from '../../model/status.ts';
import { VisorRefused } from './refused.ts';
import type { Registered, Unregistered, VisorEvent } from '../core/events.ts';

interface LinkOptions {
  readonly client: DirectorClient;
  readonly server: string;
  /** Given: the Server is made if the Director has none of this name. */
  readonly underlay?: string | undefined;
  readonly logger: Logger;
  /** Absent: whoever answers on the unix socket is trusted. */
  readonly isSigned?: ((hash: string, image: SignedImage) => boolean) | undefined;
  readonly onEvent: (event: VisorEvent) => void;
  /** To what the Director asks. */
  readonly answer: (ask: Ask) => Answer;
}

export class DirectorLink {
  readonly #o: LinkOptions;
  readonly #stop = new AbortController();
  readonly #sections = new Map<string, Section>();
  #epoch = '';
  #report: VisorStatus | undefined;
  #reporting = false;
  #reports = 0;
  /** The last that the Director took. */
  #reported: Reported | undefined;
  #asked: Promise<void> = Promise.resolve();

  constructor(options: LinkOptions) {
    this.#o = options;
  }

  /** Sections that the visor has on disk need not be sent again. */
  start(plan: Plan | undefined): void {
    for (const { hash, section } of sectionsOf(plan)) this.#sections.set(hash, section);
    let away = false, wasThere = false;
    void readForever<PlanMessage>({
      signal: this.#stop.signal,
      open: signal => this.#open(signal),
      onMessage: message => { away = false; wasThere = true; this.#take(message); },
      onLost: (cause, pauseMs) => {
        const message = cause?.message ?? 'it closed the connection';
        this.#o.logger[away ? 'debug' : 'warn']({ cause: message, pauseMs: Math.round(pauseMs) }, 'Director away; the data path goes on');
        away = true;
        this.#o.onEvent(cause instanceof Refused && !isPassing(cause) ? { kind: 'offline', how: 'refused', message, cure: cause.error.cure } : { kind: 'offline', message, how: wasThere ? 'lost' : 'away' });
        wasThere = false;
      },
    });
  }

  close(): void {
    this.#stop.abort();
  }

  async image(hash: string): Promise<string> {
    const image = await this.#o.client.image(hash);
    if (this.#o.isSigned?.(hash, image) === false) throw new VisorRefused(`image ${hash} is not signed by the authority of this zone`, 'see who brought it: iov audit module; push it again');
    return image.text;
  }

  /** The newest status is what counts: one is on its way, at most one waits. */
  report(status: VisorStatus): void {
    this.#report = status;
    if (this.#reporting) return;
    this.#reporting = true;
    void (async () => {
      for (let next = this.#report; next; next = this.#report) {
        this.#report = undefined;
        const number = ++this.#reports;
        const report = reportOf(next, number, this.#reported);
        this.#reported = undefined;
        try {
          await this.#o.client.report(report);
          this.#reported = { number, status: next };
        } catch (e) {
          // It has not heard the one before, for it was started anew: all of it.
          if (e instanceof Refused && report.behind !== undefined) this.#report ??= next;
          // That it refuses this server was said when it refused its watch.
          else if (e instanceof Refused) this.#o.logger[isStranger(e) ? 'debug' : 'warn']({ cause: e.message }, 'the Director refused the status');
        }
      }
      this.#reporting = false;
    })();
  }

  async register(endpoint: Endpoint): Promise<Registered> {
    const { client } = this.#o;
    try {
      const made = await client.create(endpoint);
      return { kind: 'created', epoch: this.#epoch, revision: made.metadata.revision ?? 0 };
    } catch (e) {
      if (!(e instanceof Refused)) return { kind: 'unreachable', message: (e as Error).message };
      if (e.error.error !== 'exists') return isPassing(e) || isStranger(e) ? { kind: 'unreachable', message: e.message, ...isStranger(e) && { cutOff: { message: e.message, cure: e.error.cure } } } : { kind: 'refused', error: e.error };
    }
    try {
      const { domain, name } = endpoint.metadata;
      const found = await client.get({ kind: 'Endpoint', domain, name });
      return found.kind === 'Endpoint' ? { kind: 'exists', epoch: this.#epoch, endpoint: found } : { kind: 'unreachable', message: 'the Director answered with another kind' };
    } catch (e) {
      return { kind: 'unreachable', message: (e as Error).message };
    }
  }

  /** Gone, or never there, or another server's, or a person's: all is well. */
  async unregister(endpoint: string): Promise<Unregistered> {
    const { client, server } = this.#o;
    const [domain = '', name = ''] = endpoint.split('/');
    try {
      const found = await client.get({ kind: 'Endpoint', domain, name });
      if (found.kind === 'Endpoint' && found.spec.server === server && found.spec.ephemeral) await client.delete({ kind: 'Endpoint', domain, name }, { revision: found.metadata.revision });
      return { ok: true };
    } catch (e) {
      // What it may not read is no endpoint of this server.
      if (e instanceof Refused && (e.error.error === 'not-found' || e.error.error === 'forbidden')) return { ok: true };
      return { ok: false, message: (e as Error).message, stays: e instanceof Refused && e.error.error === 'invalid' };
    }
  }

  async *#open(signal: AbortSignal): AsyncGenerator<PlanMessage> {
    await this.#join();
    yield* this.#o.client.plan(this.#o.server, [...this.#sections.keys()], signal);
  }

  async #join(): Promise<void> {
    const { client, server, underlay, logger } = this.#o;
    if (underlay === undefined) return;
    try {
      const found = await client.get({ kind: 'Server', name: server });
      if (found.kind === 'Server' && found.spec.underlay !== underlay) logger.warn({ here: underlay, director: found.spec.underlay }, 'the Director has another underlay address for this server, and its word counts');
    } catch (e) {
      if (!(e instanceof Refused) || e.error.error !== 'not-found') throw e;
      await client.create({ apiVersion: 'iovisor/v1', kind: 'Server', metadata: { name: server }, spec: { underlay } });
      logger.info({ server, underlay }, 'made this server known to the Director');
    }
  }

  #take(message: PlanMessage): void {
    switch (message.type) {
      case 'section': this.#sections.set(message.hash, message.section); return;
      case 'delta': {
        const section = changedSection(this.#sections.get(message.base), message);
        if (!section) { this.#sections.clear(); throw new Error(`what the Director sent does not come to section ${message.hash}`); }
        this.#sections.set(message.hash, section);
        return;
      }
      case 'plan': {
        const plan = planOfSections(message, this.#sections);
        if (!plan) { this.#sections.clear(); throw new Error('the Director did not send all sections of a plan'); }
        const held = new Set([...(message.own === null ? [] : [message.own]), ...message.elements]);
        for (const hash of [...this.#sections.keys()]) if (!held.has(hash)) this.#sections.delete(hash);
        this.#epoch = message.generation.epoch;
        this.#o.onEvent({ kind: 'plan', plan });
        return;
      }
      case 'synced':
        this.#o.logger.info({ epoch: this.#epoch }, 'in step with the Director');
        this.#o.onEvent({ kind: 'online' });
        return;
      case 'bookmark': this.#o.onEvent({ kind: 'bookmark', generation: message.generation }); return;
      case 'ask': this.#answer(message.id, message.ask); return;
    }
  }

  /** One after the other, and at most half of the time: a long table takes a while to read, and packets that were punted wait meanwhile. */
  #answer(id: string, ask: Ask): void {
    const { client, server, logger } = this.#o;
    this.#asked = this.#asked.then(async () => {
      if (this.#stop.signal.aborted) return;
      const began = performance.now();
      const answer = this.#o.answer(ask);
      // One that does not get there is one that nobody waits for.
      client.answer(server, id, answer).catch((e: Error) => { logger.debug({ cause: e.message, ask: ask.kind }, 'the answer did not reach the Director'); });
      await new Promise(done => { setTimeout(done, performance.now() - began); });
    });
  }
}

function isPassing(e: Refused): boolean {
  return e.status >= 500 || e.status === 429 || e.error.error === 'conflict';
}

/** What is asked has nothing to do with it. */
function isStranger({ error: { error } }: Refused): boolean {
  return error === 'unauthenticated';
}
