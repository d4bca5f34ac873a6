// How wires lie in an element's maps, as bytes. The joints read them (src/datapath/joints/to.ts, flood.ts).
//
//     wires, by port, 72 bytes:
//      0        1        2        4            8     12         16       32    36    40    44      48     50    52  56
//     +--------+--------+--------+------------+-----+----------+--------+-----+-----+-----+-------+------+-----+---+------+
//     | kind   | flags  | mtu    | device     | vni | underlay | remote | src | dst | sum | vxlan | port | far | 0 | src6 |
//     +--------+--------+--------+------------+-----+----------+--------+-----+-----+-----+-------+------+-----+---+------+
//
//     kind 1 peer, 2 device    mtu: the receiver's        device: ifindex of the host's end
//     kind 3 tunnel            flags: of skb_set_tunnel_key   device: ifindex of the tunnel device
//                              remote: as in struct bpf_tunnel_key (IPv4 in host order, then zero; IPv6 in network order)
//                              underlay: ifindex of the device to which programs send what they encapsulate, 0: they do not; mtu: its
//                              src, dst (IPv4), src6, vxlan (VNI and 0), port: as on the wire      sum: of the outer IPv4 header's constant words
//                              far: bytes of an IP packet that those behind it take, 0: all
//     kind 4 element           mtu: the port there        device: its slot
//     kind 5 outside           flags: 1, to whom it is for    mtu: the device's    device: its ifindex    vni, remote: next hops of IPv4 and IPv6,
//                              network order; or 0
//     kind 6 trunk             mtu: the device's          device: its ifindex    vni: 0x10000 and the tag, or 0
//
// The first 8 bytes are written and read at once, so no packet sees half of a change.

import { ip4Bytes, ip6Bytes, macBytes } from '../../image/address-text.ts';
import { FLOOD_END, FLOOD_LIST_BYTES, MAX_FLOOD_PORTS } from '../joints/flood.ts';

export type WireRecord =
  | { readonly kind: 'peer' | 'device'; readonly mtu: number; readonly ifindex: number }
  | { readonly kind: 'tunnel'; readonly ifindex: number; readonly vni: number; readonly remote: string; readonly mtu: number; readonly outer?: Outer }
  | { readonly kind: 'element'; readonly entry: number; readonly slot: number }
  | { readonly kind: 'trunk'; readonly mtu: number; readonly ifindex: number; readonly vlan: number | undefined }
  | { readonly kind: 'outside'; readonly mtu: number; readonly ifindex: number; readonly via: readonly string[] | 'direct' };

/** What a program writes around a packet that it encapsulates itself. */
export interface Outer { readonly underlay: number; readonly mtu: number; readonly local: string; readonly udpPort: number }

export const WIRE_BYTES = 72;
/** rx packets, rx bytes, tx packets, tx bytes: u64 each. */
export const COUNT_BYTES = 32;
export const FLOODS_BYTES = 8 + 2 * FLOOD_LIST_BYTES;

const KIND = { peer: 1, device: 2, tunnel: 3, element: 4, outside: 5, trunk: 6 } as const;
const TUNINFO_IPV6 = 1, ZERO_CSUM_TX = 2;

export function wireBytes(record: WireRecord | undefined): Uint8Array {
  const bytes = new Uint8Array(WIRE_BYTES);
  const view = new DataView(bytes.buffer);
  if (record === undefined) return bytes;
  view.setUint8(0, KIND[record.kind]);
  switch (record.kind) {
    case 'peer':
    case 'device':
      view.setUint16(2, record.mtu, true);
      view.setUint32(4, record.ifindex, true);
      return bytes;
    case 'tunnel':
      view.setUint8(1, isIp6(record.remote) ? TUNINFO_IPV6 : ZERO_CSUM_TX);
      view.setUint32(4, record.ifindex, true);
      view.setUint32(8, record.vni, true);
      bytes.set(remoteBytes(record.remote), 16);
      view.setUint16(50, Math.min(record.mtu, 0xffff), true);
      if (record.outer) putOuter(view, record.outer, record);
      return bytes;
    case 'trunk':
      view.setUint16(2, record.mtu, true);
      view.setUint32(4, record.ifindex, true);
      if (record.vlan !== undefined) view.setUint32(8, 0x1_0000 + record.vlan, true);
      return bytes;
    case 'element':
      view.setUint16(2, record.entry, true);
      view.setUint32(4, record.slot, true);
      return bytes;
    case 'outside':
      view.setUint16(2, record.mtu, true);
      view.setUint32(4, record.ifindex, true);
      if (record.via === 'direct') view.setUint8(1, 1);
      else for (const hop of record.via) bytes.set(addressBytes(hop), isIp6(hop) ? 16 : 8);
      return bytes;
  }
}

function putOuter(view: DataView, { underlay, mtu, local, udpPort }: Outer, { remote, vni }: { readonly remote: string; readonly vni: number }): void {
  view.setUint16(2, Math.min(mtu, 0xffff), true);
  view.setUint32(12, underlay, true);
  view.setUint32(44, vni * 0x100);
  view.setUint16(48, udpPort);
  if (isIp6(local)) {
    new Uint8Array(view.buffer).set(addressBytes(local), 56);
    return;
  }
  new Uint8Array(view.buffer).set([...addressBytes(local), ...addressBytes(remote)], 32);
  // Version and header length; TTL 64 and UDP; addresses. The sum of 16-bit words is that of their bytes in either order.
  let sum = 0x0045 + 0x1140;
  for (let at = 32; at < 40; at += 2) sum += view.getUint16(at, true);
  view.setUint32(40, sum, true);
}

/** The key of the table of tunnel peers. */
export function peerKey(vni: number, remote: string): Uint8Array {
  const bytes = new Uint8Array(20);
  new DataView(bytes.buffer).setUint32(0, vni, true);
  bytes.set(remoteBytes(remote), 4);
  return bytes;
}

export function peerValue(slot: number, port: number, domain: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  view.setUint32(0, slot, true);
  view.setUint32(4, port, true);
  view.setUint32(8, domain, true);
  return new Uint8Array(view.buffer);
}

/** The key of the table of claims: how many bits count, whose device, an IPv6 address (IPv4: mapped). */
export function claimKey(ifindex: number, prefix: string): Uint8Array {
  const [address = '', length] = prefix.split('/');
  const bytes = new Uint8Array(24);
  const view = new DataView(bytes.buffer);
  view.setUint32(4, ifindex, true);
  if (!isIp6(address)) view.setUint16(18, 0xffff);
  bytes.set(addressBytes(address), isIp6(address) ? 8 : 20);
  view.setUint32(0, 32 + (isIp6(address) ? Number(length ?? 128) : 96 + Number(length ?? 32)), true);
  return bytes;
}

/** Among the claims of a device's addresses, in a prefix that nobody has (RFC 6666): all of a VLAN, 0: what has no tag. */
export function trunkKey(ifindex: number, vlan: number): Uint8Array {
  return claimKey(ifindex, `100::${vlan.toString(16)}/128`);
}

/** As a claim; the port is marked, and what is the MAC there are endpoint and group here. */
export function trunkValue(slot: number, port: number, domain: number, { endpoint, group }: { readonly endpoint: number; readonly group: number }): Uint8Array {
  const bytes = new Uint8Array(20);
  bytes.set(peerValue(slot, TRUNK_MARK + port, domain).subarray(0, 12));
  const view = new DataView(bytes.buffer);
  view.setUint32(12, endpoint, true);
  view.setUint32(16, group, true);
  return bytes;
}
const TRUNK_MARK = 0x1_0000;

/** Who claims, and the MAC of the device. */
export function claimValue(slot: number, port: number, domain: number, mac: string): Uint8Array {
  const bytes = new Uint8Array(20);
  bytes.set(peerValue(slot, port, domain).subarray(0, 12));
  bytes.set(macBytes(mac)!, 12);
  return bytes;
}

/** The next content of the flood map: the list that does not hold now is written, `flip` says that it shall. */
export function floodBytes(before: Uint8Array, ports: readonly number[], elementPort: number | undefined): { readonly written: Uint8Array; readonly flipped: Uint8Array } {
  const next = 1 - ((before[0] ?? 0) & 1);
  const written = Uint8Array.from(before);
  const view = new DataView(written.buffer);
  for (let index = 0; index <= MAX_FLOOD_PORTS; index++) view.setUint32(8 + next * FLOOD_LIST_BYTES + index * 4, ports[index] ?? FLOOD_END, true);
  const flipped = Uint8Array.from(written);
  new DataView(flipped.buffer).setUint32(0, next, true);
  new DataView(flipped.buffer).setUint32(4, elementPort ?? FLOOD_END, true);
  return { written, flipped };
}

export function isIp6(address: string): boolean {
  return address.includes(':');
}

/** Of an address in the plan, whose text the model has looked at. */
export function addressBytes(text: string): Uint8Array {
  const bytes = isIp6(text) ? ip6Bytes(text) : ip4Bytes(text);
  if (!bytes) throw new Error(`'${text}' is no address`);
  return bytes;
}

/** As in struct bpf_tunnel_key. */
function remoteBytes(address: string): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set(isIp6(address) ? addressBytes(address) : addressBytes(address).reverse());
  return bytes;
}
