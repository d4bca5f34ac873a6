// src/kernel on this machine's kernel: maps, programs, runs, links and pins.

import assert from 'node:assert/strict';
import { kernelTest } from '../../test/require.ts';
import { assemble } from '../isa/assemble.ts';
import { encode } from '../isa/encode.ts';
import type { Insn } from '../isa/insn.ts';
import { isSysError } from '../sys/errors.ts';
import { jiffiesClock } from './jiffies.ts';
import { createMap, mapById } from './map.ts';
import { updateMany } from './map-batch.ts';
import { MAP_FLAG, possibleCpus } from './map-types.ts';
import { ensureBpffs, listPins, makePinDirectory, pin, pinnedMap, pinnedProgram, removePins, unpin } from './pins.ts';
import { loadProgram, programById, type ProgramSpec } from './program.ts';
import { ProgramRefused } from './refusal.ts';
import { RingBuffer } from './ring-buffer.ts';
import { enableStatistics } from './statistics.ts';
import { testRun } from './test-run.ts';
import { XDP_ACTION } from './xdp.ts';

const PINS = '/sys/fs/bpf/iov-t-kernel';

function code(text: string, ...front: Insn[]): Uint8Array {
  const result = assemble(text);
  assert.ok(result.ok, JSON.stringify(result));
  return encode([...front, ...result.insns]);
}

const u32 = (value: number) => new Uint8Array(new Uint32Array([value]).buffer);
const packet = new Uint8Array(64);

kernelTest('a hash map looks up, updates by mode, deletes and lists', () => {
  using map = createMap({ name: 'flows-1', type: 'HASH', keyBytes: 4, valueBytes: 8, capacity: 3 });
  const value = new Uint8Array(8).fill(7);
  assert.equal(map.lookup(u32(1)), undefined);
  map.update(u32(1), value, 'new');
  assert.deepEqual(map.lookup(u32(1)), value);
  assert.throws(() => map.update(u32(1), value, 'new'), (e: unknown) => isSysError(e, 'EEXIST'));
  assert.throws(() => map.update(u32(2), value, 'existing'), (e: unknown) => isSysError(e, 'ENOENT'));
  map.update(u32(2), value);
  map.update(u32(3), value);
  assert.throws(() => map.update(u32(4), value), (e: unknown) => isSysError(e, 'E2BIG') && /capacity/.test(e.cure ?? ''));
  assert.deepEqual([...map.entries()].map(([key]) => key[0]).sort(), [1, 2, 3]);
  assert.deepEqual([...map.keys()].map(key => key[0]).sort(), [1, 2, 3]);
  assert.equal(map.delete(u32(1)), true);
  assert.equal(map.delete(u32(1)), false);
  assert.equal(map.info().name, 'flows_1');
  using again = mapById(map.info().id);
  assert.equal(again.capacity, 3);
  assert.throws(() => map.lookup(new Uint8Array(3)), /key bytes/);
});

for (const type of ['HASH', 'LRU_HASH', 'PERCPU_HASH', 'ARRAY', 'PERCPU_ARRAY'] as const) {
  kernelTest(`${type}: a thousand entries in one call, and read back`, () => {
    using map = createMap({ name: 'many', type, keyBytes: 4, valueBytes: 4, capacity: 4096 });
    const entries = Array.from({ length: 1000 }, (_, i) => [u32(i), new Uint8Array(map.transferBytes).fill(i)] as const);
    updateMany(map, entries);
    const read = new Map([...map.entries()].map(([key, value]) => [new Uint32Array(key.slice().buffer)[0], value[0]]));
    assert.equal(read.size, type.endsWith('ARRAY') ? 4096 : 1000);
    for (let i = 0; i < 1000; i++) assert.equal(read.get(i), i & 0xff);
  });
}

kernelTest('an LPM trie finds the longest prefix and lists its entries', () => {
  using map = createMap({ name: 'routes', type: 'LPM_TRIE', keyBytes: 8, valueBytes: 4, capacity: 16, flags: MAP_FLAG.NO_PREALLOC });
  const key = (bits: number, ...ip: number[]) => new Uint8Array([bits, 0, 0, 0, ...ip]);
  map.update(key(8, 10, 0, 0, 0), u32(1));
  map.update(key(24, 10, 1, 2, 0), u32(2));
  assert.deepEqual(map.lookup(key(32, 10, 1, 2, 3)), u32(2));
  assert.deepEqual(map.lookup(key(32, 10, 9, 2, 3)), u32(1));
  assert.equal([...map.entries()].length, 2);
});

kernelTest('a per-CPU value has one part for every possible CPU', () => {
  using map = createMap({ name: 'counts', type: 'PERCPU_ARRAY', keyBytes: 4, valueBytes: 4, capacity: 2 });
  assert.equal(map.transferBytes, 8 * possibleCpus());
  const value = new Uint8Array(map.transferBytes);
  value[8 * (possibleCpus() - 1)] = 9;
  map.update(u32(1), value);
  assert.deepEqual(map.lookup(u32(1)), value);
});

kernelTest('a frozen map refuses writes', () => {
  using map = createMap({ name: 'shape', type: 'ARRAY', keyBytes: 4, valueBytes: 4, capacity: 1, flags: MAP_FLAG.RDONLY_PROG });
  map.update(u32(0), u32(5));
  map.freeze();
  assert.throws(() => map.update(u32(0), u32(6)), (e: unknown) => isSysError(e, 'EPERM'));
});

kernelTest('a tc program loads, runs on a packet and tells about itself', () => {
  using program = loadProgram({ name: 'len-of', hook: 'tc', code: code('ldxw %r0, [%r1+0]\nstw [%r1+48], 42\nexit') });
  const run = testRun(program, { packet, context: new Uint8Array(192) });
  // Length as the program sees it at tc: with its Ethernet header.
  assert.equal(run.verdict, 64);
  assert.equal(run.context[48], 42);
  assert.deepEqual(run.packet, packet);
  const info = program.info();
  assert.equal(info.name, 'len_of');
  assert.match(info.tag, /^[0-9a-f]{16}$/);
  assert.ok(info.xlatedBytes >= 24 && info.verifiedInsns === 3);
  using same = programById(info.id);
  assert.equal(same.info().tag, info.tag);
});

kernelTest('an XDP program runs on a packet', () => {
  using program = loadProgram({ name: 'drop', hook: 'xdp', code: code('mov %r0, 1\nexit') });
  assert.equal(testRun(program, { packet }).verdict, XDP_ACTION.DROP);
  assert.throws(() => testRun(program, { packet: new Uint8Array(4) }), (e: unknown) => isSysError(e, 'EINVAL'));
});

kernelTest('a refused program names line, slot and reason, and keeps the log', () => {
  const spec: ProgramSpec = {
    name: 'bad', hook: 'tc', code: code('ldxw %r2, [%r1+76]\nldxb %r0, [%r2+0]\nexit'),
    source: { files: ['modules/m/m.ts'], lines: [{ slot: 0, file: 0, line: 3, column: 1, text: 'a' }, { slot: 1, file: 0, line: 7, column: 9, text: 'b' }] },
  };
  assert.throws(() => loadProgram(spec), (error: unknown) => {
    assert.ok(error instanceof ProgramRefused);
    assert.equal(error.code, 'EACCES');
    assert.equal(error.slot, 1);
    assert.deepEqual(error.place, { file: 'modules/m/m.ts', line: 7, column: 9 });
    assert.match(error.reason, /invalid access to packet/);
    assert.match(error.log, /processed \d+ insns/);
    return true;
  });
});

kernelTest('pins keep objects by name until they are unpinned', () => {
  ensureBpffs();
  removePins(PINS);
  makePinDirectory(`${PINS}/deep`);
  try {
    using map = createMap({ name: 'kept', type: 'ARRAY', keyBytes: 4, valueBytes: 4, capacity: 1 });
    pin(map, `${PINS}/map`);
    assert.throws(() => pin(map, `${PINS}/map`), (e: unknown) => isSysError(e, 'EEXIST'));
    map.update(u32(0), u32(77));
    map.close();
    using back = pinnedMap(`${PINS}/map`);
    assert.deepEqual(back?.lookup(u32(0)), u32(77));
    assert.equal(back?.valueBytes, 4);
    assert.throws(() => pinnedProgram(`${PINS}/map`), /is a pinned map/);
    assert.equal(pinnedMap(`${PINS}/none`), undefined);
    assert.deepEqual(listPins(PINS), [{ name: 'deep', kind: 'directory' }, { name: 'map', kind: 'object' }]);
    assert.equal(unpin(`${PINS}/map`), true);
    assert.equal(unpin(`${PINS}/map`), false);
  } finally {
    removePins(PINS);
  }
  assert.deepEqual(listPins(PINS), []);
});

kernelTest('a ring buffer gives its records in order, drained and listened to', async () => {
  using map = createMap({ name: 'events', type: 'RINGBUF', keyBytes: 0, valueBytes: 0, capacity: 65_536 });
  using counter = createMap({ name: 'n', type: 'ARRAY', keyBytes: 4, valueBytes: 8, capacity: 1 });
  // bpf_ringbuf_output(map, stack, 8, 0) of a number that grows: helper 130.
  using program = loadProgram({
    name: 'emit', hook: 'tc',
    code: code('ldxdw %r1, [%r6+0]\nstxdw [%r10-8], %r1\nadd %r1, 1\nstxdw [%r6+0], %r1\nmov %r1, %r7\nmov %r2, %r10\nadd %r2, -8\nmov %r3, 8\nmov %r4, 0\ncall 130\nmov %r0, 0\nexit',
      { kind: 'wide-value', dst: 6, map: counter.fd, offset: 0 }, { kind: 'wide-map', dst: 7, map: map.fd }),
  });
  using ring = new RingBuffer(map);
  const seen: number[] = [];
  const onRecord = (record: Uint8Array) => seen.push(Number(new DataView(record.buffer, record.byteOffset).getBigUint64(0, true)));
  // 16 bytes a record: 20 rounds of 1,000 go round the ring several times.
  for (let round = 0; round < 20; round++) {
    testRun(program, { packet, repeat: 1000 });
    assert.equal(ring.drain(onRecord), 1000);
  }
  assert.deepEqual(seen, Array.from({ length: 20_000 }, (_, i) => i));
  await new Promise<void>(resolve => {
    ring.listen(record => { onRecord(record); resolve(); });
    testRun(program, { packet });
  });
  assert.equal(seen.at(-1), 20_000);
});

kernelTest('the clock of ticks goes on', () => {
  using clock = jiffiesClock();
  assert.ok([100, 250, 300, 1000].includes(clock.hz), `hz ${clock.hz}`);
  const first = clock.now();
  while (clock.now() === first);
  assert.ok(clock.now() > first);
});

kernelTest('statistics count runs while they are on', () => {
  using program = loadProgram({ name: 'counted', hook: 'tc', code: code('mov %r0, 0\nexit') });
  using on = enableStatistics();
  testRun(program, { packet, repeat: 10 });
  assert.ok(on.isOpen);
  assert.ok(program.info().runCount === 0n || program.info().runCount >= 10n);      // TEST_RUN counts on some kernels only
});
