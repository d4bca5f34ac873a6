// What the Director's core is told, and what it asks for. Completions carry the id of their effect; they may come late, twice or never.

import type { ApiError, Happening, PlanChange } from '../../model/api.ts';
import type { Change } from '../../model/diff.ts';
import type { VisorStatus } from '../../model/status.ts';
import type { ChangeSet, Entry, Snapshot } from './log.ts';
import type { Caller } from './rights.ts';
import type { Write } from './write.ts';

export type DirectorEvent =
  | { readonly kind: 'opened'; readonly snapshot: Snapshot }
  | { readonly kind: 'write'; readonly request: string; readonly write: Write; readonly caller?: Caller }
  | { readonly kind: 'appended'; readonly effect: number; readonly revision: number }
  /** The store has more than this Director knows. */
  | { readonly kind: 'append-conflict'; readonly effect: number }
  | { readonly kind: 'append-failed'; readonly effect: number; readonly message: string }
  | { readonly kind: 'log'; readonly effect: number; readonly entries: readonly Entry[] }
  | { readonly kind: 'status'; readonly status: VisorStatus }
  | { readonly kind: 'tick' };

export type WriteResult =
  | { readonly ok: true; readonly revision: number; readonly dryRun: boolean; readonly changes: readonly Change[]; readonly plans?: readonly PlanChange[] }
  | { readonly ok: false; readonly error: ApiError };

export type DirectorEffect =
  | { readonly kind: 'append'; readonly effect: number; readonly expectedRevision: number; readonly changeSet: ChangeSet }
  | { readonly kind: 'read'; readonly effect: number; readonly from: number }
  | { readonly kind: 'reply'; readonly request: string; readonly result: WriteResult }
  /** Resources that watchers must hear of; state has their new form. */
  | { readonly kind: 'resources'; readonly keys: readonly string[] }
  /** For people who ask what happened. */
  | { readonly kind: 'happened'; readonly happenings: readonly Happening[] }
  /** Servers whose plan is another now. */
  | { readonly kind: 'plans'; readonly servers: readonly string[] };

export interface Clock {
  readonly wallMs: number;
  readonly monotonicMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}
