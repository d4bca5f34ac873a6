// Helpers that send packets elsewhere: redirect, redirect_peer, clone_redirect (net/core/filter.c). They become effects of the run.

import { SKB } from '../../image/abi.ts';
import { ERRNO } from '../maps/errno.ts';
import type { HelperDefinition } from './definition.ts';

export const TC_ACT_REDIRECT = 7;
export const XDP_REDIRECT = 4;
const TC_ACT_SHOT = 2;
const XDP_ABORTED = 0;
const BPF_F_INGRESS = 1;

export const REDIRECT_HELPERS: readonly HelperDefinition[] = [
  {
    name: 'redirect', hooks: ['tc', 'xdp'], parameters: ['low', 'narrow'], result: 'error',
    make: ({ packet }) => (ifindex: number, flags: number): number => {
      const isTc = packet.hook === 'tc';
      if ((flags & ~(isTc ? BPF_F_INGRESS : 0)) !== 0) return isTc ? TC_ACT_SHOT : XDP_ABORTED;
      packet.redirect = { kind: 'redirect', ifindex, to: flags === BPF_F_INGRESS ? 'ingress' : 'egress' };
      return isTc ? TC_ACT_REDIRECT : XDP_REDIRECT;
    },
  },
  {
    name: 'redirect_peer', hooks: ['tc'], parameters: ['low', 'narrow'], result: 'error',
    make: ({ packet }) => (ifindex: number, flags: number): number => {
      if (flags !== 0) return TC_ACT_SHOT;
      packet.redirect = { kind: 'redirect', ifindex, to: 'peer' };
      return TC_ACT_REDIRECT;
    },
  },
  {
    name: 'clone_redirect', hooks: ['tc'], parameters: ['narrow', 'low', 'narrow'], result: 'error',
    make: ({ packet, world }) => (_skb: number, ifindex: number, flags: number): number => {
      if ((flags & ~BPF_F_INGRESS) !== 0 || world.mtuOf(ifindex) === undefined) return ERRNO.EINVAL;
      packet.effects.push({
        kind: 'clone', ifindex, to: flags === BPF_F_INGRESS ? 'ingress' : 'egress',
        frame: packet.frame(), mark: packet.field(SKB.mark), cb: packet.cb(),
        tunnel: packet.tunnel,
      });
      return 0;
    },
  },
];
