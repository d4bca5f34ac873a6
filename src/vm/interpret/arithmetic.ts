// 64-bit multiplication and division on 32-bit halves, without BigInt. What eBPF makes of a divisor of 0 is the loop's.

/** The upper 32 bits of the product of two unsigned 32-bit numbers. */
export function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff, aHigh = a >>> 16, bLow = b & 0xffff, bHigh = b >>> 16;
  const low = aLow * bLow;
  const first = aHigh * bLow + (low >>> 16);
  const second = aLow * bHigh + (first & 0xffff);
  return aHigh * bHigh + Math.floor(first / 0x10000) + Math.floor(second / 0x10000) | 0;
}

/** Of the last division: its quotient and its remainder. */
interface Quotient { low: number; high: number; restLow: number; restHigh: number }
export const quotient: Quotient = { low: 0, high: 0, restLow: 0, restHigh: 0 };

/** Unsigned; the divisor is not 0. Leaves its results in `quotient`, for an object a division would cost more than the division. */
export function divide(low: number, high: number, byLow: number, byHigh: number): void {
  if (byHigh === 0) divideByWord(low >>> 0, high >>> 0, byLow >>> 0);
  else divideByMore(low, high, byLow, byHigh);
}

/** School division in digits of 16 bits: a rest below 2^32 and one digit more are exact in a number. */
function divideByWord(low: number, high: number, by: number): void {
  quotient.high = Math.floor(high / by) | 0;
  let rest = high % by * 0x10000 + (low >>> 16);
  const upper = Math.floor(rest / by);
  rest = rest % by * 0x10000 + (low & 0xffff);
  const lower = Math.floor(rest / by);
  quotient.low = upper * 0x10000 + lower | 0;
  quotient.restLow = rest % by | 0;
  quotient.restHigh = 0;
}

/** The divisor has more than 32 bits, so the quotient has less: bit by bit from the first that can be set. */
function divideByMore(low: number, high: number, byLow: number, byHigh: number): void {
  let shift = Math.clz32(byHigh) - Math.clz32(high);
  let result = 0;
  if (shift >= 0) {
    let atHigh = shift === 0 ? byHigh : byHigh << shift | byLow >>> 32 - shift;
    let atLow = byLow << shift;
    for (; shift >= 0; shift--) {
      if (high >>> 0 > atHigh >>> 0 || (high === (atHigh | 0) && low >>> 0 >= atLow >>> 0)) {
        const rest = low - atLow | 0;
        high = high - atHigh - (low >>> 0 < atLow >>> 0 ? 1 : 0) | 0;
        low = rest;
        result |= 1 << shift;
      }
      atLow = atLow >>> 1 | atHigh << 31;
      atHigh >>>= 1;
    }
  }
  quotient.low = result;
  quotient.high = 0;
  quotient.restLow = low;
  quotient.restHigh = high;
}

/** Signed, rounding towards 0; the divisor is not 0, and the rest has the sign of the dividend. The smallest number / -1 is itself, rest 0. */
export function divideSigned(low: number, high: number, byLow: number, byHigh: number): void {
  const negative = high < 0, byNegative = byHigh < 0;
  if (negative) { high = negatedHigh(low, high); low = -low | 0; }
  if (byNegative) { byHigh = negatedHigh(byLow, byHigh); byLow = -byLow | 0; }
  divide(low, high, byLow, byHigh);
  if (negative !== byNegative) { quotient.high = negatedHigh(quotient.low, quotient.high); quotient.low = -quotient.low | 0; }
  if (negative) { quotient.restHigh = negatedHigh(quotient.restLow, quotient.restHigh); quotient.restLow = -quotient.restLow | 0; }
}

/** The upper half of the negative. */
export function negatedHigh(low: number, high: number): number {
  return low === 0 ? -high | 0 : ~high;
}

/** The four bytes the other way round. */
export function swap32(word: number): number {
  return word << 24 | (word & 0xff00) << 8 | word >>> 8 & 0xff00 | word >>> 24;
}

/** For messages: the unsigned number of two halves. */
export function whole(low: number, high: number): bigint {
  return BigInt(high >>> 0) << 32n | BigInt(low >>> 0);
}
