// Simulated time: things happen in the order of their moments, and of their asking where moments are equal.

export class SimClock {
  nowMs = 0;
  #serial = 0;
  #things: { readonly atMs: number; readonly serial: number; readonly happen: () => void }[] = [];

  after(delayMs: number, happen: () => void): void {
    const thing = { atMs: this.nowMs + delayMs, serial: ++this.#serial, happen };
    // Kept sorted: most things are asked for later than most others.
    let i = this.#things.length;
    while (i > 0 && this.#things[i - 1]!.atMs > thing.atMs) i--;
    this.#things.splice(i, 0, thing);
  }

  /** Lets everything happen that is due by then. */
  runTo(ms: number): void {
    for (let first = this.#things[0]; first && first.atMs <= ms; first = this.#things[0]) {
      this.#things.shift();
      this.nowMs = Math.max(this.nowMs, first.atMs);
      first.happen();
    }
    this.nowMs = ms;
  }
}
