// The contract of the data path about what is too big, on either driver: who may be told is told by ICMP, everything else ends by name.
// Segments of TCP, and the tunnel, are the kernel's alone: kernel/mtu.test.ts.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { build } from '../lang/packets/build.ts';
import { cut, data, eth, fragment, icmp, icmpv6, ipv4, ipv6, type Frame } from '../lang/packets.ts';
import { guardImage } from './fixtures/guard.ts';
import { ERROR_BURST } from './joints/too-big.ts';
import { EXPERIMENT, Net, type Station, type World } from './suite-net.ts';
import type { Test } from './suite.ts';

const MTU = 600;
const NEAR4 = '10.9.0.1', FAR4 = '10.9.0.2', NEAR6 = 'fd09::1', FAR6 = 'fd09::2';
const four = (fields: Partial<Parameters<typeof ipv4>[0]> = {}): Frame => [ipv4({ src: NEAR4, dst: FAR4, frag: 0x4000, protocol: EXPERIMENT, ...fields })];
const six = (fields: Partial<Parameters<typeof ipv6>[0]> = {}): Frame => [ipv6({ src: NEAR6, dst: FAR6, next: EXPERIMENT, ...fields })];

interface Both { readonly net: Net; readonly from: Station; readonly to: Station }
const sent = ({ from, to }: Both, packet: Frame): void => { from.tap.send(build([eth({ dst: to.mac, src: from.mac }), ...packet])); };
const refused = ({ net }: Both): readonly string[] => net.open('a').drops().map(d => `${d.reason} ${d.packets}`).sort();

/** The whole answer, byte by byte. */
async function told(both: Both, packet: Frame): Promise<void> {
  const { from, to } = both;
  sent(both, packet);
  const answer = packet[0]?.layer === 'ipv4' ? [ipv4({ src: FAR4, dst: NEAR4 }), icmp({ type: 3, code: 4, seq: MTU })] : [ipv6({ src: FAR6, dst: NEAR6 }), icmpv6({ type: 2, seq: MTU })];
  assert.deepEqual(Buffer.from(await from.tap.receive() ?? []).toString('hex'), Buffer.from(build([eth({ dst: from.mac, src: to.mac }), ...answer, cut(512), ...packet])).toString('hex'));
}

export function mtuSuite(test: Test, makeWorld: (t: TestContext) => World): void {
  test('a packet that is too big for its receiver is answered by how big it may be, of both families', async t => {
    const net = new Net(makeWorld(t), t);
    const both = { net, from: net.endpoint('a', 1), to: net.endpoint('a', 2, { mtu: MTU }) };
    net.build();
    for (const packet of [four(), six(), four({ frag: 0 }), four({ options: '94040000' }), four({ frag: 0x2000 })]) await told(both, [...packet, data(MTU)]);
    await told(both, [ipv4({ src: NEAR4, dst: FAR4 }), icmp({ type: 8 }), data(MTU)]);
    await told(both, [ipv6({ src: NEAR6, dst: FAR6 }), icmpv6({ type: 128 }), data(MTU)]);
    await told(both, [ipv6({ src: NEAR6, dst: FAR6 }), fragment({ id: 1, offset: 800, next: EXPERIMENT }), data(MTU)]);
    sent(both, [...four(), data(MTU - 20)]);
    assert.equal((await both.to.tap.receive())?.byteLength, 14 + MTU);
    assert.deepEqual(refused(both), []);
  });

  test('no error about errors, later fragments, what went to many, or what nobody sent', async t => {
    const net = new Net(makeWorld(t), t);
    const both = { net, from: net.endpoint('a', 1), to: net.endpoint('a', 2, { mtu: MTU }) };
    net.build();
    const silent: Frame[] = [
      four({ frag: 0x2005 }), four({ src: '0.0.0.0' }), four({ src: '127.0.0.1' }), four({ src: '224.0.0.5' }), four({ dst: '239.1.1.1' }), four({ dst: '255.255.255.255' }),
      six({ src: '::' }), six({ src: 'ff02::1' }), six({ dst: 'ff02::1' }),
      [ipv4({ src: NEAR4, dst: FAR4 }), icmp({ type: 3, code: 3 })], [ipv6({ src: NEAR6, dst: FAR6 }), icmpv6({ type: 1 })], [data('no IP packet')],
    ];
    for (const packet of silent) sent(both, [...packet, data(MTU)]);
    sent(both, [...four(), data(8)]);
    assert.equal((await both.to.tap.receive())?.byteLength, 42, 'what fits');
    assert.equal(await both.from.tap.receive(), undefined);
    assert.deepEqual(refused(both), [`too-big ${silent.length}`]);
  });

  test('it is told before a tunnel to whom is behind it, and from behind filters; not without end', async t => {
    const net = new Net(makeWorld(t), t);
    net.mtu = MTU;
    net.filters = [{ uid: 'outer', id: 11, image: guardImage('o') }];
    const [local, far, to] = [net.endpoint('a', 1), net.endpoint('b', 3), net.endpoint('a', 2, { mtu: MTU })];
    net.build();
    await told({ net, from: local, to }, [...four(), data(MTU)]);
    await told({ net, from: far, to }, [...four(), data(MTU)]);
    await told({ net, from: far, to }, [...six(), data(MTU)]);
    for (let i = 0; i < 2 * ERROR_BURST; i++) sent({ net, from: local, to }, [...four(), data(MTU)]);
    let answers = 1;
    while (await local.tap.receive()) answers++;
    const over = net.open('a').drops().find(d => d.reason === 'too-many-errors')?.packets ?? 0;
    assert.ok(over > 0 && answers >= ERROR_BURST, `${answers} answers, ${over} more not answered`);
    assert.equal(answers - 1 + over, 2 * ERROR_BURST);
  });
}
