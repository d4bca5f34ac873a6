// Questions to visors: they go down the watch of the plan, and come back by a request of the visor's. The Director calls no visor, so who does not
// watch is not asked, and who does not answer in time is silent. Nothing is decided here.

import { randomUUID } from 'node:crypto';
import type { Answer, Ask } from '../../model/asks.ts';
import type { PlanMessage } from '../../model/plan.ts';

const ANSWER_MS = 5_000;
/** Questions on their way to one server. */
export const MAX_UNANSWERED = 16;

type AskMessage = Extract<PlanMessage, { type: 'ask' }>;
/** False: the reader does not keep up. */
export type AskReader = (message: AskMessage) => boolean;
type Told = { readonly answer: Answer } | { readonly silent: string };

interface Waiting { readonly server: string; readonly done: (told: Told) => void }

export class Asks {
  readonly #readers = new Map<string, Set<AskReader>>();
  readonly #waiting = new Map<string, Waiting>();

  /** From now on the reader of this server's plan is asked; the returned function ends that. */
  read(server: string, reader: AskReader): () => void {
    const readers = this.#readers.get(server) ?? new Set();
    this.#readers.set(server, readers.add(reader));
    return () => {
      readers.delete(reader);
      if (readers.size === 0 && this.#readers.get(server) === readers) this.#readers.delete(server);
    };
  }

  ask(server: string, ask: Ask): Promise<Told> {
    if ([...this.#waiting.values()].filter(w => w.server === server).length >= MAX_UNANSWERED) return Promise.resolve({ silent: `${MAX_UNANSWERED} questions wait there already` });
    const id = randomUUID();
    return new Promise(resolve => {
      const timer = setTimeout(() => done({ silent: `no answer in ${ANSWER_MS / 1000} s` }), ANSWER_MS);
      timer.unref();
      const done = (told: Told): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(told);
      };
      this.#waiting.set(id, { server, done });
      const readers = [...this.#readers.get(server) ?? []];
      if (readers.length === 0) done({ silent: 'its visor is not connected' });
      else if (!readers.map(read => read({ type: 'ask', id, ask })).includes(true)) done({ silent: 'its visor does not keep up with its plan' });
    });
  }

  /** False: nobody waits for it, any more or at all. */
  answered(server: string, id: string, answer: Answer): boolean {
    const waiting = this.#waiting.get(id);
    if (waiting?.server !== server) return false;
    waiting.done({ answer });
    return true;
  }
}
