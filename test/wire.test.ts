// tc programs over a real wire and in the vm, side by side: packets as the kernel has them, non-linear, with checksums to be finished, to be
// cut. Each case writes what it saw into the packet's payload, so that the frames tell it.

import assert from 'node:assert/strict';
import { SKB } from '../src/image/abi.ts';
import { assemble } from '../src/isa/assemble.ts';
import { encode } from '../src/isa/encode.ts';
import { build } from '../src/lang/packets/build.ts';
import { data, eth, ipv4, ipv6, tcp, udp } from '../src/lang/packets.ts';
import { partialOf } from '../src/vm/packet/checksum.ts';
import { GSO } from '../src/vm/packet/gso.ts';
import { createVm } from '../src/vm/vm.ts';
import { kernelTest } from './require.ts';
import { overWire, type WirePacket } from './wire.ts';

const link = eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' });
const udp4 = (bytes: number): Uint8Array => build([link, ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1000, dstPort: 53 }), data(bytes)]);
const tcp4 = (bytes: number): Uint8Array => build([link, ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), tcp({ srcPort: 1000, dstPort: 80, flags: 'A' }), data(bytes)]);
const tcp6 = (bytes: number): Uint8Array => build([link, ipv6({ src: 'fd00::1', dst: 'fd00::2' }), tcp({ srcPort: 1000, dstPort: 80, flags: 'A' }), data(bytes)]);

const small: WirePacket = { frame: udp4(200) };
const split: WirePacket = { frame: udp4(5000).map((byte, i) => i < 200 ? byte : i & 0xff), linearBytes: 128 };
const unfinished = (frame: Uint8Array): WirePacket => ({ frame, partial: partialOf(frame) });
const large4: WirePacket = { ...unfinished(tcp4(6000)), linearBytes: 128, gso: { type: 'tcp4', size: 1400 } };
const large6: WirePacket = { ...unfinished(tcp6(6000)), linearBytes: 128, gso: { type: 'tcp6', size: 1400 } };
const largeUdp: WirePacket = { ...unfinished(udp4(4800)), linearBytes: 128, gso: { type: 'udp', size: 1200 } };

/** Where what was seen is written: behind all headers, a word each. */
const SEEN_AT = 100, MOST_SEEN = 10;
const see = (n: number): string => `stxw [%r10-${4 * (MOST_SEEN - n)}], %r0`;
const call = (name: string, ...args: (number | string)[]): string =>
  ['mov %r1, %r6', ...args.map((a, i) => typeof a === 'number' ? `mov %r${i + 2}, ${a}` : `mov %r${i + 2}, %r10\nadd %r${i + 2}, ${a}`), `call ${name}`].join('\n');
const LINEAR = 'ldxw %r1, [%r6+data]\nldxw %r0, [%r6+data_end]\nsub %r0, %r1';
const field = (name: string): string => `ldxw %r0, [%r6+${name}]`;
const GSO_SEEN = [field('gso_size'), field('gso_segs')];
const program = (...steps: readonly string[]): string => [
  'mov %r6, %r1', ...Array.from({ length: MOST_SEEN / 2 }, (_, i) => `stdw [%r10-${8 * (i + 1)}], 0`),
  ...steps.flatMap((step, i) => [step, see(i)]),
  call('skb_store_bytes', SEEN_AT, `-${4 * MOST_SEEN}`, 4 * MOST_SEEN, 0), 'mov %r0, 0', 'exit',
].join('\n');
const room = (bytes: number, flags: number, mode = 1): string => call('skb_adjust_room', bytes, mode, flags);
const l4 = (at: number, from: number, to: number, flags: number): string => call('l4_csum_replace', at, from, to, flags);

const UDP_FIELD = 40, TCP4_FIELD = 50;
/** What the wire takes has whole headers: a packet that is to be cut gets them back before it goes on. */
const FIXED_GSO = 1, ENCAP_IPV4 = 2, ENCAP_IPV6 = 4, ENCAP_GRE = 8, ENCAP_UDP = 16, ENCAP_ETH = 64;

const CASES: readonly (readonly [name: string, packet: WirePacket, steps: readonly string[]])[] = [
  ['only the linear part is directly readable, and pull_data makes more so', split, [LINEAR, field('len'), call('skb_pull_data', 200), LINEAR, call('skb_pull_data', 100), LINEAR, call('skb_pull_data', 6000)]],
  ['load_bytes reads behind the linear part and moves nothing', split, [call('skb_load_bytes', 4000, '-64', 4).replace(/^/, 'stdw [%r10-64], 0\n'), 'ldxw %r0, [%r10-64]', LINEAR]],
  ['store_bytes behind the linear part makes all before it directly readable', split, [`stdw [%r10-64], 0x55667788\n${call('skb_store_bytes', 3000, '-64', 4, 0)}`, LINEAR]],
  ['a checksum that is changed is pulled', { ...split, linearBytes: 38 }, [LINEAR, l4(UDP_FIELD, 1, 2, 2), LINEAR]],
  ['change_tail cuts what is not linear', split, [call('skb_change_tail', 3000, 0), LINEAR, field('len'), call('skb_change_tail', 110, 0), LINEAR, field('len'), call('skb_change_tail', 180, 0), field('len')]],
  ['adjust_room closes within what is not linear', { ...split, linearBytes: 34 }, [room(-8, 0, 0), LINEAR, field('len')]],
  ['an unfinished checksum: only changes of the pseudo-header count', unfinished(udp4(200)), [l4(UDP_FIELD, 0x1234, 0x4321, 2), l4(UDP_FIELD, 0x0100000a, 0x0a01a8c0, 0x14), l4(UDP_FIELD, 0, 0x7777, 0x10), l4(UDP_FIELD, 5, 6, 0x22)]],
  ['an unfinished checksum by IPv6', unfinished(tcp6(200)), [l4(70, 0x0100000a, 0x0a01a8c0, 0x14), l4(70, 0, 0x12345, 0x90)]],
  ['an unfinished checksum: the IP header\'s own is as ever', unfinished(udp4(200)), [call('l3_csum_replace', 24, 0x1140, 0x113f, 2)]],
  ['an unfinished checksum stays in the packet', unfinished(udp4(200)), [call('skb_change_tail', 41, 0), field('len'), call('skb_change_tail', 150, 0), field('len')]],
  ['an unfinished checksum moves with its header', unfinished(udp4(200)), [room(16, 0), call('skb_change_head', 14, 0), field('len')]],
  ['a checksum whose header is taken off is not to be finished', unfinished(udp4(200)), [room(-40, 0), field('len')]],
  ['a tag beside the packet, and one in it', unfinished(udp4(200)), [call('skb_vlan_push', 0x81, 5), field('len'), call('skb_vlan_push', 0xa888, 6), field('len'), call('skb_vlan_pop'), call('skb_vlan_pop')]],
  ['levels and sums that there are not', small, [call('csum_update', 1), call('csum_level', 0), call('csum_level', 2), call('csum_level', 3), call('csum_level', 7)]],
  ['a level that is made', small, [call('csum_level', 0), call('csum_level', 1), call('csum_level', 0), call('csum_level', 1), call('csum_level', 0), call('csum_level', 2), call('csum_level', 0), call('csum_level', 3), call('csum_level', 0)]],
  ['change_tail of a packet that is to be cut: it is no more', large4, [...GSO_SEEN, call('skb_change_tail', 5000, 0), ...GSO_SEEN]],
  ['change_head of a packet that is to be cut', large4, [call('skb_change_head', 14, 0), ...GSO_SEEN]],
  ['adjust_room takes room from the segments', large4, [room(8, 0), ...GSO_SEEN, field('len'), room(-8, 0), ...GSO_SEEN]],
  ['adjust_room gives room to the segments', large4, [room(-8, 0, 0), ...GSO_SEEN, field('len'), room(8, 0, 0), ...GSO_SEEN]],
  ['adjust_room with segments as they are', large6, [room(8, FIXED_GSO), ...GSO_SEEN, field('len'), room(-8, FIXED_GSO), ...GSO_SEEN]],
  ['datagrams that are to be cut keep their size', largeUdp, [room(8, 0), room(-8, 0), room(8, FIXED_GSO), ...GSO_SEEN, field('len'), room(-8, FIXED_GSO)]],
  ['outer headers once', unfinished(udp4(200)), [room(36, ENCAP_IPV4 | ENCAP_UDP), field('len'), room(36, ENCAP_IPV4 | ENCAP_UDP), room(8, 0)]],
  ['outer headers of two kinds', small, [room(36, ENCAP_IPV4 | ENCAP_IPV6), room(36, ENCAP_IPV4 | ENCAP_UDP | ENCAP_GRE), room(36, ENCAP_IPV4 | ENCAP_ETH)]],
  ['a hash that is not so any more', small, [`stdw [%r10-64], 1\n${call('skb_store_bytes', 60, '-64', 8, 2)}`, field('hash')]],
  ['TCP over IPv4: translated and rewritten', large4, [l4(TCP4_FIELD, 0x0100000a, 0x0a01a8c0, 0x14), l4(TCP4_FIELD, 0x5000, 0x9000, 2), LINEAR]],
];

for (const [name, packet, steps] of CASES) {
  kernelTest(`vm and kernel agree over a wire: ${name}`, async () => {
    const assembled = assemble(program(...steps), { constants: { ...SKB, data: SKB.data } });
    assert.ok(assembled.ok, assembled.ok ? '' : assembled.errors.map(e => `${e.line}: ${e.message}`).join('\n'));
    const code = encode(assembled.insns);
    const onKernel = await overWire('iov-t-wire', code, packet);
    const loaded = createVm().load({ name, hook: 'tc', code });
    assert.ok(loaded.ok, loaded.ok ? '' : loaded.refusal.reason);
    const onVm = loaded.value.run({
      frame: packet.frame, checksum: packet.partial ? 'partial' : 'none', ...(packet.linearBytes !== undefined && { linearBytes: packet.linearBytes }),
      ...(packet.gso && { gsoSize: packet.gso.size, gsoType: GSO[packet.gso.type] }),
    });
    assert.ok(onVm.ok, onVm.ok ? '' : onVm.fault.reason);
    const { frame, partial, gsoSize, gsoType } = onVm.value;
    const type = gsoSize === 0 ? undefined : (['tcp4', 'tcp6', 'udp'] as const).find(kind => (gsoType & GSO[kind]) !== 0);
    assert.deepEqual(words({ frame, partial, gso: type && { type, size: gsoSize } }), onKernel && words(onKernel));
  });
}

/** What the program saw, apart from the rest, so that a difference can be read. */
function words({ frame, partial, gso }: WirePacket): object {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const seen = Array.from({ length: MOST_SEEN }, (_, i) => SEEN_AT + 4 * i + 4 <= frame.length ? view.getInt32(SEEN_AT + 4 * i, true) : undefined);
  return { seen, partial, gso, length: frame.length, frame: Buffer.from(frame).toString('hex') };
}
