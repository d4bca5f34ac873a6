// Translates headers between IPv4 and IPv6 without state (RFC 7915): hosts that speak IPv4 alone reach services that have IPv6
// addresses alone. A service has an IPv4 address in a table (RFC 7757); a host's address is seen behind a prefix (RFC 6052).

import {
  Eth, HashMap, Icmp, Icmpv6, Icmpv6Type, IcmpType, IpProto, Ipv4, Ipv6, L4, Mac, Udp,
  config, drop, module, port, to, u128, u16, u8, unmapped, type Ip4, type Ip6, type Packet, type Verdict,
} from 'iovisor/module';

export const four = port();
export const six = port();

/** Services, by either address. */
export const outward = new HashMap<Ip4, Ip6>(1024);
export const inward = new HashMap<Ip6, Ip4>(1024);

class Side {
  mac: Mac = Mac.zero;
  gateway: Mac = Mac.zero;
}
export const settings = config(class {
  /** Of 96 bits; the lowest 32 are zero. */
  prefix: Ip6 = 0x0064_ff9b_0000_0000_0000_0000_0000_0000n;
  four: Side = { mac: Mac.zero, gateway: Mac.zero };
  six: Side = { mac: Mac.zero, gateway: Mac.zero };
});

const DONT_FRAGMENT = 0x4000;

export default module(pkt => {
  const eth = pkt.at(Eth);
  const v4 = pkt.port === four ? eth.payload(Ipv4) : undefined;
  if (v4) return goSix(pkt, eth, v4);
  const v6 = pkt.port === six ? eth.payload(Ipv6) : undefined;
  return v6 ? goFour(pkt, eth, v6) : drop('not-ip');
});

function goSix(pkt: Packet, eth: Eth, ip: Ipv4): Verdict {
  if (ip.headerLength !== 20 || ip.isFragment) return drop('options-or-fragment');
  if (ip.ttl <= 1) return drop('expired');
  const service = outward.get(ip.dst);
  if (service === undefined) return drop('no-such-service');
  const icmp = ip.payload(Icmp);
  const udp = ip.payload(Udp);
  if (icmp && !icmp.isEcho) return drop('not-an-echo');

  const src = settings.prefix | u128(ip.src);
  const tos = ip.tos, ttl = u8(ip.ttl - 1), payloadLength = u16(ip.length - 20);
  const protocol = ip.protocol;
  const oldSrc = u128(ip.src), oldDst = u128(ip.dst);
  address(eth, settings.six);
  if (icmp) {
    const { id, seq } = icmp;
    const type: u8 = icmp.isEchoRequest ? Icmpv6Type.EchoRequest : Icmpv6Type.EchoReply;
    pkt.insert(eth, 20);
    eth.fresh(Ipv6, { src, dst: service, tos, ttl, protocol: IpProto.Icmpv6, payloadLength }).fresh(Icmpv6, { type, id, seq });
  } else if (udp) {
    const { srcPort, dstPort, length } = udp;
    pkt.insert(eth, 20);
    eth.fresh(Ipv6, { src, dst: service, tos, ttl, protocol: IpProto.Udp, payloadLength }).fresh(Udp, { srcPort, dstPort, length });
  } else {
    // The old addresses as they were are the same sum; the difference to the new ones is put into the transport checksum.
    pkt.insert(eth, 20);
    const v6 = eth.fresh(Ipv6, { src: oldSrc, dst: oldDst, tos, ttl, protocol, payloadLength });
    v6.rewrite({ src, dst: service }, v6.payload(L4));
  }
  return to(six);
}

function goFour(pkt: Packet, eth: Eth, ip: Ipv6): Verdict {
  if (ip.protocol !== ip.nextHeader) return drop('extension-headers');
  if (ip.ttl <= 1) return drop('expired');
  const src = inward.get(ip.src);
  if (src === undefined) return drop('no-such-service');
  if (ip.dst >> 32n !== settings.prefix >> 32n) return drop('not-in-the-prefix');
  const icmp = ip.payload(Icmpv6);
  if (icmp && !icmp.isEcho) return drop('not-an-echo');

  const dst = unmapped(ip.dst);
  const tos = ip.tos, ttl = u8(ip.ttl - 1), length = u16(ip.payloadLength + 20);
  const protocol = ip.protocol;
  address(eth, settings.four);
  if (icmp) {
    const { id, seq } = icmp;
    const type: u8 = icmp.isEchoRequest ? IcmpType.EchoRequest : IcmpType.EchoReply;
    pkt.remove(eth, 20);
    eth.fresh(Ipv4, { src, dst, tos, ttl, protocol: IpProto.Icmp, length, frag: DONT_FRAGMENT }).fresh(Icmp, { type, id, seq });
  } else {
    ip.rewrite({ src: u128(src), dst: u128(dst) }, ip.payload(L4));
    pkt.remove(eth, 20);
    eth.fresh(Ipv4, { src, dst, tos, ttl, protocol, length, frag: DONT_FRAGMENT });
  }
  return to(four);
}

function address(eth: Eth, side: Side): void {
  eth.src = side.mac;
  eth.dst = side.gateway;
}
