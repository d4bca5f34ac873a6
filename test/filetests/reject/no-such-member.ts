// filetest: reject
import { ArpOp, drop, Eth, module, u16, type Packet } from 'iovisor/module';

class Place { port: u16 = 0 }
export function f(place: Place): u16 { return place.prot; } // error IOV2013@53: Place has no 'prot'
export function g(eth: Eth): u16 { return eth.kind; } // error IOV2013@47: Eth has no 'kind'
export function h(pkt: Packet): u16 { return pkt.ports; } // error IOV2013@50
export const i = ArpOp.Ask; // error IOV2013@24: 'Ask'

export default module(() => drop('end'));
