// What the walk knows of a register: as much as the verifier needs to decide a branch, or whether it was here before. Objects are never
// changed: one object in two registers is one value, and what is learned of it is learned of both.

/** Unsigned 64 bits; above 2^53 bounds are rounded outwards. Of the low 31 bits, which are known to be set, and which not. */
export interface Scalar { readonly kind: 'scalar'; readonly low: number; readonly high: number; readonly ones: number; readonly zeros: number }
export type Register =
  | Scalar
  /** `part`: what indexes added to it; `id`: of that; `range`: bytes from there that are inside of the packet. */
  | { readonly kind: 'packet'; readonly id: number; readonly offset: number; readonly part: Scalar; readonly range: number }
  /** `id`: the look-up, while it may be null. `part`: what indexes added to it. */
  | { readonly kind: 'value' | 'value-or-null'; readonly id: number; readonly offset: number; readonly part: Scalar }
  | { readonly kind: 'frame'; readonly offset: number }
  | { readonly kind: 'map'; readonly map: number }
  | { readonly kind: 'ctx' | 'end' | 'none' };

/** A word of the frame that was stored to in parts: which of its bytes are zeros, by one bit each, and what the `spill` bytes from its begin on hold. */
interface Parts { readonly kind: 'parts'; readonly zeros: number; readonly spill: number; readonly value: Scalar }
export type Word = Register | Parts | undefined;

export const MOST = 2 ** 64;
export const NONE: Register = { kind: 'none' };
export const CTX: Register = { kind: 'ctx' };
export const END: Register = { kind: 'end' };

/** The bits that bounds and other knowledge leave open, of 31. */
export const BITS = 0x7fff_ffff;
export function between(low: number, high: number, ones = 0, zeros = 0): Scalar {
  if (high > BITS) return low === high && low < 2 ** 53 ? { kind: 'scalar', low, high, ones: low % 2 ** 31, zeros: BITS & ~(low % 2 ** 31) } : { kind: 'scalar', low, high, ones, zeros };
  // Bounds and bits teach each other: bits above those in which the bounds differ are theirs.
  const [least, most] = [ones > low ? ones : low, Math.min(high, ~zeros & BITS)];
  if (least > most) return { kind: 'scalar', low, high, ones, zeros };
  const alike = ~(2 ** (32 - Math.clz32(least ^ most)) - 1) & BITS;
  return { kind: 'scalar', low: least, high: most, ones: ones | least & alike, zeros: zeros | ~least & alike };
}
export const unknown = (bytes = 8): Scalar => between(0, bytes === 8 ? MOST : 2 ** (8 * bytes) - 1);
export const exactly = (value: number): Scalar => between(value, value);

export const ZERO = exactly(0);

export const isConstant = (r: Register): r is Scalar => r.kind === 'scalar' && r.low === r.high;

/** What stands for each other in two states: names of look-ups and variable parts, and integers that are copies of each other. */
export interface Pairs { readonly names: number[]; readonly copies: Scalar[] }

const paired = ({ names }: Pairs, a: number, b: number): boolean => {
  if (a === 0 || b === 0) return a === b;
  for (let i = 0; i < names.length; i += 2) if (names[i] === a) return names[i + 1] === b;
  names.push(a, b);
  return true;
};

/** Copies are as many, and at the same places (check_scalar_ids); constants are none. */
function alike({ copies }: Pairs, old: Scalar, now: Scalar): boolean {
  if (isConstant(old)) return true;
  for (let i = 0; i < copies.length; i += 2) if ((copies[i] === old) !== (copies[i + 1] === now && !isConstant(now))) return false;
  copies.push(old, now);
  return true;
}

const within = (old: Scalar, now: Scalar): boolean => old === now || (old.low <= now.low && now.high <= old.high && (old.ones & ~now.ones) === 0 && (old.zeros & ~now.zeros) === 0);

/** Whether what was found well with `old` is so with `now`, too. `counts`: the verifier marked it precise. */
export function covers(old: Register, now: Register, counts: boolean, pairs: Pairs): boolean {
  if (old.kind === 'none' || (old === now && (old.kind !== 'scalar' || !counts))) return true;
  if (old.kind !== now.kind) return false;
  switch (old.kind) {
    case 'scalar': return now.kind === 'scalar' && (!counts || (within(old, now) && alike(pairs, old, now)));
    case 'packet': return now.kind === 'packet' && old.offset === now.offset && old.range <= now.range && within(old.part, now.part) && paired(pairs, old.id, now.id);
    case 'value': return now.kind === 'value' && old.offset === now.offset && within(old.part, now.part);
    case 'value-or-null': return now.kind === 'value-or-null' && old.offset === now.offset && paired(pairs, old.id, now.id);
    case 'map': return now.kind === 'map' && old.map === now.map;
    case 'frame': return now.kind === 'frame' && old.offset === now.offset;
    default: return true;
  }
}

/** The same of words of the frame: undefined is not written, and that is as good as any bytes. */
export function coversWord(old: Word, now: Word, counts: boolean, pairs: Pairs): boolean {
  if (old === undefined) return true;
  if (old.kind !== 'parts') {
    if (now === undefined || (now.kind === 'parts' && now.zeros === 0 && now.spill === 0)) return old.kind === 'scalar' && !counts;
    return now.kind !== 'parts' && covers(old, now, counts, pairs);
  }
  if ((old.zeros & ~(now?.kind === 'parts' ? now.zeros : 0)) !== 0) return false;
  if (old.spill === 0) return true;
  if (now?.kind === 'parts') return now.spill >= old.spill && covers(old.value, now.value, counts, pairs);
  return now?.kind === 'scalar' && covers(old.value, now, counts, pairs);
}

/** A word after `size` bytes of it were stored. */
export function stored(before: Word, offset: number, size: number, value: Register): Word {
  if (size === 8) return value;
  const from = offset & 7;
  const mine = (1 << size) - 1 << from;
  const zeros = before?.kind === 'parts' ? before.zeros & ~mine : 0;
  if (value.kind !== 'scalar') return { kind: 'parts', zeros, spill: 0, value: unknown() };
  if (from === 0) return { kind: 'parts', zeros, spill: size, value };
  return { kind: 'parts', zeros: isZero(value) ? zeros | mine : zeros, spill: 0, value };
}
export const isZero = (r: Register): boolean => r.kind === 'scalar' && r.high === 0;

/** What a load from it gives. */
export function loaded(word: Word, offset: number, size: 1 | 2 | 4 | 8): Register {
  const from = offset & 7;
  if (word?.kind === 'parts') {
    if ((~word.zeros & (1 << size) - 1 << from) === 0) return exactly(0);
    return from === 0 && size === word.spill && word.value.high < 2 ** (8 * size) ? word.value : unknown(size);
  }
  if (size === 8) return word ?? unknown();
  return from === 0 && word?.kind === 'scalar' && word.high < 2 ** (8 * size) ? word : unknown(size);
}
