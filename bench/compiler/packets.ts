// The packets that both bridges are given, and what must become of them.

import { arp, data, eth, icmpv6, ipv6, neighbor } from '../../src/lang/packets.ts';
import { build } from '../../src/lang/packets/build.ts';
import { STATIONS, type Shape } from './subject.ts';

export interface Sent {
  readonly port: number;
  readonly frame: Uint8Array;
}

export interface Work {
  readonly name: string;
  readonly shape: Shape;
  /** Packets before it, which make the state that it needs. */
  readonly before?: readonly Sent[];
  readonly sent: Sent;
  readonly verdict: string;
  /** `many`: one TEST_RUN repeats it. `single`: it changes the packet, so each is a TEST_RUN of its own. */
  readonly runs: 'many' | 'single';
}

const [WEB, DB] = STATIONS;
const STRANGER = '02:00:00:00:00:77';
const GUEST = { mac: '02:00:00:00:00:98', port: 3 };
const OTHER_GUEST = { mac: '02:00:00:00:00:99', port: 4 };
/** The least Ethernet frame, without its check sequence, behind the header. */
const LEAST_PAYLOAD_BYTES = 46;
const filler = data(LEAST_PAYLOAD_BYTES);

const from = (port: number, ...layers: Parameters<typeof build>[0]): Sent => ({ port, frame: build(layers) });
const frame = (src: { readonly mac: string; readonly port: number }, dst: string): Sent => from(src.port, eth({ src: src.mac, dst }), filler);

export const WORKS: readonly Work[] = [
  { name: 'unicast to a known station', shape: 'managed', runs: 'many', sent: frame(WEB, DB.mac), verdict: 'to 2' },
  { name: 'unknown station, dropped', shape: 'managed', runs: 'many', sent: frame(WEB, STRANGER), verdict: 'drop unknown-station' },
  { name: 'spoofed source, dropped', shape: 'managed', runs: 'many', sent: frame({ ...WEB, port: 2 }, DB.mac), verdict: 'drop spoofed-source' },
  {
    name: 'unicast between learned stations', shape: 'learning', runs: 'many', before: [frame(OTHER_GUEST, GUEST.mac)],
    sent: frame(GUEST, OTHER_GUEST.mac), verdict: 'to 4',
  },
  { name: 'broadcast, flooded', shape: 'learning', runs: 'many', sent: frame(WEB, 'ff:ff:ff:ff:ff:ff'), verdict: 'flood' },
  {
    name: 'ARP request, answered', shape: 'managed', runs: 'single', verdict: 'reply',
    sent: from(WEB.port, eth({ src: WEB.mac, dst: 'ff:ff:ff:ff:ff:ff' }), arp({ op: 'request', senderMac: WEB.mac, senderIp: WEB.ip, targetIp: DB.ip }), data(18)),
  },
];

/** Not measured, only compared. */
export const COMPARED: readonly Sent[] = [
  from(WEB.port, eth({ src: WEB.mac, dst: DB.mac }), data(1)),
  from(WEB.port, eth({ src: '03:00:00:00:00:01', dst: DB.mac }), filler),
  from(WEB.port, eth({ src: WEB.mac, dst: WEB.mac }), filler),
  from(DB.port, eth({ src: DB.mac, dst: 'ff:ff:ff:ff:ff:ff' }), arp({ op: 'request', senderMac: DB.mac, senderIp: '0.0.0.0', targetIp: DB.ip }), data(18)),
  from(
    WEB.port, eth({ src: WEB.mac, dst: '33:33:ff:00:00:02' }), ipv6({ src: 'fd00::1', dst: 'ff02::1:ff00:2', hopLimit: 255 }), icmpv6({ type: 135 }),
    neighbor({ target: DB.ip6, option: 1, mac: WEB.mac }),
  ),
  from(WEB.port, eth({ src: WEB.mac, dst: 'ff:ff:ff:ff:ff:ff', type: 0x0806 }), data(4)),
];
