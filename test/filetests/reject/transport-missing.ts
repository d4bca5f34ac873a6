// filetest: reject
import { drop, Eth, Ipv4, L4, module } from 'iovisor/module';

export function f(eth: Eth, ip: Ipv4): void {
  ip.rewrite({ src: 1 }); // error IOV3005@3
  ip.rewrite({ src: 1 }, ip.payload(L4));
  ip.rewrite({ src: 1 }, undefined);
  ip.rewrite({ src: 1 }, eth); // error IOV2004@26: a transport header
}

export default module(() => drop('end'));
