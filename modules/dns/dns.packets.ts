import { bytes, cases, data, dns, dropped, eth, fragment, hopByHop, ipv4, ipv6, passed, punted, replied, send, tcp, udp, type Frame } from 'iovisor/packets';
import control, { type Naming } from './dns.control.ts';
import type * as server from './dns.ts';

const client = '02:00:00:00:00:07';
const us = '02:00:00:00:00:fe';
const label = 'x'.repeat(63);
/** Of 253 letters, with the zone: the longest that there may be. */
const longest = `${label}.${label}.${label}.${'y'.repeat(47)}`;
const crowded = longest.replaceAll('y', 'z');
const crowd = Array.from({ length: 16 }, (_, i) => `10.0.2.${i + 1}`);
const naming: Naming = {
  server: { mac: us, addresses: ['10.0.0.1', 'fd00::1'] },
  zone: {
    name: 'shop.internal', ttlSeconds: 60,
    hosts: [
      { name: 'web-1.web', addresses: ['10.0.0.7', 'fd00::7'] }, { name: 'two.web', addresses: ['10.0.0.8', '10.0.0.9'] }, { name: longest, addresses: ['10.0.0.10'] }, { name: crowded, addresses: crowd },
      { name: 'many.web', addresses: Array.from({ length: 17 }, (_, i) => `10.0.1.${i + 1}`) }, { name: `${'a'.repeat(50)}.${'b'.repeat(20)}`, addresses: ['10.0.0.11'] },
    ],
    services: [{ name: '_http._tcp', priority: 1, weight: 2, port: 8080, target: 'web-1.web' }],
  },
};

const A = 1, PTR = 12, AAAA = 28, SRV = 33, MX = 15, SOA = 6, ANY = 255;
const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
const name = (text: string): string => `${text === '' ? '' : text.split('.').map(part => hex(part.length, 2) + [...part].map(letter => hex(letter.charCodeAt(0), 2)).join('')).join('')}00`;
const opt = '0000290fa0000000000000';
const ours = '00002904d0000000000000';
const to4: Frame = [eth({ dst: us, src: client }), ipv4({ src: '10.0.0.7', dst: '10.0.0.1' }), udp({ srcPort: 5353, dstPort: 53 })];
const to6: Frame = [eth({ dst: us, src: client }), ipv6({ src: 'fd00::7', dst: 'fd00::1' }), udp({ srcPort: 5353, dstPort: 53 })];
const from4: Frame = [eth({ dst: client, src: us }), ipv4({ src: '10.0.0.1', dst: '10.0.0.7' }), udp({ srcPort: 53, dstPort: 5353 })];
const from6: Frame = [eth({ dst: client, src: us }), ipv6({ src: 'fd00::1', dst: 'fd00::7' }), udp({ srcPort: 53, dstPort: 5353 })];

interface Message { readonly flags?: string; readonly counts?: string; readonly asks?: string; readonly type?: number; readonly rest?: string; readonly inClass?: string }
const message = ({ flags = '0100', counts = '0001000000000000', asks = 'web-1.web.shop.internal', type = A, rest = '', inClass = '0001' }: Message) => bytes(`1234 ${flags} ${counts} ${name(asks)} ${hex(type, 4)} ${inClass} ${rest}`);
const ask = (asks: string, type: number, more: Message = {}): Frame => [...to4, message({ asks, type, ...more })];
/** `records`: hexadecimal digits. */
const told = (asks: string, type: number, records: string, more: Message = {}) => message({ flags: '8580', counts: '0001000100000000', asks, type, rest: records, ...more });
const record = (type: number, content: string): string => `c00c ${hex(type, 4)} 0001 0000003c ${hex(content.replaceAll(' ', '').length / 2, 4)} ${content}`;
const web4 = record(A, '0a000007'), web6 = record(AAAA, 'fd000000000000000000000000000007');
const soaAt = (at: number): string => `${hex(0xc000 | at, 4)} 0006 0001 0000003c 0027 03646e73 ${hex(0xc000 | at, 4)} 0a686f73746d6173746572 ${hex(0xc000 | at, 4)} 00000001 00000e10 00000258 00015180 0000003c`;
const nothing = (asks: string, type: number, at: number, code: string) => message({ flags: `858${code}`, counts: '0001000000010000', asks, type, rest: soaAt(at) });
const web = 'web-1.web.shop.internal';

export default cases<typeof server>(control(naming), {
  'Who asks for an address of the zone is told it, by IPv4 and IPv6.': [
    send('egress', ask(web, A), replied([...from4, told(web, A, web4)])),
    send('egress', ask(web, AAAA), replied([...from4, told(web, AAAA, web6)])),
    send('egress', [...to6, message({})], replied([...from6, told(web, A, web4)])),
    send('egress', [...to4, dns({ id: 0x1234, name: web })], replied([...from4, told(web, A, web4)])),
  ],
  'Capitals are small letters, and come back as they were.': [send('egress', ask('WEB-1.wEb.Shop.InternaL', A), replied([...from4, told('WEB-1.wEb.Shop.InternaL', A, web4)]))],
  'An address has a name.': [
    send('egress', ask('7.0.0.10.in-addr.arpa', PTR), replied([...from4, told('7.0.0.10.in-addr.arpa', PTR, record(PTR, name(web)))])),
    send('egress', ask(`7.${'0.'.repeat(29)}d.f.ip6.arpa`, PTR), replied([...from4, told(`7.${'0.'.repeat(29)}d.f.ip6.arpa`, PTR, record(PTR, name(web)))])),
    send('egress', ask('11.0.0.10.in-addr.arpa', PTR), replied([...from4, told('11.0.0.10.in-addr.arpa', PTR, record(PTR, name(`${'a'.repeat(50)}.${'b'.repeat(20)}.shop.internal`)))])),
  ],
  'A service has a place: priority, weight, port, host.': [send('egress', ask('_http._tcp.shop.internal', SRV), replied([...from4, told('_http._tcp.shop.internal', SRV, record(SRV, `0001 0002 1f90 ${name(web)}`))]))],
  'Several addresses are all told.': [send('egress', ask('two.web.shop.internal', A), replied([...from4, told('two.web.shop.internal', A, record(A, '0a000008') + record(A, '0a000009'), { counts: '0001000200000000' })]))],
  'The longest name, of 253 letters, and labels of 63.': [send('egress', ask(`${longest}.shop.internal`, A), replied([...from4, told(`${longest}.shop.internal`, A, record(A, '0a00000a'))]))],
  'Who knows EDNS is answered so, and may be told more.': [
    send('egress', ask(web, A, { counts: '0001000000000001', rest: opt }), replied([...from4, told(web, A, `${web4} ${ours}`, { counts: '0001000100000001' })])),
    // A cookie is not for us; the wish for proofs comes back.
    send('egress', ask(web, A, { counts: '0001000000000001', rest: '0000290fa0000080000004000a0000' }), replied([...from4, told(web, A, `${web4} 00002904d0000080000000`, { counts: '0001000100000001' })])),
  ],
  'What does not fit is left out, and truncation is said.': [
    send('egress', ask(`${crowded}.shop.internal`, A), replied([...from4, message({ flags: '8780', asks: `${crowded}.shop.internal` })])),
    send('egress', ask(`${crowded}.shop.internal`, A, { counts: '0001000000000001', rest: opt }), replied([...from4, told(`${crowded}.shop.internal`, A, crowd.map((_, i) => record(A, `0a0002${hex(i + 1, 2)}`)).join('') + ours, { counts: '0001001000000001' })])),
    send('egress', ask(`${crowded}.shop.internal`, A, { counts: '0001000000000001', rest: opt.replace('0fa0', '0210') }), replied([...from4, message({ flags: '8780', counts: '0001000000000001', asks: `${crowded}.shop.internal`, rest: ours })])),
  ],
  'A name without such records has none, and says until when.': [
    send('egress', ask(web, MX), replied([...from4, nothing(web, MX, 22, '0')])),
    send('egress', ask('web.shop.internal', A), replied([...from4, nothing('web.shop.internal', A, 16, '0')])),
    send('egress', ask('_http._tcp.shop.internal', A), replied([...from4, nothing('_http._tcp.shop.internal', A, 23, '0')])),
  ],
  'A name of the zone that nobody has is not there.': [
    send('egress', ask('nobody.web.shop.internal', A), replied([...from4, nothing('nobody.web.shop.internal', A, 23, '3')])),
    send('egress', ask('NOBODY.shop.INTERNAL', AAAA), replied([...from4, nothing('NOBODY.shop.INTERNAL', AAAA, 19, '3')])),
    send('egress', ask('nobody.shop.internal', A, { counts: '0001000000000001', rest: opt }), replied([...from4, message({ flags: '8583', counts: '0001000000010001', asks: 'nobody.shop.internal', rest: soaAt(19) + ours })])),
  ],
  'The zone says of itself where it begins.': [send('egress', ask('shop.internal', SOA), replied([...from4, told('shop.internal', SOA, record(SOA, `${name('dns.shop.internal')} ${name('hostmaster.shop.internal')} 00000001 00000e10 00000258 00015180 0000003c`))]))],
  'The bits of the question come back: recursion desired, checking disabled.': [
    send('egress', ask(web, A, { flags: '0000' }), replied([...from4, told(web, A, web4, { flags: '8480' })])),
    send('egress', ask(web, A, { flags: '0130' }), replied([...from4, told(web, A, web4, { flags: '8590' })])),
  ],
  'A longer packet is cut to its answer.': [send('egress', [...ask(web, A), data(400)], replied([...from4, told(web, A, web4)]))],
  'Other names are for the resolver.': [
    send('egress', ask('example.com', A), punted('another-zone')),
    send('egress', ask('internal', A), punted('another-zone')),
    send('egress', ask('', A), punted('another-zone')),
    send('egress', ask('workshop.internal', A), punted('another-zone')),
    send('egress', ask('a.shop.external', A), punted('another-zone')),
    send('egress', [...to4, bytes(`1234 0100 0001000000000000 06 61${name('shop').slice(0, -2)} ${name('internal')} 0001 0001`)], punted('another-zone')),
    send('egress', ask('99.0.0.10.in-addr.arpa', PTR), punted('another-zone')),
  ],
  'Answers that are too long for here, odd questions and TCP are the resolver\'s, too.': [
    send('egress', ask('many.web.shop.internal', A), punted('long-answer')),
    send('egress', ask(web, ANY), punted('odd-query')),
    send('egress', ask(web, A, { inClass: '0003' }), punted('odd-query')),
    send('egress', ask(web, A, { flags: '2800' }), punted('odd-query')),
    send('egress', ask(web, A, { counts: '0002000000000000' }), punted('odd-query')),
    send('egress', ask(web, A, { counts: '0001000000000002' }), punted('odd-query')),
    send('egress', ask(web, A, { counts: '0001000000000001', rest: '0000290fa0000100000000' }), punted('odd-query')),
    send('egress', ask(web, A, { counts: '0001000000000001', rest: '0000fa00ff000000000000' }), punted('odd-query')),
    send('egress', [eth({ dst: us, src: client }), ipv4({ src: '10.0.0.7', dst: '10.0.0.1', options: '94040000' }), udp({ srcPort: 1, dstPort: 53 }), message({})], punted('odd-query')),
    send('egress', [eth({ dst: us, src: client }), ipv6({ src: 'fd00::7', dst: 'fd00::1' }), hopByHop(), udp({ srcPort: 1, dstPort: 53 }), message({})], punted('odd-query')),
    send('egress', [...to4.slice(0, 2), tcp({ srcPort: 1, dstPort: 53, flags: 'S' })], punted('tcp')),
    send('egress', [...to6.slice(0, 2), tcp({ srcPort: 1, dstPort: 53, flags: 'A' })], punted('tcp')),
  ],
  'A question whose name is a pointer, or never ends, is none.': [
    send('egress', [...to4, bytes('1234 0100 0001000000000000 c00c 0001 0001')], dropped('compressed-question')),
    send('egress', [...to4, bytes('1234 0100 0001000000000000 03777777 c00c 0001 0001')], dropped('compressed-question')),
    send('egress', [...to4, bytes('1234 0100 0001000000000000 40777777 00 0001 0001')], dropped('compressed-question')),
    send('egress', [...to4, message({ asks: `${longest}y.shop.internal` })], dropped('name-too-long')),
    send('egress', [...to4, message({ asks: Array.from({ length: 128 }, () => 'a').join('.') })], dropped('name-too-long')),
    send('egress', [...to4, message({ asks: Array.from({ length: 5 }, () => label).join('.') })], dropped('name-too-long')),
    send('egress', [...to4, bytes('1234 0100 0001000000000000 05 777777')], dropped('short')),
    send('egress', [...to4, bytes('1234 0100 0001000000000000 03777777 00 0001')], dropped('short')),
    send('egress', [...to4, bytes('1234 0100 0001')], dropped('short')),
  ],
  'Answers, and fragments, are not for a server.': [
    send('egress', ask(web, A, { flags: '8580' }), dropped('not-a-query')),
    send('egress', [eth({ dst: us, src: client }), ipv4({ src: '10.0.0.7', dst: '10.0.0.1', frag: 0x2000 }), udp({ srcPort: 1, dstPort: 53 }), message({})], dropped('fragment')),
    send('egress', [eth({ dst: us, src: client }), ipv6({ src: 'fd00::7', dst: 'fd00::1' }), fragment({ id: 1, more: true }), udp({ srcPort: 1, dstPort: 53 }), message({})], dropped('fragment')),
  ],
  'Everything else passes.': [
    send('egress', [eth({ dst: us, src: client }), ipv4({ src: '10.0.0.7', dst: '10.0.9.9' }), udp({ srcPort: 1, dstPort: 53 }), message({})], passed()),
    send('egress', [...to4.slice(0, 2), udp({ srcPort: 53, dstPort: 54 }), message({})], passed()),
    send('egress', [...to6.slice(0, 2), tcp({ srcPort: 1, dstPort: 80, flags: 'S' })], passed()),
  ],
});
