// filetest: reject
// Bytes are moved up to a place that is known while compiling.
import { Eth, Ipv4, Udp, drop, filter, next } from 'iovisor/module';

export default filter({
  egress(pkt) {
    const ip = pkt.at(Eth).payload(Ipv4);
    const udp = ip?.payload(Udp);
    if (!udp) return drop('not-udp');
    pkt.insert(udp, 8); // error IOV3008@5: No fixed place or length
    return next();
  },
});
