// filetest: reject
// Neighbour discovery is told by the hop limit of the IP header.
import { Icmpv6, drop, filter, next } from 'iovisor/module';

export default filter({
  egress(pkt) {
    const icmp = pkt.at(Icmpv6, 54);
    return icmp.isNeighborDiscovery ? drop('discovery') : next(); // error IOV3009@12: This cannot be read here
  },
});
