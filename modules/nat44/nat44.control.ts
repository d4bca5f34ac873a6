// What the Director knows of an external address becomes the contents of one NAT.

import type { Contents } from 'iovisor/control';
import type * as nat44 from './nat44.ts';

const PROTOCOLS = { tcp: 6, udp: 17 } as const;
/** Ports of one entry of `owners`. */
const BLOCK = 1024;

export interface Gateway {
  /** Absent: one-to-one translation alone. */
  readonly address?: string;
  /** The block of ports that this owner of the address gives out; all from 1024 on unless given. */
  readonly ports?: Ports;
  /** All owners of the address, and the port of the element that leads to each, or would, of ourselves. Blocks begin and end at multiples of 1024. */
  readonly fellows?: readonly (Ports & { readonly port: number })[];
  /** Our own port among theirs. */
  readonly self?: number;
  /** Who is translated by a certain one of them. */
  readonly homes?: readonly { readonly address: string; readonly port: number }[];
  /** Prefixes whose senders go out by our address; others go as they are. */
  readonly masqueraded: readonly string[];
  readonly forwards: readonly { readonly protocol: 'tcp' | 'udp'; readonly port: number; readonly to: { readonly address: string; readonly port: number } }[];
  /** Prefixes of one length; single addresses too. They are masqueraded no more. */
  readonly oneToOne?: readonly { readonly inside: string; readonly outside: string }[];
}
interface Ports { readonly first: number; readonly count: number }

export default function control({ address = '0.0.0.0', masqueraded, ports = { first: 1024, count: 64512 }, fellows = [], self = 0, homes = [], forwards, oneToOne: pairs = [] }: Gateway): Contents<typeof nat44> {
  const oneToOne = pairs.map(({ inside, outside }) => ({ inside: prefix(inside), outside: prefix(outside) }));
  const mappings = forwards.map(({ protocol, port, to }) => ({
    inside: { address: to.address, port: to.port, protocol: PROTOCOLS[protocol] },
    outside: { port, protocol: PROTOCOLS[protocol] },
  }));
  const owners = Array.from({ length: 65536 / BLOCK }, (_, block) => ({ port: fellows.find(({ first, count, port }) => port !== self && block * BLOCK >= first && block * BLOCK < first + count)?.port ?? 0 }));
  return {
    settings: { address, firstPort: ports.first, ports: ports.count, fellows: fellows.length, self },
    features: { prefixes: oneToOne.length > 0 },
    owners,
    homes: homes.map(({ address, port }) => [address, { port }]),
    masqueraded: [...masqueraded.map(prefix => [prefix, 1] as const), ...oneToOne.map(({ inside }) => [inside, 0] as const)],
    outsides: oneToOne.map(({ inside, outside }) => [inside, moved(inside, outside)]),
    insides: oneToOne.map(({ inside, outside }) => [outside, moved(outside, inside)]),
    inbound: mappings.map(({ outside, inside }) => [outside, inside]),
    outbound: mappings.map(({ outside, inside }) => [inside, { outside, closing: false }]),
  };
}

function prefix(text: string): string {
  return text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`;
}

/** The bits behind the prefix stay. IPv4 addresses are the last bits of mapped ones. */
function moved(from: string, to: string): { readonly mask: string; readonly as: string } {
  const isV6 = from.includes(':');
  const length = Number(from.split('/')[1]);
  const bits = isV6 ? 128 - length : 32 - length;
  return { mask: text((1n << BigInt(bits)) - 1n), as: isV6 ? to.split('/')[0]! : `::ffff:${to.split('/')[0]}` };
}

function text(address: bigint): string {
  return Array.from({ length: 8 }, (_, at) => (address >> BigInt(112 - 16 * at) & 0xffffn).toString(16)).join(':');
}
