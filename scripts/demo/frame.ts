// The frame of an intruder: from a workload of one tenant straight to the MAC and address of one of the other.

import { data, eth, ipv4, udp } from '../../src/lang/packets.ts';
import { build } from '../../src/lang/packets/build.ts';
import type { Workload } from './world.ts';

/** Ethernet, IPv4 and UDP with `text` as payload. */
export function crossFrame(from: Workload, to: Workload, text: string): Uint8Array {
  return build([eth({ dst: to.mac, src: from.mac }), ipv4({ src: from.ip4, dst: to.ip4 }), udp({ srcPort: 4000, dstPort: 4000 }), data(text)]);
}
