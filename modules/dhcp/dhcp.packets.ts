import { arp, bytes, cases, data, destination, dhcp, dropped, eth, icmpv6, ipv4, ipv6, passed, replied, send, tcp, udp, type Frame, type Outcome } from 'iovisor/packets';
import type * as server from './dhcp.ts';

const client = '02:00:00:00:00:07';
const us = '02:00:00:00:00:fe';
const all = 'ff:ff:ff:ff:ff:ff';
const text = (name: string, length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i < name.length ? name.charCodeAt(i) : 0);
const hex = (list: Uint8Array): string => Array.from(list, b => b.toString(16).padStart(2, '0')).join('');
const web = { mac: client, address: '10.0.0.7', mask: '255.255.255.0', router: '10.0.0.1', hostTag: 0x0c05, host: text('web-1', 63), routesTag: 0, routes: text('', 80), address6: 'fd00::7' };
/** Filters are tried at port 0. */
const leased = { leases: [[0, web]] } as const;
const given = {
  settings: {
    mac: us, server: '10.0.0.254', mtu: 1400, leaseSeconds: 3600,
    dnsTag: 0x0608, dns: '10.0.0.2', dns2: '10.0.0.3', dns3: '0.0.0.0', domainTag: 0x0f08, domain: text('shop.lan', 64),
  },
  server6: { mac: us, link: 'fe80::ff:fe00:fe', leaseSeconds: 3600, renewSeconds: 1800, rebindSeconds: 2880, length: 0, options: text('', 128) },
} as const;

const broadcast = [eth({ dst: all, src: client }), ipv4({ src: '0.0.0.0', dst: '255.255.255.255' }), udp({ srcPort: 68, dstPort: 67 })];
const discover = '350101';
const request = '350103';
const inform = '350108';
const ask = (options: string, fields: Partial<Parameters<typeof dhcp>[0]> = {}): Frame => [...broadcast, dhcp({ op: 1, xid: 0x1234_5678, chaddr: client, ...fields }), bytes(`${options} ff`)];
/** To the server itself, as clients do when half of the lease is over. */
const renew = (options: string, ciaddr: string): Frame => [eth({ dst: us, src: client }), ipv4({ src: ciaddr, dst: '10.0.0.254' }), ...ask(options, { ciaddr }).slice(2)];

const back = (dst = '255.255.255.255'): Frame => [eth({ dst: client, src: us }), ipv4({ src: '10.0.0.254', dst }), udp({ srcPort: 67, dstPort: 68 })];
interface Told { readonly lease?: string; readonly router?: string; readonly dns?: string; readonly host?: string; readonly domain?: string; readonly routes?: string; readonly fields?: object }
const answer = (kind: string, { lease = '330400000e10', router = '03040a000001', dns = '06080a0000020a00000300000000', host = `0c05${hex(text('web-1', 63))}`, domain = `0f08${hex(text('shop.lan', 64))}`, routes = '00'.repeat(82), fields = {} }: Told = {}): Frame =>
  [dhcp({ op: 2, xid: 0x1234_5678, chaddr: client, yiaddr: '10.0.0.7', ...fields }), bytes(`3501${kind} 36040a0000fe ${lease} 0104ffffff00 1a020578 ${router} ${dns} ${host} ${domain} ${routes} ff`)];
const offer = answer('02');
const ack = answer('05');
const nak: Frame = [dhcp({ op: 2, xid: 0x1234_5678, chaddr: client }), bytes(`350106 36040a0000fe ff ${'00'.repeat(50)}`)];

/** DHCPv6: options as hexadecimal digits. */
const us6 = 'fe80::ff:fe00:fe';
const me6 = 'fe80::ff:fe00:7';
const option = (code: number, value: string): string => [code, value.length / 2].map(n => n.toString(16).padStart(4, '0')).join('') + value;
const duid = option(1, '000100012345678902000000000007');
const serverId = option(2, `00030001${us.replaceAll(':', '')}`);
const otherServer = option(2, '00030001020000000055');
const held = (address: string, seconds = '00000e1000000e10'): string => option(5, address + seconds);
const own = 'fd000000000000000000000000000007';
const stray = 'fd000000000000000000000000000009';
const association = (inside = '', times = '0000000000000000'): string => option(3, `00abcdef${times}${inside}`);
const given6 = association(held(own), '0000070800000b40');
const success = option(13, '0000');
const notOnLink = option(13, '0004');
const rapid = option(14, '');
const toServers = [eth({ dst: '33:33:00:01:00:02', src: client }), ipv6({ src: me6, dst: 'ff02::1:2', hopLimit: 1 }), udp({ srcPort: 546, dstPort: 547 })];
const ask6 = (kind: string, ...options: string[]): Frame => [...toServers, bytes(`${kind}123456${options.join('')}`)];
const told6 = (kind: string, ...options: string[]): Outcome =>
  replied([eth({ dst: client, src: us }), ipv6({ src: us6, dst: me6 }), udp({ srcPort: 547, dstPort: 546 }), bytes(`${kind}123456${options.join('')}`)]);
function solicit(): Frame { return ask6('01', duid, association()); }

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
  'Routes that are not by the router go in one option with that which is (RFC 3442).': [
    { leases: [[0, { ...web, routesTag: 0x790e, routes: Uint8Array.from({ length: 80 }, (_, i) => [24, 10, 9, 8, 10, 0, 0, 9, 0, 10, 0, 0, 1, 0][i] ?? 0) }]] },
    send('egress', ask(discover), replied([...back(), ...answer('02', { routes: `790e 180a09080a000009 000a000001 00 ${'00'.repeat(66)}` })])),
  ],
  'Whom the Director gave no address gets nothing.': [
    send('egress', ask(discover), dropped('no-lease')),
    send('egress', solicit(), dropped('no-lease')),
    { leases: [[0, { ...web, address: '0.0.0.0', address6: '::' }]] },
    send('egress', ask(discover), dropped('no-lease')),
    send('egress', solicit(), dropped('no-lease')),
  ],
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
  'DHCPv6: who solicits is advertised its address.': [
    leased,
    send('egress', solicit(), told6('02', duid, serverId, given6)),
    send('egress', ask6('01', duid, association(held(stray))), told6('02', duid, serverId, given6)),
  ],
  'Who asks, renews or rebinds gets it.': [
    leased,
    send('egress', ask6('03', duid, serverId, association(held(own))), told6('07', duid, serverId, given6)),
    send('egress', ask6('05', duid, serverId, association(held(own))), told6('07', duid, serverId, given6)),
    send('egress', ask6('06', duid, association(held(own))), told6('07', duid, serverId, given6)),
    send('egress', ask6('03', duid, serverId, association()), told6('07', duid, serverId, given6)),
  ],
  'With rapid commit two packets are enough.': [leased, send('egress', ask6('01', duid, rapid, association()), told6('07', duid, serverId, given6, rapid))],
  'Who has another address is told that it is over, and its own.': [
    leased, send('egress', ask6('05', duid, serverId, association(held(stray))), told6('07', duid, serverId, association(held(own) + held(stray, '00'.repeat(8)), '0000070800000b40'))),
  ],
  'The identifier of a client is sent back, wherever it was, whatever its length.': [
    leased,
    send('egress', ask6('01', association(), option(8, '0000'), option(6, '00170018'), duid), told6('02', duid, serverId, given6)),
    send('egress', ask6('01', option(8, '0000'), option(1, '00'), association()), told6('02', option(1, '00'), serverId, given6)),
    send('egress', ask6('01', option(8, '0000'), option(1, 'ab'.repeat(130)), association()), told6('02', option(1, 'ab'.repeat(130)), serverId, given6)),
    send('egress', ask6('01', option(8, '0000'), option(1, 'ab'.repeat(131)), association()), dropped('not-a-request')),
  ],
  'Resolvers and the domain are in every answer.': [
    leased, { server6: { length: 34, options: Uint8Array.from({ length: 128 }, (_, i) => Number.parseInt((option(23, 'fd000000000000000000000000000053') + option(24, '0473686f70036c616e00')).slice(2 * i, 2 * i + 2) || '0', 16)) } },
    send('egress', solicit(), told6('02', duid, serverId, given6, option(23, 'fd000000000000000000000000000053'), option(24, '0473686f70036c616e00'))),
    send('egress', ask6('0b', duid, option(6, '0017')), told6('07', duid, serverId, option(23, 'fd000000000000000000000000000053'), option(24, '0473686f70036c616e00'))),
    send('egress', ask6('0b', option(6, '0017')), told6('07', serverId, option(23, 'fd000000000000000000000000000053'), option(24, '0473686f70036c616e00'))),
  ],
  'Who moved is told whether its address is still right.': [
    leased,
    send('egress', ask6('04', duid, association(held(own))), told6('07', duid, serverId, success)),
    send('egress', ask6('04', duid, association(held(stray))), told6('07', duid, serverId, notOnLink)),
    send('egress', ask6('04', duid, association()), dropped('needs-no-answer')),
  ],
  'Releases and declines of DHCPv6 are acknowledged.': [
    leased,
    send('egress', ask6('08', duid, serverId, association(held(own))), told6('07', duid, serverId, success)),
    send('egress', ask6('09', duid, serverId, association(held(own))), told6('07', duid, serverId, success)),
  ],
  'What is for another DHCPv6 server, or names one where it must not, is not answered.': [
    leased,
    ...['03', '05', '08', '09'].flatMap(kind => [send('egress', ask6(kind, duid, otherServer, association(held(own))), dropped('for-another-server')), send('egress', ask6(kind, duid, association(held(own))), dropped('for-another-server'))]),
    ...['01', '04', '06'].map(kind => send('egress', ask6(kind, duid, serverId, association(held(own))), dropped('for-another-server'))),
    send('egress', ask6('0b', duid, otherServer), dropped('for-another-server')),
    send('egress', ask6('0b', duid, serverId), told6('07', duid, serverId)),
  ],
  'Nor is what lacks an identifier, asks for nothing, or is an answer.': [
    leased,
    send('egress', ask6('01', association()), dropped('not-a-request')),
    send('egress', ask6('0b', duid, association()), dropped('not-a-request')),
    send('egress', ask6('01', duid), dropped('needs-no-answer')),
    ...['02', '07', '0a', '0c', '0d', 'ff'].map(kind => send('egress', ask6(kind, duid, association()), dropped('needs-no-answer'))),
    send('egress', [...toServers, bytes('0112')], dropped('short')),
  ],
  'An option of DHCPv6 that ends behind the packet is not read, nor what is behind it.': [
    leased,
    send('egress', ask6('01', association(), '0001000f0001'), dropped('not-a-request')),
    send('egress', ask6('01', duid, '00030010'), dropped('needs-no-answer')),
    send('egress', [...ask6('01', association(), option(1, '00')).slice(0, -1), bytes('01123456')], dropped('not-a-request')),
    send('egress', ask6('01', association(), option(16, '').repeat(31), duid), dropped('not-a-request')),
  ],
  'An endpoint asks by its own hardware address only, in DHCPv6 too.': [
    leased, send('egress', [eth({ dst: '33:33:00:01:00:02', src: '02:00:00:00:00:08' }), ...solicit().slice(1)], dropped('for-another-station')),
  ],
  'What is not to all DHCPv6 servers passes.': [
    leased,
    send('egress', [toServers[0]!, ipv6({ src: me6, dst: 'fd00::9' }), udp({ srcPort: 546, dstPort: 547 }), data('relayed')], passed()),
    send('egress', [toServers[0]!, ipv6({ src: me6, dst: 'ff02::1:2' }), udp({ srcPort: 546, dstPort: 548 }), data('other')], passed()),
    send('egress', [toServers[0]!, ipv6({ src: me6, dst: 'ff02::1:2' }), icmpv6({ type: 128 })], passed()),
    send('egress', [toServers[0]!, ipv6({ src: me6, dst: 'ff02::1:2' }), destination(), udp({ srcPort: 546, dstPort: 547 }), data('hidden')], passed()),
  ],
});
