// What a measurement is, and what its rounds come to. Who measures is in the groups; how it is shown is report.ts.

/** One measured quantity of one subject: every round's value, of which the median counts. */
export interface Measurement {
  readonly group: GroupName;
  /** What is done to the subject: a packet's fate, a kind of traffic, or the size of the code. */
  readonly work: string;
  /** Who does it. */
  readonly subject: string;
  readonly quantity: string;
  readonly unit: string;
  readonly better: 'less' | 'more';
  readonly rounds: readonly number[];
  /** Too noisy on a small machine to compare by. */
  readonly ranked?: false;
}

export type GroupName = 'compiler' | 'datapath' | 'vm' | 'endpoints' | 'composition' | 'director';

export interface GroupResult {
  readonly measurements: readonly Measurement[];
  /** Subject that ratios are to. */
  readonly reference: string;
  /** Pairs of like with like, whose ratios are told apart. */
  readonly rivals?: readonly { readonly subject: string; readonly to: string }[];
  /** What could not be measured here, for it is not installed. */
  readonly absent?: readonly string[];
  /** How the table lies; `columns` unless said. */
  readonly subjectsAre?: 'rows' | 'columns';
  /** What the reader must know beside the figures. */
  readonly notes: readonly string[];
}

export interface Group {
  readonly name: GroupName;
  readonly about: string;
  run(options: GroupOptions): Promise<GroupResult>;
}

export interface GroupOptions {
  readonly rounds: number;
  readonly say: (what: string) => void;
  /** Looked at between measurements. */
  readonly stop: AbortSignal;
  /** Of groups that compare many things only these; empty: all. */
  readonly subjects?: readonly string[];
  /** Of what is measured only these; empty: all. */
  readonly works?: readonly string[];
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Half the distance between the quartiles, as a part of the median: how much the rounds disagree. */
export function spread(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const quartile = (part: number): number => sorted[Math.round(part * (sorted.length - 1))]!;
  return (quartile(0.75) - quartile(0.25)) / 2 / Math.abs(median(values));
}

/** Values of many subjects, gathered round by round. */
export class Rounds {
  readonly #values = new Map<string, { readonly what: Omit<Measurement, 'rounds'>; readonly rounds: number[] }>();

  add(what: Omit<Measurement, 'rounds'>, value: number): void {
    const key = JSON.stringify([what.work, what.subject, what.quantity]);
    const entry = this.#values.get(key) ?? { what, rounds: [] };
    this.#values.set(key, entry);
    entry.rounds.push(value);
  }

  all(): Measurement[] {
    return [...this.#values.values()].map(({ what, rounds }) => ({ ...what, rounds }));
  }
}
