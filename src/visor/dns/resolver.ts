// One network's resolver: a question becomes an answer, of the zone, of the cache, or of whoever is asked. It knows neither packets nor sockets.

import type { PlannedResolver } from '../../model/plan.ts';
import type { AnswerCache } from './cache.ts';
import { Code, Flag, keyOfAsked, passOn, readQuery, roomOf, writeAnswer, type Answer, type Heard, type Question, type Wants } from './message.ts';
import { ZoneIndex } from './zone-index.ts';

const Class = { In: 1 } as const;
/** Transfers of a zone, and what is no record: refused. */
const FIRST_META = 128, ANY = 255;
/** Of a message by TCP. */
const TCP_ROOM = 65_535;

/** Asks others. Undefined: none of them answered. */
export type Ask = (question: Question, wants: Wants) => Promise<Heard | undefined>;

export interface ResolverCounts { asked: number; answered: number; cached: number; forwarded: number; refused: number; failed: number }

interface ResolverParts {
  readonly planned: PlannedResolver;
  readonly ask: Ask;
  readonly cache: AnswerCache;
  readonly nowMs: () => number;
  readonly counts: ResolverCounts;
}

export class Resolver {
  readonly #p: ResolverParts;
  readonly #index: ZoneIndex;
  readonly #asks: boolean;

  constructor(parts: ResolverParts) {
    this.#p = parts;
    const { zone, subnets, upstreams } = parts.planned;
    this.#index = new ZoneIndex(zone, subnets);
    this.#asks = upstreams.length > 0;
  }

  /** Undefined: it was no question. */
  async answer(bytes: Uint8Array, way: 'udp' | 'tcp'): Promise<Uint8Array | undefined> {
    const { cache, counts, nowMs } = this.#p;
    const query = readQuery(bytes);
    if (!query) return undefined;
    counts.asked++;
    const room = way === 'tcp' ? TCP_ROOM : roomOf(query);
    const say = (answer: Answer): Uint8Array => writeAnswer(query, answer, room);
    const refuse = (code: number): Uint8Array => {
      counts.refused++;
      return say({ code });
    };
    const { question, refused } = query;
    if (!question || refused !== undefined) return refuse(refused ?? Code.Malformed);
    if (question.class !== Class.In || question.type >= FIRST_META && question.type < ANY) return refuse(Code.Refused);
    const own = this.#index.answer(question.name, question.type);
    if (own) {
      counts.answered++;
      return say(own);
    }
    if (!this.#asks || question.type === ANY || (query.flags & Flag.Desired) === 0) return refuse(Code.Refused);

    const wants: Wants = { proof: query.edns?.wantsProof ?? false, unchecked: (query.flags & Flag.CheckingDisabled) !== 0 };
    const key = keyOfAsked(this.#p.planned.upstreams, question, wants);
    const kept = cache.get(key, nowMs());
    if (kept) {
      counts.cached++;
      return passOn(query, kept.heard, kept.ageSeconds, room);
    }
    counts.forwarded++;
    const heard = await this.#p.ask(question, wants);
    if (!heard) {
      counts.failed++;
      return say({ code: Code.Failed });
    }
    if (heard.code === Code.Ok || heard.code === Code.NoSuchName) cache.put(key, heard, nowMs());
    return passOn(query, heard, 0, room);
  }
}
