// A router's way out by a device of the machine. It speaks for the gateway's addresses there (ARP, neighbour discovery, ping), and passes all
// else between the device and the router, or the NAT before it. A packet on its way out has no destination MAC: the data path resolves it,
// by the next hop of the port that it leaves by, which the router chose.

import {
  AnyIcmp, Arp, ArpOp, Eth, HashMap, Header, Icmpv6, Icmpv6Type, Ip, IpProto, Ipv4, Ipv6, Mac, Neighbor,
  config, drop, ipv6, mac, mapped, module, port, reply, to, type Ip6, type Packet, type Verdict, type be16, type be32, type u8,
} from 'iovisor/module';
import { answerArp, answerEcho } from 'iovisor/answer';

export const inside = port();
export const outside = port();

/** Of an address of the gateway, as bits. Where several servers share it, one speaks for it, and each answers pings. */
const Does = { Speaks: 1, Echoes: 2 } as const;
export const addresses = new HashMap<Ip6, u8>(512);
/** The destination MAC of what does not go to the usual next hop: the port is its last bytes. All others, as the router's answers have, go there. */
class Way extends Header {
  mark: be32 = 0;
  port: be16 = 0;
}
const Marked = 0x0669_6f76;
/** What a solicitation has behind its header; an option may follow. */
class Target extends Header { target: Ip6 = 0n }

export const settings = config(class { router: Mac = Mac.zero });

export default module(pkt => {
  const eth = pkt.at(Eth);
  if (pkt.port === outside) return comeIn(pkt, eth);
  if (!eth.payload(Ip)) return drop('not-ip');
  const way = pkt.at(Way);
  const by = way.mark === Marked ? way.port : outside;
  eth.dst = Mac.zero;
  return to(by);
});

/** What asks for an address has the device's MAC as destination: joints/door.ts. */
function comeIn(pkt: Packet, eth: Eth): Verdict {
  const us = eth.dst;
  const arp = eth.payload(Arp);
  if (arp) return arp.op === ArpOp.Request && speaksFor(mapped(arp.targetIp)) ? answerArp(eth, arp, us) : drop('no-address-of-ours');

  const ip = eth.payload(Ip);
  if (!ip) return drop('not-ip');
  if (ip instanceof Ipv6) {
    const icmp = ip.payload(Icmpv6);
    if (icmp?.isNeighborDiscovery) {
      const asked = icmp.type === Icmpv6Type.NeighborSolicit ? icmp.tryPayload(Target) : undefined;
      return asked && speaksFor(asked.target) ? advertise(pkt, eth, ip.src, asked.target, us) : drop('no-address-of-ours');
    }
  }
  if (isMartian(ip)) return drop('martian-source');
  const icmp = ip.payload(AnyIcmp);
  if (icmp?.isEchoRequest && ((addresses.get(ip.dst6) ?? 0) & Does.Echoes) !== 0) return answerEcho(eth, ip, icmp);
  eth.dst = settings.router;
  eth.src = settings.router;                                               // what is answered goes out by the usual next hop
  return to(inside);
}

/** Nobody outside has such an address, and nothing may be answered to it (RFC 1812 5.3.7, RFC 4291 2.5, 2.7). */
function isMartian(ip: Ip): boolean {
  if (ip instanceof Ipv4) {
    const first = ip.src >> 24;
    return first === 0 || first === 127 || first >= 224;
  }
  return ip.src6 <= 1n || ip.src6 >> 120n === 0xffn;
}

function speaksFor(address: Ip6): boolean {
  return ((addresses.get(address) ?? 0) & Does.Speaks) !== 0;
}

/** "The target is at `us`" (RFC 4861 7.2.4). Who looks for duplicates has no address yet: all are told, and it among them (RFC 4862 5.4.4). */
function advertise(pkt: Packet, eth: Eth, asker: Ip6, target: Ip6, us: Mac): Verdict {
  const isNobody = asker === 0n;
  const dst = isNobody ? ipv6('ff02::1') : asker;
  const flags: be32 = isNobody ? 0x2000_0000 : 0x6000_0000;
  eth.dst = isNobody ? mac('33:33:00:00:00:01') : eth.src;
  eth.src = us;
  // Over the question: kernels cut nothing before the end of its headers.
  pkt.trim(eth.end + 72);
  eth.fresh(Ipv6, { src: target, dst, protocol: IpProto.Icmpv6, payloadLength: 32, ttl: 255 })
    .fresh(Icmpv6, { type: Icmpv6Type.NeighborAdvert, rest: flags })
    .payload(Neighbor)?.rewrite({ target, option: 2, optionWords: 1, mac: us });
  return reply();
}
