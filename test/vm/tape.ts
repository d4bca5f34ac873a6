// Tapes of numbers to make random things from: of a seed, and read one by one.

/** The tape of a seed (xorshift32). */
export function tapeOf(seed: number): number[] {
  let state = Math.imul(seed + 1, 0x9e37_79b1) | 1;
  const next = (): number => { state ^= state << 13; state ^= state >>> 17; state ^= state << 5; return state >>> 0; };
  for (let i = 0; i < 8; i++) next();
  return Array.from({ length: 200 + next() % 800 }, () => next() >>> 8);
}

/** Zeros behind its end. */
export function tapeReader(tape: readonly number[]): (below: number) => number {
  let at = 0;
  return below => (tape[at++] ?? 0) % below;
}
