// The vm area of `npm run fuzz`: random sequences that the verifier mostly accepts, on all three readings. What differs is made smaller and
// saved beside this file, for sequences.test.ts to run.

import { mkdirSync, writeFileSync } from 'node:fs';
import { slots, slotStarts, type Insn } from '../../src/isa/insn.ts';
import type { FuzzOptions, FuzzResult } from '../../scripts/fuzz.ts';
import { whyNoKernel } from '../require.ts';
import { randomSequence, type Sequence } from './random-sequence.ts';
import { kernelReading, vmReading, type Read, type Reading } from './readings.ts';
import { sequenceText } from './sequence-text.ts';
import { tapeOf } from './tape.ts';

const FOLDER = new URL('sequences/', import.meta.url);
const MOST_SHRINKS = 300;
const REPORT_EVERY = 5000;

export const both = (): Reading[] => [vmReading('wasm'), vmReading('interpreter')];

/** Why two readings differ, as text; undefined: they agree, or cannot be compared (`fuel` is counted differently). */
export function differenceOf(reads: readonly { readonly name: string; readonly read: Read }[]): string | undefined {
  const [first, ...rest] = reads;
  for (const other of rest) {
    const [a, b] = [first!.read, other.read];
    if ([a, b].some(r => r.kind === 'fault' && r.reason === 'fuel')) continue;
    // What a refusal is called is each one's own.
    if (a.kind === 'refused' && b.kind === 'refused') continue;
    if (JSON.stringify(a) !== JSON.stringify(b)) return `${first!.name}: ${JSON.stringify(a)}\n${other.name}: ${JSON.stringify(b)}`;
  }
  return undefined;
}

export function fuzzVm({ seed, stop, say }: FuzzOptions): FuzzResult {
  const vms = both();
  using kernel = whyNoKernel() === undefined ? kernelReading() : undefined;
  const all = kernel === undefined ? vms : [kernel, ...vms];
  const failures: string[] = [];
  let [accepted, refused] = [0, 0];
  const fail = (name: string, sequence: Sequence, difference: string): void => {
    failures.push(save(name, shrink(sequence, candidate => compare(candidate, all))));
    say(`${name}
${difference}`);
  };
  for (let round = 0; !stop(); round++) {
    const tape = tapeOf(seed + round);
    const sequence = randomSequence(tape);
    const reads = all.map(reading => ({ name: reading.name, read: reading.read(sequence) }));
    if (kernel !== undefined && reads[0]!.read.kind === 'refused') refused++;
    else {
      accepted++;
      const difference = differenceOf(reads);
      if (difference !== undefined) fail(`fuzz-${seed + round}`, sequence, difference);
    }
    if ((round + 1) % REPORT_EVERY === 0) say(`${round + 1} rounds: ${accepted} accepted, ${refused} refused, ${failures.length} failures`);
  }
  return { programs: accepted, failures, note: `${kernel === undefined ? 'no kernel: not root' : `accepted by the kernel, which refused ${refused} more`}` };
}

/** Gives the file's path. */
export function save(name: string, sequence: Sequence): string {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(new URL(`${name}.data`, FOLDER), sequenceText(sequence));
  return `test/vm/sequences/${name}.data`;
}

export function compare(sequence: Sequence, readings: readonly Reading[]): string | undefined {
  const reads = readings.map(reading => ({ name: reading.name, read: reading.read(sequence) }));
  return readings.length > 2 && reads[0]!.read.kind === 'refused' ? undefined : differenceOf(reads);
}

/** Instructions become a jump to the next one, where it still differs without them. */
export function shrink(sequence: Sequence, compared: (candidate: Sequence) => string | undefined): Sequence {
  let best = sequence;
  let tries = 0;
  for (let p = 0; p < sequence.programs.length; p++) {
    for (let size = 64; size >= 1; size >>= 1) {
      for (let at = 0; at < best.programs[p]!.length && tries < MOST_SHRINKS; at += size) {
        const insns = best.programs[p]!;
        // As many slots as before, so that all jumps stay.
        const replaced = insns.map((insn, i) => i >= at && i < at + size && !insn.kind.startsWith('wide') && insn.kind !== 'exit' ? { kind: 'ja', reach: 16, offset: 0 } as const : insn);
        if (replaced.every((insn, i) => insn === insns[i] || insns[i]!.kind === 'ja')) continue;
        const smaller = { ...best, programs: best.programs.with(p, replaced) };
        tries++;
        if (compared(smaller) !== undefined) best = smaller;
      }
    }
  }
  const compact = { ...best, programs: best.programs.map(withoutEmptyJumps) };
  return compared(compact) === undefined ? best : compact;
}

function withoutEmptyJumps(insns: readonly Insn[]): Insn[] {
  const isEmpty = (insn: Insn): boolean => insn.kind === 'ja' && insn.offset === 0;
  const starts = slotStarts(insns);
  const moved = new Map<number, number>();
  let at = 0;
  for (const [i, insn] of insns.entries()) {
    moved.set(starts[i]!, at);
    if (!isEmpty(insn)) at += slots(insn);
  }
  return insns.flatMap((insn, i): Insn[] => {
    if (isEmpty(insn)) return [];
    if (insn.kind !== 'ja' && insn.kind !== 'jump' && insn.kind !== 'jump-imm' && insn.kind !== 'call-local') return [insn];
    const from = starts[i]!;
    return [{ ...insn, offset: (moved.get(from + 1 + insn.offset) ?? insns.length) - moved.get(from)! - 1 }];
  });
}
