// What the visor's core is told, and what it asks for. Completions carry the id of their effect; they may come late, twice or never.

import type { EngineName, Observed, Uids } from '../../datapath/datapath.ts';
import type { ApiError } from '../../model/api.ts';
import type { Generation, Plan } from '../../model/plan.ts';
import type { Endpoint } from '../../model/resource.ts';
import type { VisorStatus } from '../../model/status.ts';
import type { Attach, Attached, Detach, Detached, Resumed } from '../../model/visor-api.ts';
import type { Document } from './document.ts';
import type { Operation } from './reconcile.ts';

export type Outcome = { readonly ok: true } | { readonly ok: false; readonly message: string; readonly cure?: string | undefined };

/** The Director's answer to an end. `stays`: something names the endpoint, a forward of a Nat perhaps, and it is there until that goes. */
export type Unregistered = Outcome & { readonly stays?: boolean };

/** The Director's answer to a birth. */
export type Registered =
  | { readonly kind: 'created'; readonly epoch: string; readonly revision: number }
  /** There is one of that name already: perhaps ours, perhaps written by a person for this server. */
  | { readonly kind: 'exists'; readonly epoch: string; readonly endpoint: Endpoint }
  | { readonly kind: 'refused'; readonly error: ApiError }
  /** `cutOff`: it answers, and will not have this server. */
  | { readonly kind: 'unreachable'; readonly message: string; readonly cutOff?: CutOff | undefined };

/** In the Director's words. */
export interface CutOff { readonly message: string; readonly cure?: string | undefined }

export type VisorEvent =
  /** At the start. No document: this visor has never run here, or its state is lost. */
  | { readonly kind: 'loaded'; readonly document?: Document | undefined; readonly images: readonly string[] }
  | { readonly kind: 'plan'; readonly plan: Plan }
  | { readonly kind: 'bookmark'; readonly generation: Generation }
  | { readonly kind: 'online' }
  /** `lost`: it may be back at once. `away`: nobody answers. */
  | { readonly kind: 'offline'; readonly message: string; readonly how: 'lost' | 'away' }
  /** It answers, and will not have this server. */
  | ({ readonly kind: 'offline'; readonly how: 'refused' } & CutOff)
  /** Of save, datapath, fetch-image. */
  | { readonly kind: 'done'; readonly effect: number; readonly outcome: Outcome }
  | { readonly kind: 'observed'; readonly effect: number; readonly observed: Observed }
  | { readonly kind: 'registered'; readonly effect: number; readonly endpoint: string; readonly outcome: Registered }
  | { readonly kind: 'unregistered'; readonly effect: number; readonly outcome: Unregistered }
  | { readonly kind: 'attach'; readonly request: string; readonly attach: Attach }
  | { readonly kind: 'detach'; readonly request: string; readonly detach: Detach }
  /** A person says that the plan that is held shall be taken over. */
  | { readonly kind: 'resume'; readonly request: string }
  | { readonly kind: 'tick' };

export type LocalResult =
  | { readonly ok: true; readonly body: Attached | Detached | Resumed }
  | { readonly ok: false; readonly error: ApiError };

export type VisorEffect =
  | { readonly kind: 'save'; readonly effect: number; readonly document: Document }
  | { readonly kind: 'datapath'; readonly effect: number; readonly operation: Operation }
  /** `only`: of elements and endpoints at least these; absent: all. */
  | { readonly kind: 'observe'; readonly effect: number; readonly only?: Uids | undefined }
  | { readonly kind: 'fetch-image'; readonly effect: number; readonly hash: string }
  | { readonly kind: 'register'; readonly effect: number; readonly endpoint: Endpoint }
  /** Only if it still belongs to this server. */
  | { readonly kind: 'unregister'; readonly effect: number; readonly endpoint: string }
  | { readonly kind: 'report'; readonly status: VisorStatus }
  | { readonly kind: 'reply'; readonly request: string; readonly result: LocalResult };

export interface Clock {
  readonly wallMs: number;
  readonly monotonicMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export interface Identity { readonly server: string; readonly engine: EngineName; readonly started: string }
