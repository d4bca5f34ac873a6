// An IPv4 and IPv6 router between networks. The bridges of its networks answer ARP and ND for it.

import {
  AnyIcmp, ArrayMap, Eth, HashMap, Ip, Ipv4, LpmTrie, Mac,
  config, drop, hash, mapped, module, to, u64, u8, type Ip4, type Ip6, type u16, type u32,
} from 'iovisor/module';
import { answerEcho, answerError, noRoute, timeExceeded, tooBig } from 'iovisor/answer';
import { flowOf } from 'iovisor/flow';
import { type Bucket, take } from 'iovisor/rate';

class Interface {
  mac: Mac = Mac.zero;
  ip4: Ip4 = 0;
  ip6: Ip6 = 0n;
  mtu: u32 = 1500;
}
class Hop {
  mac: Mac = Mac.zero;
  port: u16 = 0;
}
/** Port of a neighbour that is the router itself, by any of its addresses. */
const Own = 0xfffe;
/** Equal-cost next hops: `count` of them from `first` on; none: a black hole. */
class Route {
  first: u32 = 0;
  count: u32 = 1;
}

export const interfaces = new ArrayMap<Interface>(64);
export const neighbors = new HashMap<Ip6, Hop>(65536);
export const routes = new LpmTrie<Ip6, Route>(131072);
export const hops = new ArrayMap<Hop>(8192);

/** Of ICMP errors (RFC 1812 4.3.2.8, RFC 4443 2.4). */
export const limits = config(class { nsPerError: u32 = 10_000_000; burstErrors: u32 = 100 });
const errors = new ArrayMap<Bucket>(1);

export default module(pkt => {
  if (pkt.vlan !== undefined) return drop('tagged');
  const eth = pkt.at(Eth);
  const ip = eth.payload(Ip);
  const us = interfaces.get(pkt.port);
  if (!ip || !us || eth.dst !== us.mac) return drop('not-for-the-router');
  if (pkt.gsoSize === 0 && isBroken(ip, pkt.length - eth.end)) return drop('bad-length');
  const near = neighbors.get(ip.dst6);
  if (near?.port === Own || ip.dst6 === mapped(us.ip4) || ip.dst6 === us.ip6) {
    const icmp = ip.payload(AnyIcmp);
    return icmp?.isEchoRequest ? answerEcho(eth, ip, icmp) : drop('no-service-here');
  }

  const isOld = ip.ttl <= 1;
  const route = isOld || near ? undefined : routes.get(ip.dst6);
  if (route?.count === 0) return drop('blackhole');
  const hop = isOld ? undefined : near ?? (route && hopOf(ip, route));
  const out = hop && interfaces.get(hop.port);
  const isBig = out !== undefined && ip.length > out.mtu && pkt.gsoSize === 0;
  if (!hop || !out || isBig) {
    const bucket = errors.get(0);
    const cost = u64(limits.nsPerError);
    if (!bucket || !take(bucket, cost, cost * u64(limits.burstErrors))) return drop('too-many-errors');
    return answerError(pkt, eth, ip, isOld ? timeExceeded : isBig ? tooBig : noRoute, us.ip6, us.ip4, isBig ? out.mtu : 0);
  }

  ip.rewrite({ ttl: u8(ip.ttl - 1) });
  eth.dst = hop.mac;
  eth.src = out.mac;
  return to(hop.port);
});

/** Its length is not that of a packet with this header (RFC 1812 5.2.2), or there is less of it than it says. */
function isBroken(ip: Ip, there: u32): boolean {
  return ip.length > there || (ip instanceof Ipv4 && ip.length < ip.headerLength);
}

/** All packets of a flow take the same one of equal routes, its fragments too. */
function hopOf(ip: Ip, route: Route): Hop | undefined {
  const flow = route.count > 1 ? flowOf(ip) : undefined;
  return hops.get(route.first + (flow ? hash(0, flow) % route.count : 0));
}
