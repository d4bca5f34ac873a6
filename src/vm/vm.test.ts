// Programs on the vm: control flow, calls, faults, refusals, tail calls, and what packets meet on the way.

import assert from 'node:assert/strict';
import { assemble } from '../isa/assemble.ts';
import { encode } from '../isa/encode.ts';
import { SKB } from '../image/abi.ts';
import type { Implementation } from './loaders.ts';
import type { HookName } from './hooks/hook.ts';
import { createVm, test } from './fixtures/both.ts';
import type { Vm, VmProgram } from './vm.ts';

function bytes(text: string): Uint8Array {
  const assembled = assemble(text, { constants: SKB });
  assert.ok(assembled.ok, assembled.ok ? '' : assembled.errors.map(e => `${e.line}: ${e.message}`).join('\n'));
  return encode(assembled.insns);
}

function load<H extends HookName>(vm: Vm, hook: H, text: string, name = 'test'): VmProgram<H> {
  const loaded = vm.load({ name, hook, code: bytes(text) });
  assert.ok(loaded.ok, loaded.ok ? '' : `slot ${loaded.refusal.slot}: ${loaded.refusal.reason}`);
  return loaded.value;
}

function value<T>(result: { ok: true; value: T } | { ok: false; fault: unknown }): T {
  assert.ok(result.ok, result.ok ? '' : JSON.stringify(result.fault));
  return result.value;
}

const compute = (text: string, memory = new Uint8Array(0)): bigint => value(load(createVm(), 'memory', text).run(memory)).result;
const fault = (text: string, memory = new Uint8Array(0)) => {
  const ended = load(createVm(), 'memory', text).run(memory);
  assert.ok(!ended.ok, 'it did not fault');
  return ended.fault;
};
const refusal = (hook: HookName, text: string) => {
  const loaded = createVm().load({ name: 'test', hook, code: bytes(text) });
  assert.ok(!loaded.ok, 'it was loaded');
  return loaded.refusal;
};
const frame = (length = 60): Uint8Array => Uint8Array.from({ length }, (_, i) => i === 12 ? 8 : i === 13 ? 0 : i);
const u32 = (n: number): Uint8Array => new Uint8Array(Uint32Array.of(n).buffer);

test('nested loops with a way out of both', () => {
  assert.equal(compute(`
    mov %r0, 0
    mov %r2, 0
    outer: mov %r3, 0
    inner: add %r0, 1
    jeq %r0, 37, done
    add %r3, 1
    jlt %r3, 5, inner
    add %r2, 1
    jlt %r2, 100, outer
    mov %r0, -1
    done: exit`), 37n);
});

test('merges inside of loops, and a merge that is a loop', () => {
  assert.equal(compute(`
    mov %r0, 0
    mov %r1, 10
    jeq %r2, 0, odd
    mov %r0, 1000
    odd: mov %r4, %r1
    and %r4, 1
    jeq %r4, 0, even
    add %r0, 100
    ja next
    even: add %r0, 1
    next: sub %r1, 1
    jne %r1, 0, odd
    exit`), 505n);
});

test('thousands of nested branches do not overflow the translator', () => {
  const depth = 3000;
  const lines = ['mov %r0, 0'];
  for (let i = 0; i < depth; i++) lines.push(`jeq %r2, ${i + 1}, l${i}`, 'add %r0, 1');
  lines.push('exit');
  for (let i = 0; i < depth; i++) lines.push(`l${i}: add %r0, 2`, 'exit');
  assert.equal(compute(lines.join('\n'), new Uint8Array(10)), 11n);
});

test('local functions have their own frames and registers', () => {
  assert.equal(compute(`
    mov %r6, 5
    stdw [%r10-8], 7
    mov %r1, %r6
    mov %r2, %r10
    add %r2, -8
    call local add
    ldxdw %r1, [%r10-8]
    add %r0, %r1
    add %r0, %r6
    exit
    add: stdw [%r10-8], 100
    ldxdw %r0, [%r2]
    add %r0, %r1
    mov %r6, 0
    exit`), 24n);
});

test('faults name the slot', () => {
  assert.deepEqual(fault('mov %r0, 0\nldxw %r0, [%r0]\nexit'), { kind: 'access', slot: 1, reason: 'read of 4 bytes at 0x0, which is in no region' });
  assert.equal(fault('ldxdw %r0, [%r1+1]\nexit', new Uint8Array(8)).slot, 0);
  assert.equal(fault('ldxb %r0, [%r1-1]\nexit', new Uint8Array(8)).kind, 'access');
  assert.equal(fault('lddw %r2, 0x100000000\nadd %r1, %r2\nldxb %r0, [%r1]\nexit', new Uint8Array(8)).slot, 3);
  assert.equal(fault('mov %r0, 0\nstb [%r10+0], 1\nexit').slot, 1);
  assert.equal(fault('mov %r2, %r10\nadd %r2, -5000\nstb [%r2], 1\nexit').slot, 2);
  assert.deepEqual(fault('mov %r0, 0\nround: ja round').kind, 'fuel');
  assert.equal(fault('call local f\nexit\nf: call local f\nexit').kind, 'fuel');
});

test('what cannot run is refused with its slot', () => {
  assert.equal(refusal('memory', 'mov %r0, 0').reason, 'the code runs past its end');
  assert.deepEqual(refusal('memory', 'mov %r0, 0\ncall 9999\nexit'), { slot: 1, reason: 'the vm has no helper function number 9999' });
  assert.equal(refusal('xdp', 'call skb_store_bytes\nexit').reason, 'helper function skb_store_bytes is not for xdp programs');
  assert.equal(refusal('tc', 'call sk_lookup_tcp\nexit').reason, 'the vm has no helper function sk_lookup_tcp');
  assert.equal(refusal('memory', 'lddw %r1, map_fd(3)\nexit').reason, 'there is no map 3');
  const vm = createVm();
  const many = vm.createMap({ name: 'many', type: 'ARRAY', keyBytes: 4, valueBytes: 8, capacity: 2 });
  const direct = vm.load({ name: 'test', hook: 'memory', code: bytes(`lddw %r1, value_fd(${many.handle})\nmov %r0, 0\nexit`) });
  assert.match(direct.ok ? '' : direct.refusal.reason, /no array of one entry/);
  assert.equal(refusal('memory', 'mov %r10, 0\nexit').reason, 'r10 is read-only');
  const bad = createVm().load({ name: 'test', hook: 'tc', code: Uint8Array.of(0xff, 0, 0, 0, 0, 0, 0, 0) });
  assert.ok(!bad.ok);
});

test('the same code in another vm finds the maps where they are there, of each kind that has addresses in code', () => {
  // Of one number and one size; what lies before them differs, so all lie elsewhere.
  for (const capacity of [1, 500, 1, 40_000, 500]) {
    const vm = createVm();
    vm.createMap({ name: 'before', type: 'ARRAY', keyBytes: 4, valueBytes: 8, capacity });
    const maps = (['HASH', 'LRU_HASH', 'ARRAY'] as const).map(type => vm.createMap({ name: type, type, keyBytes: 4, valueBytes: 8, capacity: 16 }));
    const one = vm.createMap({ name: 'one', type: 'ARRAY', keyBytes: 4, valueBytes: 8, capacity: 1 });
    for (const [i, map] of maps.entries()) map.update(u32(7), Uint8Array.of(1 << i, 0, 0, 0, 0, 0, 0, 0));
    one.update(u32(0), Uint8Array.of(capacity & 127, 0, 0, 0, 0, 0, 0, 0));
    const program = load(vm, 'memory', `
      stw [%r10-4], 7
      lddw %r1, value_fd(${one.handle})
      ldxdw %r6, [%r1]
      ${maps.map((map, i) => `
      lddw %r1, map_fd(${map.handle})
      mov %r2, %r10
      add %r2, -4
      call map_lookup_elem
      jeq %r0, 0, out${i}
      ldxdw %r1, [%r0]
      lsh %r1, 8
      add %r6, %r1
      out${i}: mov %r0, 0`).join('\n')}
      mov %r0, %r6
      exit`);
    assert.equal(value(program.run(new Uint8Array(0))).result, BigInt(0x700 + (capacity & 127)), `behind ${capacity}`);
  }
});

test('programs and JavaScript see the same map, and array values at constant addresses', () => {
  const vm = createVm();
  const hash = vm.createMap({ name: 'hash', type: 'HASH', keyBytes: 4, valueBytes: 8, capacity: 8 });
  const array = vm.createMap({ name: 'array', type: 'ARRAY', keyBytes: 4, valueBytes: 16, capacity: 1 });
  hash.update(u32(7), Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0));
  const program = load(vm, 'memory', `
    stw [%r10-4], 7
    lddw %r1, map_fd(${hash.handle})
    mov %r2, %r10
    add %r2, -4
    call map_lookup_elem
    jeq %r0, 0, out
    mov %r1, 2
    lock add [%r0], %r1
    ldxdw %r6, [%r0]
    lddw %r1, value_fd(${array.handle})+8
    stxdw [%r1], %r6
    stw [%r10-4], 8
    lddw %r1, map_fd(${hash.handle})
    mov %r2, %r10
    add %r2, -4
    mov %r3, %r10
    add %r3, -16
    stxdw [%r10-16], %r6
    mov %r4, 2
    call map_update_elem
    out: exit`);
  assert.equal(BigInt.asIntN(64, value(program.run(new Uint8Array(0))).result), -2n);
  assert.equal(hash.lookup(u32(7))![0], 7);
  assert.equal(array.lookup(u32(0))![8], 7);
  assert.deepEqual([...hash.entries()].length, 1);
});

test('memory of closed maps is used again, and zero', () => {
  const vm = createVm();
  const spec = { name: 'big', type: 'ARRAY', keyBytes: 4, valueBytes: 1 << 20, capacity: 64 } as const;
  for (let i = 0; i < 100; i++) {
    const map = vm.createMap(spec);
    assert.equal(map.lookup(u32(63))![0], 0);
    map.update(u32(63), new Uint8Array(1 << 20).fill(1));
    map.close();
  }
});

test('a map that does not fit is refused and leaves nothing behind', () => {
  const vm = createVm();
  const huge = { name: 'huge', type: 'ARRAY', keyBytes: 4, valueBytes: 1 << 20, capacity: 1500 } as const;
  const map = vm.createMap(huge);
  for (let i = 0; i < 3; i++) assert.throws(() => vm.createMap(huge), { code: 'ENOMEM' });
  map.close();
  vm.createMap(huge).close();
  assert.throws(() => vm.createMap({ ...huge, keyBytes: 8 }), { code: 'EINVAL' });
});

test('tail calls go on with another program, keep cb, and stop at 33', () => {
  const vm = createVm();
  const jumps = vm.createMap({ name: 'jumps', type: 'PROG_ARRAY', keyBytes: 4, valueBytes: 4, capacity: 4 });
  const again = load(vm, 'tc', `
    ldxw %r2, [%r1+cb]
    add %r2, 1
    stxw [%r1+cb], %r2
    lddw %r2, map_fd(${jumps.handle})
    mov %r3, 1
    call tail_call
    mov %r0, 2
    exit`);
  assert.equal(value(again.run({ frame: frame(), cb: [5] })).cb[0], 6);
  jumps.update(u32(1), u32(again.handle));
  const ended = value(again.run({ frame: frame(), cb: [5] }));
  assert.deepEqual([ended.returnCode, ended.cb[0]], [2, 5 + 34]);
  assert.throws(() => jumps.update(u32(0), u32(999)), { code: 'EBADF' });
  const faulty = load(vm, 'tc', 'mov %r1, 0\nldxw %r0, [%r1]\nexit', 'faulty');
  jumps.update(u32(1), u32(faulty.handle));
  faulty.close();
  assert.throws(() => jumps.update(u32(0), u32(faulty.handle)), { code: 'EBADF' });
  const failed = again.run({ frame: frame() });
  assert.deepEqual(!failed.ok && [failed.program, failed.fault.slot], ['faulty', 1]);
});

test('checks that are left to programs: what is loaded as walked is not checked in WebAssembly', () => {
  const strays = (implementation: Implementation, walked?: boolean): boolean => {
    const loaded = createVm({ implementation, checks: 'walked' }).load({ name: 'strays', hook: 'tc', code: bytes('mov %r1, 8\nldxb %r0, [%r1]\nexit'), ...(walked !== undefined && { walked }) });
    assert.ok(loaded.ok);
    return loaded.value.run({ frame: frame() }).ok;
  };
  assert.deepEqual([strays('wasm', true), strays('wasm', false), strays('wasm'), strays('interpreter', true)], [true, false, false, false]);
});

test('redirects and clones are effects, in order; a redirect counts only with its verdict', () => {
  const vm = createVm();
  const program = load(vm, 'tc', `
    mov %r6, %r1
    mov %r2, 4
    mov %r3, 1
    call clone_redirect
    stw [%r6+mark], 9
    mov %r1, 7
    mov %r2, 0
    call redirect_peer
    ldxw %r1, [%r6+cb]
    jeq %r1, 0, out
    mov %r0, 0
    out: exit`);
  const sent = value(program.run({ frame: frame(), mark: 3 }));
  assert.equal(sent.returnCode, 7);
  assert.deepEqual(sent.effects, [
    { kind: 'clone', ifindex: 4, to: 'ingress', frame: frame(), mark: 3, cb: [0, 0, 0, 0, 0], tunnel: undefined },
    { kind: 'redirect', ifindex: 7, to: 'peer' },
  ]);
  assert.equal(sent.mark, 9);
  assert.deepEqual(value(program.run({ frame: frame(), cb: [1] })).effects.map(e => e.kind), ['clone']);
});

test('tunnel keys come in and go out', () => {
  const vm = createVm();
  const program = load(vm, 'tc', `
    mov %r6, %r1
    mov %r2, %r10
    add %r2, -44
    mov %r3, 44
    mov %r4, 0
    call skb_get_tunnel_key
    jne %r0, 0, out
    ldxw %r7, [%r10-44]
    add %r7, 1
    stxw [%r10-44], %r7
    stw [%r10-40], 0x0a000002
    mov %r1, %r6
    mov %r2, %r10
    add %r2, -44
    mov %r3, 28
    mov %r4, 0
    call skb_set_tunnel_key
    jne %r0, 0, out
    stw [%r10-48], 0x1234
    mov %r1, %r6
    mov %r2, %r10
    add %r2, -48
    mov %r3, 4
    call skb_set_tunnel_opt
    out: exit`);
  const tunnel = { id: 41, source: Uint8Array.of(10, 0, 0, 1), destination: Uint8Array.of(10, 0, 0, 9), tos: 0, ttl: 64, label: 0, flags: 0, options: new Uint8Array(0), transmit: false };
  const ended = value(program.run({ frame: frame(), tunnel }));
  assert.equal(ended.returnCode, 0);
  assert.deepEqual(ended.tunnel, { ...tunnel, id: 42, destination: Uint8Array.of(10, 0, 0, 2), source: new Uint8Array(4), options: Uint8Array.of(0x34, 0x12, 0, 0), transmit: true });
  assert.equal(value(program.run({ frame: frame() })).returnCode, -22);
});

test('bytes that are not linear are out of reach until they are pulled', () => {
  const vm = createVm();
  const program = load(vm, 'tc', `
    mov %r6, %r1
    ldxw %r2, [%r1+data]
    ldxw %r3, [%r1+data_end]
    sub %r3, %r2
    stxw [%r1+cb], %r3
    mov %r2, 40
    call skb_pull_data
    ldxw %r2, [%r6+data]
    ldxb %r0, [%r2+39]
    exit`);
  const ended = value(program.run({ frame: frame(), linearBytes: 20 }));
  assert.deepEqual([ended.cb[0], ended.returnCode], [20, 39]);
});

test('clock, jiffies, randomness and MTU are the world\'s', () => {
  const vm = createVm({ nowNs: () => 5_000_000_001, random: () => 0xffff_fff0, hz: 100, mtuOf: ifindex => ifindex === 3 ? 50 : undefined });
  const ask = (call: string): bigint => value(load(vm, 'memory', `${call}\nexit`).run(new Uint8Array(0))).result;
  assert.equal(ask('call ktime_get_ns'), 5_000_000_001n);
  assert.equal(ask('call jiffies64'), 500n);
  assert.equal(ask('call get_prandom_u32'), 0xffff_fff0n);
  const mtu = (ifindex: number): number => value(load(vm, 'tc', `
    stw [%r10-4], 0
    mov %r2, ${ifindex}
    mov %r3, %r10
    add %r3, -4
    mov %r4, 0
    mov %r5, 0
    call check_mtu
    exit`).run({ frame: frame(65) })).returnCode;
  assert.deepEqual([mtu(3), mtu(4)], [1, -19]);
});

test('a ring buffer gives records in order and says when it is full', () => {
  const vm = createVm();
  const ring = vm.createMap({ name: 'ring', type: 'RINGBUF', keyBytes: 0, valueBytes: 0, capacity: 4096 });
  const program = load(vm, 'memory', `
    mov %r2, %r1
    lddw %r1, map_fd(${ring.handle})
    mov %r3, 8
    mov %r4, 0
    call ringbuf_output
    exit`);
  for (let i = 0; i < 255; i++) assert.equal(value(program.run(new Uint8Array(8).fill(i))).result, 0n);
  assert.equal(BigInt.asIntN(64, value(program.run(new Uint8Array(8))).result), -11n);
  assert.deepEqual(ring.drain().map(r => r[0]), Array.from({ length: 255 }, (_, i) => i));
});

test('the context is written only where programs may', () => {
  const write = (field: number) => load(createVm(), 'tc', `stw [%r1+${field}], 1\nmov %r0, 0\nexit`).run({ frame: frame() }).ok;
  assert.deepEqual([SKB.mark, SKB.cb + 16, SKB.tc_index].map(write), [true, true, true]);
  assert.deepEqual([SKB.len, SKB.data, SKB.cb + 20, SKB.ifindex].map(write), [false, false, false, false]);
});
