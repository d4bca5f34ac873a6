// Messages about addresses of devices: struct ifaddrmsg and IFA_* (kernel: include/uapi/linux/if_addr.h).
//
//     0       1              2      3      4..7
//     family  prefix length  flags  scope  index

import { attribute, decodeAttributes, readU32 } from './attributes.ts';
import { ipText } from './address-text.ts';
import { NLM_F, type Request } from './messages.ts';

export const RTM_ADDRESS = { NEW: 20, DELETE: 21, GET: 22 } as const;
const IFA = { ADDRESS: 1, LOCAL: 2, FLAGS: 8 } as const;
const IFA_F = { NODAD: 0x02, TENTATIVE: 0x40, PERMANENT: 0x80 } as const;
const BODY_BYTES = 8;

export const FAMILY = { unspecified: 0, ip4: 2, bridge: 7, ip6: 10 } as const;

export function familyOf(address: Uint8Array): number {
  return address.byteLength === 4 ? FAMILY.ip4 : FAMILY.ip6;
}

export interface Address {
  readonly index: number;
  /** With its length: `10.0.0.1/24`. */
  readonly prefix: string;
  /** IPv6 not yet known to be the only one of its kind. */
  readonly tentative: boolean;
}

/** IPv6 addresses go without duplicate detection: they are the plan's, and shall work at once. */
export function addressRequest(what: 'add' | 'delete', index: number, prefix: { readonly address: Uint8Array; readonly length: number }): Request {
  const body = new Uint8Array(BODY_BYTES);
  body[0] = familyOf(prefix.address);
  body[1] = prefix.length;
  new DataView(body.buffer).setUint32(4, index, true);
  const attributes = [attribute.bytes(IFA.LOCAL, prefix.address), attribute.bytes(IFA.ADDRESS, prefix.address)];
  if (what === 'delete') return { type: RTM_ADDRESS.DELETE, flags: NLM_F.ACK, body, attributes };
  if (prefix.address.byteLength === 16) attributes.push(attribute.u32(IFA.FLAGS, IFA_F.NODAD));
  return { type: RTM_ADDRESS.NEW, flags: NLM_F.ACK | NLM_F.CREATE | NLM_F.REPLACE, body, attributes };
}

export function addressDump(index: number): Request {
  const body = new Uint8Array(BODY_BYTES);
  new DataView(body.buffer).setUint32(4, index, true);
  return { type: RTM_ADDRESS.GET, flags: NLM_F.DUMP, body };
}

export function decodeAddress(payload: Uint8Array): Address | undefined {
  if (payload.byteLength < BODY_BYTES) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const found = decodeAttributes(payload.subarray(BODY_BYTES));
  const address = found.get(IFA.LOCAL) ?? found.get(IFA.ADDRESS);
  if (address?.byteLength !== 4 && address?.byteLength !== 16) return undefined;
  const flags = readU32(found.get(IFA.FLAGS)) ?? view.getUint8(2);
  return { index: view.getUint32(4, true), prefix: `${ipText(address)}/${view.getUint8(1)}`, tentative: (flags & IFA_F.TENTATIVE) !== 0 };
}
