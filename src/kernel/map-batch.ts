// Many entries of a map in one call: 0.3 µs an entry instead of 1 to 3. Reading falls back to single steps in map.ts.

import type { UpdateMode } from '../image/live-map.ts';
import { ERRNO, SysError } from '../sys/errors.ts';
import { lastErrno } from '../sys/libc.ts';
import { Attr, tryBpf } from './command.ts';
import type { KernelMap } from './map.ts';
import { MAP_TYPE } from './map-types.ts';

const READABLE: ReadonlySet<number> = new Set([
  MAP_TYPE.HASH, MAP_TYPE.LRU_HASH, MAP_TYPE.PERCPU_HASH, MAP_TYPE.LRU_PERCPU_HASH, MAP_TYPE.ARRAY, MAP_TYPE.PERCPU_ARRAY, MAP_TYPE.LPM_TRIE,
]);
const FIRST_BATCH = 256;
const MODE: Readonly<Record<UpdateMode, bigint>> = { any: 0n, new: 1n, existing: 2n };

/** All entries by MAP_LOOKUP_BATCH; undefined where the kernel cannot for this kind of map. */
export function batches(map: KernelMap): Iterable<readonly [Uint8Array, Uint8Array]> | undefined {
  if (!READABLE.has(map.type)) return undefined;
  const first = step(map, null, Math.min(FIRST_BATCH, map.capacity));
  return first === 'unsupported' ? undefined : walk(map, first);
}

interface Step {
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
  readonly count: number;
  readonly last: boolean;
  readonly cursor: Uint8Array;
}

function* walk(map: KernelMap, first: Step): Generator<readonly [Uint8Array, Uint8Array]> {
  // An LPM trie starts again when its cursor's entry is deleted, so there is a limit.
  let left = 2 * map.capacity;
  for (let at = first; ;) {
    for (let i = 0; i < at.count; i++) {
      yield [at.keys.slice(i * map.keyBytes, (i + 1) * map.keyBytes), at.values.slice(i * map.transferBytes, (i + 1) * map.transferBytes)];
    }
    left -= at.count;
    if (at.last || left <= 0) return;
    const next = step(map, at.cursor, Math.min(4096, Math.max(FIRST_BATCH, map.capacity)));
    if (next === 'unsupported') return;
    at = next;
  }
}

/** One call. A hash's buckets are never split, so a batch that is too small for one is refused with ENOSPC and made larger. */
function step(map: KernelMap, from: Uint8Array | null, entries: number): Step | 'unsupported' {
  for (let count = Math.max(entries, 1); ; count *= 2) {
    const keys = new Uint8Array(count * map.keyBytes);
    const values = new Uint8Array(count * map.transferBytes);
    const cursor = new Uint8Array(Math.max(map.keyBytes, 8));
    const attr = new Attr(56).pointer(0, from).pointer(8, cursor).pointer(16, keys).pointer(24, values).u32(32, count).u32(36, map.fd);
    const result = tryBpf('MAP_LOOKUP_BATCH', attr);
    const errno = result < 0 ? lastErrno() : 0;
    if (result >= 0 || errno === ERRNO.ENOENT) return { keys, values, cursor, count: attr.readU32(32), last: result < 0 };
    if (errno === ERRNO.ENOTSUPP || errno === ERRNO.EINVAL || errno === ERRNO.EOPNOTSUPP) return 'unsupported';
    if (errno !== ERRNO.ENOSPC || count > 2 * map.capacity + 1024) throw new SysError(`bpf MAP_LOOKUP_BATCH ${map.name}`, errno);
  }
}

/**
 * Writes many entries. Where the kernel refuses one, those before it stand and the rest are not written.
 * @throws SysError  `detail` says how many were written
 */
export function updateMany(map: KernelMap, entries: readonly (readonly [key: Uint8Array, value: Uint8Array])[], mode: UpdateMode = 'any'): void {
  if (entries.length === 0) return;
  if (map.keyBytes === 0) {
    for (const [key, value] of entries) map.update(key, value, mode);
    return;
  }
  const keys = new Uint8Array(entries.length * map.keyBytes);
  const values = new Uint8Array(entries.length * map.transferBytes);
  entries.forEach(([key, value], i) => {
    if (key.byteLength !== map.keyBytes || value.byteLength !== map.transferBytes) throw new Error(`${map.name}: entry ${i} has ${key.byteLength}+${value.byteLength} bytes, not ${map.keyBytes}+${map.transferBytes}`);
    keys.set(key, i * map.keyBytes);
    values.set(value, i * map.transferBytes);
  });
  const attr = new Attr(56).pointer(16, keys).pointer(24, values).u32(32, entries.length).u32(36, map.fd).u64(40, MODE[mode]);
  if (tryBpf('MAP_UPDATE_BATCH', attr) >= 0) return;
  const errno = lastErrno();
  if (errno === ERRNO.ENOTSUPP || errno === ERRNO.EINVAL || errno === ERRNO.EOPNOTSUPP) {
    for (const [key, value] of entries) map.update(key, value, mode);
    return;
  }
  const written = attr.readU32(32);
  if (errno === ERRNO.ENOMEM) {
    for (const [key, value] of entries.slice(written)) map.update(key, value, mode);       // which waits for memory
    return;
  }
  throw new SysError(`bpf MAP_UPDATE_BATCH ${map.name}`, errno, { detail: `${written} of ${entries.length} written` });
}

/**
 * Deletes many keys. Where one is not there, those before it are gone and the rest are left.
 * @throws SysError  ENOENT; `detail` says how many were deleted
 */
export function deleteMany(map: KernelMap, keys: readonly Uint8Array[]): void {
  if (keys.length === 0) return;
  const bytes = new Uint8Array(keys.length * map.keyBytes);
  keys.forEach((key, i) => {
    if (key.byteLength !== map.keyBytes) throw new Error(`${map.name}: key ${i} has ${key.byteLength} bytes, not ${map.keyBytes}`);
    bytes.set(key, i * map.keyBytes);
  });
  const attr = new Attr(56).pointer(16, bytes).u32(32, keys.length).u32(36, map.fd);
  if (tryBpf('MAP_DELETE_BATCH', attr) >= 0) return;
  const errno = lastErrno();
  if (errno === ERRNO.ENOTSUPP || errno === ERRNO.EINVAL || errno === ERRNO.EOPNOTSUPP) {
    for (const key of keys) if (!map.delete(key)) throw new SysError(`bpf MAP_DELETE_ELEM ${map.name}`, ERRNO.ENOENT);
    return;
  }
  throw new SysError(`bpf MAP_DELETE_BATCH ${map.name}`, errno, { detail: `${attr.readU32(32)} of ${keys.length} deleted` });
}
