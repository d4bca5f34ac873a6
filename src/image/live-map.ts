// The shape that a live map has on every engine (src/kernel and src/vm), so that whoever fills and reads maps knows no engine.
// It is bytes as the map was created, hidden parts included; fields and text are values.ts.

/** `any`: make or replace. `new`: only if the key is not there. `existing`: only if it is. */
export type UpdateMode = 'any' | 'new' | 'existing';

/**
 * Errors of refused operations have `code`, the name of the kernel's errno:
 * EEXIST (`new`, and it is there), ENOENT (`existing`, and it is not), E2BIG (full; index past an array), ENOSPC (a full trie),
 * EINVAL (the kind of map cannot do that), ENOTSUPP.
 * Wrong lengths of keys and values are our own bug: they throw an assert.
 */
export interface LiveMap {
  readonly name: string;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly capacity: number;
  /** Bytes of a value in `lookup`, `update` and `entries`. */
  readonly transferBytes: number;
  /** What a map of maps takes as its value to hold this map, and programs are linked with: a descriptor in the kernel, a handle in the vm. u32. */
  readonly reference: number;
  /** What the lookup of a map of maps gives for this map. u32. */
  readonly id: number;
  /**
   * A copy of the value. Per-CPU maps: the values of all possible CPUs one after the other, each rounded up to 8 bytes,
   * here and in `update` and `entries`; `valueBytes` stays that of one CPU, `transferBytes` is of all.
   */
  lookup(key: Uint8Array): Uint8Array | undefined;
  update(key: Uint8Array, value: Uint8Array, mode?: UpdateMode): void;
  /** False: it was not there. */
  delete(key: Uint8Array): boolean;
  /** Takes an entry out (hash-like maps), or what comes next (queue, stack, whose keys have no bytes); undefined: there is none. */
  lookupAndDelete(key: Uint8Array): Uint8Array | undefined;
  /** The key behind another in the map's own order; of none, or of one that is not there: the first. Undefined: it was the last. */
  nextKey(key: Uint8Array | undefined): Uint8Array | undefined;
  /** Where one is refused, those before it stand and the rest are not written. */
  updateMany(entries: readonly (readonly [key: Uint8Array, value: Uint8Array])[], mode?: UpdateMode): void;
  /** Where one is not there (ENOENT), those before it are gone and the rest are left. */
  deleteMany(keys: readonly Uint8Array[]): void;
  /** Copies, in no promised order; entries that others change meanwhile may be missed or come twice. */
  entries(): Iterable<readonly [key: Uint8Array, value: Uint8Array]>;
  /** Lets go of it. */
  close(): void;
}

/** Whether a map has refused something, with one of these codes if any are named. */
export function isRefusal(error: unknown, ...codes: readonly string[]): error is Error {
  if (!(error instanceof Error && 'code' in error) || error.code === 'ERR_ASSERTION') return false;
  return codes.length === 0 || codes.includes(error.code as string);
}

/** Four bytes as every engine has them: a key of an array, or a map or program as a value. */
export function u32Bytes(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** Of the first four bytes. */
export function u32Of(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}

/** Writes an entry as control gives it. What per-CPU maps count is the packets': there it is made if it is not there. */
export function writeEntry(map: LiveMap, key: Uint8Array, value: Uint8Array): void {
  if (map.transferBytes === value.length) map.update(key, value);
  else if (map.lookup(key) === undefined) map.update(key, new Uint8Array(map.transferBytes), 'new');
}
