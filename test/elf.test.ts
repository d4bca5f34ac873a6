// Objects of clang's on both engines, side by side: verdict, packet, context and maps are equal after each packet. Reading what is
// hostile is src/image/elf; objects that we write are elf-write.long.test.ts.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ObjectSpec } from '../src/image/elf/object.ts';
import { readObject, type ReadObjectOptions } from '../src/image/elf/read-object.ts';
import { at, TARGET, targetBtf, U32 } from '../src/image/elf/fixtures/relocated-target.ts';
import type { LiveMap } from '../src/image/live-map.ts';
import { loadObject } from '../src/vm/load-object.ts';
import type { RingbufMap } from '../src/vm/maps/ringbuf.ts';
import { createVm } from '../src/vm/vm.ts';
import { FRAMES, isTaken, spoiled } from './fixtures/elf/frames.ts';
import { kernelTest } from './require.ts';

const SKB_BYTES = 192;
const LOOPBACK = 1;
const PACKET_OTHERHOST = 3;
const SPOILED = 150;
const MOST_BYTES_TO_TRY = 1 << 22;

const u16 = (n: number): Uint8Array => new Uint8Array(Uint16Array.of(n).buffer);
const u32 = (n: number): Uint8Array => new Uint8Array(Uint32Array.of(n).buffer);
const u64 = (n: number): Uint8Array => new Uint8Array(BigUint64Array.of(BigInt(n)).buffer);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const prefix = (bits: number, ...address: number[]): Uint8Array => Uint8Array.of(...u32(bits), ...address);

type Maps = ReadonlyMap<string, LiveMap>;

interface Fixture {
  readonly name: string;
  /** What user space writes first, and before each packet. */
  readonly before?: (maps: Maps) => void;
  readonly eachTime?: (maps: Maps, packet: number) => void;
  /** What the vm says of frames by name, so that both engines do not agree on nothing. */
  readonly verdicts: Readonly<Record<string, number>>;
  /** The program to run; default: each of the object. */
  readonly entry?: string;
}

const XDP_DROP = 1, XDP_PASS = 2, XDP_TX = 3, XDP_REDIRECT = 4, OK = 0, SHOT = 2;

const FIXTURES: readonly Fixture[] = [
  { name: 'counter', verdicts: { 'an ARP request': XDP_PASS } },
  { name: 'vlan', verdicts: { 'a tagged packet': XDP_PASS, 'a cut-off tag': XDP_DROP } },
  { name: 'tuple', verdicts: { 'IPv6 TCP': OK, 'a cut-off IPv6 header': SHOT } },
  { name: 'ports', before: maps => { maps.get('dropped')!.update(u16(8080), u32(0)); }, verdicts: { 'a SYN to telnet': SHOT, 'options in the header': SHOT, 'a DNS query': OK } },
  {
    name: 'allow', verdicts: { 'a SYN': XDP_PASS, 'a SYN to telnet': XDP_DROP, 'a DNS query': XDP_TX, 'options in the header': XDP_DROP },
    before: maps => {
      maps.get('allowed')!.update(prefix(8, 10, 0, 0, 0), u32(XDP_PASS));
      maps.get('allowed')!.update(prefix(24, 10, 0, 1, 0), u32(XDP_DROP));
      maps.get('allowed')!.update(prefix(16, 192, 168, 0, 0), u32(XDP_TX));
    },
  },
  { name: 'statistics', verdicts: { 'a large packet': OK } },
  { name: 'echo', verdicts: { 'an echo request': XDP_TX, 'an echo reply': XDP_PASS } },
  { name: 'swap', verdicts: { 'a SYN': XDP_TX, 'an ARP request': XDP_DROP } },
  { name: 'bucket', eachTime: (maps, packet) => { maps.get('.data')!.update(u32(0), u64(1 + packet * 40)); }, verdicts: { 'an ARP request': OK, 'a large packet': SHOT } },
  { name: 'functions', verdicts: {} },
  { name: 'chain', entry: 'entry', verdicts: { 'a SYN': XDP_PASS, 'IPv6 UDP': XDP_PASS, 'an ARP request': XDP_DROP } },
  { name: 'events', verdicts: { 'a SYN': OK } },
  { name: 'globals', verdicts: {} },
  { name: 'loops', verdicts: { 'a SYN': OK } },
  { name: 'timer', verdicts: { 'a SYN': OK } },
  { name: 'backlog', verdicts: { 'a SYN': OK } },
  { name: 'tangled', verdicts: {} },
  { name: 'socket', verdicts: { 'a SYN': OK, 'a large packet': SHOT } },
  {
    name: 'spread', verdicts: { 'a SYN': XDP_REDIRECT, 'an ARP request': XDP_PASS, 'options in the header': XDP_REDIRECT, 'nothing but Ethernet': XDP_DROP },
    before: maps => { maps.get('devices')!.update(u32(2), u32(LOOPBACK)); },
  },
  { name: 'legacy', verdicts: { 'a SYN': OK } },
];

function read(name: string, options: ReadObjectOptions = {}): ObjectSpec {
  const object = readObject(readFileSync(join(import.meta.dirname, 'fixtures/elf', `${name}.o`)), options);
  assert.ok(object.ok, object.ok ? '' : `${object.problem.place}: ${object.problem.message}`);
  return object.value;
}

interface Engine {
  readonly maps: Maps;
  run(program: string, frame: Uint8Array): unknown;
  /** Records of ring buffers, oldest first. */
  drain(map: string): string[];
  close(): void;
}

function onVm(spec: ObjectSpec): Engine {
  const loaded = loadObject(createVm(), spec);
  assert.ok(loaded.ok, loaded.ok ? '' : `${loaded.refusal.place}: ${loaded.refusal.reason}`);
  const { maps, programs, close } = loaded.value;
  return {
    maps, close,
    run(name, frame) {
      const program = programs.get(name)!;
      if (program.hook === 'xdp') {
        const result = program.run({ frame });
        assert.ok(result.ok, result.ok ? '' : result.fault.reason);
        return { verdict: result.value.returnCode, frame: hex(result.value.frame) };
      }
      const result = program.run({ frame, ifindex: LOOPBACK, packetType: PACKET_OTHERHOST });
      assert.ok(result.ok, result.ok ? '' : result.fault.reason);
      const { returnCode, frame: after, mark, cb } = result.value;
      return { verdict: returnCode, frame: hex(after), mark, cb: cb.map(word => word >>> 0) };
    },
    drain: map => (maps.get(map) as RingbufMap).drain().map(hex),
  };
}

async function onKernel(spec: ObjectSpec): Promise<Engine> {
  const kernel = await import('../src/kernel/load-object.ts');
  const { testRun } = await import('../src/kernel/test-run.ts');
  const { RingBuffer } = await import('../src/kernel/ring-buffer.ts');
  const { maps, programs, close } = kernel.loadObject(spec);
  const hooks = new Map(spec.programs.map(p => [p.name, p.hook]));
  return {
    maps, close,
    run(name, frame) {
      const program = programs.get(name)!;
      if (hooks.get(name) === 'xdp') {
        const { verdict, packet } = testRun(program, { packet: frame });
        return { verdict, frame: hex(packet) };
      }
      const { verdict, packet, context } = testRun(program, { packet: frame, context: new Uint8Array(SKB_BYTES) });
      const word = (at: number): number => new DataView(context.buffer, context.byteOffset).getUint32(at, true);
      return { verdict, frame: hex(packet), mark: word(8), cb: [48, 52, 56, 60, 64].map(word) };
    },
    drain(map) {
      using ring = new RingBuffer(maps.get(map)!);
      const records: string[] = [];
      ring.drain(record => { records.push(hex(record)); });
      return records;
    },
  };
}

const WITHOUT_ENTRIES: ReadonlySet<string> = new Set(['PROG_ARRAY', 'QUEUE', 'STACK']);

/** Per-CPU values are added up: a packet of TEST_RUN may be on any. */
function contents(engine: Engine, spec: ObjectSpec): Readonly<Record<string, unknown>> {
  return Object.fromEntries(spec.maps.filter(m => !WITHOUT_ENTRIES.has(m.type)).map(({ name, type, valueBytes }) => {
    const map = engine.maps.get(name)!;
    if (type === 'RINGBUF') return [name, engine.drain(name)];
    const value = (bytes: Uint8Array): string => type.startsWith('PERCPU') ? added(bytes, valueBytes) : hex(bytes);
    return [name, [...map.entries()].map(([k, v]) => `${hex(k)} ${value(v)}`).sort()];
  }));
}

function added(bytes: Uint8Array, valueBytes: number): string {
  const words = new BigUint64Array(bytes.slice().buffer);
  const each = valueBytes / 8;
  return Array.from({ length: each }, (_, i) => words.reduce((sum, word, at) => at % each === i ? sum + word : sum, 0n)).join(' ');
}

for (const fixture of FIXTURES) {
  const spec = read(fixture.name);
  const entries = fixture.entry ? [fixture.entry] : spec.programs.map(p => p.name);

  for (const entry of entries) {
    test(`vm: ${fixture.name}.o, ${entry}`, () => {
      for (const [name, verdict] of Object.entries(fixture.verdicts)) {
        const vm = onVm(spec);
        fixture.before?.(vm.maps);
        assert.equal((vm.run(entry, FRAMES[name]!) as { readonly verdict: number }).verdict, verdict, name);
        vm.close();
      }
    });
    kernelTest(`vm and kernel agree: ${fixture.name}.o, ${entry}`, async () => {
      const vm = onVm(spec);
      const kernel = await onKernel(spec);
      try {
        for (const engine of [vm, kernel]) fixture.before?.(engine.maps);
        for (const [packet, [name, frame]] of [...Object.entries(FRAMES), ...spoiled(SPOILED, 7).map((f, i): [string, Uint8Array] => [`spoiled ${i}`, f])].entries()) {
          if (!isTaken(spec.programs.find(p => p.name === entry)!.hook, frame)) continue;
          for (const engine of [vm, kernel]) fixture.eachTime?.(engine.maps, packet);
          assert.deepEqual(vm.run(entry, frame), kernel.run(entry, frame), name);
        }
        assert.deepEqual(contents(vm, spec), contents(kernel, spec));
      } finally {
        vm.close();
        kernel.close();
      }
    });
  }
}

kernelTest('the kernel takes the BTF of every object', async () => {
  const { loadBtf } = await import('../src/kernel/btf.ts');
  for (const { name } of FIXTURES) {
    const { btf } = read(name);
    assert.ok(btf, name);
    loadBtf(btf).close();
  }
});

const RELOCATED = FRAMES['an echo request']!;
const wordAt = (byte: number): number => new DataView(RELOCATED.buffer).getUint32(byte, true);
/** relocated.c says in cb where the fields are, and in mark what it read from them: offsets 12 and 16 of the target's struct. */
const ANSWERS = {
  verdict: OK, frame: hex(RELOCATED), mark: wordAt(12) + wordAt(16) >>> 0,
  cb: [12 << 16 | 16, 0 << 16 | 1, 24 << 24 | 64 - 15 << 8 | 64 - 10, 77 << 16 | 1, 32 << 16 | 4],
};

test('vm: fields that are relocated to another kernel\'s types', () => {
  assert.deepEqual(onVm(read('relocated', { targetBtf: () => targetBtf(TARGET) })).run('relocated', RELOCATED), ANSWERS);
});

kernelTest('kernel: fields that are relocated to another kernel\'s types', async () => {
  const kernel = await onKernel(read('relocated', { targetBtf: () => targetBtf(TARGET) }));
  try {
    assert.deepEqual(kernel.run('relocated', RELOCATED), ANSWERS);
  } finally {
    kernel.close();
  }
});

const guarded = (): ObjectSpec => read('guarded', { targetBtf: () => targetBtf([...TARGET.slice(0, 2), { kind: 'struct', name: 'record', bytes: 4, members: [at('id', U32, 0)] }]) });
const GUARDED = { verdict: XDP_DROP, frame: hex(RELOCATED) };

test('vm: a field that the kernel has not, behind a guard', () => {
  assert.deepEqual(onVm(guarded()).run('guarded', RELOCATED), GUARDED);
});

kernelTest('kernel: a field that the kernel has not, behind a guard', async () => {
  const kernel = await onKernel(guarded());
  try {
    assert.deepEqual(kernel.run('guarded', RELOCATED), GUARDED);
  } finally {
    kernel.close();
  }
});

test('vm: a field that the kernel has not, without a guard, is a fault when it is reached', () => {
  const loaded = loadObject(createVm(), read('relocated', { targetBtf: () => targetBtf(TARGET.slice(0, 2)) }));
  assert.ok(loaded.ok);
  const ran = loaded.value.programs.get('relocated')!.run({ frame: RELOCATED });
  assert.ok(!ran.ok && ran.fault.kind === 'access');
});

test('vm: a timer fires when its time has come, once, and not if its entry is gone', () => {
  let nowNs = 1000;
  const vm = createVm({ nowNs: () => nowNs });
  const loaded = loadObject(vm, read('timer'));
  assert.ok(loaded.ok);
  const flows = loaded.value.maps.get('flows')!, fired = loaded.value.maps.get('.bss')!;
  const long = FRAMES['a DNS query']!, short = FRAMES['nothing but Ethernet']!;
  for (const frame of [long, short]) assert.ok(loaded.value.programs.get('timer')!.run({ frame }).ok);
  const firedFor = (): number => new DataView(fired.lookup(u32(0))!.buffer).getUint32(0, true);
  const dueNs = vm.nextTimerNs!;
  assert.ok(dueNs > nowNs);
  nowNs = dueNs - 1;
  assert.deepEqual([vm.fireTimers(), firedFor()], [[], 0]);
  nowNs = dueNs + 1e12;
  assert.deepEqual([vm.fireTimers(), firedFor()], [[], long.length + short.length]);
  assert.deepEqual([vm.fireTimers(), vm.nextTimerNs], [[], undefined]);
  assert.ok(loaded.value.programs.get('timer')!.run({ frame: long }).ok);
  assert.notEqual(vm.nextTimerNs, undefined);
  flows.delete(u32(long.length));
  assert.equal(vm.nextTimerNs, undefined);
});

test('a spoiled object is refused or loaded, and never throws', () => {
  const objects = FIXTURES.map(({ name }) => new Uint8Array(readFileSync(join(import.meta.dirname, 'fixtures/elf', `${name}.o`))));
  const edit = fc.record({ at: fc.integer({ min: 64, max: 1200 }), value: fc.integer({ min: 0, max: 255 }) });
  fc.assert(fc.property(fc.constantFrom(...objects), fc.array(edit, { minLength: 1, maxLength: 4 }), (original, edits) => {
    const bytes = original.slice();
    for (const { at, value } of edits) bytes[at] = value;
    const object = readObject(bytes);
    if (!object.ok || object.value.maps.some(m => m.capacity * (m.keyBytes + m.valueBytes) > MOST_BYTES_TO_TRY)) return;
    const loaded = loadObject(createVm({ fuel: 1000 }), object.value);
    if (!loaded.ok) return;
    for (const program of loaded.value.programs.values()) program.run({ frame: RELOCATED });
  }), { numRuns: 200 });
});
