// What the vm group compares: one C file's entry point on an engine, with maps of its own that hold the same entries.

import type { Sent } from '../compiler/subject.ts';

export interface EngineSide extends Disposable {
  readonly name: string;
  once(sent: Sent): { readonly result: number; readonly frame: Uint8Array };
  /** ns a packet, less what the same takes with an empty program, measured beside it. */
  time(sent: Sent): number;
}

/** Entries of the maps that the C file has, by name, as the module's contents say them. Config is left at the C file's own. */
export interface Filled { readonly map: string; readonly entries: readonly (readonly [key: Uint8Array, value: Uint8Array])[] }

export function padded(bytes: Uint8Array, length: number): Uint8Array {
  const whole = new Uint8Array(length);
  whole.set(bytes.subarray(0, length));
  return whole;
}
