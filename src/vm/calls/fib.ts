// The helper fib_lookup (net/core/filter.c) against a table that the world gives. struct bpf_fib_lookup, 64 bytes, what is used of it:
//
//     0 family · 1 protocol · 6 length in, MTU out (u16) · 8 ifindex · 12 tos in, metric out · 16 source · 32 destination · 52 smac · 58 dmac
//
// Addresses are network order, IPv4 in the first 4 of 16 bytes.

import { ERRNO } from '../maps/errno.ts';
import type { HelperDefinition } from './definition.ts';
import { span } from './machine.ts';

export interface FibQuery {
  /** Device the packet is on; with `output` the one it leaves by. */
  readonly ifindex: number;
  /** 4 or 16 bytes. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly output: boolean;
}

export type FibAnswer =
  | { readonly kind: 'route'; readonly ifindex: number; readonly mtu: number; readonly metric: number;
    /** Where to send it on the link, if it is not the destination itself; of the same family. */
    readonly gateway?: Uint8Array;
    /** Undefined: nobody knows the neighbour. */
    readonly neighbour?: { readonly source: Uint8Array; readonly destination: Uint8Array } }
  | { readonly kind: 'blackhole' | 'unreachable' | 'prohibit' | 'not-forwarded' | 'forwarding-disabled' };

const RESULT = { blackhole: 1, unreachable: 2, prohibit: 3, 'not-forwarded': 4, 'forwarding-disabled': 5, noNeighbour: 7, fragmentationNeeded: 8 } as const;
const BYTES = 64;
const AF_INET = 2, AF_INET6 = 10;
const DIRECT = 1, OUTPUT = 2, SKIP_NEIGHBOUR = 4, TABLE_ID = 8, SOURCE = 16, MARK = 32;
const FLAGS = DIRECT | OUTPUT | SKIP_NEIGHBOUR | TABLE_ID | SOURCE | MARK;
const MOST_METRIC = 0xffff_ffff;

export const FIB_HELPERS: readonly HelperDefinition[] = [
  {
    name: 'fib_lookup', hooks: ['tc', 'xdp'], parameters: ['narrow', 'narrow', 'low', 'low'], result: 'error',
    make: machine => (_context: number, at: number, length: number, flags: number): number => {
      const { memory, world } = machine;
      const { bytes, view } = memory;
      if (length < BYTES || (flags & ~FLAGS) !== 0) return ERRNO.EINVAL;
      span(machine, at, length, 'write');
      const family = bytes[at]!;
      if (family !== AF_INET && family !== AF_INET6) return ERRNO.EAFNOSUPPORT;
      const addressBytes = family === AF_INET ? 4 : 16;
      if (world.mtuOf(memory.u32(at + 8)) === undefined) return ERRNO.ENODEV;
      const answer = world.fib({
        ifindex: memory.u32(at + 8), output: (flags & OUTPUT) !== 0, source: memory.read(at + 16, addressBytes), destination: memory.read(at + 32, addressBytes),
      });
      if (answer.kind !== 'route') return RESULT[answer.kind];
      const asked = view.getUint16(at + 6, true);
      if (asked > answer.mtu) {
        view.setUint16(at + 6, answer.mtu, true);
        return RESULT.fragmentationNeeded;
      }
      view.setUint32(at + 8, answer.ifindex, true);
      view.setUint32(at + 12, Math.min(answer.metric, MOST_METRIC), true);
      view.setUint16(at + 6, answer.mtu, true);
      if (answer.gateway) bytes.set(answer.gateway, at + 32);
      if ((flags & SKIP_NEIGHBOUR) !== 0) return 0;
      if (answer.neighbour === undefined) return RESULT.noNeighbour;
      // The room of the VLAN's tag, of which there is none.
      view.setUint32(at + 48, 0, true);
      bytes.set(answer.neighbour.source, at + 52);
      bytes.set(answer.neighbour.destination, at + 58);
      return 0;
    },
  },
];
