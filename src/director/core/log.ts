// What the store keeps: a log of change sets over one flat table of values. The shell's stores implement it; the core decides what goes in.

import type { Json } from '../../model/canonical.ts';

/**
 * Keys of the table:
 *
 *     resource:Network/red/web       what a person wrote, without status and revision
 *     given:Network/red/web          what the Director allocated for it (allocate.ts)
 *     held:Lease/red/web/s1          what is leased to a server, and what is over and may not be given again yet (leases.ts, ended.ts)
 *     counter:endpoint               the last number given of a kind: numbers are never given twice
 */
export interface ChangeSet {
  /** Chosen by the writer; by it a writer finds out whether an append went through whose answer was lost. */
  readonly id: string;
  readonly wallMs: number;
  /** Who wanted it, for the audit log; absent in logs of older versions. */
  readonly by?: string;
  /** What resources were that it changes or deletes, for the audit log alone. */
  readonly before?: readonly { readonly key: string; readonly value: Json }[];
  readonly puts: readonly { readonly key: string; readonly value: Json }[];
  readonly deletes: readonly string[];
  /** What people did that no value tells of, for the audit log alone. */
  readonly acts?: readonly Act[];
}

/** `key`: of the resource that it was done to, or `Director/…`. */
export interface Act {
  readonly key: string;
  /** Where: places of a Function, as server/network. */
  readonly on?: readonly string[];
  readonly before?: Json;
  readonly after?: Json;
}

/** Revisions count from 1, one a change set. */
export interface Entry { readonly revision: number; readonly changeSet: ChangeSet }

export interface Snapshot {
  /** Minted when the store was made (or restored): revisions of two epochs must not be compared. */
  readonly epoch: string;
  readonly revision: number;
  /** `revision` of a value: of the change set that put it last. */
  readonly values: readonly { readonly key: string; readonly value: Json; readonly revision: number }[];
}

export type AppendResult = { readonly ok: true; readonly revision: number } | { readonly ok: false; readonly revision: number };

export interface Store {
  snapshot(): Snapshot;
  /** Durable when it returns. Refused, with nothing written, unless `expectedRevision` is the newest. */
  append(expectedRevision: number, changeSet: ChangeSet): AppendResult;
  /** Entries behind `from`, oldest first; no more than `most`. */
  read(from: number, most?: number): readonly Entry[];
  /** A consistent copy in a new file, while appends go on; absent: there is nothing on disk. */
  backup?(file: string): Promise<void>;
  close(): void;
}

/** Names of the table's rows that it writes, without the table. */
export function touchedBy(changeSet: ChangeSet): string[] {
  return [...changeSet.puts.map(p => p.key), ...changeSet.deletes].map(k => k.slice(k.indexOf(':') + 1));
}

export const MAX_CHANGE_SET_BYTES = 64 << 20;
