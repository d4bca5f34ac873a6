// Packets that a network of the office sees, from a seed: all that its functions speak of, between its stations, the router and the world outside.
// They are right; mutations.ts makes them wrong.

import type { Random } from '../../sim/random.ts';
import { build } from '../../src/lang/packets/build.ts';
import * as p from '../../src/lang/packets.ts';
import { EDGE, type OfficeZone, type Station } from './office-zone.ts';
import type { Place } from './worlds.ts';

/** `layers`: what the bytes were made of, for a person to read. */
interface Made { readonly at: Place; readonly frame: Uint8Array; readonly layers: readonly p.Layer[] }
interface Ends { readonly at: Place; readonly srcMac: string; readonly dstMac: string; readonly src: string; readonly dst: string }

const ALL = 'ff:ff:ff:ff:ff:ff';
const FAR4 = '198.51.100.1', FAR6 = '2001:db8:5::1';
/** Neighbours of the gateway that are not there. */
const NOBODY4 = '198.51.100.77', NOBODY6 = '2001:db8:5::77';
const PORTS = [7, 22, 53, 67, 80, 443, 546, 547, 4789, 5353, 8080, 40_000, 65_535];
const FLAGS = ['S', 'SA', 'A', 'PA', 'FA', 'R', 'RA', 'SF', 'FSRPAUEC', ''];

export function frameOf(random: Random, zone: OfficeZone): Made {
  const station = random.pick(zone.stations)!;
  switch (random.below(13)) {
    case 12: return made('world', outsideOf(random));
    case 0: return made(station.name, arpOf(random, zone, station));
    case 1: return made(station.name, neighborOf(random, zone, station));
    case 2: return made(station.name, dhcpOf(random, station));
    case 3: return made(station.name, [p.eth({ dst: random.pick([ALL, zone.routerMac, '01:00:5e:00:00:fb', '33:33:00:00:00:01', '02:00:00:00:99:99'])!, src: station.mac, type: random.pick([0x88b5, 0x88cc, 0x8847, 0x0027, 0xffff])! }), p.data(random.below(200))]);
    default: {
      const ends = endsOf(random, zone, station);
      return made(ends.at, [p.eth({ dst: ends.dstMac, src: ends.srcMac }), ...ipOf(random, ends)]);
    }
  }
}

function made(at: Place, layers: readonly p.Layer[]): Made {
  return { at, layers, frame: build(layers) };
}

function endsOf(random: Random, zone: OfficeZone, station: Station): Ends {
  const six = random.chance(0.5);
  const of = (s: Station): string => (six ? s.ip6 : s.ip4);
  const other = random.pick(zone.stations)!;
  if (random.chance(0.25)) {
    const dst = six ? random.pick([of(other), EDGE.ip6, '2001:db8:20:1::77', 'ff02::1'])! : random.pick([EDGE.ip4, EDGE.ip4, of(other), '198.51.100.255'])!;
    return { at: 'world', srcMac: EDGE.far.mac, dstMac: EDGE.mac, src: random.pick(six ? [FAR6, FAR6, '2001:db8:ffff::1'] : [FAR4, FAR4, '203.0.113.9'])!, dst };
  }
  const near = other.network === station.network && random.chance(0.6);
  const routed = six ? [of(other), FAR6, FAR6, '2001:db8:20:1::1', '2001:db8:20:2::77', EDGE.ip6, 'fe80::1', '2001:db8:9999::1', NOBODY6] : [of(other), FAR4, FAR4, '10.20.1.1', '10.20.2.77', EDGE.ip4, '169.254.1.1', '203.0.113.9', NOBODY4, '198.51.100.255'];
  const multicast = six ? ['ff02::1', '33:33:00:00:00:01'] : ['224.0.0.251', '01:00:5e:00:00:fb'];
  const [dst, dstMac] = near ? [of(other), other.mac] : random.chance(0.1) ? multicast : [random.pick(routed)!, zone.routerMac];
  return { at: station.name, srcMac: station.mac, dstMac: dstMac!, src: of(station), dst: dst! };
}

function ipOf(random: Random, { src, dst }: Ends): p.Layer[] {
  const six = src.includes(':');
  const inner = payloadOf(random, six, { src, dst });
  if (six) return [p.ipv6({ src, dst, hopLimit: random.pick([64, 64, 255, 1, 0])! }), ...extensionsOf(random), ...inner];
  const frag = random.chance(0.1) ? random.pick([0x2000, 0x2001, 0x0001, 0x0010, 0x4000, 0x3fff, 0x1fff])! : random.pick([0, 0x4000])!;
  const options = random.chance(0.15) ? random.pick(['01010100', '07070400000000' + '00', '83070400000000' + '00', '44080500' + '00000000', '94040000', '86040000', '88040001', '0000000000000000'])! : '';
  return [p.ipv4({ src, dst, ttl: random.pick([64, 64, 255, 1, 0])!, id: random.below(4), frag, options }), ...inner];
}

/** Mostly none; now and then a chain, longer than anyone walks. */
function extensionsOf(random: Random): p.Layer[] {
  if (!random.chance(0.3)) return [];
  return Array.from({ length: random.pick([1, 1, 2, 3, 6, 7, 12])! }, () => {
    switch (random.below(5)) {
      case 0: return p.hopByHop({ words: random.below(3) });
      case 1: return p.destination({ words: random.pick([0, 1, 30, 255])! });
      case 2: return p.routing({ words: 2, segmentsLeft: random.below(2) });
      case 3: return p.fragment({ id: random.below(4), offset: random.pick([0, 0, 8, 16, 65_528])!, more: random.chance(0.5) });
      default: return p.destination({});
    }
  });
}

function payloadOf(random: Random, six: boolean, { src, dst }: { readonly src: string; readonly dst: string }): p.Layer[] {
  const [srcPort, dstPort] = [random.pick(PORTS)!, random.pick(PORTS)!];
  const content = p.data(random.pick([0, 1, 18, 100, 1200, 1400, 1500, 9000])!);
  switch (random.below(8)) {
    case 0: case 1: return [p.udp({ srcPort, dstPort, ...random.chance(0.1) && { checksum: 0 as const } }), content];
    case 2: case 3: case 4: return [p.tcp({ srcPort, dstPort, flags: random.pick(FLAGS)!, seq: random.below(9), ackSeq: random.below(9) }), content];
    case 5: return [six ? p.icmpv6({ type: random.pick([128, 129])!, id: random.below(4), seq: 1 }) : p.icmp({ type: random.pick([8, 0, 13, 5])!, id: random.below(4), seq: 1 }), content];
    case 6: {                                                              // an error about a packet the other way
      const quoted = six ? [p.ipv6({ src: dst, dst: src }), p.udp({ srcPort: dstPort, dstPort: srcPort })] : [p.ipv4({ src: dst, dst: src }), p.udp({ srcPort: dstPort, dstPort: srcPort })];
      return [six ? p.icmpv6({ type: random.pick([1, 2, 3, 4])!, code: random.below(3), seq: 1280 }) : p.icmp({ type: random.pick([3, 11, 12, 4])!, code: random.pick([0, 1, 3, 4])!, seq: 1300 }), p.cut(random.pick([1000, 48, 28, 20, 3])!), ...quoted, p.data(40)];
    }
    default: return [p.bytes(random.pick(['', '00', 'ffffffffffffffff', '0102030405060708090a0b0c0d0e0f10'])!)];
  }
}

function arpOf(random: Random, zone: OfficeZone, station: Station): p.Layer[] {
  const other = random.pick(zone.stations)!;
  const sender = random.chance(0.8) ? station : other;
  return [p.eth({ dst: random.pick([ALL, zone.routerMac])!, src: station.mac }), p.arp({
    op: random.pick(['request', 'request', 'reply'] as const)!, senderMac: sender.mac, senderIp: random.pick([sender.ip4, sender.ip4, '0.0.0.0', '10.20.1.1'])!, targetIp: random.pick([other.ip4, '10.20.1.1', '10.20.2.1', '10.20.1.99', station.ip4])!,
  })];
}

/** The neighbour outside looks for the gateway's addresses. */
function outsideOf(random: Random): p.Layer[] {
  const { mac } = EDGE.far;
  if (random.chance(0.4)) return [p.eth({ dst: random.pick([ALL, EDGE.mac])!, src: mac }), p.arp({ op: random.pick(['request', 'request', 'reply'] as const)!, senderMac: mac, senderIp: random.pick([FAR4, '0.0.0.0'])!, targetIp: random.pick([EDGE.ip4, '198.51.100.77'])! })];
  const src = random.pick([FAR6, FAR6, '::', 'fe80::2'])!;
  return [
    p.eth({ dst: random.pick(['33:33:ff:00:00:02', EDGE.mac])!, src: mac }), p.ipv6({ src, dst: random.pick(['ff02::1:ff00:2', EDGE.ip6])!, hopLimit: random.pick([255, 255, 64])! }),
    p.icmpv6({ type: random.pick([135, 135, 135, 136, 134])! }), p.neighbor({ target: random.pick([EDGE.ip6, EDGE.ip6, '2001:db8:5::77'])!, ...random.chance(0.6) && { option: 1 as const, mac } }),
  ];
}

function neighborOf(random: Random, zone: OfficeZone, station: Station): p.Layer[] {
  const other = random.pick(zone.stations)!;
  const type = random.pick([133, 134, 135, 135, 135, 136, 137])!;
  const src = random.pick([station.ip6, station.ip6, '::', other.ip6])!;
  return [
    p.eth({ dst: random.pick(['33:33:00:00:00:01', '33:33:ff:00:00:02', zone.routerMac, ALL])!, src: station.mac }), p.ipv6({ src, dst: random.pick(['ff02::1', 'ff02::2', 'ff02::1:ff00:2', other.ip6])!, hopLimit: random.pick([255, 255, 64])! }),
    p.icmpv6({ type }), p.neighbor({ target: random.pick([other.ip6, station.ip6, '2001:db8:20:1::1', 'fe80::1'])!, ...random.chance(0.6) && { option: random.pick([1, 2] as const)!, mac: random.pick([station.mac, other.mac])! } }),
  ];
}

function dhcpOf(random: Random, station: Station): p.Layer[] {
  const options = random.pick(['350101ff', '350103ff', '3501033204' + '0a140102' + 'ff', '350107ff', '350104ff', '350108ff', '35' + '01', '0000000000ff', '3501013d0701020304050607ff', 'ff', ''])!;
  return [
    p.eth({ dst: ALL, src: station.mac }), p.ipv4({ src: random.pick(['0.0.0.0', station.ip4])!, dst: random.pick(['255.255.255.255', '10.20.1.1'])! }),
    p.udp({ srcPort: random.pick([68, 67])!, dstPort: random.pick([67, 68])! }), p.dhcp({ op: random.pick([1, 1, 1, 2] as const)!, xid: random.below(9), chaddr: station.mac, ...random.chance(0.2) && { giaddr: '10.9.9.9' } }), p.bytes(options), p.data(random.pick([0, 60])!),
  ];
}
