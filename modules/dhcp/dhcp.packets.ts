import { arp, bytes, cases, data, dhcp, dropped, eth, ipv4, passed, replied, send, tcp, udp, type Frame } from 'iovisor/packets';
import type * as server from './dhcp.ts';

const client = '02:00:00:00:00:07';
const us = '02:00:00:00:00:fe';
const all = 'ff:ff:ff:ff:ff:ff';
const given = {
  leases: [[client, '10.0.0.7'], ['02:00:00:00:00:08', '10.0.0.8']],
  settings: { mac: us, server: '10.0.0.254', mask: '255.255.255.0', router: '10.0.0.1', dns: '10.0.0.2', mtu: 1400, leaseSeconds: 3600 },
} as const;

const broadcast = [eth({ dst: all, src: client }), ipv4({ src: '0.0.0.0', dst: '255.255.255.255' }), udp({ srcPort: 68, dstPort: 67 })];
const discover = '350101';
const request = '350103';
const ask = (options: string, fields: Partial<Parameters<typeof dhcp>[0]> = {}): Frame => [...broadcast, dhcp({ op: 1, xid: 0x1234_5678, chaddr: client, ...fields }), bytes(`${options} ff`)];

const back = (dst = '255.255.255.255'): Frame => [eth({ dst: client, src: us }), ipv4({ src: '10.0.0.254', dst }), udp({ srcPort: 67, dstPort: 68 })];
const answer = (kind: string, router = '0304 0a000001', dns = '0604 0a000002'): Frame =>
  [dhcp({ op: 2, xid: 0x1234_5678, chaddr: client, yiaddr: '10.0.0.7' }), bytes(`3501${kind} 36040a0000fe 330400000e10 0104ffffff00 1a020578 ${router} ${dns} ff ${'00'.repeat(22)}`)];
const offer = answer('02');
const ack = answer('05');
const nak: Frame = [dhcp({ op: 2, xid: 0x1234_5678, chaddr: client }), bytes(`350106 36040a0000fe ff ${'00'.repeat(50)}`)];

export default cases<typeof server>(given, {
  'Who discovers is offered its address.': [send('egress', ask(discover), replied([...back(), ...offer]))],
  'A packet longer than the answer is cut.': [
    send('egress', ask(`${discover} ${'00'.repeat(200)}`), replied([...back(), ...offer])),
    send('egress', [...ask(discover), data(300)], replied([...back(), ...offer])),
  ],
  'Who asks for it gets it.': [send('egress', ask(`${request} 32040a000007 36040a0000fe`), replied([...back(), ...ack]))],
  'Options may come in any order, among others and padding.': [
    send('egress', ask(`0000 0c0568656c6c6f 36040a0000fe 00 32040a000007 3d0701020000000007 ${request} 370401031a06`), replied([...back(), ...ack])),
  ],
  'Who has it may ask for it again, and is answered at it.': [send('egress', ask(request, { ciaddr: '10.0.0.7' }), replied([...back('10.0.0.7'), dhcp({ op: 2, xid: 0x1234_5678, chaddr: client, ciaddr: '10.0.0.7', yiaddr: '10.0.0.7' }), ...ack.slice(1)]))],
  'Who asks for another address is refused.': [
    send('egress', ask(`${request} 32040a000009 36040a0000fe`), replied([...back(), ...nak])),
    send('egress', ask(`${request} 32040a000008`), replied([...back(), ...nak])),
  ],
  'Who asks for none is refused.': [send('egress', ask(request), replied([...back(), ...nak]))],
  'Without a router or a resolver there are no such options.': [
    { settings: { router: '0.0.0.0', dns: '0.0.0.0' } },
    send('egress', ask(discover), replied([...back(), ...answer('02', '0000 00000000', '0000 00000000')])),
  ],
  'Whom the Director does not know gets nothing.': [send('egress', ask(discover, { chaddr: '02:00:00:00:00:99' }), dropped('no-lease'))],
  'A request for another server is not ours.': [send('egress', ask(`${request} 32040a000007 36040a0000fd`), dropped('for-another-server'))],
  'Releases and declines need no answer.': [
    send('egress', ask('350107'), dropped('needs-no-answer')),
    send('egress', ask('350104'), dropped('needs-no-answer')),
    send('egress', ask(''), dropped('needs-no-answer')),
  ],
  'An option that ends behind the packet is not read.': [
    send('egress', [...broadcast, dhcp({ op: 1, xid: 1, chaddr: client }), bytes('3501')], dropped('needs-no-answer')),
    send('egress', [...broadcast, dhcp({ op: 1, xid: 1, chaddr: client }), bytes('35')], dropped('needs-no-answer')),
    send('egress', [...broadcast, dhcp({ op: 1, xid: 1, chaddr: client }), bytes('0cff00')], dropped('needs-no-answer')),
  ],
  'Behind the end nothing counts.': [send('egress', [...broadcast, dhcp({ op: 1, xid: 1, chaddr: client }), bytes('ff 350101')], dropped('needs-no-answer'))],
  'Nor behind the thirty-second option.': [send('egress', ask(`${'0c00'.repeat(32)} ${discover}`), dropped('needs-no-answer'))],
  'An answer, or a request by a relay, is not for us.': [
    send('egress', ask(discover, { op: 2 }), dropped('not-a-request')),
    send('egress', ask(discover, { giaddr: '10.9.9.9' }), dropped('not-a-request')),
    send('egress', [eth({ dst: all, src: client }), ipv4({ src: '0.0.0.0', dst: '255.255.255.255', options: '94040000' }), udp({ srcPort: 68, dstPort: 67 }), dhcp({ op: 1, xid: 1, chaddr: client }), bytes('ff')], dropped('not-a-request')),
  ],
  'What is shorter than BOOTP is short.': [send('egress', [...broadcast, data(239)], dropped('short'))],
  'Everything else passes.': [
    send('egress', [eth({ dst: all, src: client }), arp({ op: 'request', senderMac: client, senderIp: '10.0.0.7', targetIp: '10.0.0.1' })], passed()),
    send('egress', [eth({ dst: us, src: client }), ipv4({ src: '10.0.0.7', dst: '10.0.0.1' }), tcp({ srcPort: 1, dstPort: 67, flags: 'S' })], passed()),
    send('egress', [eth({ dst: us, src: client }), ipv4({ src: '10.0.0.7', dst: '10.0.0.1' }), udp({ srcPort: 68, dstPort: 53 })], passed()),
  ],
});
