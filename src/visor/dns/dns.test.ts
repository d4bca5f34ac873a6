// The resolver without packets: messages of anyone, the zone, the cache, and who is asked when.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { wireName } from '../../model/dns/names.ts';
import { parseUpstream } from '../../model/dns/upstream.ts';
import type { PlannedResolver } from '../../model/plan.ts';
import { AnswerCache, MOST_BYTES, MOST_ENTRIES } from './cache.ts';
import { framed, Unframer } from './framing.ts';
import { keyOfName, passOn, readAnswer, readQuery, writeAnswer, writeQuery, type Heard, type Question } from './message.ts';
import { Resolver, type Ask } from './resolver.ts';

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');
const unhex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const question = (name: string, type = 1): Question => ({ name: keyOfName(wireName(name.toLowerCase())), type, class: 1, bytes: Uint8Array.from([...wireName(name), type >> 8, type & 255, 0, 1]) });
/** As clients send it. */
const asks = (name: string, type = 1, { edns = '', flags = '0100', id = '1234' } = {}): Uint8Array => unhex(`${id} ${flags} 0001 0000 0000 ${edns === '' ? '0000' : '0001'} ${hex(question(name, type).bytes)} ${edns}`);
const EDNS = '000029 04d0 00 00 0000 0000';

const planned: PlannedResolver = {
  server: { mac: '02:00:00:00:00:fe', addresses: ['10.0.0.1'] }, mtu: 1450, upstreams: ['192.0.2.53'], subnets: ['10.0.0.0/24', 'fd00::/64'],
  zone: {
    name: 'shop.internal', ttlSeconds: 60, hosts: [{ name: 'web-1.web', addresses: ['10.0.0.7', 'fd00::7'] }, { name: 'many', addresses: Array.from({ length: 100 }, (_, i) => `10.9.0.${i}`) }],
    services: [{ name: '_http._tcp', priority: 1, weight: 2, port: 80, target: 'web-1.web' }],
  },
};

function resolver(ask: Ask, more: Partial<PlannedResolver> = {}): { say(bytes: Uint8Array, way?: 'udp' | 'tcp'): Promise<string>; at(ms: number): void; counts: Record<string, number> } {
  let nowMs = 0;
  const counts = { asked: 0, answered: 0, cached: 0, forwarded: 0, refused: 0, failed: 0 };
  const made = new Resolver({ planned: { ...planned, ...more }, ask, cache: new AnswerCache(), nowMs: () => nowMs, counts });
  return { say: async (bytes, way = 'udp') => hex(await made.answer(bytes, way)), at: ms => { nowMs = ms; }, counts };
}
const nobody: Ask = () => assert.fail('nobody is to be asked');
/** Flags, counts, and what follows the question. */
const seen = (answer: string, name: string): string => `${answer.slice(4, 8)} ${answer.slice(8, 24)} ${answer.slice(24 + 2 * question(name).bytes.length)}`;

test('the zone is answered without asking anyone: addresses, names, services, what is not there', async () => {
  const { say } = resolver(nobody);
  const soa = `${hex(wireName('shop.internal'))}000600010000003c`;
  assert.equal(seen(await say(asks('web-1.web.shop.internal')), 'web-1.web.shop.internal'), '8580 0001000100000000 c00c000100010000003c00040a000007');
  assert.equal(seen(await say(asks('7.0.0.10.in-addr.arpa', 12)), '7.0.0.10.in-addr.arpa'), `8580 0001000100000000 c00c000c00010000003c0019${hex(wireName('web-1.web.shop.internal'))}`);
  assert.match(seen(await say(asks('_http._tcp.shop.internal', 33)), '_http._tcp.shop.internal'), /^8580 0001000100000000 c00c002100010000003c001f000100020050/);
  assert.ok(seen(await say(asks('web.shop.internal')), 'web.shop.internal').startsWith(`8580 0001000000010000 ${soa}`), 'a name between');
  assert.ok(seen(await say(asks('nobody.shop.internal')), 'nobody.shop.internal').startsWith(`8583 0001000000010000 ${soa}`));
  assert.equal(seen(await say(asks('99.0.0.10.in-addr.arpa', 12)), '99.0.0.10.in-addr.arpa'), '8583 0001000000000000 ', 'an address of a subnet that nobody has');
  assert.equal(seen(await say(asks(`9.${'0.'.repeat(29)}d.f.ip6.arpa`, 12)), `9.${'0.'.repeat(29)}d.f.ip6.arpa`), '8583 0001000000000000 ');
  assert.equal(seen(await say(asks('many.shop.internal')), 'many.shop.internal'), '8780 0001000000000000 ', 'too long for 512 bytes');
  assert.equal((await say(asks('many.shop.internal'), 'tcp')).length / 2, 12 + 24 + 100 * 16);
});

test('what cannot be answered is refused by a code, or is no question', async () => {
  const { say, counts } = resolver(nobody, { upstreams: [] });
  const code = async (bytes: Uint8Array): Promise<string> => (await say(bytes)).slice(4, 8);
  assert.equal(await code(asks('example.com')), '8185', 'nobody to be asked');
  assert.equal(await code(asks('shop.internal', 252)), '8185', 'a transfer');
  assert.equal(await code(asks('shop.internal', 1, { flags: '2800' })), 'a884', 'an update');
  assert.equal(await code(unhex('1234 0100 0002 0000 0000 0000')), '8181');
  assert.equal(await code(unhex('1234 0100 0001 0000 0000 0000 c00c 0001 0001')), '8181', 'a pointer to nowhere');
  const version = await say(asks('shop.internal', 1, { edns: EDNS.replace('04d0 00 00', '04d0 00 01') }));
  assert.deepEqual([version.slice(4, 8), version.slice(-22)], ['8180', `00002904d0${'01'}0000000000`], 'of EDNS 1: BADVERS');
  assert.equal(await say(asks('shop.internal', 1, { flags: '8180' })), '', 'an answer');
  assert.equal(await say(unhex('1234')), '');
  assert.equal(counts['refused'], 6);
});

test('others are asked once for each name and type, the answer grows old, and is asked for anew at its end', async () => {
  const asked: string[] = [];
  const ask: Ask = (q, wants) => {
    asked.push(`${hex(q.bytes)} ${JSON.stringify(wants)}`);
    const answer = unhex(`0000 8180 0001 0002 0000 0001 ${hex(q.bytes)} c00c 0001 0001 0000012c 0004 c0000250 c00c 0001 0001 00000064 0004 c0000251 000029 1000 00 00 0000 0000`);
    return Promise.resolve(readAnswer(answer, q));
  };
  const { say, at, counts } = resolver(ask);
  const told = (first: string, second: string): string => `c00c00010001${first}0004c0000250c00c00010001${second}0004c0000251`;
  assert.equal(seen(await say(asks('example.com')), 'example.com'), `8180 0001000200000000 ${told('0000012c', '00000064')}`, 'the pseudo-record of another hop is not passed on');
  at(40_500);
  const again = await say(asks('EXAMPLE.com', 1, { id: 'abcd', edns: EDNS }));
  assert.equal(again.slice(0, 4) + hex(question('EXAMPLE.com').bytes), again.slice(0, 4) + again.slice(24, 24 + 2 * question('EXAMPLE.com').bytes.length), 'in the letters that were asked');
  assert.equal(seen(again, 'example.com'), `8180 0001000200000001 ${told('00000104', '0000003c')}00002904d0000000000000`);
  assert.equal(asked.length, 1);
  at(101_000);
  await say(asks('example.com'));
  await say(asks('example.com', 28));
  await say(asks('example.com', 1, { edns: EDNS.replace('0000 0000', '8000 0000') }));
  assert.equal(asked.length, 4, 'the least of the times is over; another type; with proof');
  assert.deepEqual([counts['cached'], counts['forwarded']], [1, 4]);
  assert.equal((await say(asks('example.com', 1, { flags: '0000' }))).slice(4, 8), '8085', 'who wants no recursion gets none');
});

test('an upstream that does not answer is a failure, and is not remembered', async () => {
  let asked = 0;
  const { say } = resolver(() => { asked++; return Promise.resolve(undefined); });
  for (let i = 0; i < 2; i++) assert.equal((await say(asks('example.com'))).slice(4, 8), '8182');
  assert.equal(asked, 2);
});

test('bytes of anyone: nothing throws, and what is read can be written', async () => {
  const some = fc.uint8Array({ maxLength: 600 });
  const near = fc.tuple(fc.constantFrom(asks('web-1.web.shop.internal', 1, { edns: EDNS }), asks('a.b')), fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 6 })).map(([bytes, changes]) => {
    for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
    return bytes;
  });
  const q = question('a.b');
  const { say } = resolver(() => Promise.resolve(undefined));
  await fc.assert(fc.asyncProperty(fc.oneof(some, near), async bytes => { assert.ok(typeof await say(bytes) === 'string'); }), { numRuns: 500 });
  fc.assert(fc.property(fc.oneof(some, near), fc.nat(1232), (bytes, room) => {
    const query = readQuery(bytes);
    if (query) assert.ok(writeAnswer(query, { code: 0, answers: [{ type: 1, ttl: 1, data: new Uint8Array(4) }] }, room).length >= 12);
    const heard = readAnswer(bytes, q);
    if (heard) assert.ok(passOn({ id: 1, flags: 0, question: q }, heard, 10, room).length >= 12);
  }), { numRuns: 2000 });
  const own = writeQuery(7, q, { proof: true, unchecked: true });
  assert.deepEqual(readQuery(own), { id: 7, flags: 0x0110, question: q, edns: { room: 1232, wantsProof: true } });
});

test('pointers that go round, names that are too long, records behind the end: not read', () => {
  const q = question('a.b');
  const answer = (rest: string, counts = '0001 0000 0000'): Heard | undefined => readAnswer(unhex(`0000 8180 0001 ${counts} ${hex(q.bytes)} ${rest}`), q);
  assert.ok(answer('c00c 0001 0001 0000003c 0004 01020304'));
  for (const bad of ['c015 0001 0001 0000003c 0004 01020304', 'c0ff 0001 0001 0000003c 0004 01020304', 'c00c 0001 0001 0000003c 0005 01020304', 'c00c 0001 0001', `${'3f'.padEnd(128, '61').repeat(5)}00 0001 0001 00000001 0000`]) assert.equal(answer(bad), undefined, bad);
  assert.equal(answer('000029 1000 00 00 0000 0000 c00c 0001 0001 0000003c 0004 01020304', '0000 0000 0002'), undefined, 'a pseudo-record in the middle');
  assert.equal(readAnswer(unhex(`0000 8180 0001 0000 0000 0000 ${hex(question('a.c').bytes)}`), q), undefined, 'of another question');
  assert.equal(answer('00 0006 0001 00000e10 0016 00 00 00000001 00000001 00000001 00000001 0000001e', '0000 0001 0000')?.ttl, 30, 'how long there is nothing');
});

test('the cache holds so much and no more: what was not asked for longest goes', () => {
  const cache = new AnswerCache();
  const heard = (bytes: number): Heard => ({ id: 0, code: 0, truncated: false, ttls: [], ttl: 1e9, bytes: Uint8Array.from({ length: bytes }, (_, i) => i === 7 ? 1 : 0) });
  for (let i = 0; i < MOST_ENTRIES + 10; i++) { cache.put(`n${i}`, heard(20), 0); cache.get('n0', 0); }
  assert.deepEqual([cache.size, cache.get('n0', 0) !== undefined, cache.get('n5', 0)], [MOST_ENTRIES, true, undefined]);
  assert.equal(cache.get('n0', 3_600_001), undefined, 'an hour at most');
  for (let i = 0; i < 20; i++) cache.put(`large${i}`, heard(MOST_BYTES / 16), 0);
  assert.ok(cache.size <= 16, `${cache.size}`);
});

test('messages in a stream, in any pieces', () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }), fc.integer({ min: 1, max: 9 }), (messages, step) => {
    const all = Uint8Array.from(messages.flatMap(m => [...framed(m)]));
    const unframer = new Unframer();
    const got: Uint8Array[] = [];
    for (let at = 0; at < all.length; at += step) got.push(...unframer.add(all.subarray(at, at + step)) ?? []);
    assert.deepEqual(got.map(hex), messages.map(hex));
  }), { numRuns: 100 });
});

test('resolvers as people write them', () => {
  assert.deepEqual(['192.0.2.53', '192.0.2.53:5353', '2001:DB8::53', '[2001:db8::53]:5353'].map(parseUpstream),
    [{ address: '192.0.2.53', port: 53 }, { address: '192.0.2.53', port: 5353 }, { address: '2001:db8::53', port: 53 }, { address: '2001:db8::53', port: 5353 }]);
  for (const bad of ['dns.example', '192.0.2.53:0', '192.0.2.53:65536', '[192.0.2.53]:53', '192.0.2:53', '']) assert.equal(parseUpstream(bad), undefined, bad);
});
