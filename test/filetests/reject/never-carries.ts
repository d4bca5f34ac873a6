// filetest: reject
import { drop, Eth, Icmpv6, Ip, Ipv4, Ipv6, module, Tcp, u32, type Packet } from 'iovisor/module';

export function f(eth: Eth): boolean { return eth.payload(Tcp) !== undefined; } // error IOV3002@47: Eth never carries Tcp
export function g(ip: Ipv4): boolean { return ip.payload(Icmpv6) !== undefined; } // error IOV3002@47: Ipv4 never carries Icmpv6
export function h(ip: Ipv6): boolean { return ip.payload(Icmpv6) !== undefined; }
export function i(pkt: Packet): u32 { return pkt.at(Ip).ttl; } // error IOV3002@53

export default module(() => drop('end'));
