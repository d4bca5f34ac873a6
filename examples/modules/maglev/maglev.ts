// A load balancer by Maglev hashing (Eisenbud et al., NSDI 2016), at the end that opens the connection: what it sends to a
// service goes straight to a backend, as it is, in a tunnel (IP in IP: RFC 2003, RFC 2473, RFC 4213). The backend has the
// service's address too and answers by itself.

import {
  ArrayMap, Eth, ExpiringMap, HashMap, Ip, IpProto, Ipv4, Ipv6,
  config, drop, filter, hash, ipv6, next, u16, unmapped, type FilterVerdict, type Ip4, type Ip6, type Packet, type be16, type u32, type u8,
} from 'iovisor/module';
import { flowOf, type Flow } from 'iovisor/flow';

/** Slots of a ring: prime, a hundred times the backends of a service. */
const RING = 4093;

class Service {
  address: Ip6 = 0n;
  port: be16 = 0;
  protocol: u8 = 0;
}
/** What the packet says for the header around it. */
class Inner {
  tos: u8 = 0;
  length: u16 = 0;
  protocol: u8 = 0;
}
class Backend {
  address: Ip6 = 0n;
}

/** The ring of each service: of each slot the index of a backend. Control makes it. */
export const services = new HashMap<Service, ArrayMap<u32>>(512, { inner: RING });
export const backends = new ArrayMap<Backend>(4096);
/** Flows to a service, by where they go. */
export const chosen = new ExpiringMap<Flow, Backend>(65536);

export const lifetimes = config(class { tcp: u32 = 7440; other: u32 = 300 });
/** Our ends of the tunnels, and the largest packet that the network between takes. */
export const tunnel = config(class { source: Ip4 = 0; source6: Ip6 = 0n; mtu: u16 = 1500 });

export default filter({
  state: 'origin',

  egress(pkt) {
    const eth = pkt.at(Eth);
    const ip = eth.payload(Ip);
    if (!ip) return next();
    const inner: Inner = { tos: ip.tos, length: ip.length, protocol: ip instanceof Ipv4 ? IpProto.IpIp : IpProto.Ipv6 };
    const flow = flowOf(ip);
    if (!flow) return next();
    const ring = services.get({ address: flow.dst, port: flow.dstPort, protocol: flow.protocol });
    if (!ring) return next();
    const backend = backendOf(ring, flow);
    return backend ? send(pkt, eth, inner, backend.address) : drop('no-backend');
  },
});

const DONT_FRAGMENT = 0x4000;
const IPV4_BYTES = 20, IPV6_BYTES = 40;

/** In an IPv4 header if the backend has an IPv4 address, else in an IPv6 one. */
function send(pkt: Packet, eth: Eth, inner: Inner, to: Ip6): FilterVerdict {
  const { tos, length, protocol } = inner;
  const isFour = to >> 32n === ipv6('::ffff:0:0') >> 32n;
  const outer = length + (isFour ? IPV4_BYTES : IPV6_BYTES);
  if (outer > (pkt.gsoSize === 0 ? tunnel.mtu : 0xffff)) return drop('too-big');
  if (isFour) {
    pkt.insert(eth, IPV4_BYTES);
    eth.fresh(Ipv4, { src: tunnel.source, dst: unmapped(to), tos, protocol, length: u16(outer), frag: DONT_FRAGMENT });
  } else {
    pkt.insert(eth, IPV6_BYTES);
    eth.fresh(Ipv6, { src: tunnel.source6, dst: to, tos, protocol, payloadLength: length });
  }
  return next();
}

/** A flow stays where it is while it lives, whatever becomes of the ring. */
function backendOf(ring: ArrayMap<u32>, flow: Flow): Backend | undefined {
  const seconds = flow.protocol === IpProto.Tcp ? lifetimes.tcp : lifetimes.other;
  const known = chosen.get(flow);
  if (known) {
    chosen.keep(known, seconds);
    return known;
  }
  const backend = chooseFrom(ring, flow);
  if (backend) chosen.set(flow, backend, seconds);
  return backend;
}

function chooseFrom(ring: ArrayMap<u32>, flow: Flow): Backend | undefined {
  const backend = ring.get(hash(0, flow) % ring.length);
  return backend === undefined ? undefined : backends.get(backend);
}
