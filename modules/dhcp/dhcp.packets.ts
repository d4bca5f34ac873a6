import { arp, bytes, cases, data, dhcp, dropped, eth, ipv4, passed, replied, send, tcp, udp, type Frame } from 'iovisor/packets';
import type * as server from './dhcp.ts';

const client = '02:00:00:00:00:07';
const us = '02:00:00:00:00:fe';
const all = 'ff:ff:ff:ff:ff:ff';
const text = (name: string, length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i < name.length ? name.charCodeAt(i) : 0);
const hex = (list: Uint8Array): string => Array.from(list, b => b.toString(16).padStart(2, '0')).join('');
const web = { mac: client, address: '10.0.0.7', mask: '255.255.255.0', router: '10.0.0.1', hostTag: 0x0c05, host: text('web-1', 63) };
/** Filters are tried at port 0. */
const leased = { leases: [[0, web]] } as const;
const given = {
  settings: {
    mac: us, server: '10.0.0.254', mtu: 1400, leaseSeconds: 3600,
    dnsTag: 0x0608, dns: '10.0.0.2', dns2: '10.0.0.3', dns3: '0.0.0.0', domainTag: 0x0f08, domain: text('shop.lan', 64),
  },
} as const;

const broadcast = [eth({ dst: all, src: client }), ipv4({ src: '0.0.0.0', dst: '255.255.255.255' }), udp({ srcPort: 68, dstPort: 67 })];
const discover = '350101';
const request = '350103';
const inform = '350108';
const ask = (options: string, fields: Partial<Parameters<typeof dhcp>[0]> = {}): Frame => [...broadcast, dhcp({ op: 1, xid: 0x1234_5678, chaddr: client, ...fields }), bytes(`${options} ff`)];
/** To the server itself, as clients do when half of the lease is over. */
const renew = (options: string, ciaddr: string): Frame => [eth({ dst: us, src: client }), ipv4({ src: ciaddr, dst: '10.0.0.254' }), ...ask(options, { ciaddr }).slice(2)];

const back = (dst = '255.255.255.255'): Frame => [eth({ dst: client, src: us }), ipv4({ src: '10.0.0.254', dst }), udp({ srcPort: 67, dstPort: 68 })];
interface Told { readonly lease?: string; readonly router?: string; readonly dns?: string; readonly host?: string; readonly domain?: string; readonly fields?: object }
const answer = (kind: string, { lease = '330400000e10', router = '03040a000001', dns = '06080a0000020a00000300000000', host = `0c05${hex(text('web-1', 63))}`, domain = `0f08${hex(text('shop.lan', 64))}`, fields = {} }: Told = {}): Frame =>
  [dhcp({ op: 2, xid: 0x1234_5678, chaddr: client, yiaddr: '10.0.0.7', ...fields }), bytes(`3501${kind} 36040a0000fe ${lease} 0104ffffff00 1a020578 ${router} ${dns} ${host} ${domain} ff`)];
const offer = answer('02');
const ack = answer('05');
const nak: Frame = [dhcp({ op: 2, xid: 0x1234_5678, chaddr: client }), bytes(`350106 36040a0000fe ff ${'00'.repeat(50)}`)];

export default cases<typeof server>(given, {
  'Who discovers is offered its address.': [leased, send('egress', ask(discover), replied([...back(), ...offer]))],
  'A packet longer than the answer is cut.': [
    leased,
    send('egress', ask(`${discover} ${'00'.repeat(200)}`), replied([...back(), ...offer])),
    send('egress', [...ask(discover), data(300)], replied([...back(), ...offer])),
  ],
  'Who asks for it gets it.': [leased, send('egress', ask(`${request} 32040a000007 36040a0000fe`), replied([...back(), ...ack]))],
  'Options may come in any order, among others and padding.': [
    leased,
    send('egress', ask(`0000 0c0568656c6c6f 36040a0000fe 00 32040a000007 3d0701020000000007 ${request} 370401031a06`), replied([...back(), ...ack])),
  ],
  'Who has it may ask for it again, of the server or of everybody, and is answered at it.': [
    leased,
    send('egress', renew(request, '10.0.0.7'), replied([...back('10.0.0.7'), ...answer('05', { fields: { ciaddr: '10.0.0.7' } })])),
    send('egress', ask(request, { ciaddr: '10.0.0.7' }), replied([...back('10.0.0.7'), ...answer('05', { fields: { ciaddr: '10.0.0.7' } })])),
  ],
  'Who asks to keep an address that is not its own is refused, by a broadcast.': [
    leased,
    send('egress', renew(request, '10.0.0.9'), replied([...back(), ...[dhcp({ op: 2, xid: 0x1234_5678, chaddr: client, ciaddr: '10.0.0.9' }), ...nak.slice(1)]])),
  ],
  'Who has an address and asks for the rest is told it, without a lease.': [
    leased,
    send('egress', renew(inform, '10.0.0.7'), replied([...back('10.0.0.7'), ...answer('05', { lease: '000000000000', fields: { ciaddr: '10.0.0.7', yiaddr: '0.0.0.0' } })])),
  ],
  'An endpoint gets its own address only, and only by its own hardware address.': [
    leased,
    send('egress', ask(discover, { chaddr: '02:00:00:00:00:08' }), dropped('for-another-station')),
    send('egress', [eth({ dst: all, src: '02:00:00:00:00:08' }), ...ask(discover).slice(1)], dropped('for-another-station')),
  ],
  'Who asks for another address is refused.': [
    leased,
    send('egress', ask(`${request} 32040a000009 36040a0000fe`), replied([...back(), ...nak])),
    send('egress', ask(`${request} 32040a000008`), replied([...back(), ...nak])),
  ],
  'Who asks for none is refused.': [leased, send('egress', ask(request), replied([...back(), ...nak]))],
  'Without a router, a resolver or names there are no such options.': [
    leased,
    { leases: [[0, { ...web, router: '0.0.0.0', hostTag: 0, host: text('', 63) }]], settings: { dnsTag: 0, dns: '0.0.0.0', dns2: '0.0.0.0', domainTag: 0, domain: text('', 64) } },
    send('egress', ask(discover), replied([...back(), ...answer('02', { router: '000000000000', dns: '00'.repeat(14), host: '00'.repeat(65), domain: '00'.repeat(66) })])),
  ],
  'Whom the Director gave no address gets nothing.': [send('egress', ask(discover), dropped('no-lease'))],
  'A request for another server is not ours.': [leased, send('egress', ask(`${request} 32040a000007 36040a0000fd`), dropped('for-another-server'))],
  'Releases and declines need no answer.': [
    leased,
    send('egress', ask('350107'), dropped('needs-no-answer')),
    send('egress', ask('350104'), dropped('needs-no-answer')),
    send('egress', ask(''), dropped('needs-no-answer')),
  ],
  'An option that ends behind the packet is not read.': [
    leased,
    send('egress', [...broadcast, dhcp({ op: 1, xid: 1, chaddr: client }), bytes('3501')], dropped('needs-no-answer')),
    send('egress', [...broadcast, dhcp({ op: 1, xid: 1, chaddr: client }), bytes('35')], dropped('needs-no-answer')),
    send('egress', [...broadcast, dhcp({ op: 1, xid: 1, chaddr: client }), bytes('0cff00')], dropped('needs-no-answer')),
  ],
  'Behind the end nothing counts.': [leased, send('egress', [...broadcast, dhcp({ op: 1, xid: 1, chaddr: client }), bytes('ff 350101')], dropped('needs-no-answer'))],
  'Nor behind the thirty-second option.': [leased, send('egress', ask(`${'0c00'.repeat(32)} ${discover}`), dropped('needs-no-answer'))],
  'An answer, or a request by a relay, is not for us.': [
    leased,
    send('egress', ask(discover, { op: 2 }), dropped('not-a-request')),
    send('egress', ask(discover, { giaddr: '10.9.9.9' }), dropped('not-a-request')),
    send('egress', [eth({ dst: all, src: client }), ipv4({ src: '0.0.0.0', dst: '255.255.255.255', options: '94040000' }), udp({ srcPort: 68, dstPort: 67 }), dhcp({ op: 1, xid: 1, chaddr: client }), bytes('ff')], dropped('not-a-request')),
  ],
  'What is shorter than BOOTP is short.': [leased, send('egress', [...broadcast, data(239)], dropped('short'))],
  'Everything else passes.': [
    leased,
    send('egress', [eth({ dst: us, src: client }), ipv4({ src: '10.0.0.7', dst: '10.0.9.9' }), udp({ srcPort: 68, dstPort: 67 }), data('for a server elsewhere')], passed()),
    send('egress', [eth({ dst: all, src: client }), arp({ op: 'request', senderMac: client, senderIp: '10.0.0.7', targetIp: '10.0.0.1' })], passed()),
    send('egress', [eth({ dst: us, src: client }), ipv4({ src: '10.0.0.7', dst: '10.0.0.1' }), tcp({ srcPort: 1, dstPort: 67, flags: 'S' })], passed()),
    send('egress', [eth({ dst: us, src: client }), ipv4({ src: '10.0.0.7', dst: '10.0.0.1' }), udp({ srcPort: 68, dstPort: 53 })], passed()),
  ],
});
