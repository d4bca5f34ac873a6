// filetest: reject
// Bytes that move in a function, a closure, a method or a round before.
import { Eth, Header, Ipv4, Udp, drop, module, range, to, type Packet, type u16, type u8 } from 'iovisor/module';

class Tag extends Header {
  a: u8 = 0;
  grow(pkt: Packet): void { pkt.insert(this, 4); }
}
function tagged(pkt: Packet, eth: Eth): void { pkt.insert(eth, 4); }
function deep(pkt: Packet, eth: Eth): void { tagged(pkt, eth); }
function harmless(pkt: Packet): u16 { return pkt.port; }

export function a(pkt: Packet, ip: Ipv4): u8 { deep(pkt, pkt.at(Eth)); return ip.ttl; } // error IOV3006@79: 'ip' is stale
export function b(pkt: Packet, ip: Ipv4): u8 { harmless(pkt); return ip.ttl; }
export function c(pkt: Packet, ip: Ipv4): u8 {
  const eth = pkt.at(Eth);
  const ttl = () => ip.ttl;
  pkt.insert(eth, 4);
  return ttl(); // error IOV3006@10: 'ip' is stale
}
export function d(pkt: Packet, ip: Ipv4): u8 {
  const grow = () => { pkt.insert(pkt.at(Eth), 4); };
  grow();
  return ip.ttl; // error IOV3006@10: 'ip'
}
export function e(pkt: Packet, ip: Ipv4): void {
  for (const i of range(3, 3)) {
    if (ip.ttl === i) continue; // error IOV3006@9: 'ip' is stale
    pkt.insert(pkt.at(Eth), 4);
  }
}
export function f(pkt: Packet, first: Ipv4): u8 {
  let ip = first;
  pkt.insert(pkt.at(Eth), 4);
  const again = pkt.at(Eth).payload(Ipv4);
  if (!again) return 0;
  ip = again;
  return ip.ttl;
}
export function g(pkt: Packet): u8 {
  const tag = pkt.at(Tag);
  const udp = pkt.at(Udp, 30);
  tag.grow(pkt);
  return udp.srcPort > 1 ? tag.a : 2; // error IOV3006@10: 'udp'
}
export function h(pkt: Packet, ip: Ipv4): boolean {
  const moves = (): boolean => { pkt.insert(pkt.at(Eth), 4); return true; };
  return ip.ttl > 1 && moves() && ip.ttl > 2; // error IOV3006@35: 'ip'
}
function each(visit: (i: u8) => void): void { visit(1); visit(2); }
export function i(pkt: Packet, ip: Ipv4): u8 {
  each(() => { pkt.remove(pkt.at(Eth), 2); });
  return ip.ttl; // error IOV3006@10: 'ip'
}

export default module(pkt => pkt.port > 1 ? to(1) : drop('end'));
