// Networks and routes of the Director's model become the contents of one router.

import type { Contents } from 'iovisor/control';
import { linkLocalOf } from '../../src/model/address.ts';
import type * as router from './router.ts';

export interface Routing {
  /**
   * In the order of the ports; the router has one address of a family at most on each. `outside`: its addresses are the router's only for what
   * comes in there, for they may be shared, as a gateway's are.
   */
  readonly interfaces: readonly { readonly mac: string; readonly ip4?: string; readonly ip6?: string; readonly mtu?: number; readonly outside?: boolean }[];
  readonly neighbors: readonly { readonly address: string; readonly mac: string; readonly port: number }[];
  /** Several hops of one route share its flows. None: what goes there is told that it cannot be reached; `blackhole`: it is dropped, and not told. */
  readonly routes: readonly { readonly prefix: string; readonly via: readonly { readonly mac: string; readonly port: number }[]; readonly blackhole?: boolean }[];
}

/** Of a neighbour: the router itself. Of a hop: there is none. No interface has these ports. */
const OWN = 0xfffe, NONE = 0xffff;
const NOBODY = '00:00:00:00:00:00';
/** Never routed (RFC 4291 2.5.6), whatever the default route is. */
const LINK_LOCAL = { prefix: 'fe80::/10', via: [], blackhole: true };

export default function control({ interfaces, neighbors, routes }: Routing): Contents<typeof router> {
  const hops: { mac: string; port: number }[] = [];
  // Routes with the same hops share them.
  const known = new Map<string, number>();
  const firstOf = (via: Routing['routes'][number]['via']): number => {
    const key = via.map(({ mac, port }) => `${mac} ${port}`).join();
    const first = known.get(key) ?? hops.length;
    if (!known.has(key)) hops.push(...via.map(({ mac, port }) => ({ mac, port })));
    known.set(key, first);
    return first;
  };
  const table = [...routes, LINK_LOCAL].map(({ prefix, via, blackhole }) => {
    const ways = via.length > 0 ? via : [{ mac: NOBODY, port: NONE }];
    return [prefix, blackhole ? { first: 0, count: 0 } : { first: firstOf(ways), count: ways.length }] as const;
  });
  const own = new Set(interfaces.flatMap(({ mac, ip4, ip6, outside }) => outside || mac === NOBODY ? [] : [ip4, ip6, linkLocalOf(mac)]).filter(address => address !== undefined));
  return {
    interfaces: interfaces.map(({ mac, ip4 = '0.0.0.0', ip6 = '::', mtu = 1500 }) => ({ mac, ip4, ip6, mtu })),
    neighbors: [...neighbors.map(({ address, mac, port }) => [address, { mac, port }] as const), ...[...own].map(address => [address, { mac: NOBODY, port: OWN }] as const)],
    hops,
    routes: table,
  };
}
