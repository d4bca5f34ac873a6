// Groups and rules of the Director's model become the contents of one endpoint's firewall.

import type { Contents } from 'iovisor/control';
import type * as firewall from './firewall.ts';

const PROTOCOLS = { tcp: 6, udp: 17, icmp: 1, icmpv6: 58 } as const;
const WAYS = { in: 1, out: 2 } as const;
const ANYONE = 0xffff_ffff;
const EVERY_PORT = [0, 0xffff] as const;

export interface Policy {
  /** Members by their addresses, and the networks outside that rules name. 0 is the world. */
  readonly groups: readonly { readonly number: number; readonly prefixes: readonly string[] }[];
  /** `ports`: from, to, both included; a protocol without ports has none. */
  readonly rules: readonly {
    readonly way: keyof typeof WAYS; readonly group: number | 'anyone'; readonly protocol?: keyof typeof PROTOCOLS; readonly ports?: readonly [number, number];
  }[];
}

export default function control({ groups, rules }: Policy): Contents<typeof firewall> {
  return {
    groups: groups.flatMap(({ number, prefixes }) => prefixes.map(prefix => [prefix, number] as const)),
    rules: rules.flatMap(({ way, group, protocol, ports = EVERY_PORT }) => {
      const rule = { way: WAYS[way], group: group === 'anyone' ? ANYONE : group };
      const prefixes = protocol === undefined ? [{ protocol: 0, port: 0, bits: 40 }] : prefixesOf(...ports).map(({ port, bits }) => ({ protocol: PROTOCOLS[protocol], port, bits: 48 + bits }));
      return prefixes.map(prefix => [{ ...rule, ...prefix }, 1] as const);
    }),
  };
}

/** The fewest prefixes of 16 bits that together are a range. */
function prefixesOf(from: number, to: number): { port: number; bits: number }[] {
  const all: { port: number; bits: number }[] = [];
  for (let at = from; at <= to;) {
    let size = at === 0 ? 0x1_0000 : at & -at;
    while (at + size - 1 > to) size /= 2;
    all.push({ port: at, bits: 16 - Math.log2(size) });
    at += size;
  }
  return all;
}
