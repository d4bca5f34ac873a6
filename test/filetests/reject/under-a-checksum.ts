// filetest: reject
import { drop, Ipv4, module } from 'iovisor/module';

export function f(ip: Ipv4): void {
  ip.ttl = 3; // error IOV3003@3: 'ttl'
  ip.rewrite({ ttl: 3 });
  ip.isFragment = true; // error IOV3004@3: 'isFragment'
  ip.rewrite({ isFragment: true }); // error IOV3004@16
  ip.rewrite({ tll: 3 }); // error IOV2020@16: Ipv4 has no field 'tll'
}

export default module(() => drop('end'));
