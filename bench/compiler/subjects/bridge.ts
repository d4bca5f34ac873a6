// modules/bridge beside bench/c/bridge.c.

import { arp, data, eth, icmpv6, ipv4, ipv6, neighbor, udp } from '../../../src/lang/packets.ts';
import { build } from '../../../src/lang/packets/build.ts';
import type { Sent, Subject } from '../subject.ts';

const WEB = { mac: '02:00:00:00:00:01', port: 1, ip: '10.1.1.1', ip6: 'fd00::1', link: 'fe80::ff:fe00:1' };
const DB = { mac: '02:00:00:00:00:02', port: 2, ip: '10.1.1.2', ip6: 'fd00::2', link: 'fe80::ff:fe00:2' };
const STRANGER = '02:00:00:00:00:77';
const GUEST = { mac: '02:00:00:00:00:98', port: 3 };
const OTHER_GUEST = { mac: '02:00:00:00:00:99', port: 4 };
/** The least Ethernet frame, without its check sequence, behind the header. */
const filler = data(46);

const from = (port: number, ...layers: Parameters<typeof build>[0]): Sent => ({ entry: 'main', port, frame: build(layers) });
const frame = (src: { readonly mac: string; readonly port: number }, dst: string): Sent => from(src.port, eth({ src: src.mac, dst }), filler);
const request = (asker: { readonly mac: string; readonly port: number }, senderIp: string, targetIp: string): Sent =>
  from(asker.port, eth({ src: asker.mac, dst: 'ff:ff:ff:ff:ff:ff' }), arp({ op: 'request', senderMac: asker.mac, senderIp, targetIp }), data(18));

const contents = {
  stations: [WEB, DB].map(({ mac, port, ip, ip6, link }) => [mac, { port, guarded: true, ip4: ip, ip6, link }]),
  neighbors: [WEB, DB].flatMap(({ ip, ip6, mac }) => [[ip, mac], [ip6, mac]]),
};
const managed = 'managed';
const learning = 'learning';

export const bridge: Subject = {
  name: 'bridge',
  module: 'modules/bridge/bridge.ts',
  entries: [{ name: 'main', section: 'tc' }],
  reasons: ['short', 'multicast-source', 'unknown-source', 'spoofed-source', 'unknown-station', 'same-port', 'extension-headers', 'spoofed-address', 'spoofed-neighbor', 'dhcp-server', 'router-advertisement'],
  variants: [
    { name: managed, contents: { ...contents, features: { learning: false } }, defines: { LEARNING: 0 } },
    { name: learning, contents: { ...contents, unmanaged: [[GUEST.port, true], [OTHER_GUEST.port, true]], features: { learning: true } }, defines: { LEARNING: 1 } },
  ],
  works: [
    { name: 'unicast to a known station', variant: managed, runs: 'many', sent: frame(WEB, DB.mac), verdict: 'to 2' },
    { name: 'UDP of IPv4 to a known station', variant: managed, runs: 'many', sent: from(WEB.port, eth({ src: WEB.mac, dst: DB.mac }), ipv4({ src: WEB.ip, dst: DB.ip }), udp({ srcPort: 1, dstPort: 2 }), data(18)), verdict: 'to 2' },
    { name: 'unknown station, dropped', variant: managed, runs: 'many', sent: frame(WEB, STRANGER), verdict: 'drop unknown-station' },
    { name: 'spoofed source, dropped', variant: managed, runs: 'many', sent: frame({ ...WEB, port: 2 }, DB.mac), verdict: 'drop spoofed-source' },
    {
      name: 'unicast between learned stations', variant: learning, runs: 'many', before: [frame(OTHER_GUEST, GUEST.mac)],
      sent: frame(GUEST, OTHER_GUEST.mac), verdict: 'to 4',
    },
    { name: 'broadcast, flooded', variant: learning, runs: 'many', sent: frame(WEB, 'ff:ff:ff:ff:ff:ff'), verdict: 'flood' },
    { name: 'ARP request, answered', variant: managed, runs: 'single', verdict: 'reply', sent: request(WEB, WEB.ip, DB.ip) },
  ],
  compared: [
    { sent: from(WEB.port, eth({ src: WEB.mac, dst: DB.mac }), data(1)), verdict: 'to 2' },
    { sent: from(WEB.port, eth({ src: WEB.mac, dst: DB.mac }), ipv4({ src: '10.1.1.9', dst: DB.ip }), udp({ srcPort: 1, dstPort: 2 })), verdict: 'drop spoofed-address' },
    { sent: from(WEB.port, eth({ src: WEB.mac, dst: DB.mac }), ipv4({ src: WEB.ip, dst: DB.ip }), udp({ srcPort: 67, dstPort: 68 })), verdict: 'drop dhcp-server' },
    { sent: from(WEB.port, eth({ src: WEB.mac, dst: DB.mac }), ipv6({ src: WEB.link, dst: DB.ip6 }), udp({ srcPort: 1, dstPort: 2 })), verdict: 'to 2' },
    { sent: from(WEB.port, eth({ src: WEB.mac, dst: DB.mac }), ipv6({ src: DB.link, dst: DB.ip6 }), udp({ srcPort: 1, dstPort: 2 })), verdict: 'drop spoofed-address' },
    { sent: from(WEB.port, eth({ src: WEB.mac, dst: DB.mac }), ipv6({ src: WEB.ip6, dst: 'ff02::1', hopLimit: 255 }), icmpv6({ type: 134 }), data(8)), verdict: 'drop router-advertisement' },
    { sent: from(WEB.port, eth({ src: WEB.mac, dst: DB.mac }), ipv6({ src: WEB.ip6, dst: 'ff02::1', hopLimit: 255 }), icmpv6({ type: 136 }), neighbor({ target: DB.ip6, option: 2, mac: WEB.mac })), verdict: 'drop spoofed-neighbor' },
    { sent: request(WEB, DB.ip, '10.1.1.77'), verdict: 'drop spoofed-neighbor' },
    { sent: from(WEB.port, eth({ src: '03:00:00:00:00:01', dst: DB.mac }), filler), verdict: 'drop multicast-source' },
    { sent: frame(WEB, WEB.mac), verdict: 'drop same-port' },
    {
      sent: from(
        WEB.port, eth({ src: WEB.mac, dst: '33:33:ff:00:00:02' }), ipv6({ src: 'fd00::1', dst: 'ff02::1:ff00:2', hopLimit: 255 }), icmpv6({ type: 135 }),
        neighbor({ target: DB.ip6, option: 1, mac: WEB.mac }),
      ),
      verdict: 'reply',
    },
    { sent: from(WEB.port, eth({ src: WEB.mac, dst: 'ff:ff:ff:ff:ff:ff', type: 0x0806 }), data(4)), verdict: 'drop short' },
  ].flatMap(one => [managed, learning].map(variant => ({ ...one, variant }))).concat([
    { sent: request(DB, '0.0.0.0', DB.ip), verdict: 'flood', variant: managed }, { sent: request(DB, '0.0.0.0', DB.ip), verdict: 'flood', variant: learning },
  ]),
};
