// A complete checksum follows what programs do to a packet: afterwards it is the sum of the bytes that are there. That helpers do what the
// kernel's do with the other kinds is test/wire.test.ts's matter.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SKB } from '../../image/abi.ts';
import { assemble } from '../../isa/assemble.ts';
import { encode } from '../../isa/encode.ts';
import { build } from '../../lang/packets/build.ts';
import { data, eth, ipv4, udp } from '../../lang/packets.ts';
import { createVm } from '../vm.ts';
import { add, partialOf, to16 } from './checksum.ts';

const FRAME = build([eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 7, dstPort: 9 }), data(101)])
  .map((byte, i) => i < 42 ? byte : i * 7 & 0xff);

const call = (name: string, ...args: (number | string)[]): string =>
  ['mov %r1, %r6', ...args.map((a, i) => typeof a === 'number' ? `mov %r${i + 2}, ${a}` : `mov %r${i + 2}, %r10\nadd %r${i + 2}, ${a}`), `call ${name}`].join('\n');
const store = (at: number, bytes: number, flags: number): string => `lddw %r1, 0x1122334455667788\nstxdw [%r10-8], %r1\n${call('skb_store_bytes', at, '-8', bytes, flags)}`;

/** Runs it on a packet whose sum is known; gives that sum and the true one, folded, as the program left both. */
function sums(...steps: readonly string[]): readonly [known: number, real: number] {
  const assembled = assemble(['mov %r6, %r1', ...steps, call('csum_update', 0), 'stxw [%r6+cb], %r0', 'mov %r0, 0', 'exit'].join('\n'), { constants: SKB });
  assert.ok(assembled.ok, assembled.ok ? '' : assembled.errors.map(e => `${e.line}: ${e.message}`).join('\n'));
  const loaded = createVm().load({ name: 'sums', hook: 'tc', code: encode(assembled.insns) });
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.refusal.reason);
  const ran = loaded.value.run({ frame: FRAME, checksum: 'complete', linearBytes: 64 });
  assert.ok(ran.ok && ran.value.checksum === 'complete', JSON.stringify(ran));
  let real = 0;
  for (const [i, byte] of ran.value.frame.subarray(14).entries()) real = add(real, i % 2 === 0 ? byte : byte << 8);
  return [to16(ran.value.cb[0]!) % 0xffff, to16(real) % 0xffff];
}

const RECOMPUTE = 1;
const CHANGES: Readonly<Record<string, readonly string[]>> = {
  'none': [],
  'bytes at an even offset': [store(60, 8, RECOMPUTE)],
  'bytes at an odd offset, of an odd number': [store(61, 7, RECOMPUTE)],
  'an address, with both checksums': [
    'stw [%r10-4], 0x0a01a8c0', call('l3_csum_replace', 24, 0x0100000a, 0x0a01a8c0, 4), call('l4_csum_replace', 40, 0x0100000a, 0x0a01a8c0, 0x14), call('skb_store_bytes', 26, '-4', 4, 0)],
  'an address, by a difference': [
    'stw [%r10-4], 0x0a01a8c0', 'stw [%r10-8], 0x0100000a', 'mov %r1, %r10\nadd %r1, -8\nmov %r2, 4\nmov %r3, %r10\nadd %r3, -4\nmov %r4, 4\nmov %r5, 0\ncall csum_diff\nmov %r7, %r0',
    call('l3_csum_replace', 24, 0, 0, 0).replace('mov %r4, 0', 'mov %r4, %r7'), call('l4_csum_replace', 40, 0, 0, 0x10).replace('mov %r4, 0', 'mov %r4, %r7'), call('skb_store_bytes', 26, '-4', 4, 0)],
  'the end cut off, an odd number of bytes left': [call('skb_change_tail', 99, 0)],
  'room behind Ethernet': [call('skb_adjust_room', 8, 1, 0)],
  'headers taken off': [call('skb_adjust_room', -20, 1, 0)],
  'two tags on, one off': [call('skb_vlan_push', 0x81, 5), call('skb_vlan_push', 0x81, 6), call('skb_vlan_pop')],
};

for (const [name, steps] of Object.entries(CHANGES)) {
  test(`a complete checksum follows: ${name}`, () => {
    const [known, real] = sums(...steps);
    assert.equal(known, real);
  });
}

test('what has no checksum to finish is not partial', () => {
  assert.deepEqual(partialOf(FRAME), { start: 34, offset: 6 });
  assert.equal(partialOf(FRAME.subarray(0, 41)), undefined);
  assert.equal(partialOf(new Uint8Array(60)), undefined);
});
