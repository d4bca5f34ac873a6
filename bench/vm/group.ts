// The user-space engine beside the kernel and beside the machine itself: the same C, as eBPF on either engine and compiled for this machine.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readObject } from '../../src/image/elf/read-object.ts';
import type { ObjectSpec } from '../../src/image/elf/object.ts';
import type { LoadedEntry } from '../compiler/subject.ts';
import { emptyProgram } from '../empty-program.ts';
import { RUN_DIR } from '../leftovers.ts';
import { type Group, type GroupOptions, type GroupResult, median, Rounds } from '../measurement.ts';
import { clangBpf, clangVersion } from '../tools.ts';
import { KERNEL, kernelSide } from './kernel-side.ts';
import { NATIVE, NATIVE_SCALAR, nativeSide } from './native-side.ts';
import type { EngineSide } from './side.ts';
import { MEASURED, type Measured } from './subjects.ts';
import { vmSide, type VmSide } from './vm-side.ts';

const CHECKED = 'WebAssembly, checked';
const FAST = 'WebAssembly, fast';
const INTERPRETER = 'interpreter';
const SOURCES = resolve(import.meta.dirname, '../c');
const VM_HZ = 250;

export const vmGroup: Group = {
  name: 'vm',
  about: 'the same C as eBPF in the user-space engine and in the kernel, and compiled for this machine: ns a packet',
  run,
};

async function run({ rounds, say, stop, subjects: wanted = [] }: GroupOptions): Promise<GroupResult> {
  const gathered = new Rounds();
  using disposal = new DisposableStack();
  const chosen = MEASURED.filter(one => wanted.length === 0 || wanted.includes(one.subject.name));
  const empty = emptyProgram('tc', 'ldxw %r0, [%r1+0]\nexit', disposal);
  const rows = chosen.map(one => {
    say(`compiling and loading ${one.subject.name}`);
    return { one, sides: sidesOf(one, empty).map(side => disposal.use(side)) };
  });
  for (const { one, sides } of rows) compare(one, sides);
  const counts = new Map(rows.map(({ one, sides }) => [one, (sides.find(side => side.name === INTERPRETER) as VmSide).instructions(one.work.sent)]));
  for (let round = 1; round <= rounds; round++) {
    say(`round ${round} of ${rounds}`);
    for (const { one, sides } of rows) {
      for (const side of turned(sides, round)) {
        const ns = side.time(one.work.sent);
        gathered.add({ group: 'vm', work: `${one.subject.name}, ${one.work.name}`, subject: side.name, quantity: 'time', unit: 'ns', better: 'less' }, ns);
        await new Promise(done => setImmediate(done));            // a signal's handler gets its turn
        stop.throwIfAborted();
      }
    }
  }
  const measurements = gathered.all();
  const ns = (one: Measured, side: string): number => median(measurements.find(m => m.subject === side && m.work === `${one.subject.name}, ${one.work.name}`)!.rounds);
  const told = (bound: Measured['bound'], side: string): string =>
    chosen.filter(one => one.bound === bound).map(one => `${one.work.name} ${(ns(one, FAST) / ns(one, side)).toFixed(2)}`).join(', ');
  return {
    measurements, reference: NATIVE,
    notes: [
      `${FAST}, to ${NATIVE}, where a packet computes: ${told('compute', NATIVE)}.`,
      ...(chosen.some(one => one.bound === 'compute') ? [`${FAST}, to ${NATIVE_SCALAR}: ${told('compute', NATIVE_SCALAR)}.`] : []),
      `${FAST}, to ${KERNEL}, where it asks maps: ${told('maps', KERNEL)}.`,
      `${INTERPRETER}: ${chosen.map(one => `${one.work.name} ${counts.get(one)} instructions, ${(ns(one, INTERPRETER) / counts.get(one)!).toFixed(1)} ns each`).join('; ')}.`,
      `One C source each, by ${clangVersion()}: -O2 -mcpu=v3 -target bpf, and -O2 -march=native. Times are net of an empty program's on the same engine.`,
    ],
  };
}

function sidesOf({ subject, work, filled: contents, bound }: Measured, empty: LoadedEntry): EngineSide[] {
  const variant = subject.variants.find(v => v.name === work.variant)!;
  const filled = contents();
  const spec = objectOf(subject.name, variant.defines ?? {});
  const before = work.before ?? [];
  const native = { spec, filled, defines: variant.defines ?? {}, before };
  const sides = [
    nativeSide(NATIVE, subject.name, native),
    ...(bound === 'compute' ? [nativeSide(NATIVE_SCALAR, subject.name, native)] : []),
    vmSide(CHECKED, spec, filled, { implementation: 'wasm', checks: 'regions' }),
    vmSide(FAST, spec, filled, { implementation: 'wasm', checks: 'memory' }),
    vmSide(INTERPRETER, spec, filled, { implementation: 'interpreter' }),
    kernelSide(spec, filled, work, empty),
  ];
  for (const side of sides.slice(1)) for (const sent of before) side.once(sent);
  return sides;
}

/** @throws Error  where an engine does something else with the packet than the others: then no figure means anything */
function compare({ subject, work }: Measured, sides: readonly EngineSide[]): void {
  const fates = sides.map(side => {
    const { result, frame } = side.once(work.sent);
    return { name: side.name, result, frame: Buffer.from(frame).toString('hex') };
  });
  if (fates.every(fate => fate.result === fates[0]!.result && fate.frame === fates[0]!.frame)) return;
  throw new Error(`${subject.name}, ${work.name}: the engines do not agree:\n${fates.map(f => `  ${f.name}: ${f.result.toString(16)} ${f.frame}`).join('\n')}`);
}

function objectOf(name: string, defines: Readonly<Record<string, number>>): ObjectSpec {
  const object = `${RUN_DIR}/vm-${name}.o`;
  clangBpf(`${SOURCES}/${name}.c`, object, { HZ: VM_HZ, ...defines });
  const read = readObject(new Uint8Array(readFileSync(object)));
  if (!read.ok) throw new Error(`${object}: ${JSON.stringify(read)}`);
  return read.value;
}

function turned<T>(list: readonly T[], by: number): readonly T[] {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
