// What the Director knows of an external address becomes the contents of one NAT.

import type { Contents } from 'iovisor/control';
import type * as nat44 from './nat44.ts';

const PROTOCOLS = { tcp: 6, udp: 17 } as const;

export interface Gateway {
  readonly address: string;
  /** The block of ports that this owner of the address gives out; all from 1024 on unless given. */
  readonly ports?: { readonly first: number; readonly count: number };
  /** Prefixes whose senders go out by our address; others go as they are. */
  readonly masqueraded: readonly string[];
  readonly forwards: readonly { readonly protocol: 'tcp' | 'udp'; readonly port: number; readonly to: { readonly address: string; readonly port: number } }[];
}

export default function control({ address, masqueraded, ports = { first: 1024, count: 64512 }, forwards }: Gateway): Contents<typeof nat44> {
  const mappings = forwards.map(({ protocol, port, to }) => ({
    inside: { address: to.address, port: to.port, protocol: PROTOCOLS[protocol] },
    outside: { port, protocol: PROTOCOLS[protocol] },
  }));
  return {
    settings: { address, firstPort: ports.first, ports: ports.count },
    masqueraded: masqueraded.map(prefix => [prefix, 1]),
    inbound: mappings.map(({ outside, inside }) => [outside, inside]),
    outbound: mappings.map(({ outside, inside }) => [inside, { outside, closing: false }]),
  };
}
