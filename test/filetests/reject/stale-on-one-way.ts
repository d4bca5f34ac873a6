// filetest: reject
import { drop, Eth, Ipv4, module, to } from 'iovisor/module';

export default module(pkt => {
  const eth = pkt.at(Eth);
  const ip = eth.payload(Ipv4);
  if (!ip) return drop('no-ip');
  if (ip.ttl > 3) pkt.remove(eth, 4);
  return to(ip.ttl); // error IOV3006@13
});
