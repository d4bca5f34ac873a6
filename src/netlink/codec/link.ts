// Messages about links, i.e. network devices: struct ifinfomsg and IFLA_* (kernel: include/uapi/linux/if_link.h).
//
//     0       1    2..3  4..7   8..11  12..15
//     family  pad  type  index  flags  mask of flags to change

import { type Attribute, attribute, decodeAttributes, encodeAttributes, readText, readU32, readU64 } from './attributes.ts';
import { macText } from './address-text.ts';

export const RTM_LINK = { NEW: 16, DELETE: 17, GET: 18 } as const;

export const IFLA = {
  ADDRESS: 1, IFNAME: 3, MTU: 4, LINK: 5, MASTER: 10, OPERSTATE: 16, LINKINFO: 18, IFALIAS: 20, STATS64: 23, NET_NS_FD: 28, NUM_TX_QUEUES: 31, NUM_RX_QUEUES: 32,
  XDP: 43,
} as const;
const INFO = { KIND: 1, DATA: 2 } as const;
const VETH_INFO_PEER = 1;
const VXLAN = { ID: 1, GROUP: 2, LOCAL: 4, LEARNING: 7, PORT: 15, GROUP6: 16, LOCAL6: 17, UDP_ZERO_CSUM6_RX: 20, GBP: 23, COLLECT_METADATA: 25 } as const;

export const IFF = { UP: 1, RUNNING: 0x40, PROMISC: 0x100, LOWER_UP: 0x1_0000 } as const;
const ARPHRD_ETHER = 1;
const BODY_BYTES = 16;

/** A network device as the kernel describes it. */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** `veth`, `vxlan`, `bridge`…; absent for physical devices and the loopback. */
  readonly kind?: string;
  /** Absent where the device has none of 6 bytes. */
  readonly mac?: string;
  readonly mtu: number;
  /** Carries Ethernet frames to others: not the loopback, nor a device without headers. */
  readonly isEthernet: boolean;
  /** Switched on by its administrator. */
  readonly up: boolean;
  /** Has a carrier: the other side is there and up. */
  readonly running: boolean;
  readonly alias?: string;
  /** Index of the bridge it belongs to. */
  readonly master?: number;
  /** Index of the device at the other end, in that one's namespace. */
  readonly peer?: number;
  /** It was told to hear what is for others. */
  readonly promiscuous: boolean;
  readonly rxPackets: bigint;
  readonly rxBytes: bigint;
  readonly rxDropped: bigint;
  readonly txPackets: bigint;
  readonly txBytes: bigint;
  readonly txDropped: bigint;
}

/** What is set of a device, when it is made and later. */
export interface LinkSettings {
  readonly name?: string | undefined;
  readonly mac?: Uint8Array | undefined;
  readonly mtu?: number | undefined;
  readonly alias?: string | undefined;
  /** Index of a bridge; 0: none. */
  readonly master?: number | undefined;
  readonly state?: 'up' | 'down' | undefined;
  readonly promiscuous?: boolean | undefined;
  /** Descriptor of the namespace to be in. */
  readonly netnsFd?: number | undefined;
  readonly queues?: number | undefined;
}

export type VxlanSettings =
  /** Everything about the tunnel comes with each packet, from a program or route. */
  | { readonly mode: 'external' }
  | { readonly mode: 'static'; readonly vni: number; readonly local: Uint8Array; readonly remote: Uint8Array };

export function linkBody(index: number, settings: LinkSettings = {}): Uint8Array {
  const body = new Uint8Array(BODY_BYTES);
  const view = new DataView(body.buffer);
  view.setInt32(4, index, true);
  const set = (settings.state === 'up' ? IFF.UP : 0) | (settings.promiscuous ? IFF.PROMISC : 0);
  const changed = (settings.state === undefined ? 0 : IFF.UP) | (settings.promiscuous === undefined ? 0 : IFF.PROMISC);
  view.setUint32(8, set, true);
  view.setUint32(12, changed, true);
  return body;
}

export function linkAttributes(settings: LinkSettings): Attribute[] {
  const out: Attribute[] = [];
  if (settings.name !== undefined) out.push(attribute.text(IFLA.IFNAME, settings.name));
  if (settings.mac !== undefined) out.push(attribute.bytes(IFLA.ADDRESS, settings.mac));
  if (settings.mtu !== undefined) out.push(attribute.u32(IFLA.MTU, settings.mtu));
  if (settings.alias !== undefined) out.push(attribute.text(IFLA.IFALIAS, settings.alias));
  if (settings.master !== undefined) out.push(attribute.u32(IFLA.MASTER, settings.master));
  if (settings.queues !== undefined) out.push(attribute.u32(IFLA.NUM_TX_QUEUES, settings.queues), attribute.u32(IFLA.NUM_RX_QUEUES, settings.queues));
  if (settings.netnsFd !== undefined) out.push(attribute.u32(IFLA.NET_NS_FD, settings.netnsFd));
  return out;
}

export function kindAttribute(kind: string, data: readonly Attribute[] = []): Attribute {
  return attribute.nested(IFLA.LINKINFO, [attribute.text(INFO.KIND, kind), ...data.length > 0 ? [attribute.nested(INFO.DATA, data)] : []]);
}

/** The other end of a veth pair: a whole link message inside. */
export function vethKind(peer: LinkSettings): Attribute {
  const body = linkBody(0, peer);
  const attributes = encodeAttributes(linkAttributes(peer));
  const value = new Uint8Array(body.byteLength + attributes.byteLength);
  value.set(body);
  value.set(attributes, body.byteLength);
  return kindAttribute('veth', [attribute.bytes(VETH_INFO_PEER, value)]);
}

export function vxlanKind(spec: VxlanSettings & { readonly udpPort: number; readonly groupPolicy: boolean; readonly learning: boolean }): Attribute {
  const data: Attribute[] = [attribute.be16(VXLAN.PORT, spec.udpPort), attribute.u8(VXLAN.LEARNING, spec.learning ? 1 : 0)];
  // Senders over IPv6 may leave the outer checksum zero (RFC 6935); ours do.
  data.push(attribute.u8(VXLAN.UDP_ZERO_CSUM6_RX, 1));
  if (spec.groupPolicy) data.push(attribute.flag(VXLAN.GBP));
  if (spec.mode === 'external') data.push(attribute.u8(VXLAN.COLLECT_METADATA, 1));
  else {
    const v4 = spec.local.byteLength === 4;
    data.push(attribute.u32(VXLAN.ID, spec.vni), attribute.bytes(v4 ? VXLAN.LOCAL : VXLAN.LOCAL6, spec.local), attribute.bytes(v4 ? VXLAN.GROUP : VXLAN.GROUP6, spec.remote));
  }
  return kindAttribute('vxlan', data);
}

/** Of the payload of a message NEW or DELETE; undefined where it is too short or without a name. */
export function decodeLink(payload: Uint8Array): Link | undefined {
  if (payload.byteLength < BODY_BYTES) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const flags = view.getUint32(8, true);
  const found = decodeAttributes(payload.subarray(BODY_BYTES));
  const name = readText(found.get(IFLA.IFNAME));
  if (name === undefined) return undefined;
  const linkInfo = found.get(IFLA.LINKINFO);
  const kind = linkInfo && readText(decodeAttributes(linkInfo).get(INFO.KIND));
  const address = found.get(IFLA.ADDRESS);
  const alias = readText(found.get(IFLA.IFALIAS));
  const master = readU32(found.get(IFLA.MASTER));
  const peer = readU32(found.get(IFLA.LINK));
  // struct rtnl_link_stats64: rx_packets tx_packets rx_bytes tx_bytes rx_errors tx_errors rx_dropped tx_dropped …
  const counters = found.get(IFLA.STATS64);
  const counter = (index: number): bigint => readU64(counters, index * 8) ?? 0n;
  return {
    index: view.getInt32(4, true), name, mtu: readU32(found.get(IFLA.MTU)) ?? 0, isEthernet: view.getUint16(2, true) === ARPHRD_ETHER,
    up: (flags & IFF.UP) !== 0, promiscuous: (flags & IFF.PROMISC) !== 0, running: (flags & IFF.LOWER_UP) !== 0,
    ...kind !== undefined && { kind },
    ...address?.byteLength === 6 && { mac: macText(address) },
    ...alias !== undefined && alias !== '' && { alias },
    ...master !== undefined && { master },
    ...peer !== undefined && { peer },
    rxPackets: counter(0), txPackets: counter(1), rxBytes: counter(2), txBytes: counter(3), rxDropped: counter(6), txDropped: counter(7),
  };
}
