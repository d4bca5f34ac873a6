// A router's way out by a device of the machine. It speaks for the gateway's addresses there (ARP, neighbour discovery, ping), and passes all
// else between the device and the router, or the NAT before it. A packet on its way out has no destination MAC: the data path resolves it.

import {
  AnyIcmp, Arp, ArpOp, Eth, HashMap, Icmpv6, Icmpv6Type, Ip, Ipv6, Mac, Neighbor,
  config, drop, mapped, module, port, to, type Ip6, type Verdict, type u8,
} from 'iovisor/module';
import { answerArp, answerEcho, answerNeighbor } from 'iovisor/answer';

export const inside = port();
export const outside = port();

/** Of the router at its gateway. */
export const addresses = new HashMap<Ip6, u8>(64);
export const settings = config(class { router: Mac = Mac.zero });

export default module(pkt => {
  const eth = pkt.at(Eth);
  if (pkt.port === outside) return comeIn(eth);
  if (!eth.payload(Ip)) return drop('not-ip');
  eth.dst = Mac.zero;
  return to(outside);
});

/** What asks for an address has the device's MAC as destination: joints/door.ts. */
function comeIn(eth: Eth): Verdict {
  const us = eth.dst;
  const arp = eth.payload(Arp);
  if (arp) return arp.op === ArpOp.Request && addresses.get(mapped(arp.targetIp)) ? answerArp(eth, arp, us) : drop('no-address-of-ours');

  const ip = eth.payload(Ip);
  if (!ip) return drop('not-ip');
  if (ip instanceof Ipv6) {
    const icmp = ip.payload(Icmpv6);
    if (icmp?.isNeighborDiscovery) {
      const asked = icmp.type === Icmpv6Type.NeighborSolicit ? icmp.tryPayload(Neighbor) : undefined;
      // Who has no address yet looks for duplicates (RFC 4862): the address is ours, but there is nobody to tell.
      return asked && ip.src !== 0n && addresses.get(asked.target) ? answerNeighbor(eth, ip, icmp, asked, us) : drop('no-address-of-ours');
    }
  }
  const icmp = ip.payload(AnyIcmp);
  if (icmp?.isEchoRequest && addresses.get(ip.dst6)) return answerEcho(eth, ip, icmp);
  eth.dst = settings.router;
  return to(inside);
}
