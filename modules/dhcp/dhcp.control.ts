// The endpoints of a network of the Director's model become the leases of its DHCP server.

import type { Contents } from 'iovisor/control';
import type * as dhcp from './dhcp.ts';

export interface Leasing {
  /** The server's own addresses; no machine has them, unless a router that needs no DHCP of its own. */
  readonly server: { readonly mac: string; readonly address: string };
  /** Three at most. */
  readonly dns?: readonly string[];
  /** 64 letters at most. */
  readonly domain?: string;
  readonly mtu?: number;
  readonly leaseSeconds?: number;
  /** Endpoints of this server. `name`: 63 letters at most. */
  readonly leases: readonly { readonly port: number; readonly mac: string; readonly address: string; readonly prefixLength: number; readonly router?: string; readonly name?: string }[];
}

const Option = { Dns: 6, HostName: 12, DomainName: 15 } as const;
const NONE = '0.0.0.0';

export default function control({ server, dns = [], domain = '', mtu = 1450, leaseSeconds = 86400, leases }: Leasing): Contents<typeof dhcp> {
  return {
    leases: leases.map(({ port, mac, address, prefixLength, router = NONE, name = '' }) =>
      [port, { mac, address, mask: maskOf(prefixLength), router, hostTag: tagOf(Option.HostName, name.length), host: text(name, 63) }]),
    settings: {
      mac: server.mac, server: server.address, mtu, leaseSeconds,
      dnsTag: tagOf(Option.Dns, 4 * dns.length), dns: dns[0] ?? NONE, dns2: dns[1] ?? NONE, dns3: dns[2] ?? NONE,
      domainTag: tagOf(Option.DomainName, domain.length), domain: text(domain, 64),
    },
  };
}

/** Code and length; an option of no bytes is padding. */
function tagOf(code: number, bytes: number): number {
  return bytes === 0 ? 0 : code << 8 | bytes;
}

function text(ascii: string, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => i < ascii.length ? ascii.charCodeAt(i) : 0);
}

function maskOf(bits: number): string {
  const mask = bits === 0 ? 0 : 0xffff_ffff << 32 - bits;
  return [24, 16, 8, 0].map(shift => mask >>> shift & 0xff).join('.');
}
