// The visor's state: what it knows on disk, in the data path and on the way. Plain data; step.ts moves it.

import type { Observed, Uids } from '../../datapath/datapath.ts';
import type { Generation, Plan } from '../../model/plan.ts';
import type { Attach } from '../../model/visor-api.ts';
import { NOTHING_DESIRED, type Desired } from './desired.ts';
import { EMPTY_DOCUMENT, type Document } from './document.ts';
import type { CutOff, Identity } from './events.ts';
import type { Operation } from './reconcile.ts';

export type Work =
  | { readonly kind: 'save'; readonly document: Document }
  | { readonly kind: 'datapath'; readonly operation: Operation; readonly hash: string }
  /** `serial`: how much had been changed when it was asked. */
  | { readonly kind: 'observe'; readonly serial: number; readonly only: Uids | undefined }
  | { readonly kind: 'fetch-image'; readonly hash: string }
  /** `lease`: what it was said to be born as. */
  | { readonly kind: 'register'; readonly endpoint: string; readonly lease?: string | undefined }
  /** `uid`: that of the plan when it was asked. */
  | { readonly kind: 'unregister'; readonly endpoint: string; readonly uid: string | undefined };

/** An effect on its way. */
export interface Flight { readonly object: string; readonly change: string; readonly work: Work; readonly deadlineMs: number }

/** An object whose last change was refused; its last good form stays. */
export interface Trouble { readonly change: string; readonly attempts: number; readonly retryAtMs: number; readonly message: string }

export type Request =
  | { readonly kind: 'attach'; readonly attach: Attach; readonly endpoint: string; readonly sinceMs: number; readonly deadlineMs: number }
  | { readonly kind: 'detach'; readonly endpoint: string; readonly uid: string | undefined; readonly deadlineMs: number };

export interface VisorState {
  readonly identity: Identity;
  /** The document was looked for on disk. */
  readonly loaded: boolean;
  /** Nothing may be removed before there is a plan, from disk or from the Director. */
  readonly planned: boolean;
  /** As it shall be on disk, and as it is. */
  readonly wanted: Document;
  readonly durable: Document;
  /** From the durable document. */
  readonly desired: Desired;
  /** The disk refused the last write. */
  readonly unsaved: boolean;
  readonly images: ReadonlySet<string>;
  /** As the data path showed it, and with what was done since. */
  readonly confirmed?: Observed | undefined;
  readonly assumed?: Observed | undefined;
  /** Objects that were asked to change since `confirmed`, and the change: nothing is claimed of them. */
  readonly unsure: ReadonlyMap<string, string>;
  readonly look: 'no' | 'changed' | 'all';
  /** At all. */
  readonly lookedMs: number;
  /** Counts operations asked for and ended: an observation across one of them is void. */
  readonly serial: number;
  /** Not taken over yet: hold.ts says why. */
  readonly offered?: Plan | undefined;
  /** What another store says of workloads that were born there again. */
  readonly reborn: ReadonlyMap<string, Generation>;
  readonly received?: Generation | undefined;
  readonly applied?: Generation | undefined;
  readonly online: boolean;
  readonly offlineWhy: string;
  /** The Director was there, and would not have this server. */
  readonly cutOff?: CutOff | undefined;
  /** When anything last came from the Director. */
  readonly heardMs: number;
  /** Since when it is known to be away. */
  readonly awaySinceMs?: number | undefined;
  readonly flights: ReadonlyMap<number, Flight>;
  readonly troubles: ReadonlyMap<string, Trouble>;
  readonly requests: ReadonlyMap<string, Request>;
  readonly nextEffect: number;
  readonly news: boolean;
  readonly reportedMs: number;
}

export function initialVisor(identity: Identity): VisorState {
  return {
    identity, loaded: false, planned: false, wanted: EMPTY_DOCUMENT, durable: EMPTY_DOCUMENT, unsaved: false, desired: NOTHING_DESIRED, images: new Set(),
    unsure: new Map(), look: 'all', lookedMs: 0, serial: 0, online: false, heardMs: 0, offlineWhy: 'not connected yet', flights: new Map(), troubles: new Map(), requests: new Map(), reborn: new Map(),
    nextEffect: 1, news: true, reportedMs: Number.NEGATIVE_INFINITY,
    // All that there may be: states of one shape are copied much faster, and each step copies one.
    confirmed: undefined, assumed: undefined, offered: undefined, received: undefined, applied: undefined, awaySinceMs: undefined, cutOff: undefined,
  };
}

/** The same, while one step is at work on it. */
export type Draft = { -readonly [K in keyof VisorState]: VisorState[K] extends ReadonlyMap<infer A, infer B> ? Map<A, B> : VisorState[K] };

export function draftOf(state: VisorState): Draft {
  return { ...state, flights: copyOf(state.flights), troubles: copyOf(state.troubles), requests: copyOf(state.requests), unsure: copyOf(state.unsure), reborn: copyOf(state.reborn) };
}

/** Mostly they are empty. */
function copyOf<K, V>(map: ReadonlyMap<K, V>): Map<K, V> {
  return map.size === 0 ? new Map() : new Map(map);
}
