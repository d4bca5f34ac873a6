// Messages about neighbours, the ARP and ND tables, and forwarding entries of bridges and vxlan devices: struct ndmsg and NDA_*
// (kernel: include/uapi/linux/neighbour.h).
//
//     0       1..3  4..7   8..9   10     11
//     family  pad   index  state  flags  type

import { attribute, decodeAttributes } from './attributes.ts';
import { FAMILY, familyOf } from './address.ts';
import { ipText, macText } from './address-text.ts';
import { NLM_F, type Request } from './messages.ts';

export const RTM_NEIGHBOUR = { NEW: 28, DELETE: 29, GET: 30 } as const;
const NDA = { DST: 1, LLADDR: 2 } as const;
const NUD = { PERMANENT: 0x80, NOARP: 0x40 } as const;
const NTF_SELF = 2;
const BODY_BYTES = 12;

export interface Neighbour {
  readonly index: number;
  readonly ip: string;
  readonly mac?: string;
  readonly permanent: boolean;
}

export function neighbourRequest(what: 'add' | 'delete', entry: { readonly index: number; readonly ip: Uint8Array; readonly mac?: Uint8Array }): Request {
  const attributes = [attribute.bytes(NDA.DST, entry.ip)];
  if (entry.mac) attributes.push(attribute.bytes(NDA.LLADDR, entry.mac));
  return request(what, body(familyOf(entry.ip), entry.index, NUD.PERMANENT, 0), attributes);
}

/** An entry of a vxlan device's own table: `mac` is behind the tunnel end `remote`. All zeros: what is not known otherwise, floods. */
export function forwardingRequest(what: 'add' | 'append' | 'delete', entry: { readonly index: number; readonly mac: Uint8Array; readonly remote: Uint8Array }): Request {
  return request(what, body(FAMILY.bridge, entry.index, NUD.PERMANENT | NUD.NOARP, NTF_SELF), [attribute.bytes(NDA.LLADDR, entry.mac), attribute.bytes(NDA.DST, entry.remote)]);
}

export function neighbourDump(index: number): Request {
  return { type: RTM_NEIGHBOUR.GET, flags: NLM_F.DUMP, body: body(FAMILY.unspecified, 0, 0, 0), attributes: index > 0 ? [attribute.u32(8, index)] : [] };
}

export function decodeNeighbour(payload: Uint8Array): Neighbour | undefined {
  if (payload.byteLength < BODY_BYTES) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const found = decodeAttributes(payload.subarray(BODY_BYTES));
  const ip = found.get(NDA.DST);
  const mac = found.get(NDA.LLADDR);
  if (ip?.byteLength !== 4 && ip?.byteLength !== 16) return undefined;
  return { index: view.getInt32(4, true), ip: ipText(ip), ...mac && { mac: macText(mac) }, permanent: (view.getUint16(8, true) & NUD.PERMANENT) !== 0 };
}

function request(what: 'add' | 'append' | 'delete', body: Uint8Array, attributes: Request['attributes'] & {}): Request {
  if (what === 'delete') return { type: RTM_NEIGHBOUR.DELETE, flags: NLM_F.ACK, body, attributes };
  return { type: RTM_NEIGHBOUR.NEW, flags: NLM_F.ACK | NLM_F.CREATE | (what === 'add' ? NLM_F.REPLACE : NLM_F.APPEND), body, attributes };
}

function body(family: number, index: number, state: number, flags: number): Uint8Array {
  const bytes = new Uint8Array(BODY_BYTES);
  const view = new DataView(bytes.buffer);
  bytes[0] = family;
  view.setInt32(4, index, true);
  view.setUint16(8, state, true);
  bytes[10] = flags;
  return bytes;
}
