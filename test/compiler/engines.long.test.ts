// Random IR means the same unoptimised, optimised, in the vm and in the kernel: what catches wrong registers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { evaluate, type Outcome } from './evaluate.ts';
import { MAP_ENTRIES, PACKET_BYTES, randomProgram, VALUE_BYTES } from './random-program.ts';
import { optimize } from '../../src/compiler/4-optimize/optimize.ts';
import { emit } from '../../src/compiler/5-emit/emit.ts';
import type { Func } from '../../src/compiler/ir/ir.ts';
import { link } from '../../src/datapath/link/link.ts';
import { modulePiece } from '../../src/datapath/link/piece.ts';
import { readVerdict, verdictJoints } from '../../src/datapath/link/verdicts.ts';
import type { Program } from '../../src/image/image.ts';
import type { LiveMap } from '../../src/image/live-map.ts';
import { createMap as createKernelMap } from '../../src/kernel/map.ts';
import { loadProgram } from '../../src/kernel/program.ts';
import { testRun } from '../../src/kernel/test-run.ts';
import { createVm } from '../../src/vm/vm.ts';
import { kernelTest } from '../require.ts';

const constants = { element: 7, hz: 250 };
const tapes = fc.array(fc.nat(997), { minLength: 5, maxLength: 260, size: 'max' });
const packet = Uint8Array.from({ length: PACKET_BYTES }, (_, i) => i * 37 & 0xff);
const firstValues = (map: number): Uint8Array[] =>
  Array.from({ length: map === 0 ? MAP_ENTRIES : 1 }, (_, k) => Uint8Array.from({ length: VALUE_BYTES }, (_, i) => (k + 3) * (i + 1) * 29 & 0xff));
const specs = [0, 1].map(map => ({ name: `m${map}`, type: 'ARRAY', keyBytes: 4, valueBytes: VALUE_BYTES, capacity: firstValues(map).length }) as const);
const index = (n: number): Uint8Array => Uint8Array.of(n, 0, 0, 0);

/** Everything that a program leaves behind. */
interface Result { readonly outcome: Outcome; readonly packet: string; readonly maps: readonly string[] }
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function reference(fn: Func): Result {
  const world = { packet: packet.slice(), maps: [firstValues(0), firstValues(1)], constants };
  const outcome = evaluate(fn, world);
  return { outcome, packet: hex(world.packet), maps: world.maps.flat().map(hex) };
}

function fill(maps: readonly LiveMap[]): void {
  for (const [map, live] of maps.entries()) for (const [k, value] of firstValues(map).entries()) live.update(index(k), value);
}
const contents = (maps: readonly LiveMap[]): string[] => maps.flatMap((live, map) => firstValues(map).map((_, k) => hex(live.lookup(index(k)) ?? new Uint8Array())));

function linked(program: Program, handles: readonly number[]): Uint8Array {
  const body = modulePiece(program, ['random.ts'], { map: i => handles[i] as number, constant: name => constants[name] });
  const result = link({ body, joints: verdictJoints() });
  assert.ok(result.ok, JSON.stringify(result));
  return result.linked.code;
}

const compiled = (fn: Func, frameRoomBytes = 512): Program => emit(fn, { hook: 'tc', textOf: () => '', verifyIr: 'always', frameRoomBytes }).program;
const optimized = (tape: readonly number[]): Func => optimize(randomProgram(tape), { verifyIr: 'always' });

function inVm(program: Program): Result {
  const vm = createVm();
  const maps = specs.map(s => vm.createMap(s));
  fill(maps);
  const loaded = vm.load({ name: 'random', hook: 'tc', code: linked(program, maps.map(m => m.handle)) });
  assert.ok(loaded.ok, JSON.stringify(loaded));
  const run = loaded.value.run({ frame: packet.slice() });
  assert.ok(run.ok, JSON.stringify(run, (_, v: unknown) => typeof v === 'bigint' ? String(v) : v));
  const outcome = readVerdict(run.value.returnCode);
  assert.ok(outcome);
  return { outcome, packet: hex(run.value.frame), maps: contents(maps) };
}

function inKernel(program: Program): Result {
  const maps = specs.map(s => createKernelMap(s));
  try {
    fill(maps);
    using loaded = loadProgram({ name: 'random', hook: 'tc', code: linked(program, maps.map(m => m.fd)) });
    const run = testRun(loaded, { packet: packet.slice() });
    const outcome = readVerdict(run.verdict);
    assert.ok(outcome);
    return { outcome, packet: hex(run.packet), maps: contents(maps) };
  } finally { for (const m of maps) m.close(); }
}

/** What was found: a loop that nothing leads into, whose two values change places. */
const FOUND: [number[]][] = [
  [[386, 0, 0, 782, 0, 0, 327, 0, 0, 0, 0, 0, 0, 0, 0, 0, 93, 0, 0, 0, 586, 0, 0, 0, 0, 0, 0, 0, 1, 1, 743, 0, 0, 0, 1, 665, 0, 1, 0, 0, 0, 0, 295, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 969, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 210, 1, 647, 1, 247, 1, 0, 1, 2, 499, 0, 0, 0, 0, 0, 0, 0, 0, 155, 1, 1, 1, 377]],
];
const runs = Number(process.env['IOV_FUZZ_RUNS'] ?? 150);

test('Optimised IR means what it meant.', () => {
  fc.assert(fc.property(tapes, tape => {
    assert.deepEqual(reference(optimized(tape)), reference(randomProgram(tape)));
  }), { numRuns: runs, examples: FOUND });
});

test('Emitted code means what the IR meant, in the vm.', () => {
  fc.assert(fc.property(tapes, tape => {
    const expected = reference(randomProgram(tape));
    assert.deepEqual(inVm(compiled(randomProgram(tape))), expected);
    assert.deepEqual(inVm(compiled(optimized(tape), 0)), expected);
  }), { numRuns: Math.ceil(runs / 3), examples: FOUND });
});

kernelTest('Emitted code passes the verifier, and means what the IR meant, in the kernel.', () => {
  fc.assert(fc.property(tapes, tape => {
    const expected = reference(randomProgram(tape));
    assert.deepEqual(inKernel(compiled(randomProgram(tape))), expected);
    assert.deepEqual(inKernel(compiled(optimized(tape), 0)), expected);
  }), { numRuns: Math.ceil(runs / 3) });
});
