// Messages about routes: struct rtmsg and RTA_* (kernel: include/uapi/linux/rtnetlink.h). The main table only.
//
//     0       1           2           3    4      5         6      7     8..11
//     family  dst length  src length  tos  table  protocol  scope  type  flags

import { attribute, decodeAttributes, readU32 } from './attributes.ts';
import { familyOf } from './address.ts';
import { ipText } from './address-text.ts';
import { NLM_F, type Request } from './messages.ts';

export const RTM_ROUTE = { NEW: 24, DELETE: 25, GET: 26 } as const;
const RTA = { DST: 1, OIF: 4, GATEWAY: 5, METRICS: 8, TABLE: 15 } as const;
const RTAX_MTU = 2;
const TABLE_MAIN = 254;
const PROTOCOL_STATIC = 4;
const SCOPE = { universe: 0, link: 253 } as const;
const TYPE_UNICAST = 1;
const BODY_BYTES = 12;

export interface RouteSettings {
  readonly destination: { readonly address: Uint8Array; readonly length: number };
  readonly via?: Uint8Array | undefined;
  readonly index?: number | undefined;
  readonly mtu?: number | undefined;
}

export interface Route {
  /** `10.0.0.0/8`; `0.0.0.0/0` or `::/0` for the default. */
  readonly destination: string;
  readonly via?: string;
  readonly index?: number;
  /** Where the route has one of its own, or was told of a smaller one on the way. */
  readonly mtu?: number;
}

export function routeRequest(what: 'add' | 'delete', route: RouteSettings): Request {
  const { address, length } = route.destination;
  const body = new Uint8Array(BODY_BYTES);
  body[0] = familyOf(address);
  body[1] = length;
  body[4] = TABLE_MAIN;
  const attributes = length === 0 ? [] : [attribute.bytes(RTA.DST, masked(address, length))];
  if (route.via) attributes.push(attribute.bytes(RTA.GATEWAY, route.via));
  if (route.index !== undefined) attributes.push(attribute.u32(RTA.OIF, route.index));
  if (route.mtu !== undefined) attributes.push(attribute.nested(RTA.METRICS, [attribute.u32(RTAX_MTU, route.mtu)]));
  if (what === 'delete') {
    body[6] = 255;                     // any scope
    return { type: RTM_ROUTE.DELETE, flags: NLM_F.ACK, body, attributes };
  }
  body[5] = PROTOCOL_STATIC;
  body[6] = route.via || address.byteLength === 16 ? SCOPE.universe : SCOPE.link;
  body[7] = TYPE_UNICAST;
  return { type: RTM_ROUTE.NEW, flags: NLM_F.ACK | NLM_F.CREATE | NLM_F.REPLACE, body, attributes };
}

export function routeDump(version: 4 | 6): Request {
  const body = new Uint8Array(BODY_BYTES);
  body[0] = version === 4 ? 2 : 10;
  return { type: RTM_ROUTE.GET, flags: NLM_F.DUMP, body };
}

/** Which route a packet to that address would take. */
export function routeQuestion(address: Uint8Array): Request {
  const body = new Uint8Array(BODY_BYTES);
  body[0] = familyOf(address);
  body[1] = address.byteLength * 8;
  return { type: RTM_ROUTE.GET, flags: 0, body, attributes: [attribute.bytes(RTA.DST, address)] };
}

/** A unicast route of the main table; undefined for others. */
export function decodeRoute(payload: Uint8Array): Route | undefined {
  if (payload.byteLength < BODY_BYTES || payload[7] !== TYPE_UNICAST) return undefined;
  const found = decodeAttributes(payload.subarray(BODY_BYTES));
  if ((readU32(found.get(RTA.TABLE)) ?? payload[4]) !== TABLE_MAIN) return undefined;
  const destination = found.get(RTA.DST) ?? new Uint8Array(payload[0] === 2 ? 4 : 16);
  const via = found.get(RTA.GATEWAY);
  const index = readU32(found.get(RTA.OIF));
  const metrics = found.get(RTA.METRICS);
  const mtu = metrics && readU32(decodeAttributes(metrics).get(RTAX_MTU));
  return { destination: `${ipText(destination)}/${payload[1]}`, ...via && { via: ipText(via) }, ...index !== undefined && { index }, ...mtu !== undefined && { mtu } };
}

/** The kernel refuses destinations with bits behind the prefix. */
function masked(address: Uint8Array, length: number): Uint8Array {
  return address.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, length - 8 * i))) & 0xff);
}
