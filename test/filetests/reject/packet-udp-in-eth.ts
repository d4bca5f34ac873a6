// filetest: reject
// Ethernet carries no UDP.
import { Eth, Udp, drop, module } from 'iovisor/module';

export function f(eth: Eth): void { eth.payload(Udp); } // error IOV3002@37: Eth never carries Udp

export default module(() => drop('end'));
