// DHCPv4 as a client writes and reads it (RFC 2131, RFC 2132): messages, not what becomes of them.

import { ipv4Bytes, ipv4Text } from '../../lang/packets/address.ts';
import * as p from '../../lang/packets.ts';

export const DHCP_CLIENT_PORT = 68;
export const DHCP_SERVER_PORT = 67;
const KINDS = ['discover', 'offer', 'request', 'decline', 'ack', 'nak', 'release', 'inform'] as const;
type DhcpKind = typeof KINDS[number];
const HEADER_BYTES = 240;
const Option = { Mask: 1, Router: 3, Dns: 6, Host: 12, Domain: 15, Mtu: 26, Requested: 50, LeaseSeconds: 51, Kind: 53, Server: 54 } as const;

export interface DhcpRequest {
  readonly kind: DhcpKind;
  readonly mac: string;
  readonly xid: number;
  /** What the client has already. */
  readonly own?: string;
  readonly wanted?: string;
  readonly server?: string;
}
export interface DhcpAnswer {
  readonly kind: DhcpKind | undefined;
  readonly xid: number;
  readonly address: string;
  readonly server?: string; readonly mask?: string; readonly router?: string;
  readonly dns: readonly string[];
  readonly host?: string; readonly domain?: string; readonly mtu?: number; readonly leaseSeconds?: number;
}

/** What follows the UDP header. */
export function dhcpRequest({ kind, mac, xid, own, wanted, server }: DhcpRequest): p.Layer[] {
  const address = (code: number, text: string | undefined): string => text === undefined ? '' : hexOf([code, 4, ...ipv4Bytes(text)]);
  const options = hexOf([Option.Kind, 1, KINDS.indexOf(kind) + 1]) + address(Option.Requested, wanted) + address(Option.Server, server);
  return [p.dhcp({ op: 1, xid, chaddr: mac, ...own !== undefined && { ciaddr: own } }), p.bytes(`${options}ff`)];
}

/** undefined: it is no answer. */
export function dhcpAnswer(content: Uint8Array): DhcpAnswer | undefined {
  if (content.length < HEADER_BYTES || content[0] !== 2) return undefined;
  const options = optionsOf(content.subarray(HEADER_BYTES));
  const number = (code: number): number | undefined => options.get(code)?.reduce((n, byte) => n * 256 + byte, 0);
  const text = (code: number): string | undefined => { const bytes = options.get(code); return bytes && new TextDecoder().decode(bytes); };
  const address = (code: number): string | undefined => { const bytes = options.get(code); return bytes && ipv4Text(bytes.subarray(0, 4)); };
  const dns = options.get(Option.Dns) ?? new Uint8Array(0);
  const told = {
    server: address(Option.Server), mask: address(Option.Mask), router: address(Option.Router), host: text(Option.Host), domain: text(Option.Domain),
    mtu: number(Option.Mtu), leaseSeconds: number(Option.LeaseSeconds),
  };
  return {
    kind: KINDS[(number(Option.Kind) ?? 0) - 1], xid: new DataView(content.buffer, content.byteOffset).getUint32(4), address: ipv4Text(content.subarray(16, 20)),
    dns: Array.from({ length: dns.length / 4 }, (_, i) => ipv4Text(dns.subarray(4 * i, 4 * i + 4))),
    ...Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)),
  };
}

function optionsOf(bytes: Uint8Array): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  for (let at = 0; at < bytes.length && bytes[at] !== 255;) {
    if (bytes[at] === 0) { at++; continue; }
    const length = bytes[at + 1] ?? 0;
    found.set(bytes[at]!, bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return found;
}

function hexOf(bytes: readonly number[]): string {
  return bytes.map(byte => byte.toString(16).padStart(2, '0')).join('');
}
