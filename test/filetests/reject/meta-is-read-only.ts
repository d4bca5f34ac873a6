// filetest: reject
import { drop, module, type Packet } from 'iovisor/module';

export function f(pkt: Packet): void {
  pkt.meta.tunnelKey = 3;
  pkt.meta.domain = 3; // error IOV3004@3: 'domain'
  pkt.port = 3; // error IOV3004@3
  pkt.vlan = 7;
  pkt.vlan = undefined;
}

export default module(() => drop('end'));
