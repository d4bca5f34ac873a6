// Helpers that send packets elsewhere: redirect, redirect_map, redirect_peer, redirect_neigh, clone_redirect (net/core/filter.c). They become effects of the run.

import { SKB, XDP } from '../../image/abi.ts';
import { ProgramFault } from '../fault.ts';
import { DevmapArray, DevmapHash } from '../maps/devmap.ts';
import { ERRNO } from '../maps/errno.ts';
import { SCRATCH } from '../memory/layout.ts';
import type { HelperDefinition } from './definition.ts';
import { mapOf, span, type Machine } from './machine.ts';

export const TC_ACT_REDIRECT = 7;
export const XDP_REDIRECT = 4;
const TC_ACT_SHOT = 2;
const XDP_ABORTED = 0;
const BPF_F_INGRESS = 1;

/** The verdict where the map has no device for the key, in the low bits; then flags of redirect_map. */
const VERDICT_MASK = 3;
/** struct bpf_redir_neigh: u32 nh_family, then an address. */
const NEIGHBOR_BYTES = 20;
const AF_INET = 2, AF_INET6 = 10;
const BROADCAST = 8, EXCLUDE_INGRESS = 16;

/** (map, key, flags) → XDP_REDIRECT or what the flags say. */
function redirectMap(machine: Machine, handle: number, key: number, flags: number): number {
  const { packet, memory } = machine;
  const map = mapOf(machine, handle);
  if (!(map instanceof DevmapArray || map instanceof DevmapHash)) throw new ProgramFault('call', `map ${map.name} holds no devices`);
  packet.redirects = [];
  if ((flags & ~(VERDICT_MASK | BROADCAST | EXCLUDE_INGRESS)) !== 0) return XDP_ABORTED;
  if ((flags & BROADCAST) === 0) {
    memory.setU32(SCRATCH, key);
    const ifindex = map.deviceOf(SCRATCH);
    if (ifindex === 0) return flags & VERDICT_MASK;
    packet.redirects = [{ kind: 'redirect', ifindex, to: 'egress' }];
    return XDP_REDIRECT;
  }
  const from = (flags & EXCLUDE_INGRESS) !== 0 ? packet.field(XDP.ingress_ifindex) : 0;
  packet.redirects = map.devices().filter(ifindex => ifindex !== from).map(ifindex => ({ kind: 'redirect', ifindex, to: 'egress' }));
  return XDP_REDIRECT;
}

export const REDIRECT_HELPERS: readonly HelperDefinition[] = [
  {
    name: 'redirect', hooks: ['tc', 'xdp'], parameters: ['low', 'narrow'], result: 'error',
    make: ({ packet }) => (ifindex: number, flags: number): number => {
      const isTc = packet.hook === 'tc';
      if ((flags & ~(isTc ? BPF_F_INGRESS : 0)) !== 0) return isTc ? TC_ACT_SHOT : XDP_ABORTED;
      packet.redirects = [{ kind: 'redirect', ifindex, to: flags === BPF_F_INGRESS ? 'ingress' : 'egress' }];
      return isTc ? TC_ACT_REDIRECT : XDP_REDIRECT;
    },
  },
  {
    name: 'redirect_map', hooks: ['xdp'], parameters: ['narrow', 'low', 'narrow'], result: 'error',
    make: machine => (handle: number, key: number, flags: number): number => redirectMap(machine, handle, key, flags),
  },
  {
    name: 'redirect_peer', hooks: ['tc'], parameters: ['low', 'narrow'], result: 'error',
    make: ({ packet }) => (ifindex: number, flags: number): number => {
      if (flags !== 0) return TC_ACT_SHOT;
      packet.redirects = [{ kind: 'redirect', ifindex, to: 'peer' }];
      return TC_ACT_REDIRECT;
    },
  },
  {
    name: 'redirect_neigh', hooks: ['tc'], parameters: ['low', 'narrow', 'low', 'narrow'], result: 'error',
    make: machine => (ifindex: number, from: number, size: number, flags: number): number => {
      const { packet, memory } = machine;
      if (flags !== 0 || (size !== 0 && size < NEIGHBOR_BYTES)) return TC_ACT_SHOT;
      if (size !== 0) span(machine, from, size, 'read');
      const kind = size === 0 ? 0 : memory.u32(from);
      const nextHop = kind === AF_INET ? memory.read(from + 4, 4) : kind === AF_INET6 ? memory.read(from + 4, 16) : undefined;
      packet.redirects = [{ kind: 'redirect', ifindex, to: 'neighbor', nextHop }];
      return TC_ACT_REDIRECT;
    },
  },
  {
    name: 'clone_redirect', hooks: ['tc'], parameters: ['narrow', 'low', 'narrow'], result: 'error',
    make: ({ packet, world }) => (_skb: number, ifindex: number, flags: number): number => {
      if ((flags & ~BPF_F_INGRESS) !== 0 || world.mtuOf(ifindex) === undefined) return ERRNO.EINVAL;
      const vlan = packet.vlan();
      packet.effects.push({
        kind: 'clone', ifindex, to: flags === BPF_F_INGRESS ? 'ingress' : 'egress',
        frame: packet.frame(), mark: packet.field(SKB.mark), cb: packet.cb(),
        tunnel: packet.tunnel, ...vlan && { vlan },
      });
      return 0;
    },
  },
];
