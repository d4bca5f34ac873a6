// filetest: reject
// A transport checksum is over addresses: the header must be behind IP.
import { Eth, Header, Udp, filter, next, type be16 } from 'iovisor/module';

class Own extends Header { kind: be16 = 0 }

export default filter({
  egress(pkt) {
    const own = pkt.at(Own);
    own.fresh(Udp, { srcPort: 1, dstPort: 2, length: 8 }); // error IOV3010@5: This cannot be written so
    return pkt.at(Eth).type === 0 ? next() : next();
  },
});
