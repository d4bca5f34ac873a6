// Counts what an endpoint asks by DNS: requests by resolver, and answers by their code.

import {
  Counter, Dns, Eth, Ip, PerCpuArray, PerCpuHashMap, Udp,
  filter, next, type Ip6, type Packet, type u32, type u64,
} from 'iovisor/module';

const Port = 53;
const CodeMask = 0x0f;

class Count { packets: u64 = 0n }

export const requests = new PerCpuHashMap<Ip6, Count>(1024);
/** By response code (RFC 1035 4.1.1). */
export const codes = new PerCpuArray<Count>(16);
/** Requests to more resolvers than there is room for. */
export const uncounted = new Counter();

export default filter({
  egress(pkt) {
    const ip = pkt.at(Eth).payload(Ip);
    const udp = ip?.payload(Udp);
    if (ip && udp?.dstPort === Port && !udp.tryPayload(Dns)?.isResponse) asked(ip.dst6);
    return next();
  },

  ingress(pkt) {
    const code = codeOf(pkt);
    const count = code === undefined ? undefined : codes.get(code);
    if (count) count.packets += 1n;
    return next();
  },
});

function asked(resolver: Ip6): void {
  const count = requests.get(resolver);
  if (count) count.packets += 1n;
  else if (!requests.set(resolver, { packets: 1n }, 'new')) uncounted.add();
}

function codeOf(pkt: Packet): u32 | undefined {
  const udp = pkt.at(Eth).payload(Ip)?.payload(Udp);
  const dns = udp?.srcPort === Port ? udp.tryPayload(Dns) : undefined;
  return dns?.isResponse ? dns.flags & CodeMask : undefined;
}
