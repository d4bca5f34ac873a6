// What many runs came to, in words: while they go on, and in the end.

import type { Attempt } from './attempt.ts';

const MOST_SEEDS_SAID = 100;

export class Tally {
  runs = 0;
  readonly bad: number[] = [];
  #violations = 0;
  #revisions = 0;
  #statuses = 0;
  #simulatedMs = 0;
  #slowest = { seed: 0, ms: -1 };

  add({ seed, result }: Attempt): void {
    this.runs++;
    this.#violations += result.violations.length;
    this.#revisions += result.revision;
    this.#statuses += result.reports;
    this.#simulatedMs += result.simulatedMs;
    if (result.violations.length > 0) this.bad.push(seed);
    else if (result.healedInMs > this.#slowest.ms) this.#slowest = { seed, ms: result.healedInMs };
  }

  progress(runs: number, tookMs: number): string {
    const { length } = this.bad;
    const left = this.runs === 0 ? '' : `, ${Math.ceil(tookMs / this.runs * (runs - this.runs) / 1000)} s left`;
    return `${this.runs} of ${runs} runs in ${Math.round(tookMs / 1000)} s${left}${length > 0 ? `, ${length} with violations` : ''}`;
  }

  summary(tookMs: number): string {
    const seeds = this.bad.sort((a, b) => a - b).slice(0, MOST_SEEDS_SAID).join(', ');
    return [
      `${this.runs} runs in ${Math.round(tookMs / 1000)} s: ${Math.round(this.#simulatedMs / 1000)} s simulated, ${this.#revisions} revisions, ${this.#statuses} statuses`,
      ...this.#slowest.ms < 0 ? [] : [`longest until all was right after healing: ${Math.round(this.#slowest.ms / 1000)} s (seed ${this.#slowest.seed})`],
      this.bad.length === 0 ? 'no violations' : `${this.#violations} violations in ${this.bad.length} runs, of seeds ${seeds}${this.bad.length > MOST_SEEDS_SAID ? ' …' : ''}`,
    ].join('\n');
  }
}
