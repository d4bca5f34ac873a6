// One who writes: applies of several resources of a domain of its own, one after the other. It knows what must be there: what was acknowledged, and of the
// one apply that no answer came to, all or nothing. Nobody else writes in its domain.

import { type DirectorClient, Refused } from '../../src/client/director.ts';
import { keyOf, type Kind, type Resource } from '../../src/model/resource.ts';

const NAMES = 24, MOST_AT_ONCE = 8;
export const SERVER = 's1';
/** By key: what tells one form of a resource from another. */
type Held = ReadonlyMap<string, string>;

export class Writer {
  readonly domain: string;
  readonly #random: () => number;
  #acknowledged: Held = new Map();
  /** What there is if the apply in flight went through. */
  #unknown: Held | undefined;
  #serial = 0;
  /** By key of an endpoint: what it was given, as long as it is there. */
  #given: ReadonlyMap<string, string> = new Map();
  /** Applies that were answered; the highest revision of those answers. */
  applies = 0;
  revision = 0;

  constructor(domain: string, random: () => number) {
    this.domain = domain;
    this.#random = random;
  }

  /** Until the Director is gone. @throws Refused: a refusal is not what this is about */
  async write(director: DirectorClient): Promise<void> {
    for (;;) {
      const { resources, after, gone } = this.#next();
      this.#unknown = after;
      try {
        const { revision } = gone === undefined ? await director.apply(resources) : await director.delete({ kind: 'Endpoint', domain: this.domain, name: gone });
        this.#acknowledged = after;
        this.#unknown = undefined;
        this.revision = Math.max(this.revision, revision);
        this.applies++;
      } catch (error) {
        if (error instanceof Refused) throw error;
        return;
      }
    }
  }

  /** What of a Director that was started again is not as it must be; `found`: all that it has. Ends the doubt about the last apply. */
  *check(found: readonly Resource[]): Generator<string> {
    const mine = found.filter(r => 'domain' in r.metadata && r.metadata.domain === this.domain || keyOf(r) === `Domain/${this.domain}`);
    const held = new Map(mine.map(r => [keyOf(r), formOf(r)]));
    if (this.#unknown && same(held, this.#unknown)) this.#acknowledged = this.#unknown;
    else if (!same(held, this.#acknowledged)) yield `${this.domain}: there is ${show(held)}; acknowledged was ${show(this.#acknowledged)}; in flight ${this.#unknown ? show(this.#unknown) : 'nothing'}`;
    this.#unknown = undefined;
    const given = new Map(mine.flatMap(r => r.kind === 'Endpoint' ? [[keyOf(r), `${r.status?.mac} ${r.status?.addresses}`] as const] : []));
    for (const [key, before] of this.#given) if (given.has(key) && given.get(key) !== before) yield `${key} had ${before}, and has ${given.get(key)}`;
    // Only what is certain not to have been deleted and made anew since keeps what it was given: names that the writer leaves alone.
    this.#given = new Map([...given].filter(([key]) => key.includes('/stays')));
  }

  #next(): { readonly resources: readonly unknown[]; readonly after: Held; readonly gone?: string } {
    const serial = ++this.#serial;
    const after = new Map(this.#acknowledged);
    if (serial > 1 && after.size > NAMES && this.#random() < 0.5) {
      const key = [...after.keys()].find(k => /\/w\d+$/.test(k))!;
      after.delete(key);
      return { resources: [], after, gone: key.slice(key.lastIndexOf('/') + 1) };
    }
    const first = after.size === 0 ? [this.#resource('Domain'), this.#resource('Network', 'lan', { subnets: ['10.0.0.0/16'] }), this.#endpoint('stays', serial)] : [];
    const several = Array.from({ length: 1 + Math.floor(this.#random() * MOST_AT_ONCE) }, () => this.#endpoint(`w${Math.floor(this.#random() * 2 * NAMES)}`, serial));
    const resources = [...new Map([...first, ...several, this.#endpoint('stays', serial)].map(r => [keyOf(r), r])).values()];
    for (const r of resources) after.set(keyOf(r), formOf(r));
    return { resources, after };
  }

  #endpoint(name: string, serial: number): Resource {
    return this.#resource('Endpoint', name, { network: 'lan', server: SERVER }, { serial: String(serial) });
  }

  #resource(kind: Kind, name?: string, spec?: object, labels?: object): Resource {
    return { apiVersion: 'iovisor/v1', kind, metadata: { name: name ?? this.domain, ...name !== undefined && { domain: this.domain }, ...labels && { labels } }, ...spec && { spec } } as unknown as Resource;
  }
}

function formOf(resource: Resource): string {
  return resource.metadata.labels?.['serial'] ?? '';
}

function same(a: Held, b: Held): boolean {
  return a.size === b.size && [...a].every(([key, form]) => b.get(key) === form);
}

function show(held: Held): string {
  return `[${[...held].map(([key, form]) => form === '' ? key : `${key}@${form}`).sort().join(' ')}]`;
}
