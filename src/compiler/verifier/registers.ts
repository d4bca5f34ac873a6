// What the walk knows of a register: as much as the verifier needs to decide a branch, or whether it was here before. Objects are never
// changed: one object in two registers is one value, and what is learned of it is learned of both.

export type Register =
  /** Unsigned 64 bits; above 2^53 bounds are rounded outwards. Of the low 31 bits, which are known to be set, and which not. */
  | { readonly kind: 'scalar'; readonly low: number; readonly high: number; readonly ones: number; readonly zeros: number }
  /** `id`: its variable part; `range`: bytes from there that are inside of the packet. */
  | { readonly kind: 'packet'; readonly id: number; readonly offset: number; readonly range: number }
  /** `id`: the look-up, while it may be null. `high`: the most that an index added. */
  | { readonly kind: 'value' | 'value-or-null'; readonly id: number; readonly offset: number; readonly high: number }
  | { readonly kind: 'frame'; readonly offset: number }
  | { readonly kind: 'ctx' | 'end' | 'map' | 'none' };

export const MOST = 2 ** 64;
export const NONE: Register = { kind: 'none' };
export const CTX: Register = { kind: 'ctx' };
export const END: Register = { kind: 'end' };
export const MAP: Register = { kind: 'map' };

export type Scalar = Register & { readonly kind: 'scalar' };

/** The bits that bounds and other knowledge leave open, of 31. */
const BITS = 0x7fff_ffff;
export function between(low: number, high: number, ones = 0, zeros = 0): Scalar {
  if (low === high && high <= BITS) return { kind: 'scalar', low, high, ones: low, zeros: ~low & BITS };
  const above = high >= 2 ** 30 ? 0 : BITS & ~(2 ** (32 - Math.clz32(high)) - 1);
  return { kind: 'scalar', low: high <= BITS && ones > low ? ones : low, high, ones, zeros: zeros | above };
}
export const unknown = (bytes = 8): Scalar => between(0, bytes === 8 ? MOST : 2 ** (8 * bytes) - 1);
export const exactly = (value: number): Scalar => between(value, value);

export const isConstant = (r: Register): r is Scalar => r.kind === 'scalar' && r.low === r.high;

/** Names that differ from walk to walk: pairs of them that stand for each other. */
export type Pairs = number[];
const paired = (pairs: Pairs, a: number, b: number): boolean => {
  if (a === 0 || b === 0) return a === b;
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === a) return pairs[i + 1] === b;
  pairs.push(a, b);
  return true;
};

/** Whether what was found well with `old` is so with `now`, too. `counts`: the verifier marked it precise. */
export function covers(old: Register, now: Register, counts: boolean, pairs: Pairs): boolean {
  if (old === now || old.kind === 'none') return true;
  if (old.kind !== now.kind) return false;
  switch (old.kind) {
    case 'scalar': return now.kind === 'scalar' && (!counts || (old.low <= now.low && now.high <= old.high && (old.ones & ~now.ones) === 0 && (old.zeros & ~now.zeros) === 0));
    case 'packet': return now.kind === 'packet' && old.offset === now.offset && old.range <= now.range && paired(pairs, old.id, now.id);
    case 'value': return now.kind === 'value' && old.offset === now.offset && now.high <= old.high;
    case 'value-or-null': return now.kind === 'value-or-null' && old.offset === now.offset && paired(pairs, old.id, now.id);
    case 'frame': return now.kind === 'frame' && old.offset === now.offset;
    default: return true;
  }
}
