// The figures of ours that do not vary from run to run, as committed in bench/snapshot.json: they change only with a diff that someone reads.
// Slots need no kernel; verifier steps are those of the kernel that is named.

import { readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { resolve } from 'node:path';
import { imageOf } from '../../src/compiler/fixtures/image-of.ts';
import { linkedEntry } from './linked.ts';
import { ourSide } from './ours.ts';
import { SUBJECTS } from './subjects.ts';

const FILE = resolve(import.meta.dirname, '../snapshot.json');
/** The snapshot's own, whatever this machine's is: a constant in the code, of the same size everywhere. */
const HZ = 250;

export interface Snapshot {
  /** `6.18`. */
  readonly kernel: string;
  /** By `SUBJECT ENTRY`. */
  readonly slots: Readonly<Record<string, number>>;
  /** By `SUBJECT ENTRY VARIANT`. */
  readonly verifierSteps: Readonly<Record<string, number>>;
}

export function committedSnapshot(): Snapshot {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Snapshot;
}

/** Compiles and links every subject; no kernel, no clang. */
export function slotsOfOurs(): Record<string, number> {
  return Object.fromEntries(SUBJECTS.flatMap(({ name, module, entries }) => {
    const image = imageOf(module);
    return entries.map(entry => [`${name} ${entry.name}`, linkedEntry(image, entry, { hz: HZ, handle: index => index + 1 }).code.byteLength / 8]);
  }));
}

/** Loads every subject here. @throws SysError, VerifierError */
function stepsOfOurs(): Record<string, number> {
  return Object.fromEntries(SUBJECTS.flatMap(subject => {
    const image = imageOf(subject.module);
    return subject.variants.flatMap(variant => {
      using side = ourSide(subject, image, variant);
      return [...side.programs].map(([entry, { program }]) => [`${subject.name} ${entry} ${variant.name}`, program.info().verifiedInsns]);
    });
  }));
}

/** Writes the snapshot anew and gives what changed, a line each. */
export function bless(): string[] {
  const before = committedSnapshot();
  const after: Snapshot = { kernel: release().split('.').slice(0, 2).join('.'), slots: slotsOfOurs(), verifierSteps: stepsOfOurs() };
  writeFileSync(FILE, `${JSON.stringify(after, null, 2)}\n`);
  return (['slots', 'verifierSteps'] as const).flatMap(quantity => {
    const names = new Set([...Object.keys(before[quantity]), ...Object.keys(after[quantity])]);
    return [...names].filter(name => before[quantity][name] !== after[quantity][name])
      .map(name => `${quantity} of ${name}: ${before[quantity][name] ?? 'none'} → ${after[quantity][name] ?? 'none'}`);
  });
}
