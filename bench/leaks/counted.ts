// What is counted along a run and what is judged at its end: equal before and behind, gone from the kernel, flat in memory.

import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { Seen } from '../../src/datapath/fixtures/cycles.ts';
import { idsAfter } from '../../src/kernel/info.ts';
import { Netlink } from '../../src/netlink/client.ts';
import { listLinks } from '../../src/netlink/links.ts';

export type Held = Readonly<Record<string, number>>;

/** Of a heap, once it has found its size. */
const MOST_GROWTH_MIB = 32;
const ROWS = 20, TRIES = 100, BETWEEN_MS = 50;

/** Figures along the way, each row beside those of the whole machine, where others may be at work. */
export class Curve {
  readonly #steps: number;
  readonly #every: number;
  readonly #figures: () => Held;
  /** By quarter of the run, the least: memory goes up until it is collected, and what is kept shows where it comes down to. */
  readonly #least: readonly Map<string, number>[] = [new Map(), new Map(), new Map(), new Map()];

  constructor(of: string, steps: number, figures: () => Held) {
    this.#steps = steps;
    this.#every = Math.max(1, Math.floor(steps / ROWS));
    this.#figures = figures;
    console.log(`\n  ${of.padStart(9)}  ${Object.keys({ ...figures(), ...machineHas() }).join('  ')}`);
  }

  look(step: number, done: number): void {
    const figures = this.#figures(), least = this.#least[Math.min(3, Math.floor(4 * (step - 1) / this.#steps))]!;
    for (const [what, value] of Object.entries(figures)) least.set(what, Math.min(value, least.get(what) ?? value));
    if (step % this.#every !== 0) return;
    console.log(`  ${String(done).padStart(9)}  ${Object.entries({ ...figures, ...machineHas() }).map(([what, value]) => value.toFixed(0).padStart(what.length)).join('  ')}`);
  }

  /** Of the least, from the first quarter to the last. */
  growth(figure: string): number {
    const [first, , , last] = this.#least.map(least => least.get(figure));
    return (last ?? 0) - (first ?? 0);
  }
}

/** Tells all of it; gives what is wrong. `judged`: figures of the curve. */
export async function grown({ before, after, seen, stays, curve, judged }: { before: Held; after: Held; seen: Seen; stays: Seen; curve: Curve; judged: readonly string[] }): Promise<string[]> {
  for (let tries = 0; tries < TRIES && seen.left().length > stays.left().length; tries++) await setTimeout(BETWEEN_MS);
  const staying = new Set(stays.left()), left = seen.left().filter(what => !staying.has(what));
  console.log(`\n  ${'held'.padEnd(34)}   before   behind`);
  const row = (what: string, ...counts: readonly number[]): void => { console.log(`  ${what.padEnd(34)} ${counts.map(count => String(count).padStart(8)).join(' ')}`); };
  for (const [what, count] of Object.entries(before)) row(what, count, after[what]!);
  row('objects of bpf(2) that were there', seen.count(), left.length);
  for (const figure of judged) console.log(`  ${`${figure}, since the first quarter, least`.padEnd(42)} ${curve.growth(figure).toFixed(1).padStart(8)}`);
  return [
    ...Object.entries(after).filter(([what, count]) => count !== before[what]).map(([what, count]) => `${what}: ${count}, before ${before[what]}`),
    ...left.length > 0 ? [`still there: ${left.join(', ')}`] : [],
    ...judged.filter(figure => curve.growth(figure) > MOST_GROWTH_MIB).map(figure => `${figure}: ${curve.growth(figure).toFixed(0)} more at the least than in the first quarter`),
  ];
}

export function devicesOf(netns: string): number {
  using netlink = new Netlink({ netns });
  return listLinks(netlink).length;
}

/** Of the whole machine: told and not judged. */
function machineHas(): Held {
  const memory = readFileSync('/proc/meminfo', 'utf8');
  const mebibytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(memory)?.[1]) / 1024;
  return {
    maps: [...idsAfter('map')].length, programs: [...idsAfter('program')].length, links: [...idsAfter('link')].length,
    'vmalloc, MiB': mebibytes('VmallocUsed'), 'per-CPU, MiB': mebibytes('Percpu'), 'slab, MiB': mebibytes('SUnreclaim'),
  };
}
