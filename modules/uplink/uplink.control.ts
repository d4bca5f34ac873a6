// A router's addresses at its gateway become the contents of one uplink.

import type { Contents } from 'iovisor/control';
import type * as uplink from './uplink.ts';

export interface WayOut {
  /** Of the router, or of the NAT before it. */
  readonly router: string;
  /** `speaks`: this server answers ARP and neighbour discovery for it. `echoes`: a ping is answered; otherwise it is whose address it is one-to-one. */
  readonly addresses: readonly { readonly address: string; readonly speaks: boolean; readonly echoes: boolean }[];
}

export default function control({ router, addresses }: WayOut): Contents<typeof uplink> {
  return { settings: { router }, addresses: addresses.map(({ address, speaks, echoes }) => [address, (speaks ? 1 : 0) + (echoes ? 2 : 0)]) };
}
