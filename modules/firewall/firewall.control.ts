// Members, groups and rules of the Director's model become the contents of one network's firewall.

import type { Contents } from 'iovisor/control';
import type * as firewall from './firewall.ts';

const PROTOCOLS = { tcp: 6, udp: 17, icmp: 1, icmpv6: 58 } as const;
const WAYS = { in: 1, out: 2 } as const;
const ANYONE = 0xffff_ffff;
const EVERY_PORT = [0, 0xffff] as const;

export interface Policy {
  /** Endpoints, by port: the set of rules that holds for each, and which ways are closed without one. */
  readonly members: readonly { readonly port: number; readonly set: number; readonly closed: readonly (keyof typeof WAYS)[] }[];
  /** Members by their addresses, and the networks outside that rules name. 0 is the world. */
  readonly groups: readonly { readonly number: number; readonly prefixes: readonly string[] }[];
  /** `ports`: from, to, both included; a protocol without ports has none. */
  readonly rules: readonly {
    readonly set: number; readonly way: keyof typeof WAYS; readonly group: number | 'anyone';
    readonly protocol?: keyof typeof PROTOCOLS; readonly ports?: readonly [number, number];
  }[];
}

export default function control({ members, groups, rules }: Policy): Contents<typeof firewall> {
  return {
    members: members.map(({ port, set, closed }) => [port, { set, closed: closed.reduce((bits, way) => bits | WAYS[way], 0) }] as const),
    groups: groups.flatMap(({ number, prefixes }) => prefixes.map(prefix => [prefix, number] as const)),
    rules: rules.flatMap(({ set, way, group, protocol, ports = EVERY_PORT }) => {
      const rule = { set, way: WAYS[way], group: group === 'anyone' ? ANYONE : group };
      const prefixes = protocol === undefined ? [{ protocol: 0, port: 0, bits: 72 }] : prefixesOf(...ports).map(({ port, bits }) => ({ protocol: PROTOCOLS[protocol], port, bits: 80 + bits }));
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
