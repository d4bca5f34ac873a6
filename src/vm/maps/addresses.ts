// What wide loads may ask about maps when a program is loaded.

import type { LookupShape } from './map.ts';

/** What generated code must know of a map to look into it. */
export interface MapLookup {
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly capacity: number;
  readonly shape: LookupShape;
}

export interface MapAddresses {
  has(handle: number): boolean;
  /** Of byte `offset` in the value of an array of one entry. */
  valueAddress(handle: number, offset: number): number | undefined;
  /** Undefined: its lookups are its own business. */
  lookupOf(handle: number): MapLookup | undefined;
}
