// filetest: reject
import { drop, Eth, Ipv4, module, to } from 'iovisor/module';

export default module(pkt => {
  const eth = pkt.at(Eth);
  const ip = eth.payload(Ipv4);
  if (!ip) return drop('no-ip');
  pkt.insert(eth, 4);
  eth.type = 0x8100;
  return to(ip.ttl); // error IOV3006@13: 'ip' is stale
});
