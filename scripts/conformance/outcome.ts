// What became of a conformance case on an engine.

export type Outcome =
  | { readonly kind: 'result'; readonly value: bigint }
  | { readonly kind: 'error'; readonly reason: string }
  /** The engine does not take such programs, for reasons that are not the case's. */
  | { readonly kind: 'skipped'; readonly reason: string };
