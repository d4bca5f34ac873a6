// Tail calls in local functions, on the vm and on the kernel: the other program takes the function's place and returns to the function's caller.
// Those of entry functions are src/vm/vm.test.ts's.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SKB } from '../src/image/abi.ts';
import type { LiveMap } from '../src/image/live-map.ts';
import { assemble } from '../src/isa/assemble.ts';
import { encode } from '../src/isa/encode.ts';
import { slots, type Insn } from '../src/isa/insn.ts';
import { makeBtf } from '../src/image/btf.ts';
import { IMPLEMENTATIONS } from '../src/vm/fixtures/both.ts';
import { createVm } from '../src/vm/vm.ts';
import { kernelTest } from './require.ts';

interface Engine {
  make(spec: typeof PROGRAMS): LiveMap;
  /** Of assembler text; r6 is the context. */
  load(text: string): { /** As a prog array takes it. */ readonly reference: number; /** On a small packet: cb afterwards. */ run(): readonly number[] };
}

const FRAME = new Uint8Array(64);
const SKB_BYTES = 192;
const PROGRAMS = { name: 'programs', type: 'PROG_ARRAY', keyBytes: 4, valueBytes: 4, capacity: 4 } as const;
const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
const tailCall = (map: LiveMap, index: number): string => `lddw %r2, map_fd(${map.reference})\nmov %r3, ${index}\ncall tail_call`;
const count = (word: number): string => `ldxw %r2, [%r6+${SKB.cb + 4 * word}]\nadd %r2, 1\nstxw [%r6+${SKB.cb + 4 * word}], %r2`;

/** cb: both halves of what the function returned, then what the caller's stack and r7 still hold. */
const asking = (map: LiveMap, index: number): string => `
  stw [%r10-8], 77
  mov %r7, 88
  mov %r1, %r6
  call local ask
  stxw [%r6+cb], %r0
  rsh %r0, 32
  stxw [%r6+${SKB.cb + 4}], %r0
  ldxw %r1, [%r10-8]
  stxw [%r6+${SKB.cb + 8}], %r1
  stxw [%r6+${SKB.cb + 12}], %r7
  mov %r0, 0
  exit
  ask: ${tailCall(map, index)}
  mov %r0, 9
  exit`;

/** Goes on with itself through its function, twice; cb: how often it began, and how often the function came back. */
const again = (map: LiveMap): string => `
  ${count(0)}
  mov %r1, %r6
  call local ask
  ${count(1)}
  mov %r1, %r6
  call local ask
  mov %r0, 1
  exit
  ask: ${tailCall(map, 1)}
  mov %r0, 9
  exit`;

const CASES: readonly { readonly name: string; readonly body: (engine: Engine) => void }[] = [
  {
    name: 'the other program returns to the caller of the function, or the function goes on', body({ make, load }) {
      const map = make(PROGRAMS);
      const other = load(`stw [%r10-8], 5\nmov %r7, 6\n${count(4)}\nlddw %r0, 0x500000004\nexit`);
      const asks = load(asking(map, 1)), outside = load(asking(map, 4));
      assert.deepEqual([asks.run(), outside.run()], [[9, 0, 77, 88, 0], [9, 0, 77, 88, 0]]);
      map.update(u32(1), u32(other.reference));
      assert.deepEqual([asks.run(), outside.run()], [[4, 5, 77, 88, 1], [9, 0, 77, 88, 0]]);
      map.delete(u32(1));
      assert.deepEqual(asks.run(), [9, 0, 77, 88, 0]);
    },
  },
  {
    name: 'the other program goes on with a third, from its entry and from a function', body({ make, load }) {
      const map = make(PROGRAMS);
      const third = load(`${count(4)}\nmov %r0, 30\nexit`);
      const asked = load(`mov %r1, %r6\ncall local ask\nadd %r0, 1\nexit\nask: ${tailCall(map, 3)}\nmov %r0, 9\nexit`);
      const entry = load(`${count(4)}\nmov %r1, %r6\n${tailCall(map, 2)}\nmov %r0, 8\nexit`);
      const asks = load(asking(map, 1));
      map.update(u32(1), u32(entry.reference));
      assert.deepEqual(asks.run(), [8, 0, 77, 88, 1]);
      map.update(u32(2), u32(asked.reference));
      assert.deepEqual(asks.run(), [10, 0, 77, 88, 1]);
      map.update(u32(3), u32(third.reference));
      assert.deepEqual(asks.run(), [31, 0, 77, 88, 2]);
    },
  },
  {
    name: 'a program goes on with itself, 33 times in all', body({ make, load }) {
      const map = make(PROGRAMS);
      const itself = load(again(map));
      assert.deepEqual(itself.run(), [1, 1, 0, 0, 0]);
      map.update(u32(1), u32(itself.reference));
      assert.deepEqual(itself.run(), [34, 34, 0, 0, 0]);
      assert.deepEqual(itself.run(), [34, 34, 0, 0, 0]);
    },
  },
];

function insnsOf(text: string): readonly Insn[] {
  const assembled = assemble(`mov %r6, %r1\n${text}`, { constants: SKB });
  assert.ok(assembled.ok, assembled.ok ? '' : assembled.errors.map(e => `${e.line}: ${e.message}`).join('\n'));
  return assembled.insns;
}
const codeOf = (text: string): Uint8Array => encode(insnsOf(text));

/** The kernel wants to know that a function with a tail call returns an int. */
function functionsOf(insns: readonly Insn[]): { slot: number; name: string }[] {
  const targets = new Set<number>();
  let slot = 0;
  for (const insn of insns) {
    if (insn.kind === 'call-local') targets.add(slot + 1 + insn.offset);
    slot += slots(insn);
  }
  return [...targets].sort((a, b) => a - b).map(slot => ({ slot, name: `at${slot}` }));
}

for (const { name, body } of CASES) {
  for (const implementation of IMPLEMENTATIONS) test(`${implementation}: ${name}`, () => {
    const vm = createVm({ implementation });
    body({
      make: spec => vm.createMap(spec),
      load(text) {
        const loaded = vm.load({ name: 'tails', hook: 'tc', code: codeOf(text) });
        assert.ok(loaded.ok, loaded.ok ? '' : `slot ${loaded.refusal.slot}: ${loaded.refusal.reason}`);
        return {
          reference: loaded.value.handle,
          run() {
            const ended = loaded.value.run({ frame: FRAME });
            assert.ok(ended.ok, ended.ok ? '' : JSON.stringify(ended.fault));
            return ended.value.cb;
          },
        };
      },
    });
  });
  kernelTest(`kernel: ${name}`, async () => {
    const { createMap } = await import('../src/kernel/map.ts');
    const { loadProgram } = await import('../src/kernel/program.ts');
    const { loadBtf } = await import('../src/kernel/btf.ts');
    const { testRun } = await import('../src/kernel/test-run.ts');
    using live = new DisposableStack();
    body({
      make(spec) {
        const map = createMap(spec);
        live.defer(() => { map.close(); });
        return map;
      },
      load(text) {
        const insns = insnsOf(text);
        const { bytes, programs: [records] } = makeBtf({ programs: [{ name: 'tails', hook: 'tc', files: [], lines: [], functions: functionsOf(insns) }] });
        using btf = loadBtf(bytes);
        const program = live.use(loadProgram({ name: 'tails', hook: 'tc', code: encode(insns), btf: { fd: btf.fd, ...records! } }));
        return {
          reference: program.fd,
          run() {
            const { context } = testRun(program, { packet: FRAME, context: new Uint8Array(SKB_BYTES) });
            return [...new Uint32Array(context.slice(SKB.cb, SKB.cb + 20).buffer)];
          },
        };
      },
    });
  });
}

for (const implementation of IMPLEMENTATIONS) {
  const failing = (body: (map: LiveMap) => string): unknown => {
    const vm = createVm({ implementation });
    const map = vm.createMap(PROGRAMS);
    const other = vm.load({ name: 'other', hook: 'tc', code: codeOf('mov %r1, 0\nldxw %r0, [%r1]\nexit') });
    assert.ok(other.ok);
    map.update(u32(1), u32(other.value.handle));
    const loaded = vm.load({ name: 'first', hook: 'tc', code: codeOf(body(map)) });
    if (!loaded.ok) return loaded.refusal.reason;
    const ended = loaded.value.run({ frame: FRAME });
    return ended.ok || [ended.program, ended.fault.kind, ended.fault.slot];
  };

  test(`${implementation}: a fault in the other program is its own`, () => {
    assert.deepEqual(failing(map => asking(map, 1)), ['other', 'access', 2]);
  });

  test(`${implementation}: a tail call in a callback is refused`, () => {
    assert.equal(failing(map => `
      mov %r1, 3
      lddw %r2, func(ask)
      mov %r3, 0
      mov %r4, 0
      call loop
      mov %r0, 0
      exit
      ask: ${tailCall(map, 1)}
      mov %r0, 0
      exit`), 'a tail call in a callback');
  });
}
