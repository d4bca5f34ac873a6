// Five small modules in a row, as a packet meets them between two endpoints: each looks at headers and at the packet's record, counts in an array of
// its own, and one asks the table of flows that all elements share.

import { imageOf } from '../../src/compiler/fixtures/image-of.ts';
import type { Image } from '../../src/image/image.ts';

const source = (body: string): string => `
import { ArrayMap, Conntrack, Eth, HashMap, Ipv4, Tcp, drop, filter, next, type Ip4, type u16, type u32 } from 'iovisor/module';
class Flow { src: Ip4 = 0; dst: Ip4 = 0; srcPort: u16 = 0; dstPort: u16 = 0 }
class Seen { packets: u32 = 0; bytes: u32 = 0 }
class Hits { packets: u32 = 0 }
export const flows = new HashMap<Flow, Seen>(1024);
const hits = new ArrayMap<Hits>(1);
export default filter({ egress: pkt => {
  const ip = pkt.at(Eth).payload(Ipv4);
  if (!ip) return next();
  const mine = hits.get(0);
  if (mine) mine.packets += 1;
  ${body}
  return next();
} });
`;

const BODIES: readonly string[] = [
  // Who it says that it is.
  "if (ip.src === 0 || pkt.meta.domain === 77) return drop('spoofed');",
  // Its flow.
  `const tcp = ip.payload(Tcp);
  if (tcp) {
    const flow = flows.get({ src: ip.src, dst: ip.dst, srcPort: tcp.srcPort, dstPort: tcp.dstPort });
    if (!flow) return drop('no-flow');
    flow.packets += 1;
    flow.bytes += pkt.length;
    pkt.meta.conntrack = Conntrack.Established;
  }`,
  // What is allowed.
  "if (pkt.meta.conntrack !== Conntrack.Established && pkt.meta.sourceGroup !== 9) return drop('not-allowed');",
  // How much.
  "if (pkt.length > 9000) return drop('too-long');",
  // Where to.
  "if (ip.ttl === 0) return drop('old');\n  pkt.meta.tunnelKey = 42;",
];

export function stageImages(): Image[] {
  return BODIES.map((body, i) => imageOf(`stage${i}.ts`, { text: source(body) }));
}
