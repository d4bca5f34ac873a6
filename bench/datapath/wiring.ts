// Pieces that several paths are made of: the workload's veth pair, and an underlay between two servers.

import { addAddress } from '../../src/netlink/addresses.ts';
import { Netlink } from '../../src/netlink/client.ts';
import { createVeth, indexOf, setLink } from '../../src/netlink/links.ts';
import { addRoute } from '../../src/netlink/routes.ts';
import { DEVICE, MTU, PREFIX_LENGTH, UNDERLAY_MTU } from './path.ts';

interface Workload {
  readonly netns: string;
  readonly mac: string;
  readonly ip: string;
}

/** A veth pair: the near end `name` in the server, up; the far end is the workload's. */
export function attach(server: string, name: string, workload: Workload): void {
  using netlink = new Netlink({ netns: server });
  createVeth(netlink, { name, mtu: MTU, state: 'up' }, { name: DEVICE, mtu: MTU, mac: workload.mac, netns: workload.netns, state: 'up' });
  address(workload);
}

export function address({ netns, ip }: Workload): void {
  using netlink = new Netlink({ netns });
  addAddress(netlink, indexOf(netlink, DEVICE), `${ip}/${PREFIX_LENGTH}`);
}

const UNDERLAY = 'underlay';
const LOOPBACK = 1;
export const UNDERLAY_IPS = ['192.0.2.1', '192.0.2.2'] as const;

/** A veth pair between two servers, whose addresses are its ends' or those of their loopbacks, with a route by the pair. */
export function underlay(servers: readonly [string, string], addresses: 'own' | 'loopback' = 'own'): void {
  using near = new Netlink({ netns: servers[0] });
  using far = new Netlink({ netns: servers[1] });
  createVeth(near, { name: UNDERLAY, mtu: UNDERLAY_MTU }, { name: UNDERLAY, mtu: UNDERLAY_MTU, netns: servers[1] });
  for (const [i, netlink] of [near, far].entries()) {
    const index = indexOf(netlink, UNDERLAY);
    addAddress(netlink, addresses === 'own' ? index : LOOPBACK, `${UNDERLAY_IPS[i]}/${addresses === 'own' ? 24 : 32}`);
    setLink(netlink, UNDERLAY, { state: 'up' });
    if (addresses === 'loopback') addRoute(netlink, { destination: `${UNDERLAY_IPS[1 - i]}/32`, index });
  }
}
