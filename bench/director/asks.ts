// What the bench asks of its fleet of visors, and the clock that both read.

export type Ask =
  | { readonly ask: 'watch'; readonly socketPath: string; readonly visors: readonly { readonly server: string; readonly endpoints: readonly string[] }[] }
  /** Answered when so many visors have a plan of that revision or a newer one, and the Director has heard it of them. */
  | { readonly ask: 'acknowledged'; readonly revision: number; readonly visors: number };
export interface Answer {
  /** When each acknowledgement was answered, by the clock of all processes (`process.hrtime`). */
  readonly atMs: readonly number[];
  /** Of all visors, since they began. */
  readonly sectionBytes: number;
}

export function nowMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}
