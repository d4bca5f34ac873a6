// filetest: reject
import { Eth, Ip, drop, module, to, type u8 } from 'iovisor/module';

function reads(ip: Ip): u8 { return ip.ttl; }
function writes(ip: Ip): void { ip.rewrite({ ttl: 0 }); }

export default module(pkt => {
  const ip = pkt.at(Eth).payload(Ip);
  if (!ip || ip.ttl <= 1) return drop('old');
  const ttl = reads(ip);
  ip.rewrite({ ttl: ip.ttl - 1 });
  ip.rewrite({ ttl: ip.ttl - 1 }); // error IOV2006@21
  if (ip.ttl === 0) return drop('older');
  writes(ip);
  ip.rewrite({ ttl: ip.ttl - 1 }); // error IOV2006@21
  return to(ttl);
});
