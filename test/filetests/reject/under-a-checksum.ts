// filetest: reject
import { drop, Ipv4, module } from 'iovisor/module';

export function f(ip: Ipv4): void {
  ip.ttl = 3; // error IOV3003: 'ttl'
  ip.rewrite({ ttl: 3 });
  ip.isFragment = true; // error IOV3004: 'isFragment'
  ip.rewrite({ isFragment: true }); // error IOV3004
  ip.rewrite({ tll: 3 }); // error IOV2020: Ipv4 has no field 'tll'
}

export default module(() => drop('end'));
