// How often may_goto goes on in one function's run before it jumps. The kernel lets it for 8 million rounds, or a quarter of a second.

export const MOST_ROUNDS = 1 << 20;
