// Helpers that ask the world of a vm: routes, devices in maps, and whoever listens to perf events.

import assert from 'node:assert/strict';
import { SKB } from '../../image/abi.ts';
import { assemble } from '../../isa/assemble.ts';
import { encode } from '../../isa/encode.ts';
import { createVm, test } from '../fixtures/both.ts';
import type { PerfEventArrayMap } from '../maps/perf-event-array.ts';
import type { Vm } from '../vm.ts';
import type { FibAnswer, FibQuery } from './fib.ts';

const u32 = (n: number): Uint8Array => new Uint8Array(Uint32Array.of(n).buffer);
const FRAME = Uint8Array.from({ length: 60 }, (_, i) => i);

function load<H extends 'tc' | 'xdp'>(vm: Vm, hook: H, text: string) {
  const assembled = assemble(text, { constants: SKB });
  assert.ok(assembled.ok, assembled.ok ? '' : JSON.stringify(assembled.errors));
  const loaded = vm.load({ name: 'world', hook, code: encode(assembled.insns) });
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.refusal.reason);
  return loaded.value;
}

test('fib_lookup answers from the table of the world', () => {
  const asked: FibQuery[] = [];
  let answer: FibAnswer = { kind: 'route', ifindex: 7, mtu: 1400, metric: 20, gateway: Uint8Array.of(10, 0, 0, 254), neighbour: { source: Uint8Array.of(2, 0, 0, 0, 0, 7), destination: Uint8Array.of(2, 0, 0, 0, 0, 9) } };
  const vm = createVm({ fib: query => { asked.push(query); return answer; } });
  const program = (flags: number, bytes: number) => load(vm, 'tc', `
    mov %r6, %r1
    ${Array.from({ length: 8 }, (_, i) => `stdw [%r10-${64 - 8 * i}], 0`).join('\n')}
    stb [%r10-64], 2
    sth [%r10-58], ${bytes}
    stw [%r10-56], 3
    stw [%r10-48], 0x0100000a
    stw [%r10-32], 0x09000a0a
    mov %r1, %r6
    mov %r2, %r10
    add %r2, -64
    mov %r3, 64
    mov %r4, ${flags}
    call fib_lookup
    stxw [%r6+cb], %r0
    ldxw %r1, [%r10-56]
    stxw [%r6+52], %r1
    ldxw %r1, [%r10-32]
    stxw [%r6+56], %r1
    ldxb %r1, [%r10-1]
    ldxb %r2, [%r10-7]
    lsh %r2, 8
    or %r1, %r2
    stxw [%r6+60], %r1
    ldxh %r1, [%r10-58]
    stxw [%r6+64], %r1
    exit`);
  const cb = (flags: number, bytes: number): readonly number[] => {
    const ended = program(flags, bytes).run({ frame: FRAME });
    assert.ok(ended.ok, ended.ok ? '' : ended.fault.reason);
    return ended.value.cb;
  };
  const GATEWAY = 0xfe00000a;
  assert.deepEqual(cb(0, 100), [0, 7, GATEWAY, 7 << 8 | 9, 1400]);
  assert.deepEqual(asked[0], { ifindex: 3, output: false, source: Uint8Array.of(10, 0, 0, 1), destination: Uint8Array.of(10, 10, 0, 9) });
  assert.deepEqual(cb(0, 1401).slice(0, 2), [8, 3]);
  answer = { kind: 'route', ifindex: 8, mtu: 1500, metric: 1 };
  assert.deepEqual([cb(0, 100)[0], cb(4, 100)[0]], [7, 0]);
  answer = { kind: 'unreachable' };
  assert.equal(cb(0, 100)[0], 2);
});

test('redirect_map sends to all devices of a map but the one that it came from', () => {
  const vm = createVm();
  const devices = vm.createMap({ name: 'devices', type: 'DEVMAP_HASH', keyBytes: 4, valueBytes: 4, capacity: 8 });
  for (const ifindex of [3, 4, 5]) devices.update(u32(100 + ifindex), u32(ifindex));
  const to = (key: number, flags: number): readonly number[] => {
    const ended = load(vm, 'xdp', `lddw %r1, map_fd(${devices.handle})\nmov %r2, ${key}\nmov %r3, ${flags}\ncall redirect_map\nexit`).run({ frame: FRAME, ingressIfindex: 4 });
    assert.ok(ended.ok);
    return [ended.value.returnCode, ...ended.value.effects.map(effect => effect.kind === 'redirect' ? effect.ifindex : 0).sort()];
  };
  assert.deepEqual([to(104, 0), to(9, 1), to(9, 2), to(0, 8), to(0, 8 | 16), to(104, 64)], [[4, 4], [1], [2], [4, 3, 4, 5], [4, 3, 5], [0]]);
});

test('perf_event_output gives data and the start of the packet to whoever listens', () => {
  const vm = createVm();
  const events = vm.createMap({ name: 'events', type: 'PERF_EVENT_ARRAY', keyBytes: 4, valueBytes: 4, capacity: 1 }) as PerfEventArrayMap;
  const out = (packetBytes: number, index = 0xffff_ffff): number => {
    const ended = load(vm, 'tc', `
      stdw [%r10-8], 7
      lddw %r2, map_fd(${events.handle})
      lddw %r3, 0x${(BigInt(packetBytes) << 32n | BigInt(index)).toString(16)}
      mov %r4, %r10
      add %r4, -8
      mov %r5, 8
      call perf_event_output
      exit`).run({ frame: FRAME });
    assert.ok(ended.ok, ended.ok ? '' : ended.fault.reason);
    return ended.value.returnCode;
  };
  assert.equal(out(4), -2);
  events.listen();
  assert.deepEqual([out(4), out(0), out(61), out(0, 5)], [0, 0, -14, -7]);
  assert.deepEqual(events.drain(), [Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3), Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0)]);
});
