// filetest: reject
import { Eth, Ipv6, bytes, drop, log, module } from 'iovisor/module';

export default module(pkt => {
  const ip = pkt.at(Eth).payload(Ipv6);
  if (!ip) return drop('not-ipv6');
  log`${ip.src6} ${ip.dst6} ${ip.src6} ${ip.dst6}`;
  log`${ip.src6} ${ip.dst6} ${ip.src6} ${ip.dst6} ${ip.ttl}`; // error IOV5019@3: 65 bytes
  log`bytes ${bytes(4)}`; // error IOV2010@15: 'log' does not work
  log('text'); // error IOV1009@3
  return drop('logged');
});
