// The stations of a network of the Director's model become the leases of its DHCP server.

import type { Contents } from 'iovisor/control';
import type * as dhcp from './dhcp.ts';

export interface Network {
  /** The server's own addresses; no machine has them. */
  readonly server: { readonly mac: string; readonly address: string };
  readonly prefixLength: number;
  readonly router?: string;
  readonly dns?: string;
  readonly mtu?: number;
  readonly leaseSeconds?: number;
  readonly stations: readonly { readonly mac: string; readonly address: string }[];
}

export default function control({ server, prefixLength, router = '0.0.0.0', dns = '0.0.0.0', mtu = 1450, leaseSeconds = 86400, stations }: Network): Contents<typeof dhcp> {
  return {
    leases: stations.map(({ mac, address }) => [mac, address]),
    settings: { mac: server.mac, server: server.address, mask: maskOf(prefixLength), router, dns, mtu, leaseSeconds },
  };
}

function maskOf(bits: number): string {
  const mask = bits === 0 ? 0 : 0xffff_ffff << 32 - bits;
  return [24, 16, 8, 0].map(shift => mask >>> shift & 0xff).join('.');
}
