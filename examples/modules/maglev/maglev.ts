// A load balancer by Maglev hashing (Eisenbud et al., NSDI 2016), at the end that opens the connection: what it sends to a
// service goes straight to a backend, and answers get the service's address back on arrival.

import {
  ArrayMap, Eth, ExpiringMap, HashMap, Ip, IpProto,
  config, drop, filter, hash, next, type Ip6, type be16, type u32, type u8,
} from 'iovisor/module';
import { flowOf, turned, type Flow } from 'iovisor/flow';
import { setDestination, setSource } from 'iovisor/translate';

/** Slots of a ring: prime, a hundred times the backends of a service. */
const RING = 4093;

class Service {
  address: Ip6 = 0n;
  port: be16 = 0;
  protocol: u8 = 0;
}
class Address {
  address: Ip6 = 0n;
  port: be16 = 0;
}

/** The ring of each service: of each slot the index of a backend. Control makes it. */
export const services = new HashMap<Service, ArrayMap<u32>>(512, { inner: RING });
export const backends = new ArrayMap<Address>(4096);
/** Flows to a service, by where they go; and answers of backends, by whose name they bear. */
export const chosen = new ExpiringMap<Flow, Address>(65536);
export const answers = new ExpiringMap<Flow, Address>(65536);

export const lifetimes = config(class { tcp: u32 = 7440; other: u32 = 300 });

export default filter({
  state: 'origin',

  egress(pkt) {
    const ip = pkt.at(Eth).payload(Ip);
    const flow = ip && flowOf(ip);
    if (!flow) return next();
    const ring = services.get({ address: flow.dst, port: flow.dstPort, protocol: flow.protocol });
    if (!ring) return next();
    const backend = backendOf(ring, flow);
    if (!backend) return drop('no-backend');
    setDestination(ip, backend.address, backend.port);
    return next();
  },

  ingress(pkt) {
    const ip = pkt.at(Eth).payload(Ip);
    const flow = ip && flowOf(ip);
    const service = flow && answers.get(flow);
    if (service) setSource(ip, service.address, service.port);
    return next();
  },
});

/** A flow stays where it is while it lives, whatever becomes of the ring. Both halves live as long. */
function backendOf(ring: ArrayMap<u32>, flow: Flow): Address | undefined {
  const seconds = flow.protocol === IpProto.Tcp ? lifetimes.tcp : lifetimes.other;
  const known = chosen.get(flow);
  if (known && !chosen.keep(known, seconds)) return known;
  const backend = known ?? chooseFrom(ring, flow);
  if (!backend) return undefined;
  if (!known) chosen.set(flow, backend, seconds);
  answers.set(turned({ ...flow, dst: backend.address, dstPort: backend.port }), { address: flow.dst, port: flow.dstPort }, seconds);
  return backend;
}

function chooseFrom(ring: ArrayMap<u32>, flow: Flow): Address | undefined {
  const backend = ring.get(hash(0, flow) % ring.length);
  return backend === undefined ? undefined : backends.get(backend);
}
