// A router's addresses at its gateway become the contents of one uplink.

import type { Contents } from 'iovisor/control';
import type * as uplink from './uplink.ts';

export interface WayOut {
  /** Of the router, or of the NAT before it. */
  readonly router: string;
  readonly addresses: readonly string[];
}

export default function control({ router, addresses }: WayOut): Contents<typeof uplink> {
  return { settings: { router }, addresses: addresses.map(address => [address, 1]) };
}
