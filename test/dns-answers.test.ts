// What is in the zone, the data plane and the visor's resolver answer alike, byte by byte; of what is not there, with the same code.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import control, { type Naming } from '../modules/dns/dns.control.ts';
import { runCases } from '../src/cases/run-cases.ts';
import { imageOf } from '../src/compiler/fixtures/image-of.ts';
import { bytes, eth, type Frame, ipv4, punted, replied, send, type Cases, udp } from '../src/lang/packets.ts';
import { wireName } from '../src/model/dns/names.ts';
import { AnswerCache } from '../src/visor/dns/cache.ts';
import { Resolver } from '../src/visor/dns/resolver.ts';

/** With the zone, of 251 letters. */
const LONG = `${'z'.repeat(63)}.${'z'.repeat(63)}.${'z'.repeat(63)}.${'w'.repeat(45)}`;
const naming: Naming = {
  server: { mac: '02:00:00:00:00:fe', addresses: ['10.0.0.1'] },
  zone: {
    name: 'shop.internal', ttlSeconds: 60,
    hosts: [
      { name: 'dns', addresses: ['10.0.0.1'] }, { name: 'web-1.web', addresses: ['10.0.0.7', 'fd00::7'] }, { name: 'two', addresses: ['10.0.0.8', '10.0.0.9', 'fd00::8', 'fd00::9'] },
      { name: `${'x'.repeat(63)}.${'y'.repeat(63)}`, addresses: ['10.0.0.10'] }, { name: LONG, addresses: Array.from({ length: 16 }, (_, i) => `10.0.1.${i}`) },
    ],
    services: [{ name: '_http._tcp', priority: 1, weight: 2, port: 80, target: 'web-1.web' }, { name: '_http._tcp', priority: 1, weight: 2, port: 81, target: 'two' }],
  },
};
const NAMES = [
  'web-1.web.shop.internal', 'two.shop.internal', `${LONG}.shop.internal`, `${'x'.repeat(63)}.${'y'.repeat(63)}.shop.internal`, '_http._tcp.shop.internal', 'shop.internal', 'dns.shop.internal',
  '7.0.0.10.in-addr.arpa', '10.0.0.10.in-addr.arpa', '1.0.0.10.in-addr.arpa', `7.${'0.'.repeat(29)}d.f.ip6.arpa`,
];

const question = fc.record({
  name: fc.constantFrom(...NAMES), capitals: fc.uint8Array({ minLength: 8, maxLength: 8 }), type: fc.constantFrom(1, 2, 6, 12, 28, 33),
  flags: fc.constantFrom(0x0100, 0, 0x0110, 0x0120), edns: fc.option(fc.record({ room: fc.constantFrom(0, 512, 600, 1232, 4096), proof: fc.boolean() })),
});

test('data plane and resolver say the same of the zone', async () => {
  const image = imageOf('modules/dns/dns.ts');
  const counts = { asked: 0, answered: 0, cached: 0, forwarded: 0, refused: 0, failed: 0 };
  const planned = { ...naming, mtu: 1500, upstreams: [], subnets: ['10.0.0.0/8', 'fd00::/64'] };
  const resolver = new Resolver({ planned, cache: new AnswerCache(), nowMs: () => 0, ask: () => assert.fail('nobody is asked'), counts });

  const [to, back]: Frame[] = [
    [eth({ dst: '02:00:00:00:00:fe', src: '02:00:00:00:00:07' }), ipv4({ src: '10.0.0.7', dst: '10.0.0.1' }), udp({ srcPort: 5353, dstPort: 53 })],
    [eth({ dst: '02:00:00:00:00:07', src: '02:00:00:00:00:fe' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.7' }), udp({ srcPort: 53, dstPort: 5353 })],
  ];
  const steps: Cases['cases'][string][number][] = [];
  let truncated = 0;
  for (const { name, capitals, type, flags, edns } of fc.sample(question, { numRuns: 600, seed: 7 })) {
    const wire = wireName(name).map((byte, i) => byte >= 97 && byte <= 122 && (capitals[i % 8]! >> (i % 7) & 1) === 1 ? byte - 32 : byte);
    const message = new Uint8Array(12 + wire.length + 4 + (edns ? 11 : 0));
    const view = new DataView(message.buffer);
    for (const [i, word] of [0xbeef, flags, 1, 0, 0, edns ? 1 : 0].entries()) view.setUint16(2 * i, word);
    message.set(wire, 12);
    view.setUint16(12 + wire.length, type);
    view.setUint16(14 + wire.length, 1);
    if (edns) for (const [i, word] of [0x0000, 0x2900 | edns.room >> 8, (edns.room & 255) << 8, edns.proof ? 0x0080 : 0, 0].entries()) view.setUint16(16 + wire.length + 2 * i, word);
    const answer = await resolver.answer(message, 'udp');
    assert.ok(answer);
    // Without answers the ways to write the end of the zone differ, and the names of addresses have none here.
    if (answer[7] === 0 && (answer[2]! & 2) === 0) continue;
    truncated += answer[2]! >> 1 & 1;
    const hex = (of: Uint8Array): string => Buffer.from(of).toString('hex');
    steps.push(send('egress', [...to!, bytes(hex(message))], replied([...back!, bytes(hex(answer))])));
  }
  assert.ok(steps.length > 100 && truncated > 0, `${steps.length} answers, ${truncated} of them truncated`);
  steps.push(send('egress', [...to!, bytes(`beef01000001000000000000${Buffer.from(wireName('another.example')).toString('hex')}00010001`)], punted('another-zone')));
  const results = runCases({ image: image, cases: { given: control(naming) as Cases['given'], cases: { 'the same': steps } }, engine: 'vm' });
  assert.deepEqual(results.filter(r => !r.ok), []);
});
