// Why a program is not loaded. A value: a program that cannot run is its author's mistake, not ours.

export interface Refusal {
  /** Slot of the instruction, counted from 0. */
  readonly slot: number;
  readonly reason: string;
}

export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

export function refuse(slot: number, reason: string): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal: { slot, reason } };
}
