// Networks and routes of the Director's model become the contents of one router.

import type { Contents } from 'iovisor/control';
import type * as router from './router.ts';

export interface Routing {
  /** In the order of the ports; the router has one address of a family at most on each. */
  readonly interfaces: readonly { readonly mac: string; readonly ip4?: string; readonly ip6?: string; readonly mtu?: number }[];
  readonly neighbors: readonly { readonly address: string; readonly mac: string; readonly port: number }[];
  /** Several hops of one route share its flows. */
  readonly routes: readonly { readonly prefix: string; readonly via: readonly { readonly mac: string; readonly port: number }[] }[];
}

export default function control({ interfaces, neighbors, routes }: Routing): Contents<typeof router> {
  let first = 0;
  return {
    interfaces: interfaces.map(({ mac, ip4 = '0.0.0.0', ip6 = '::', mtu = 1500 }) => ({ mac, ip4, ip6, mtu })),
    neighbors: neighbors.map(({ address, mac, port }) => [address, { mac, port }]),
    hops: routes.flatMap(route => route.via.map(({ mac, port }) => ({ mac, port }))),
    routes: routes.map(({ prefix, via }) => {
      const route = [prefix, { first, count: via.length }] as const;
      first += via.length;
      return route;
    }),
  };
}
